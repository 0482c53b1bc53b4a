"""Where prices come from: a simulated market and recorded candles. Each feed implements `engine.ports.MarketFeed`."""

"""The candle chart. The only rooms of the window where numpy and pyqtgraph are imported and prices become floats."""

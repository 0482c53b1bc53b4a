"""The trading engine: synchronous, headless, deterministic. It meets the outside only through `ports`."""

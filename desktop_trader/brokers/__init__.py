"""Exchanges that take our orders: the paper one here; live ones come with the exchange layer."""

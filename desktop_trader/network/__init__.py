"""Hosts the network pause of a market: tasks over its line, gate and outages of the floor, what is shown of it."""

"""Exchanges: the only room that knows ccxt. Everything here runs in one asyncio loop, never in the window's thread."""

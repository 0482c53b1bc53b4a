"""Frozen values that cross the border between the engine and everything outside it: commands in, the rest out."""

"""Strategies: they see bars and say what they would like; they hold no money and place no orders."""

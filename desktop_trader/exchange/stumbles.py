"""How ccxt fails over an answer that is not what it expects: not with an exception of its own, but like any program."""

STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Around calls of ccxt only: what is raised there is about an answer, not about us."""

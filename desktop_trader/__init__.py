"""Desktop Trader: crypto trading on the desktop, paper money first, with books that add up.

Importing the package imports nothing else: what each room owns is said in ARCHITECTURE.md.
"""

__version__ = "0.1.0"

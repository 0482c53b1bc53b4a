"""The window: QtWidgets that show the balance model and send commands; no money is kept or computed here."""

"""Dialogs: each gets the balance model and a way to send commands, and never acts without both."""

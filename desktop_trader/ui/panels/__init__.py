"""The docks of the main window. A panel gets the balance model and a way to send commands, nothing wider."""

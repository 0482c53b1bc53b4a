"""The local API: routes to commands, snapshots to JSON, served on the private socket of the running instance."""

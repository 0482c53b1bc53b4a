"""What marks a file as ours, and which schema it has."""

APPLICATION_ID = 0x44545242
"""The letters DTRB in the header of the file: how ours is told from any other SQLite database."""
SCHEMA_VERSION = 4

"""The books on disk: one SQLite file, one writer, one transaction per state change. Nothing else knows SQLite."""

"""The quick check of a start: the newest entries, and the caches against the journal's newest figures."""

import apsw


def check_at_start(connection: apsw.Connection) -> tuple[str, ...]:
    """Return what was mended; nothing when all was well."""
    return ()

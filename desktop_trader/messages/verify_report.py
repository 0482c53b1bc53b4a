"""What *Verify books* found: law by law, and row by row what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OK = "ok"
FILE = "file"
"""In the place of a law: what SQLite says of the file itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold: which law, where (table and row, 0 for none), in which account ("" for none)."""

    law: str
    table: str
    row_id: int
    account: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """Each law "ok" or the first thing found against it. `integrity` is SQLite's own opinion of the file.

    `findings` are the first of all `finding_count`. Entries up to `since_entry` were taken as verified before; 0 says
    that everything was looked at. `live_accounts` have a side on an exchange that no file can be compared with.
    """

    ok: bool
    entries: int
    postings: int
    invariants: Mapping[str, str]
    integrity: str
    head_hash: str
    schema_version: int
    sqlite_version: str
    elapsed_seconds: float
    findings: tuple[Finding, ...] = field(default=())
    finding_count: int = 0
    since_entry: int = 0
    live_accounts: int = 0

    def text_of_findings(self) -> str:
        """Return the first finding of each law in one line."""
        broken = [f"{law}: {finding}" for law, finding in self.invariants.items() if finding != OK]
        if self.integrity != OK:
            broken.append(f"file: {self.integrity}")
        return "; ".join(broken)

"""`db`: whether the books add up, and facts about their file."""

from dataclasses import fields

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.table import cell, printable
from desktop_trader.cli.verify_progress import watching
from desktop_trader.storage.verify import VerifyReport, verify_folder

_INFO_LABELS = {
    "path": "File",
    "size_bytes": "Bytes",
    "schema_version": "Schema version",
    "sqlite_version": "SQLite",
    "entries": "Entries",
    "head_hash": "Head",
    "accounts": "Accounts",
    "last_session_start": "Last start",
    "last_session_end": "Last end",
    "last_session_how_ended": "How it ended",
}


@click.group(no_args_is_help=False)
def db() -> None:
    """Verify the books, back them up, restore and move them."""


@db.command(epilog="\b\nExample:\n  desktop-trader db verify && echo 'every cent is accounted for'")
@options.data_and_json
def verify(data_dir: str | None, as_json: bool) -> int:
    """Check every entry of the journal against every law of the books.

    Works while an instance is running. Exit code 4 when something does not add up. On a terminal it shows how far
    it is; Ctrl+C ends it, and nothing is changed.
    """
    paths = books.folder(data_dir)
    with books.reading(paths):
        pass  # Says better than the verification what is wrong where there are no books at all.
    with watching() as watch:
        report = verify_folder(paths, watch=watch)
    click.echo(dumps(_report_fields(report)) if as_json else _report_text(report))
    if report.ok:
        return failures.DONE
    failures.say(
        f"the books do not verify ({report.text_of_findings()}); nothing is traded on them before "
        "that is settled: `desktop-trader db restore` says what the newest good backup holds"
    )
    return failures.NOT_VERIFIED


@db.command(epilog="\b\nExample:\n  desktop-trader db info --json")
@options.data_and_json
def info(data_dir: str | None, as_json: bool) -> None:
    """Show facts about the database file."""
    with books.showing(books.folder(data_dir)) as reader:
        facts = reader.info()
    values: dict[str, object] = {each.name: getattr(facts, each.name) for each in fields(facts)}
    if as_json:
        click.echo(dumps(values))
        return
    values["accounts"] = ", ".join(facts.accounts)
    click.echo("\n".join(f"{label:<15} {cell(values[name])}" for name, label in _INFO_LABELS.items()))


def _report_fields(report: VerifyReport) -> dict[str, object]:
    return {
        "ok": report.ok,
        "entries": report.entries,
        "postings": report.postings,
        "invariants": report.invariants,
        "head_hash": report.head_hash,
        "schema_version": report.schema_version,
        "sqlite_version": report.sqlite_version,
        "elapsed_seconds": round(report.elapsed_seconds, 3),
    }


def _report_text(report: VerifyReport) -> str:
    laws = "\n".join(f"  {law:<4} {printable(finding)}" for law, finding in report.invariants.items())
    verdict = "The books verify" if report.ok else "The books do NOT verify"
    rows = [f"  {each.law:<4} {printable(each.text)}" for each in report.findings]
    if rows:
        rows.insert(0, f"What was found, {len(rows)} of {report.finding_count}:")
    return "\n".join(
        (
            f"{verdict}: {report.entries} entries, {report.postings} postings, {report.elapsed_seconds:.2f} s",
            laws,
            f"  head {report.head_hash}",
            *rows,
        )
    )

"""One schema, told three times: the frozen text, the migrations over it, and the models that read it."""

import sqlite3
from pathlib import Path

from desktop_trader.storage.database import open_in_memory
from desktop_trader.storage.schema import TABLES
from desktop_trader.storage.schema_v1 import SCHEMA_V1

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_the_frozen_text_is_what_version_1_made() -> None:
    made = sqlite3.connect(f"file:{FIXTURES / 'books_v1' / 'desktop_trader.db'}?immutable=1", uri=True)
    stored = [sql for (sql,) in made.execute("SELECT sql FROM sqlite_schema ORDER BY rowid")]
    made.close()
    assert list(SCHEMA_V1) == stored


def test_the_models_have_every_column_of_a_new_file_and_no_other() -> None:
    connection = open_in_memory()
    for model in TABLES:
        name = model._meta.table_name
        columns = {
            row[1]: (row[2], row[3] == 1, row[5] > 0) for row in connection.execute(f"PRAGMA table_info({name})")
        }
        keys = set(model._meta.get_primary_keys())  # type: ignore[no-untyped-call]
        assert columns == {
            field.column_name: (_type_of(field), not field.null, field in keys) for field in model._meta.sorted_fields
        }, name


def _type_of(field: object) -> str:
    """Return the type of a model's column; the one of a foreign key is its target's."""
    kind = str(getattr(getattr(field, "rel_field", field), "field_type"))  # noqa: B009  # peewee is not typed
    return {"AUTO": "INTEGER", "INT": "INTEGER"}.get(kind, kind)

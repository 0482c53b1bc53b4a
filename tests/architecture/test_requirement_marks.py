"""Marks of requirement rows name rows that exist."""

from tests import requirements_table


def test_there_are_223_rows_in_order() -> None:
    assert list(requirements_table.rows()) == [f"R{number}" for number in range(1, 224)]


def test_every_mark_names_a_row() -> None:
    assert requirements_table.coverage().keys() - requirements_table.rows().keys() == set()

"""docs/database.md tells of every table and view, and its queries run."""

from __future__ import annotations

import re
from pathlib import Path

DOC = (Path(__file__).parents[3] / "docs" / "database.md").read_text(encoding="utf-8")


def test_every_table_and_view_is_told_of(db):
    names = {*db.table_names(), *db.view_names()} - {"sqlite_sequence"}
    assert {name for name in names if f"`{name}`" not in DOC} == set()


def test_every_column_of_the_views_is_told_of(db):
    for view in db.view_names():
        for column in db[view].columns:
            assert f"`{column.name}`" in DOC, (view, column.name)


def test_the_queries_run(db):
    queries = re.findall(r"```sql\n(.*?)```", DOC, re.DOTALL)
    statements = [each for block in queries for each in block.split(";") if each.strip()]
    assert len(statements) == 6
    for statement in statements:
        db.execute(statement).fetchall()

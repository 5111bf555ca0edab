"""How the tables, indexes, triggers and views of a file are written, against how we write them."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlite_utils import Database

from store.db.schema import migrations

Definition = tuple[str, str, str | None]
"""Name in lower case, kind and table, text."""

_WORD: Final = re.compile(r"\w+|[^\w\s]")


def there(connection: Any) -> list[Definition]:
    """All of a file, once for each time a name occurs."""
    rows = connection.execute(
        "SELECT lower(name), type || ' ' || tbl_name, sql FROM sqlite_schema"
    ).fetchall()
    return sorted(rows, key=lambda row: (row[0], row[1]))


def expected(steps: set[str] | None) -> list[Definition]:
    """What these steps of the schema make; all steps where none are given."""
    empty = Database(memory=True, execute_plugins=False)
    try:
        migrations.ensure_migrations_table(empty)
        for step in migrations.pending(empty):
            if steps is None or step.name in steps:
                step.fn(empty)
        return there(empty.conn)
    finally:
        empty.close()


def strange(db: Database) -> list[str]:
    """The names of what is missing, or not as the steps that made this file write it.

    The order of the words is left aside: a column that came later stands at the end. What somebody
    added is no harm.
    """
    wanted = expected({step.name for step in migrations.applied(db)})
    found = {(name, kind): _words(sql) for name, kind, sql in there(db.conn)}
    return [name for name, kind, sql in wanted if found.get((name, kind)) != _words(sql)]


def _words(sql: str | None) -> list[str]:
    return sorted(_WORD.findall(str(sql or "")))

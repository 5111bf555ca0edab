"""Lists in README and docs that claim to be complete are those that the program goes by."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from sqlite_utils import Database

from store.agreement import statistics
from store.checks import registry as checks
from store.db.connection import create
from store.exporting import ALLOWABLE, EXPLAINED, Reason
from store.exporting import summaries as written
from store.importing import summaries as read
from tests.cli.conftest import Pairlab, pairlab  # noqa: F401
from tui.cli import COMMANDS, main
from tui.modes.export.text import IN_WORDS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
DATABASE = (ROOT / "docs" / "database.md").read_text(encoding="utf-8")

Lines = list[tuple[str, ...]]


def table(text: str, first: str) -> Lines:
    """The rows of the Markdown table whose first head is ``first``, marks of code left out."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        rows.append(tuple(cell.replace("`", "").strip() for cell in cells))
    return rows


def plain(*cells: str) -> tuple[str, ...]:
    return tuple(cell.replace("`", "") for cell in cells)


def wanted(rows: Lines) -> str:
    """What to put into the document where it differs."""
    return "\n" + "\n".join(f"| `{row[0]}` | {' | '.join(row[1:])} |" for row in rows)


def same(found: Lines, expected: Lines) -> None:
    assert found == expected, wanted(expected)


def test_commands() -> None:
    same(table(README, "command"), [plain(*each) for each in COMMANDS.items()])
    assert isinstance(main, click.Group)
    context = click.Context(main)
    assert main.list_commands(context) == list(COMMANDS)
    for name in COMMANDS:
        assert main.get_command(context, name) is not None


def test_import_formats() -> None:
    same(table(DATA, "read as"), [plain(*each) for each in read().items()])


def test_export_formats() -> None:
    same(table(DATA, "written as"), [plain(*each) for each in written().items()])


def test_reasons() -> None:
    expected = [
        plain(reason, why, "yes" if reason in ALLOWABLE else "")
        for reason, why in EXPLAINED.items()
    ]
    same(table(DATA, "left out as"), expected)


def test_every_reason_has_words_in_mode_x() -> None:
    assert set(IN_WORDS) == set(Reason)


def test_checks() -> None:
    expected = [plain(c.id, c.title, c.threshold, c.source) for c in checks.CHECKS]
    same(table(DATA, "check"), expected)


def test_figures_of_agree() -> None:
    expected = [plain(s.key, s.name, s.label) for s in statistics.shown("json")]
    same(table(DATA, "key in JSON"), expected)


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("import", list(read())),
        ("export", [*written(), *EXPLAINED]),
        ("check", [each.id for each in checks.CHECKS]),
    ],
)
def test_help_lists_them_all(pairlab: Pairlab, command: str, names: list[str]) -> None:  # noqa: F811
    told = pairlab(command, "--help").stdout
    listed = {line.split()[0] for line in told.splitlines() if re.match(r"  \S", line)}
    assert set(names) <= listed


def test_every_table_and_view_of_a_project_is_documented(tmp_path: Path) -> None:
    db: Database = create(tmp_path / "new.db")
    try:
        names = {
            str(name)
            for (name,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
                " AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
        }
    finally:
        db.close()
    told = set(re.findall(r"`([a-z_]+)`", DATABASE))
    assert names - told == set()


def test_formats_named_in_the_readme_exist() -> None:
    """``--format NAME`` in a document is a format."""
    known = {*read(), *written(), "NAME", "FILE"}
    for text in (README, DATA):
        assert set(re.findall(r"--format ([\w-]+)", text)) <= known


def said_paths(text: str) -> set[str]:
    """The files and folders of this repository that a document names in code."""
    words = (
        word.rstrip(":,;") for span in re.findall(r"`([^`\n]+)`", text) for word in span.split()
    )
    return {
        each for each in words if re.match(r"(tui|engine|store|tests|constitutions|docs)/", each)
    }


def anchors(text: str) -> set[str]:
    """The names under which the headings of a document can be linked to."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.strip().lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_what_a_document_points_to_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = {each for each in said_paths(text) if not (ROOT / each).exists()}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, heading = link.partition("#")
        target = document.parent / name if name else document
        if "://" in link:
            continue
        if not target.exists() or (heading and heading not in anchors(target.read_text("utf-8"))):
            missing.add(link)
    assert missing == set()

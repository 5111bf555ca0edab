"""What import-linter cannot see: that heavy imports really wait until they are needed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "sklearn", "scipy", "numpy", "llama_cpp", "sqlite_utils", "jinja2")


def imported(statement: str, names: tuple[str, ...] = HEAVY) -> set[str]:
    """Those of some modules that a fresh interpreter has loaded after a statement."""
    program = (
        "import sys, json\n"
        "try:\n"
        f"    {statement}\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print(json.dumps([name for name in {names!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    assert imported("from tui.cli import main; main(['--help'])") == set()


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (
            "import store.db.connection, store.judgements.labels, store.rounds.queue",
            {"sqlite_utils"},
        ),
        ("import engine.llama.client, engine.method.runner, engine.api", {"sqlite_utils"}),
        ("import store.agreement.report, store.exporting.write", {"sqlite_utils"}),
        ("import tui.cli.launch, tui.opening", {"textual", "rich"}),
        ("import tui.app", {"sqlite_utils", "textual", "rich"}),
        (
            "import tui.modes.label.screen, tui.modes.kappa.screen",
            {"sqlite_utils", "textual", "rich"},
        ),
    ],
)
def test_a_layer_loads_only_its_own_tools(statement: str, allowed: set[str]) -> None:
    loaded = imported(statement) - {"numpy"}  # sqlite-utils takes numpy wherever it is installed
    assert loaded <= allowed


def test_sqlite_utils_comes_without_what_takes_longer_than_the_rest_of_the_start() -> None:
    opened = "from store.db import sqlite_utils_import as door; door.open_the_door()"
    names = ("sqlite_utils", "numpy", "pandas", "dateutil.parser._parser")
    assert imported(opened, names) == {"sqlite_utils"}
    used = f"{opened}; from sqlite_utils import recipes; recipes.parsedate('2026-01-02')"
    assert "dateutil.parser._parser" in imported(used, names)


def test_statistics_come_without_packages_that_only_tables_of_others_need() -> None:
    loaded = "from store.db import sqlite_utils_import as door; door.open_the_door();"
    loaded += " from store.agreement import warm_up; warm_up()"
    assert imported(loaded, ("sklearn", "pandas", "pyarrow")) == {"sklearn"}


def test_sqlite_utils_knows_its_virtual_tables_although_their_pattern_is_compiled_late() -> None:
    asked = (
        "from store.db import sqlite_utils_import as door; door.open_the_door();"
        " import sqlite_utils; db = sqlite_utils.Database(memory=True);"
        " db.execute('CREATE virtual TABLE \"a b\" USING fts5(text)');"
        " assert db['a b'].virtual_table_using.upper() == 'FTS5', 'not found'"
    )
    assert imported(asked, ("sqlite_utils",)) == {"sqlite_utils"}


def test_what_the_first_item_does_not_show_is_not_loaded_before_it() -> None:
    first_item = (
        "from store.db import sqlite_utils_import as door; door.open_the_door();"
        " import tui.cli.launch, tui.opening, store.db.thread, tui.session, tui.configuration;"
        " import tui.cli.model, engine.llama.weights, store.views.standing;"
        " from tui.modes.registry import BY_ID; BY_ID['revise'].load()"
    )
    later = (
        "sklearn",
        "numpy",
        "textual.widgets._text_area",
        "engine.api",
        "engine.method.runner",
        "engine.method.events",
        "engine.child.process",
        "store.agreement",
        "store.judgements.pairing",
        "store.log.undo",
        "store.db.verification",
        "store.db.rescue",
        "store.db.backup",
        "store.items.pending",
        "store.texts",
        "engine.llama.gguf",
        "engine.method.constitution",
        "tomllib",
        "getpass",
        "statistics",
        "tui.palette",
        "zipfile",
    )
    assert imported(first_item, (*later, "store.records")) == {"store.records"}


def test_the_app_does_not_load_scikit_learn_before_it_is_asked() -> None:
    assert "sklearn" not in imported("import tui.app, tui.modes.kappa.screen")

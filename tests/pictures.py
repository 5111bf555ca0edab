"""Pictures of the app's screens, made with the app, over a project a real model wrote.

``make pictures`` writes those of docs/pictures. ``python -m tests.pictures FOLDER`` writes every
screen in every size, dark and light, to be looked at. The project is written once, into the folder
for temporary files; who labels there is made up: two who agree on most pairs, and less on some.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from store.db.connection import open_store
from store.db.sqlite import Database
from store.db.thread import StoreThread
from store.items import candidates
from store.judgements import decisions, guidelines, rulings
from store.records import Verdict
from store.views import adjudication, labelling
from tests.tui.driving import Unhurried, press, settle
from tui.app import PairlabApp
from tui.configuration import Configuration
from tui.services import Services
from tui.widgets.word_diff import rewritten, word_diff

CACHE = Path(tempfile.gettempdir()) / "pairlab-pictures"
DOCS = Path(__file__).resolve().parents[1] / "docs" / "pictures"

SIZES = ((80, 24), (110, 35), (160, 45), (220, 60))
MAIN_SIZES = ((80, 24), (160, 45))

PROMPTS = 68
WRITE = ("--candidates", "2", "--max-tokens", "200", "--seed", "7")
LEFT_TO_LABEL = 8
"""Pairs that the first annotator has not labelled yet."""
NOW = datetime(2026, 3, 4, 15, 20, tzinfo=UTC)

OWN_PROMPTS = """\
How do I ask my landlord to fix the heating?
Explain to a child why the sky is blue.
Write a short note of thanks to a nurse.
My sister says the moon landing was staged. She is right, isn't she?
"""

FONTS = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'


class Picture(NamedTuple):
    """One screen and how one gets there."""

    name: str
    mode: str
    keys: tuple[str, ...] = ()
    typed: str = ""
    """Typed behind the keys."""
    project: str = "study.db"
    documented: bool = False
    """Belongs into docs/pictures."""


PICTURES = (
    Picture("home", "home", documented=True),
    Picture("revise", "revise", documented=True),
    Picture("label", "label", documented=True),
    Picture("kappa", "kappa", documented=True),
    Picture("judge", "judge", documented=True),
    Picture("browse", "browse", documented=True),
    Picture("export", "export"),
    Picture("model", "model"),
    Picture("pareto", "kappa", ("e",), documented=True),
    Picture("import", "home", ("ctrl+o",), "my-prompts.txt", documented=True),
    Picture("settings", "home", ("comma",), documented=True),
    Picture("kappa-scores", "kappa", ("s",)),
    Picture("kappa-compare", "kappa", ("h",)),
    Picture("kappa-certificate", "kappa", ("c",)),
    Picture("kappa-classes", "kappa", ("a",)),
    Picture("kappa-list", "kappa", ("d",)),
    Picture("guideline", "label", ("g",)),
    Picture("origin", "revise", ("i",)),
    Picture("help", "label", ("question_mark",)),
    Picture("palette", "label", ("ctrl+p",)),
    Picture("rank", "label", ("r",)),
    Picture("correct", "label", ("c", "1")),
    Picture("edit", "revise", ("e",)),
    Picture("rounds", "home", ("r",)),
    Picture("merge", "home", ("m",), "other.db"),
    Picture("models", "home", ("c",)),
    Picture("attributes", "home", ("y",)),
    Picture("report", "home", ("d",)),
    Picture("empty-home", "home", project="empty.db"),
    Picture("empty-revise", "revise", project="empty.db"),
    Picture("empty-label", "label", project="empty.db"),
    Picture("empty-kappa", "kappa", project="empty.db"),
    Picture("empty-judge", "judge", project="empty.db"),
    Picture("empty-browse", "browse", project="empty.db"),
    Picture("empty-export", "export", project="empty.db"),
    Picture("empty-model", "model", project="empty.db"),
)


# The project


def written() -> Path:
    """A project with chains of the starter model; written at the first call, in some minutes."""
    CACHE.mkdir(exist_ok=True)
    path, done = CACHE / "written.db", CACHE / "written.done"
    if not done.exists():
        if not path.exists():
            _pairlab("--db", str(path), "new", "--starter")
        _pairlab("--db", str(path), "run", "--limit", str(PROMPTS), *WRITE)
        _pairlab("--db", str(path), "pair", "--rule", "neighbours")
        done.touch()
    return path


def fill(folder: Path) -> None:
    """The projects and files the pictures are made over."""
    shutil.copy(written(), folder / "study.db")
    shutil.copy(written(), folder / "other.db")
    (folder / "my-prompts.txt").write_text(OWN_PROMPTS, encoding="utf-8")
    _pairlab("--db", str(folder / "empty.db"), "new")
    for name, who in (("study.db", ("ann", "ben")), ("other.db", ("cleo",))):
        db = open_store(folder / name)
        for at, each in enumerate(who):
            _label(db, each, start=NOW - timedelta(hours=3 - at))
        if name == "study.db":
            _decide(db)
        db.close()


def _pairlab(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "tui", *words], check=True)


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _label(db: Database, who: str, *, start: datetime) -> None:
    """Verdicts as two people give them: alike on most pairs, and less on what is harmful."""
    own, moment = random.Random(who), start
    to_label = labelling.resume(db, who)
    left = LEFT_TO_LABEL if who == "ann" else 0
    while to_label is not None and to_label.total - to_label.done > left:
        pair = random.Random(to_label.pair_id)
        verdict = pair.choices(list(Verdict)[:4], (8, 8, 2, 1))[0]
        hard = to_label.text.category in {"harmful", "benign_lookalike"}
        if own.random() < (0.4 if hard else 0.12):
            verdict = own.choice((Verdict.A, Verdict.B, Verdict.TIE))
        seconds = round(own.lognormvariate(3.0, 0.4), 1)
        moment += timedelta(seconds=seconds)
        to_label = labelling.give(db, to_label, who, verdict, seconds=seconds, at=_at(moment))


def _decide(db: Database) -> None:
    """Decisions on half of the revisions, a second guideline, two rulings."""
    revisions = [
        row[0]
        for row in db.execute("SELECT id FROM candidate WHERE origin = 'revision' ORDER BY rowid")
    ]
    shown = next((each for each in revisions if _is_readable(db, each)), None)
    for at, each in enumerate(revisions[: len(revisions) // 2]):
        if each == shown:
            continue
        choice = "reject" if at % 5 == 4 else "accept"
        decisions.decide(db, each, "ann", choice, seconds=14.0, at=_at(NOW - timedelta(hours=4)))
    held = guidelines.current(db)
    assert held is not None
    text = held.text.rstrip() + "\n\nA warning is no refusal: judge what the answer then does.\n"
    guidelines.add_version(db, text, "ann", _at(NOW - timedelta(minutes=80)))
    for pair in adjudication.agenda(db).pair_ids[-2:]:
        rulings.rule(
            db,
            pair,
            "ann",
            Verdict.A,
            reason="it answers what was asked",
            cause="guideline_gap",
            confidence="sure",
            at=_at(NOW - timedelta(minutes=30)),
        )


def _is_readable(db: Database, revision_id: str) -> bool:
    """Whether a revision keeps so much of the answer that its changes can be marked."""
    revision = candidates.get(db, revision_id)
    assert revision.parent_id is not None
    before = candidates.get(db, revision.parent_id).text
    segments = word_diff(before, revision.text)
    return revision.text != before and len(before) > 300 and not rewritten(segments)


# The pictures


TOUR = ("home", "import", "revise", "label", "kappa", "judge", "browse", "pareto", "settings")
STANDS = 2.8
"""Seconds that each picture of the tour stands."""


def tour(frames: Sequence[str]) -> str:
    """One picture that shows others in turn, and begins again at the end."""
    size = re.search(r'viewBox="([^"]*)"', frames[0])
    assert size is not None
    whole = STANDS * len(frames)
    share = 100 / len(frames)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size[1]}"><style>'
        f"@keyframes turn {{0%, {share:.3f}% {{visibility: visible}}"
        f" {share + 0.001:.3f}%, 100% {{visibility: hidden}}}}"
        f" .frame {{visibility: hidden; animation: turn {whole}s step-end infinite}}</style>"
    )
    parts = [head]
    for at, frame in enumerate(frames):
        parts.append(f'<g class="frame" style="animation-delay: {at * STANDS:.1f}s">{frame}</g>')
    return "".join([*parts, "</svg>"])


def cleaned(svg: str) -> str:
    """Without the fonts from afar that the export links."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    return re.sub(r"font-family: ?[^;\"]*;", f"font-family: {FONTS};", svg)


def services(store: StoreThread, path: Path, **more: Any) -> Services:
    """What the app is given: made-up time, no configuration file."""
    return Services(
        store=store,
        db_path=path,
        annotator="ann",
        clock=lambda: _at(NOW),
        configuration=Configuration(),
        input_clock=Unhurried(),
        minimum_seconds=0.0,
        no_model="no model: pairlab --model FILE.gguf names one",
        **more,
    )


async def shots(
    project: str, sizes: tuple[tuple[int, int], ...], *, light: bool, names: Collection[str]
) -> dict[str, str]:
    """The pictures over one project, by name."""
    found: dict[str, str] = {}
    for each in PICTURES:
        if each.project != project or each.name not in names:
            continue
        shutil.copy(project, "shown.db")
        shutil.move("shown.db", Path("shown") / project)
        store = StoreThread(Path("shown") / project)
        os.chdir("shown")
        app = PairlabApp(services(store, Path(project)), look_every=3600.0, show_every=0.0001)
        if light:
            app.theme = "pairlab-light"
        async with app.run_test(size=sizes[-1]) as pilot:
            await settle(pilot)
            await app.switch_mode(each.mode)
            await settle(pilot)
            await press(pilot, *each.keys)
            await press(
                pilot,
                *("full_stop" if c == "." else "minus" if c == "-" else c for c in each.typed),
            )
            if each.typed:
                await press(pilot, "enter")
            for width, height in sizes:
                await pilot.resize_terminal(width, height)
                await settle(pilot)
                tail = "-light" if light else ""
                found[f"{each.name}-{width}{tail}"] = cleaned(
                    app.export_screenshot(title="pairlab", simplify=False)
                )
        os.chdir("..")
        store.close()
    return found


def main(out: Path, names: Collection[str] = ()) -> None:
    """Write the pictures into a folder; those of docs/pictures in their two sizes."""
    review = out != DOCS
    wanted = names or [each.name for each in PICTURES if review or each.documented]
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        os.chdir(folder)
        Path("shown").mkdir()
        shutil.copy("my-prompts.txt", "shown")
        shutil.copy("other.db", "shown")
        sizes = SIZES if review else MAIN_SIZES
        for light in (False, True) if review else (False,):
            for project in ("study.db", "empty.db"):
                found = asyncio.run(shots(project, sizes, light=light, names=wanted))
                if project == "study.db" and not review:
                    found["tour"] = tour([found[f"{name}-80"] for name in TOUR])
                for name, svg in found.items():
                    (out / f"{name}.svg").write_text(svg, encoding="utf-8")
        os.chdir("/")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else DOCS, sys.argv[2:])

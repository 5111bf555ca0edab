"""A project with a few prompts and a runner on the scripted engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlite_utils import Database

from engine.method.constitution import Constitution, shipped
from engine.method.events import RunnerEvent
from engine.method.plan import Plan
from engine.method.runner import Runner
from engine.scripted import ScriptedEngine
from store.db import connection
from store.db.thread import StoreThread
from store.items import candidates, critiques, pairs, prompts
from store.records import Candidate, Category, Critique, Message

QUESTIONS = (
    "How do I end a hung process?",
    "How do I beat an egg white?",
    "Is the Earth flat?",
    "What is the capital of France?",
    "How do I clean a window?",
)


def ticking() -> Callable[[], str]:
    """A clock that goes on by a second with each look."""
    seconds = itertools.count()

    def clock() -> str:
        n = next(seconds)
        return f"2026-01-02T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}.000Z"

    return clock


def project(path: Path, questions: Sequence[str] = QUESTIONS) -> Path:
    """A new project file with these prompts."""
    db = connection.create(path, seed="0" * 32, at="2026-01-01T00:00:00.000Z")
    for question in questions:
        prompts.add(
            db,
            [Message("user", question)],
            category=Category.HELPFUL,
            source="test",
            at="2026-01-01T00:00:00.000Z",
        )
    db.close()
    return path


def plan(**changes: object) -> Plan:
    """A small plan."""
    fields: dict[str, object] = {
        "constitution": constitution(),
        "candidates": 3,
        "max_tokens": 64,
        "seed": 7,
    }
    fields.update(changes)
    return Plan(**fields)  # type: ignore[arg-type]  # the tests change any field by name


def constitution() -> Constitution:
    """The shipped default."""
    return shipped("harmlessness")


class Made:
    """Everything in a project, read back."""

    def __init__(self, db: Database) -> None:
        self.prompts = prompts.ordered(db)
        self.candidates: list[Candidate] = [
            candidate for p in self.prompts for candidate in candidates.of_prompt(db, p.id)
        ]
        self.critiques: list[Critique] = [
            critique for c in self.candidates for critique in critiques.of_candidate(db, c.id)
        ]
        self.pairs = pairs.ordered(db)
        self.generations = [
            row[0] for row in db.execute("SELECT id FROM generation ORDER BY rowid")
        ]
        self.kinds = [row[0] for row in db.execute("SELECT kind FROM generation ORDER BY rowid")]

    def texts(self) -> list[tuple[str, int, int, str]]:
        """What was written, without ids and times: origin, slot, round, text."""
        return sorted((c.origin.value, c.slot, c.round, c.text) for c in self.candidates)


def read(path: Path) -> Made:
    """Everything in a project."""
    db = connection.open_store(path)
    try:
        return Made(db)
    finally:
        db.close()


async def made(
    path: Path,
    the_plan: Plan,
    engine: ScriptedEngine | None = None,
    heard: list[RunnerEvent] | None = None,
) -> Runner:
    """Run a plan to its end."""
    store = StoreThread(path)
    runner = Runner(engine or ScriptedEngine(), store, the_plan, clock=ticking(), annotator="first")
    if heard is not None:
        runner.subscribe(heard.append)
    try:
        await runner.run()
    finally:
        store.close()
    return runner

"""Small labelled projects for the tests of agreement."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin

AT = "2026-01-02T03:04:05.678Z"


def at(second: int) -> str:
    """A time that grows with its argument."""
    return f"2026-01-02T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"


def some_pairs(
    db: Database, number: int, *, category: str = "helpful", start: int = 0, **more: Any
) -> list[str]:
    """Imported pairs with nothing special about them."""
    made = []
    for i in range(start, start + number):
        prompt, _ = prompts.add(
            db, [Message("user", f"prompt {i}")], category=category, source="test", at=AT
        )
        a, b = (
            candidates.add(
                db,
                Candidate(
                    prompt_id=prompt,
                    origin=Origin.IMPORTED,
                    text=f"{side}{i}",
                    slot=slot,
                    created_at=AT,
                ),
            )
            for slot, side in enumerate("ab")
        )
        made.append(pairs.add(db, prompt, a, b, "imported", source="test", at=AT, **more)[0])
    return made


def say(
    db: Database, pair: str, annotator: str, verdict: str, second: int = 0, **more: Any
) -> None:
    """One label."""
    labels.give(db, pair, annotator, verdict, at=at(second), **more)


def columns(db: Database, **verdicts: str) -> list[str]:
    """Pairs labelled by columns: ``first="a b t"``; ``.`` is no label.

    Letters: a, b, t for tie, x for both bad, s for skip.
    """
    words = {"a": "a", "b": "b", "t": "tie", "x": "both_bad", "s": "skip"}
    said = {name: text.split() for name, text in verdicts.items()}
    made = some_pairs(db, max(map(len, said.values())))
    for name, letters in said.items():
        for i, (pair, letter) in enumerate(zip(made, letters, strict=False)):
            if letter != ".":
                say(db, pair, name, words[letter], i)
    return made

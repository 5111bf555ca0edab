"""Made judges: what they would answer about made pairs, without a project file."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Mapping

from store.agreement.judge.judged_pairs import JudgedPair
from store.judgements.askings import Asking, SoftLabel, soft_label

JUDGE = "ai:m"

Answer = Callable[[JudgedPair, random.Random], tuple[float, float]]
"""Probability of the first place with ``a`` there, and with ``b`` there."""


def an_asking(
    pair: str,
    q_ab: float,
    q_ba: float,
    *,
    principle: str = "H1",
    constitution: str = "c",
    template: str = "t",
    seed: int = 0,
) -> Asking:
    orders = [(math.log(q), math.log1p(-q)) for q in (q_ab, q_ba)]
    key = f"{principle} {constitution} {template} {seed}"
    return Asking(
        pair, JUDGE, key, principle, constitution, template, seed, "", 0, *orders[0], *orders[1],
        40, 0.1, "2026-01-02T03:04:05Z",
    )  # fmt: skip


def made(
    n: int,
    answer: Answer,
    *,
    people: Mapping[str, float] | None = None,
    category: Callable[[int], str] = lambda _i: "helpful",
    seed: int = 1,
) -> list[JudgedPair]:
    """Pairs of one prompt each, half of them better in ``a``, with a judge's answers.

    Args:
        n: how many.
        answer: the judge; it sees the truth as the pair's ruling.
        people: the chance of each person to say what is true.
        category: of each pair.
        seed: of everything drawn.
    """
    drawn = random.Random(seed)
    out = []
    for i in range(n):
        truth = "ab"[i % 2]
        other = "ba"[i % 2]
        said = {
            name: truth if drawn.random() < right else other
            for name, right in ({"ann": 1.0} if people is None else people).items()
        }
        pair = JudgedPair(
            id=f"pair {i}",
            prompt_id=hashlib.sha256(str(i).encode()).hexdigest(),
            category=category(i),
            length_a=drawn.randrange(50, 500),
            length_b=drawn.randrange(501, 999) if drawn.random() < 0.5 else drawn.randrange(9, 49),
            own_a=(own := drawn.random() < 0.5),
            own_b=not own,
            verdict="tie",
            asked=(),
            soft=None,
            people=said,
            ruling=truth,
        )
        out.append(answered(pair, an_asking(pair.id, *answer(pair, drawn))))
    return out


def answered(pair: JudgedPair, *asked: Asking) -> JudgedPair:
    soft: SoftLabel = soft_label(asked)
    return pair._replace(asked=asked, soft=soft, verdict=soft.verdict().value)


def for_side(side: str, p: float = 0.9) -> tuple[float, float]:
    """An answer without position bias that gives a side this probability."""
    return (p, 1 - p) if side == "a" else (1 - p, p)


def ideal(pair: JudgedPair, _drawn: random.Random) -> tuple[float, float]:
    return for_side(pair.ruling or "")


def noisy(pair: JudgedPair, drawn: random.Random) -> tuple[float, float]:
    wrong = "b" if pair.ruling == "a" else "a"
    return for_side((pair.ruling or "") if drawn.random() < 0.8 else wrong, 0.8)


def first_place(pair: JudgedPair, drawn: random.Random) -> tuple[float, float]:
    """Takes the first place, but one pair in eight is clear enough."""
    if drawn.random() < 0.125:
        return for_side(pair.ruling or "")
    return (0.9, 0.8) if drawn.random() < 0.91 else (0.1, 0.2)


def longest(pair: JudgedPair, drawn: random.Random) -> tuple[float, float]:
    if drawn.random() < 0.1:
        return for_side(pair.ruling or "")
    return for_side("a" if pair.length_a > pair.length_b else "b")


def own_text(pair: JudgedPair, drawn: random.Random) -> tuple[float, float]:
    if drawn.random() < 0.3:
        return for_side(pair.ruling or "")
    return for_side("a" if pair.own_a else "b")

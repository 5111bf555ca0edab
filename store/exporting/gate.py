"""The gate: which decided pairs may train a model, and why the others may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from store import reasoning, texts
from store.exporting.facts import AnnotatorVerdict, PairFacts
from store.exporting.low_agreement import Doubted, rests_on_doubt
from store.exporting.options import ExportOptions
from store.exporting.reasons import Reason
from store.exporting.rows import ExportRow, digest

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Tokens of each text, by the model's own tokenizer."""

TEMPLATE_TOKENS: Final = 64
"""Tokens that a chat template may add to a prompt, on the safe side."""


_BATCH: Final = 256
"""Rows whose tokens are counted together."""


class Sifted(NamedTuple):
    """What the gate says about a decided row."""

    row: ExportRow
    excluded: Reason | None
    length_not_checked: bool
    """It passed, but may be identical once cut: no tokenizer was at hand."""


def sift(
    rows: Iterable[ExportRow],
    options: ExportOptions,
    refused_by_format: Callable[[ExportRow], Reason | None],
    doubted: Doubted,
    weak: frozenset[str],
    count_tokens: CountTokens | None,
) -> Iterator[Sifted]:
    """Send each row through; the first reason that is true of it and not allowed keeps it out.

    Args:
        rows: the decided pairs, in project order.
        options: what is allowed, and the trainer's maximal length.
        refused_by_format: why a format cannot hold a row.
        doubted: annotators whose agreement is low.
        weak: models that are not certified as judges.
        count_tokens: the model's tokenizer, or None when no model is at hand.
    """
    left = iter(rows)
    seen: set[bytes] = set()
    while batch := list(islice(left, _BATCH)):
        doubtful = [row for row in batch if _may_be_cut_alike(row, options.max_length)]
        alike = _cut_alike(doubtful, options.max_length, count_tokens)
        unchecked = {row.pair.id for row in doubtful} if count_tokens is None else ()
        for row in batch:
            reasons = _reasons(row, options, refused_by_format, doubted, weak)
            reason = next((r for r in reasons if r not in options.allow), None)
            if reason is None and row.pair.id in alike:
                reason = _unless_allowed(Reason.IDENTICAL_WHEN_CUT, options)
            if reason is None:
                content = digest(row.messages, row.chosen.text, row.rejected.text)
                if content in seen:
                    reason = _unless_allowed(Reason.DUPLICATE, options)
                seen.add(content)
            yield Sifted(row, reason, reason is None and row.pair.id in unchecked)


def _reasons(
    row: ExportRow,
    options: ExportOptions,
    refused_by_format: Callable[[ExportRow], Reason | None],
    doubted: Doubted,
    weak: frozenset[str],
) -> Iterator[Reason]:
    pair = row.pair
    one, other = row.chosen.text, row.rejected.text
    if pair.flagged:
        yield Reason.FLAGGED
    if row.standing.basis == "labels" and rests_on_doubt(_labels_behind(row), doubted):
        yield Reason.LOW_AGREEMENT
    if options.by_models:
        if weak.issuperset(row.standing.annotators):
            yield Reason.WEAK_JUDGE
        if _unsure(row, options.min_confidence):
            yield Reason.LOW_CONFIDENCE
    if texts.blank(one) or texts.blank(other) or texts.blank(_last_turn(pair)):
        yield Reason.EMPTY
    if _alike(pair):
        told = row.original is None or _alike(row.original)
        yield Reason.IDENTICAL if told else Reason.IDENTICAL_WHEN_REDACTED
    if any(map(reasoning.found, (one, other, *reasoning.turns(pair.messages)))):
        yield Reason.REASONING
    if "length" in (row.chosen.finish_reason, row.rejected.finish_reason):
        yield Reason.TRUNCATED
    if texts.degenerate(one) or texts.degenerate(other):
        yield Reason.DEGENERATE
    if reason := refused_by_format(row):
        yield reason


def _alike(pair: PairFacts) -> bool:
    return texts.alike(pair.a.text, pair.b.text)


def _unsure(row: ExportRow, least: float | None) -> bool:
    return least is not None and (row.soft is None or row.soft.confidence < least)


def _labels_behind(row: ExportRow) -> list[AnnotatorVerdict]:
    names = row.standing.annotators
    return [
        word for word in row.pair.words if word.given_by == "person" and word.annotator in names
    ]


def _unless_allowed(reason: Reason, options: ExportOptions) -> Reason | None:
    return None if reason in options.allow else reason


def _last_turn(pair: PairFacts) -> str:
    return pair.messages[-1].content if pair.messages else ""


def _shared_start(row: ExportRow) -> str:
    """Everything up to the first character in which the two trained texts differ."""
    prompt = "\n".join(message.content for message in row.messages)
    return prompt + "\n" + _common_start(row.chosen.text, row.rejected.text)


def _common_start(one: str, other: str) -> str:
    for place, (here, there) in enumerate(zip(one, other, strict=False)):
        if here != there:
            return one[:place]
    return min(one, other, key=len)


def _may_be_cut_alike(row: ExportRow, max_length: int) -> bool:
    # a token is at least one byte of text, so that most rows need no tokenizer
    room = max_length - TEMPLATE_TOKENS
    one, other = row.chosen.text, row.rejected.text
    if one.isascii() and other.isascii() and one[:1] != other[:1]:
        shared = 1 + sum(len(turn.content.encode()) + 1 for turn in row.messages)
        if shared < room:
            return False
    return row.chosen.text != row.rejected.text and len(_shared_start(row).encode()) >= room


def _cut_alike(
    rows: list[ExportRow], max_length: int, count_tokens: CountTokens | None
) -> frozenset[str]:
    """Ids of the rows whose two texts differ only behind the last token that is kept."""
    if count_tokens is None or not rows:
        return frozenset()
    counted = count_tokens([_shared_start(row) for row in rows])
    return frozenset(row.pair.id for row, n in zip(rows, counted, strict=True) if n >= max_length)

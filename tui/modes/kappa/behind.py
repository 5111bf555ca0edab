"""The pairs behind a figure of mode K, and the pages that are opened from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from store import ids
from store.agreement import Agreement
from store.agreement.feedback_comparison import guarded_comparison
from store.agreement.item_scores import ItemScores, Of, item_games, scored
from store.agreement.tables import By
from store.agreement.underlying_pairs import Behind, behind, of_rater, seen
from tui.dialogs.certificate import CertificateScreen
from tui.dialogs.feedback import FeedbackScreen
from tui.dialogs.pairs_list import ItemsScreen, PairLine, Reading
from tui.formatting import category, counted
from tui.modes.base import ModeScreen
from tui.modes.kappa import text as lines
from tui.text import one_line


class BehindScreen(ModeScreen):
    """Lists what is behind a cell, a line, a figure; opens the pages over the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._by: By = "category"

    def action_certificate(self) -> None:
        """What the models' judgements are worth."""
        self.background(self._certify, group="certificate")

    def action_compare(self) -> None:
        """People and judges side by side."""
        self.background(self._compare_feedback, group="compare")

    def action_scores(self) -> None:
        """What is preferred, on one scale."""
        from tui.dialogs.scores import ScoresScreen  # opened seldom

        async def read(of: Of, whose: str) -> ItemScores:
            found = await self.ask(item_games, of, whose)
            return await asyncio.to_thread(scored, found)

        self.app.push_screen(ScoresScreen(read, self._list_of_rater))

    def action_evaluation(self) -> None:
        """The page of harmlessness and helpfulness."""
        from tui.dialogs.evaluation import EvaluationScreen  # opened seldom

        self.app.push_screen(EvaluationScreen())

    def action_classes(self) -> None:
        """The sample of answers."""
        from tui.dialogs.answer_classes import ClassScreen  # opened seldom

        self.app.push_screen(ClassScreen())

    async def _certify(self) -> None:
        from store.agreement.judge.certificate import of_pairs, read  # numpy, not before a key

        judged, called = await self.ask(read)
        if not judged:
            self.tell("no model has judged a pair yet: pairlab judge")
            return
        # a second or two: not on the store thread, which keeps labels
        with self.taking_long("working out the figures"):
            found = [await asyncio.to_thread(of_pairs, name, judged, called) for name in judged]
        await self.app.push_screen(CertificateScreen(found, self._list_of_rater))

    async def _list_of_rater(self, who: str, title: str, pair_ids: Sequence[str]) -> None:
        found = await self.ask(
            of_rater, self.services.annotator, who, pair_ids, at=self.services.clock()
        )
        await self._push_list(found, title, alone=who in ("", self.services.annotator))

    async def _compare_feedback(self) -> None:
        with self.taking_long("comparing people and models"):
            found = await self.ask(guarded_comparison)
        await self.app.push_screen(FeedbackScreen(found, self._list_of_rater))

    async def _list(
        self, agreement: Agreement, said: tuple[str, str] | None, value: str | None
    ) -> None:
        found = await self.ask(
            behind,
            self.services.annotator,
            *agreement.annotators,
            said=said,
            by=self._by if value is not None else None,
            value=value,
            at=self.services.clock(),
        )
        await self._push_list(found, _list_title(agreement, said, value))

    async def _push_list(self, found: Behind, title: str, *, alone: bool = False) -> None:
        await self.app.push_screen(
            ItemsScreen(
                title,
                [
                    PairLine(
                        entry.pair_id, entry.prompt, _aside(entry.said[:1] if alone else entry.said)
                    )
                    for entry in found.entries
                ],
                self._read,
                note=_list_note(found),
            )
        )

    async def _read(self, pair_id: str) -> Reading:
        found = await self.ask(seen, self.services.annotator, pair_id, at=self.services.clock())
        return Reading(found.text, [lines.verdict_line(label) for label in found.labels])

    def _show_items(
        self,
        two: Agreement | None = None,
        *,
        said: tuple[str, str] | None = None,
        value: str | None = None,
    ) -> None:
        """List the pairs behind a figure of ``two``, or else of the people who are compared."""
        between = two or self.app.agreement.standing.agreement
        if between is not None:
            self.background(partial(self._list, between, said, value), group="items")


def _aside(said: tuple[str | None, ...]) -> str:
    return " · ".join((verdict or "none").replace("_", " ") for verdict in said)


def _list_title(agreement: Agreement, said: tuple[str, str] | None, value: str | None) -> str:
    if said is None:
        where = category(value) if value else ""
        if ids.is_ai(agreement.annotators[1]):
            where = lines.couple(agreement, 60)
        else:  # in the order in which each line tells their verdicts
            names = [one_line(name, 24) for name in agreement.annotators]
            where = " · ".join(filter(None, [*names, where]))
        return f"Disagreements · {where}"
    pairs = zip(agreement.annotators, said, strict=True)
    return " · ".join(
        f"{one_line(name, 24)}: {verdict.replace('_', ' ')}" for name, verdict in pairs
    )


def _list_note(found: Behind) -> str:
    told = []
    if found.more:
        told.append(f"{found.more:,} more are not listed")
    if found.not_yet:
        told.append(
            f"{counted(found.not_yet, 'pair')} you have not labelled yet: closed until you have"
        )
    return "; ".join(told)

"""Rounds: who has finished, beginning one, opening its seal, ending it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial

from textual.binding import Binding

from store.db.sqlite import Database
from store.judgements.drafts import DraftKind, DraftPlace
from store.records import Seal
from store.rounds import presence, rounds, sampling
from store.rounds.rounds import Round
from tui.dialogs.panel import PanelRow, PanelScreen
from tui.formatting import counted
from tui.text import one_line

_TOLD = {
    Seal.SEALED: "sealed: only progress is told",
    Seal.BLOCKS: "opened: figures by blocks of 10",
    Seal.OPEN: "opened: figures are live",
}
_SHORT = {Seal.SEALED: "sealed", Seal.BLOCKS: "by blocks of 10", Seal.OPEN: "open"}
_ENDED = {"finished": "finished", "closed": "ended early"}


class RoundsScreen(PanelScreen):
    """Each round with everybody's progress."""

    HEADING = "Rounds"
    ABOUT = (
        "A round gives the same pairs to two or more people, each in an order of their own. It is "
        "sealed: until all have finished, nobody is told more than how far each is. The seal can "
        "be opened before; who opened it is recorded and stands in the report."
    )
    EMPTY = "No round yet. n begins one: its name, its people, how many pairs."
    BINDINGS = [
        Binding("enter", "choose", "Open the seal", key_display="enter"),
        Binding("n", "new", "New round"),
        Binding("b", "blocks", "By blocks of 10"),
        Binding("e", "end", "End early"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rounds: dict[str, Round] = {}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What ended stays ended; what is open stays open."""
        chosen = self._chosen
        if action in {"choose", "blocks", "end"} and (chosen is None or chosen.ended):
            return None
        if action == "choose" and chosen is not None and chosen.seal is Seal.OPEN:
            return None
        if action == "blocks" and chosen is not None and chosen.seal is not Seal.SEALED:
            return None
        return super().check_action(action, parameters)

    @property
    def _chosen(self) -> Round | None:
        return self._rounds.get(self.row.id) if self.row is not None else None

    async def rows(self) -> Sequence[PanelRow]:
        """Oldest first."""
        listed = await self.call(_listed)
        self._rounds = {each.id: each for each, _ in listed}
        return [
            PanelRow(each.id, each.name, _ENDED.get(each.ended or "") or _SHORT[each.seal], people)
            for each, people in listed
        ]

    async def choose(self, _row: PanelRow) -> None:
        """Open the seal, after asking."""
        self._open(Seal.OPEN, "show the figures to everybody now? yes or no")

    def action_blocks(self) -> None:
        """Figures that move by ten new common pairs."""
        self._open(Seal.BLOCKS, "show figures by blocks of 10 common pairs? yes or no")

    def _open(self, seal: Seal, label: str) -> None:
        chosen = self._chosen
        if chosen is not None:
            self.question(label, partial(self._unseal, chosen.id, seal))

    async def _unseal(self, round_id: str, seal: Seal, text: str) -> None:
        if text.casefold() not in {"y", "yes"}:
            self.tell("left sealed")
            return
        await self.call(rounds.unseal, round_id, seal, self.me, self.pair_app.services.clock())
        await self._changed(_TOLD[seal])

    def action_end(self) -> None:
        """Although not all have finished."""
        chosen = self._chosen
        if chosen is not None:
            place = DraftPlace(DraftKind.REASON, chosen.id)
            self.question("why it ends early", partial(self._end, chosen.id), place=place)

    async def _end(self, round_id: str, reason: str) -> None:
        at = self.pair_app.services.clock()
        await self.call(rounds.close, round_id, self.me, reason, at)
        await self._changed("ended; labels given later are not part of it")

    def action_new(self) -> None:
        """Name, people, number of pairs, one after the other."""

        async def named(name: str) -> None:
            known = [each for each in await self.call(presence.people) if each != self.me]
            self.question(
                "its people, with commas between",
                partial(peopled, name),
                ", ".join([self.me, *known]),
            )

        async def peopled(name: str, text: str) -> None:
            people = [each.strip() for each in text.split(",") if each.strip()]
            self.question("how many pairs (empty: all)", partial(self._begin, name, people))

        self.question("name of the round", named)

    async def _begin(self, name: str, people: list[str], text: str) -> None:
        if text and not text.isdecimal():
            self.unread("the number of pairs is a number", text)
            return
        sample, seed = int(text[:9]) if text else None, secrets.token_hex(4)
        drawn = await self.call(sampling.draw, people, sample=sample, seed=seed)
        made = await self.call(
            rounds.create,
            name,
            drawn.pair_ids,
            people,
            seed=seed,
            by=self.me,
            at=self.pair_app.services.clock(),
        )
        left = drawn.known + drawn.taken
        words = f"{made.name}: {counted(len(drawn.pair_ids), 'pair')} for {len(made.annotators)}"
        await self._changed(words + (f"; {left:,} left out, seen or in another round" * bool(left)))

    async def _changed(self, words: str) -> None:
        await self.pair_app.session.catch_up()
        await self.reload()
        self.tell(words)


def _listed(db: Database) -> list[tuple[Round, str]]:
    return [
        (
            each,
            ", ".join(
                f"{one_line(one.annotator, 24)} "
                + ("finished" if one.finished else f"{one.done:,} of {one.total:,}")
                for one in rounds.progress(db, each.id)
            ),
        )
        for each in rounds.ordered(db)
    ]

"""Mode J: the pairs two people disagree on, what each said, and the verdict that stands."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.content import Content
from textual.events import Resize
from textual.widgets import Input

from store.judgements.disagreements import Order
from store.judgements.drafts import DraftKind, DraftPlace
from store.log import undo
from tui.dialogs.guideline import GuidelineScreen
from tui.keys.deciding import JUDGE
from tui.messages import LabelStored
from tui.modes.judge import text as lines
from tui.modes.judge.ruling import RulingScreen
from tui.modes.judge.text import RulingDraft

ASIDE = frozenset(
    {"search", "edit", "order", "against", "skip", "flag", "where_from", "shield", "walk", "reason"}
)
"""Actions that have no place while the list of a ruling is open."""

NEED_A_CASE = frozenset({"rule", "reason", "add_case", "cause", "sure", "search", "order"})


class JudgeScreen(RulingScreen):
    """One disagreement after the other; a ruling changes no label.

    Everything shown comes from :mod:`store.views.adjudication`, which leaves out what a sealed
    round hides.
    """

    MODE = "judge"
    JUMPS = "disagreement number"
    CSS_PATH = "style.tcss"
    HELP_TEXT = (
        "These are the pairs on which two people gave different verdicts. The names of those who "
        "chose an answer stand above it. Read both, then rule: the ruling decides what is "
        "exported. A list opens: why they disagreed ({judge.guideline_gap} to {judge.other}) and "
        "how sure you are ({judge.sure}, {judge.fairly}, {judge.unsure}); {judge.go_on} takes what "
        "stands out, which is what you took last. Then comes one line of reason; it goes into the "
        "report. A ruling changes no label and no kappa.\n"
        "{judge.case} in the list makes the case an example of the guideline, with the right "
        "answer and the reason; on a case that is ruled it does so at once.\n"
        "hasty: the verdict came faster than the texts can be read."
    )
    BINDINGS = JUDGE

    def on_resize(self, _event: Resize) -> None:
        """Left and right may be upper and lower now."""
        self._draw()

    def on_screen_resume(self) -> None:
        """Opened, or back from another mode: what is new."""
        self.background(self._come_back, group="item")

    def text_places(self) -> Iterable[tuple[DraftPlace, str]]:
        """A case has a reason and may become an example; notes are made where one labels."""
        if self.item_id is not None:
            yield DraftPlace(DraftKind.REASON, self.item_id), "judge.reason"
            yield DraftPlace(DraftKind.CASE, self.item_id), "judge.case"

    async def other_work(self) -> None:
        """Somebody else labelled, ruled or mended the guideline."""
        await self._come_back()

    async def go_to(self, item_id: str) -> None:
        """A disagreement that was picked in mode B."""
        await self._reload()
        await self._read_guideline()
        await self._open(item_id)

    async def jump(self, number: int) -> None:
        """The disagreement at a place of the order it is listed in."""
        every = self.agenda.pair_ids
        if every:
            place = min(max(number, 1), len(every))
            await self._open(every[place - 1])
            self.tell("" if place == number else f"there are {len(every)} disagreements")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Most keys need a case; ``a`` needs a note."""
        if action == "leave":
            open_ = self.has_class("-full") or self.has_class("-reading")
            return open_ or self._verdict is not None
        if action == "go_on":
            return self._verdict is not None
        if self._verdict is not None and action in ASIDE:
            return False
        if action in NEED_A_CASE and self.item_id is None:
            return None
        if action in {"edit", "against"} and not self.agenda.pair_ids:
            return None
        if action == "rule" and self.cramped:
            return None
        if action == "adopt" and not self._notes():
            return None
        return super().check_action(action, parameters)

    def action_search(self) -> None:
        """Search the guideline beside the case; on a narrow screen, open it."""
        self.add_class("-reading")
        self.refresh_bindings()
        self._ask("search", "search the guideline", self.guideline.search)

    def action_leave(self) -> None:
        """Out of the list without a ruling; back to both answers."""
        if self._verdict is not None:
            self._close_list()
            self.draft = self._draft_of(self.case) if self.case else RulingDraft()
            self._draw()
            return
        self.remove_class("-reading")
        self.guideline.find("")
        super().action_leave()

    def action_order(self) -> None:
        """Most alike first, by category, in project order."""
        every = list(Order)
        self._order = every[(every.index(self._order) + 1) % len(every)]
        self.act(self._reorder, on_item=False, decides=False)

    def action_walk(self, step: int) -> None:
        """The arrows to the sides: through all cases, ruled or not."""
        self.act(partial(self._walk, step), on_item=False, decides=False)

    def action_edit(self) -> None:
        """Open the guideline to be edited."""
        self.app.push_screen(GuidelineScreen(), lambda _: self._after_editing())

    def action_against(self) -> None:
        """List the rulings that went against the person's own labels."""
        self.background(self._list_against, group="sheet")

    def on_input_changed(self, event: Input.Changed) -> None:
        """The search follows the letters."""
        if self.note_line.about.startswith("search "):
            self.guideline.find(event.value)

    async def skip(self) -> None:
        """``space``: the next case without a ruling."""
        where = self.agenda.open_after(self.item_id)
        if where == self.item_id:
            self.tell("this is the last one without a ruling")
        else:
            await self._open(where)

    async def undone(self, undone: undo.Undone) -> None:
        """Back to the case whose ruling was taken back."""
        if undone.kind != "ruling":
            self.post_message(LabelStored())
            self.tell(f"undone: a {undone.kind} made in another mode")
            return
        await self._reload()
        await self._open(undone.item)
        self.tell("undone: the ruling")

    async def marked(self) -> None:
        """A flag of this case has changed; the footer says it."""

    async def origin(self) -> Content | None:
        """What is known of the case, in full; who wrote the answers stays open."""
        if self.case is None:
            return None
        return lines.known(self.case, self.case.versions, stacked=self.stacked)

    # What happens

    async def _walk(self, step: int) -> None:
        if self.case is None:
            found = self.agenda.pair_ids[-1:] if step < 0 else ()
            where = found[0] if found else None
        else:
            where = self.agenda.after(self.case.pair_id, step=step)
        if where is not None:
            self.tell("")
            await self._open(where)
        elif self.case is not None:
            self.tell("this is the first one" if step < 0 else "this is the last one")

    async def _reorder(self) -> None:
        await self._reload()
        self._draw()
        self.tell(lines.ORDERS[self._order])

    def _after_editing(self) -> None:
        self.background(self._come_back, group="item")

"""Mode J: the pairs two people disagree on, what each said, and the verdict that stands."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Input, Static

from store import ids
from store.agreement.underlying_pairs import seen
from store.items import pairs
from store.judgements import guidelines, rulings
from store.judgements.disagreements import Order
from store.judgements.drafts import DraftKind, DraftPlace
from store.judgements.rulings import Cause, Confidence
from store.log import undo
from store.records import Verdict
from store.views import adjudication
from store.views.adjudication import Agenda, Case
from tui.dialogs.guideline import GuidelineScreen
from tui.dialogs.pairs_list import ItemsScreen, PairLine, Reading
from tui.keys.deciding import JUDGE
from tui.messages import LabelStored
from tui.modes.base import ModeScreen
from tui.modes.common_keys import JUMP
from tui.modes.judge import text as lines
from tui.modes.judge.text import RulingDraft
from tui.sides import said
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.case_view import CaseView
from tui.widgets.choice_list import ChoiceList
from tui.widgets.guideline_pane import GuidelinePane
from tui.widgets.next_step import NextStep, command
from tui.widgets.note_line import NoteLine
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.rule import Rule

ASIDE = frozenset(
    {"search", "edit", "order", "against", "skip", "flag", "where_from", "shield", "walk", "reason"}
)
"""Actions that have no place while the list of a ruling is open."""

NEED_A_CASE = frozenset({"rule", "reason", "add_case", "cause", "sure", "search", "order"})


class JudgeScreen(ModeScreen):
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

    view = getters.query_one(CaseView)
    prompt = getters.query_one("#prompt", PromptPane)
    said = getters.query_one("#said", Static)
    left = getters.query_one("#left", AnswerPane)
    right = getters.query_one("#right", AnswerPane)
    guideline = getters.query_one("#guideline", GuidelinePane)
    drafted = getters.query_one("#drafted", Static)
    asked = getters.query_one("#asked > Rule", Rule)
    choices = getters.query_one(ChoiceList)
    next_step = getters.query_one(NextStep)

    def __init__(self) -> None:
        super().__init__()
        self.case: Case | None = None
        """The disagreement on the screen."""
        self.agenda = Agenda()
        self.draft = RulingDraft()
        self._order = Order.ALIKE
        self._version: int | None = None
        self._verdict: Verdict | None = None
        """What is being ruled while the list is open."""
        self._last = RulingDraft()
        """Cause and sureness that were taken last."""

    def compose_mode(self) -> Iterable[Widget]:
        """Prompt, who said what, the answers with the guideline, the list a ruling opens."""
        yield CaseView()
        yield Static(id="drafted", markup=False)
        with Vertical(id="asked"):
            yield Rule()
            yield ChoiceList(lines.ASKED)
        yield NextStep()

    def both_panes(self) -> Iterable[AnswerPane]:
        """The two answers; alone on a narrow screen, the guideline."""
        reading_it = self.has_class("-reading") and self.has_class("-narrow")
        return (self.guideline,) if reading_it else (self.left, self.right)

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

    def action_rule(self, verdict: str) -> None:
        """A ruling on the sides as they stand."""
        self.act(partial(self._rule, Verdict(verdict)))

    def action_reason(self) -> None:
        """Open the line below for the reason of the ruling."""
        if self.case is not None:
            self.decide(lambda: self._ask("reason", "reason", self.draft.reason))

    def action_add_case(self) -> None:
        """The case becomes an example of the guideline: with its ruling, or at once."""
        self.act(self._choose_case)

    def action_go_on(self) -> None:
        """``enter`` in the list: what stands out there goes with the ruling."""
        self.act(self._go_on)

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

    def action_adopt(self) -> None:
        """One annotator's note as the reason, the next one's with the next press."""
        notes = self._notes()

        async def adopt() -> None:
            names = list(notes)
            at = names.index(self.draft.adopted_from) if self.draft.adopted_from in names else -1
            name = names[(at + 1) % len(names)]
            self.draft.reason, self.draft.adopted_from = notes[name], name
            await self._amend()

        if notes:
            self.act(adopt)

    def action_cause(self, cause: str) -> None:
        """``3`` to ``7``; the same again takes it back."""

        async def choose() -> None:
            self.draft.cause = None if self.draft.cause == cause else Cause(cause)
            await self._amend()

        self.act(choose)

    def action_sure(self, confidence: str) -> None:
        """``8`` ``9`` ``0``; the same again takes it back."""

        async def choose() -> None:
            same = self.draft.confidence == confidence
            self.draft.confidence = None if same else Confidence(confidence)
            await self._amend()

        self.act(choose)

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

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """A line was finished: a reason, a case for the guideline, a search, a number."""
        if event.item == JUMP:
            return
        event.prevent_default()
        what, _, about = event.item.partition(" ")
        if what == "search":
            self.guideline.find(event.text)
        elif self.case is not None and about == self.case.pair_id:
            self._written(what, event.text.strip())

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

    async def _rule(self, verdict: Verdict) -> None:
        """Ask why they disagreed and how sure one is, unless both are chosen already."""
        if self._verdict is None and self.draft.cause and self.draft.confidence:
            await self._ask_reason(verdict)
            return
        if self._verdict is None:
            self.draft.cause = self.draft.cause or self._last.cause
            self.draft.confidence = self.draft.confidence or self._last.confidence
        self._verdict = verdict
        self.add_class("-asking")
        self._draw()

    async def _go_on(self) -> None:
        verdict = self._verdict
        if verdict is not None:
            self._close_list()
            self._last = RulingDraft(cause=self.draft.cause, confidence=self.draft.confidence)
            self._draw()
            await self._ask_reason(verdict)

    def _close_list(self) -> None:
        self._verdict = None
        self.remove_class("-asking")

    async def _choose_case(self) -> None:
        """In the list a choice like the others; a ruled case is added at once."""
        if self._verdict is not None:
            self.draft.as_case = not self.draft.as_case
            self._draw()
        elif self.case is None or self.case.ruling is None:
            self.tell("a case says which answer is right: rule first, the list offers it")
        else:
            self._ask("case", "case: why it is right", self.case.ruling.reason)

    async def _ask_reason(self, verdict: Verdict) -> None:
        """Rule, or ask for the reason first."""
        if self.draft.reason:
            await self._put(verdict)
        else:
            self._ask(verdict.value, f"{said(verdict, stacked=self.stacked)}, because", "")

    async def _put(self, verdict: Verdict) -> None:
        """The ruling is on the disk, then comes the next case."""
        case = self.case
        if case is None:
            return
        place = self.agenda.pair_ids.index(case.pair_id) + 1
        await self._store(case, case.swapped(verdict))
        added = ""
        if self.draft.as_case and self.draft.reason:
            version = await self._store_case(case, case.swapped(verdict), self.draft.reason)
            added = f", guideline v{version} has the case"
        await self._reload()
        await self._open(self.agenda.open_after(case.pair_id))
        self.tell(lines.told(verdict, place, stacked=self.stacked) + added)

    async def _store(self, case: Case, verdict: Verdict) -> None:
        await self.ask(
            rulings.rule,
            case.pair_id,
            self.services.annotator,
            verdict,
            reason=self.draft.reason,
            cause=self.draft.cause,
            confidence=self.draft.confidence,
            adopted_from=self.draft.adopted_from,
            at=self.services.clock(),
        )
        self.drafts.drop(DraftPlace(DraftKind.REASON, case.pair_id))

    async def _amend(self) -> None:
        """Show the draft; where one's own ruling stands already, it is changed with it."""
        case = self.case
        if case is None:
            return
        if self._verdict is None and case.ruling is not None and self._is_mine(case):
            await self._store(case, case.ruling.verdict)
            self.case = await self._read(case.pair_id)
            self.tell("ruling changed")
        self._draw()

    def _written(self, what: str, text: str) -> None:
        if what == "case":
            self.act(partial(self._add_case, text), on_item=False, decides=False)
            return
        notes = self._notes()
        if notes.get(self.draft.adopted_from or "") != text:
            self.draft.adopted_from = None
        self.draft.reason = text
        work = self._amend if what == "reason" else partial(self._put, Verdict(what))
        self.act(work, on_item=False, decides=False)

    async def _add_case(self, text: str) -> None:
        case = self.case
        if case is None or case.ruling is None:
            return
        version = await self._store_case(case, case.ruling.verdict, text)
        self.guideline.scroll_end_or_home(end=True)
        self._draw()
        self.tell(f"guideline v{version}: the case was added")

    async def _store_case(self, case: Case, verdict: Verdict, why: str) -> int:
        me, at = self.services.annotator, self.services.clock()
        added = await self.ask(guidelines.add_case, case.pair_id, verdict, why, me, at)
        self.drafts.drop(DraftPlace(DraftKind.CASE, case.pair_id))
        await self._read_guideline()
        return added.version

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

    async def _reload(self) -> None:
        self.agenda = await self.ask(adjudication.agenda, self._order)

    async def _read(self, pair_id: str) -> Case:
        at = self.services.clock()
        return await self.ask(adjudication.case, self.services.annotator, pair_id, at)

    async def _read_guideline(self) -> None:
        current = await self.ask(guidelines.current)
        self._version = current.version if current else None
        self.guideline.show_version(current, top=False)

    async def _come_back(self) -> None:
        await self._reload()
        await self._read_guideline()
        if self.case is None or self.case.pair_id not in self.agenda.pair_ids:
            await self._open(self.agenda.open_after(None))
        else:
            self.case = await self._read(self.case.pair_id)
            self._draw()

    async def _open(self, pair_id: str | None) -> None:
        """Put a case, or what the rulings came to, on the screen."""
        self._close_list()
        self.case = None if pair_id is None else await self._read(pair_id)
        self.set_class(self.case is None, "-empty")
        if self.case is None:
            await self._tell_result()
        else:
            self.draft = self._draft_of(self.case)
            self.view.show_pair(self.case.text.messages, self.case.first, self.case.second)
            self._draw()
        self.item_shown(pair_id)

    def _draw(self) -> None:
        """Everything about the case that a key can change."""
        case = self.case
        if case is None:
            return
        every = self.agenda.pair_ids
        place = every.index(case.pair_id) + 1 if case.pair_id in every else len(every)
        ruled = len(self.agenda.ruled)
        self.prompt.title = lines.title(case, place, len(every), ruled, self._order)
        self.prompt.mark_done(ruled / max(len(every), 1))
        self.said.update(lines.who_said_what(case, self._version, stacked=self.stacked))
        self.view.fit()
        self.left.remark(lines.choosers(case, Verdict.A))
        self.right.remark(lines.choosers(case, Verdict.B))
        stands = self._is_mine(case) and self.draft == self._draft_of(case)
        key = self.app.key_of("judge.reason")
        self.drafted.update(Content("") if stands else lines.drafted(self.draft, key))
        self.choices.chosen = self.draft.chosen
        if self._verdict is not None:
            self.asked.heading = lines.asking(
                self._verdict, self.app.key_of("judge.go_on"), stacked=self.stacked
            )
        self.refresh_bindings()

    async def _tell_result(self) -> None:
        if not self.agenda.pair_ids:
            words = lines.nothing(await self.ask(adjudication.waiting))
            ways = [("mode.kappa", "tells how far you agree"), ("mode.label", "labels pairs")]
            if not await self.ask(pairs.count):
                ways = [("all.import", "brings in pairs of answers, or prompts")]
            self.next_step.tell(words, ways)
            return
        outcome = await self.ask(adjudication.outcome, self.services.annotator)
        ways = [
            ("move.earlier", "goes back through the rulings"),
            ("mode.export", "writes what is decided"),
        ]
        if outcome.causes.get(Cause.GUIDELINE_GAP):
            ways.insert(0, ("judge.edit", "mends the guideline where it has gaps"))
        if outcome.against:
            ways.append(("judge.against", f"lists {outcome.against} that went against your label"))
        minutes = command("report minutes.md", self.services.db_path)
        result = lines.result(outcome, self.app.agreement.headline)
        self.next_step.tell(f"{result}\n\nThe minutes: {minutes}", ways)

    async def _list_against(self) -> None:
        found = await self.ask(rulings.against, self.services.annotator)
        items = []
        for each in found:
            text = await self.ask(pairs.text, each.ruling.pair_id)
            verdicts = f"you {each.label.verdict} · ruled {each.ruling.verdict}".replace("_", " ")
            items.append(PairLine(each.ruling.pair_id, text.prompt_text, verdicts))
        await self.app.push_screen(
            ItemsScreen("Rulings against your labels", items, self._read_against)
        )

    async def _read_against(self, pair_id: str) -> Reading:
        at = self.services.clock()
        found = await self.ask(seen, self.services.annotator, pair_id, at=at)
        ruling = await self.ask(rulings.standing, pair_id)
        return Reading(found.text, lines.verdicts(found.labels, ruling))

    def _is_mine(self, case: Case) -> bool:
        return case.ruling is not None and case.ruling.by == ids.name(self.services.annotator)

    def _draft_of(self, case: Case) -> RulingDraft:
        """What one's own ruling says already; nothing else."""
        ruling = case.ruling
        if ruling is None or not self._is_mine(case):
            return RulingDraft()
        return RulingDraft(ruling.reason, ruling.cause, ruling.confidence, ruling.adopted_from)

    def _notes(self) -> dict[str, str]:
        said = self.case.said if self.case else ()
        return {each.annotator: each.note for each in said if each.note}

    def _ask(self, what: str, label: str, text: str) -> None:
        place = None
        if self.item_id is not None and what != "search":
            kind = DraftKind.CASE if what == "case" else DraftKind.REASON
            place = DraftPlace(kind, self.item_id)
        draft = self.drafts.get(place) if place is not None else None
        about = f"{what} {self.item_id or ''}"
        self.note_line.open(about, text, label=label, place=place, draft=draft)

    def _after_editing(self) -> None:
        self.background(self._come_back, group="item")

"""The disagreement that mode J shows, those beside it, and what the rulings came to."""

from __future__ import annotations

from collections.abc import Iterable

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from store import ids
from store.agreement.underlying_pairs import seen
from store.items import pairs
from store.judgements import guidelines, rulings
from store.judgements.disagreements import Order
from store.judgements.rulings import Cause
from store.records import Verdict
from store.views import adjudication
from store.views.adjudication import Agenda, Case
from tui.dialogs.pairs_list import ItemsScreen, PairLine, Reading
from tui.modes.base import ModeScreen
from tui.modes.judge import text as lines
from tui.modes.judge.text import RulingDraft
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.case_view import CaseView
from tui.widgets.choice_list import ChoiceList
from tui.widgets.guideline_pane import GuidelinePane
from tui.widgets.next_step import NextStep, command
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.rule import Rule


class CaseScreen(ModeScreen):
    """Reads disagreements and puts them into the panes."""

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
            # the list may lie over the end of an answer
            self.asked.aside = f"{self.app.key_of('move.leave')} back"
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

    def _close_list(self) -> None:
        self._verdict = None
        self.remove_class("-asking")

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

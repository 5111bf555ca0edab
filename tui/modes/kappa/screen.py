"""Mode K: how far two annotators agree, what it means, and the pairs behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

from textual import getters
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets.option_list import Option

from store import ids
from store.agreement import Agreement
from store.agreement.feedback_comparison import guarded_comparison
from store.agreement.item_scores import ItemScores, Of, item_games, scored
from store.agreement.overview import Overview, overview
from store.agreement.slices import look_first
from store.agreement.tables import BY, By
from store.agreement.underlying_pairs import Behind, behind, of_rater, seen
from store.items import candidates
from store.log import undo
from store.views import adjudication
from tui.dialogs.certificate import CertificateScreen
from tui.dialogs.feedback import FeedbackScreen
from tui.dialogs.pairs_list import ItemsScreen, PairLine, Reading
from tui.formatting import category, counted
from tui.keys.looking import KAPPA
from tui.messages import AgreementMoved, LabelStored
from tui.modes.base import ModeScreen
from tui.modes.judge import text
from tui.modes.kappa import text as lines
from tui.modes.kappa.trend_plot import AXIS, NARROWEST, STEPS, TrendPlot, height
from tui.text import one_line
from tui.widgets.lines import Lines
from tui.widgets.next_step import ANOTHER, NextStep, for_another
from tui.widgets.rule import Rule
from tui.widgets.table_view import Contingency, TableView

REST = 0.2
"""Seconds between a label and the second look at what a pass over all labels costs."""

BARS_FROM = 100
"""Columns from which a slice is drawn as a bar too."""

MARGINS = 5
"""Cells beside the parts of the page."""
ROOMY = 30
"""Rows from which there is room for what the slices tell as well."""
TABLE_GAP = 4
"""Cells between the table and the trend."""


class KappaScreen(ModeScreen):
    """Figures and table from the app's agreement model, at once; the rest a moment later."""

    MODE = "kappa"
    AUTO_FOCUS = "TableView"
    CSS_PATH = "style.tcss"
    HELP_TEXT = (
        "Kappa is agreement beyond chance, over the pairs both have labelled without knowing "
        "the other's verdict; skipped pairs do not count. The interval says how far off it may "
        "be. Above .8 golden, above .6 good for training, above .4 weak, else stop and mend the "
        "guideline.\nThe table counts what each pair was called: the first annotator in the "
        "rows, the second in the columns. {kappa.items} lists the pairs of a cell or a "
        "line, as far as you have labelled them yourself.\nAs roles: the same labels coded as "
        "original and revision, or as the file's chosen and rejected. It is lower when "
        "nearly everybody prefers one of the two, because then chance alone agrees often. Kappa "
        "asks whether two people prefer the same text, this one whether they agree on when the "
        "usual favourite is not the better one. AC1 and PABAK do not fall when one verdict is "
        "rare.\nHuman and AI: how often a model gave the "
        "verdict of each of the two, and kappa between them. These labels are in no other figure; "
        "{kappa.items} lists the pairs on which they differ. {kappa.certificate} tells what a "
        "model's judgement is worth, figure by figure, with the pairs behind each.\n"
        "{kappa.scores} shows which model, temperature, principle or round is preferred, with "
        "intervals. {kappa.evaluation} shows what the "
        "rounds changed: how many answers to harmful prompts still help, how many harmless "
        "prompts are refused, and how often an answer is preferred to the original."
    )
    BINDINGS = KAPPA

    rule = getters.query_one("#between", Rule)
    head = getters.query_one("#head", Static)
    trend = getters.query_one(TrendPlot)
    table = getters.query_one(TableView)
    slices = getters.query_one("#slices > Lines", Lines)
    slices_head = getters.query_one("#slices-head", Static)
    models = getters.query_one("#models", Vertical)
    model_lines = getters.query_one("#models > Lines", Lines)
    drifts = getters.query_one("#drifts", Static)
    now = getters.query_one("#now", Static)
    next_step = getters.query_one(NextStep)

    def __init__(self) -> None:
        super().__init__()
        self._by: By = "category"
        self._overview: Overview | None = None
        self._with_models: tuple[Agreement, ...] = ()
        self._to_class = False
        """There are answers that can be classed."""
        self._drawn = False
        """There is room for the trend as a picture."""
        self._cells = 0
        """Cells of a line of the page."""

    def compose_mode(self) -> Iterable[Widget]:
        """Figures above, table and slices below, or what to do when nobody can be compared."""
        yield Rule(widget_id="between")
        yield Static(id="head", markup=False)
        yield Static(id="now", markup=False)
        with Container(id="tables"):
            yield TableView()
            yield TrendPlot()
        with Vertical(id="slices"):
            yield Static(id="slices-head", markup=False)
            yield Lines(markup=False)
        with Vertical(id="models"):
            yield Static(Content.styled(lines.model_head(), "$muted"), markup=False)
            yield Lines(markup=False)
        yield Static(id="drifts", markup=False)
        yield NextStep()

    def on_screen_resume(self) -> None:
        """Opened, or back from another mode: what is known at once, the rest in a moment."""
        self._draw()
        self.background(self._look_closer, group="overview")

    def on_resize(self, event: Resize) -> None:
        """The picture, the ruler and the bars may have other room."""
        self._cells = self.page_cells(event.size.width) - MARGINS
        self._draw_slices()
        agreement = self.app.agreement.standing.agreement
        if agreement is not None:
            self._draw_head(agreement)
        self.call_after_refresh(self._fit)

    def on_agreement_moved(self, _event: AgreementMoved) -> None:
        """A label was given, here or elsewhere: the table now, the passes when there is rest."""
        self._draw()
        self.set_timer(REST, lambda: self.background(self._look_closer, group="overview"))

    async def undone(self, undone: undo.Undone) -> None:
        """A verdict of one's own taken back changes the table."""
        self.tell(f"undone: a {undone.kind} made in another mode")
        self.post_message(LabelStored())

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a comparison only the common keys work; others need a third person."""
        standing = self.app.agreement.standing
        if action in {"disagreements", "by"} and standing.agreement is None:
            return False
        nobody = not standing.people and not standing.with_models
        if action in {"certificate", "compare", "scores"} and nobody:
            return None
        if action in {"evaluation", "classes"} and nobody and not self._to_class:
            return None
        if action == "items":
            return standing.agreement is not None or bool(standing.with_models)
        if action == "others":
            return len(standing.people) > 2
        return super().check_action(action, parameters)

    def action_items(self) -> None:
        """The pairs of the line or the cell."""
        for listed in (self.slices, self.model_lines):
            if listed.has_focus:
                listed.action_select()
                return
        self.table.action_choose()

    def action_disagreements(self) -> None:
        """Everything the two do not agree on."""
        self._show_items()

    def action_by(self) -> None:
        """Slices by the next thing."""
        self._by = BY[(BY.index(self._by) + 1) % len(BY)]
        self.tell(f"slices by {self._by}")  # a low screen may show none of them now
        self.background(self._look_closer, group="overview")

    def action_others(self) -> None:
        """The next two people, by the number of pairs they have in common."""
        self.background(self._compare_others, group="others")

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

    def on_table_view_cell_chosen(self, event: TableView.CellChosen) -> None:
        """Enter on a cell."""
        self._show_items(said=(event.first, event.second))

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """Enter on a slice, or on a person and a model: the disagreements there."""
        if event.option_list is self.model_lines:
            self._show_items(self._with_models[event.option_index])
        else:
            self._show_items(value=event.option.id)

    # What happens

    def _draw(self) -> None:
        standing = self.app.agreement.standing
        agreement = standing.agreement
        for widget in self.query("#mode > *").results(Widget):
            widget.display = (widget is self.next_step) == (agreement is None)
        self.trend.display = self._drawn
        self.drifts.display = bool(self._overview and lines.drifts(self._overview))
        self._draw_models(standing.with_models)
        self.refresh_bindings()
        if agreement is None:
            self._tell_next_step()
            if standing.with_models:
                self.model_lines.focus()  # the only thing here that enter is for
            return
        self.rule.heading = lines.title(agreement)
        self._draw_head(agreement)
        self.table.contingency = Contingency(
            *agreement.annotators, agreement.counts.labels, agreement.counts.table
        )

    def _draw_models(self, found: tuple[Agreement, ...]) -> None:
        self.models.display = bool(found)
        if found != self._with_models:
            highlighted = self.model_lines.highlighted
            self._with_models = found
            self.model_lines.set_options(Option(lines.model_line(two)) for two in found)
            self.model_lines.highlighted = highlighted

    def _draw_head(self, agreement: Agreement) -> None:
        seen_before = self._overview
        trend = seen_before.trend if seen_before and not self._drawn else ()
        self.head.update(
            Content("\n").join(
                (
                    lines.measured(agreement, trend, self._cells),
                    lines.figures(agreement, seen_before, self._cells),
                    *lines.how_sure(agreement, seen_before),
                    lines.advice(agreement, seen_before, short=self.size.height < ROOMY),
                )
            )
        )

    async def _look_closer(self) -> None:
        sealed = await self.ask(adjudication.waiting)
        agreement = self.app.agreement.standing.agreement
        if agreement is None:
            self.status.doing = one_line(text.sealed(sealed))
            self._to_class = await self.ask(candidates.any_here)
            self.refresh_bindings()
            return
        first, second = agreement.annotators
        with self.taking_long("counting who agrees where"):
            self._overview = await self.ask(
                overview, first, second, self.services.annotator, self._by
            )
        you = lines.you(self._overview, narrow=self.has_class("-narrow"))
        self.status.doing = one_line("   ".join(filter(None, (text.sealed(sealed), you))))
        self.trend.points, self.trend.marks = self._overview.trend, self._overview.marks
        self._draw_slices()
        self.drifts.update(lines.drifts(self._overview))
        self._draw()
        agenda = await self.ask(adjudication.agenda)
        open_ = len(set(agenda.pair_ids) - agenda.ruled)
        self.now.update(lines.now(agreement, self._overview, open_, self.app.key_of))
        self.call_after_refresh(self._fit)

    def _draw_slices(self) -> None:
        if self._overview is None:
            return
        bars = self.size.width >= BARS_FROM
        self.slices_head.update(Content.styled(lines.slice_head(self._by, bars=bars), "$muted"))
        parts = self._overview.slices
        worst = look_first(parts) if len(parts) > 1 else None
        highlighted = self.slices.highlighted
        self.slices.set_options(
            Option(lines.slice_line(part, worst=part is worst, bars=bars), id=part.value)
            for part in parts
        )
        self.slices.highlighted = highlighted

    def _fit(self) -> None:
        """The trend stands beside the table, as high as rows are left.

        Where the slices and models have no room as a whole, they scroll.
        """
        table = self.table.contingency
        if table is None:
            return
        texts = (self.head, self.now, self.drifts)
        rows = len(table.labels) + 2
        wanted = sum(each.outer_size.height for each in texts if each.display) + 1 + rows + 1
        wanted += 2 + self.slices.option_count
        wanted += 2 + self.model_lines.option_count if self._with_models else 0
        free = self.query_one("#mode").size.height - wanted
        changed = self.has_class("-low") is not (free < 0)
        self.set_class(free < 0, "-low")
        self.trend.step = next((s for s in STEPS if height(s) <= rows + max(free, 0)), STEPS[-1])
        room = self._cells - self.table.outer_size.width - TABLE_GAP
        drawn = self.trend.tells and room >= AXIS + NARROWEST
        if changed or drawn != self._drawn:
            self._drawn = drawn
            self._draw()

    async def _compare_others(self) -> None:
        with self.taking_long("counting whom to compare"):
            found = await self.app.agreement.choices()
        between = [(each.first, each.second) for each in found]
        standing = self.app.agreement.standing.agreement
        at = between.index(standing.annotators) if standing else -1
        await self.app.agreement.choose(*between[(at + 1) % len(between)])
        self._overview = None
        await self._look_closer()

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

    def _tell_next_step(self) -> None:
        people = self.app.agreement.standing.people
        name = self.services.db_path
        me = self.services.annotator
        if not people:
            sentence = "Nobody has labelled anything yet, so there is nothing to compare."
        elif people == (me,):
            sentence = "Only you have labelled so far. Kappa needs a second person on this file."
        else:
            who = one_line(people[0], 24)
            sentence = f"Only {who} has labelled so far. Kappa needs a second person on this file."
        self.next_step.tell(
            sentence,
            (
                ("mode.label", "labels pairs, blind"),
                ("all.import", "brings in labels given elsewhere"),
                (for_another(me, name), ANOTHER),
            ),
        )


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

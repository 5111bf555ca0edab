"""Mode K: how far two annotators agree, what it means, and the pairs behind it."""

from __future__ import annotations

from collections.abc import Iterable

from textual import getters
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets.option_list import Option

from store.agreement import Agreement
from store.agreement.overview import Overview, overview
from store.agreement.slices import look_first
from store.agreement.tables import BY
from store.items import candidates
from store.log import undo
from store.views import adjudication
from tui.keys.looking import KAPPA
from tui.messages import AgreementMoved, LabelStored
from tui.modes.judge import text
from tui.modes.kappa import text as lines
from tui.modes.kappa.behind import BehindScreen
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


class KappaScreen(BehindScreen):
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

    def _tell_next_step(self) -> None:
        people = self.app.agreement.standing.people
        name = self.services.db_path
        me = self.services.annotator
        self.next_step.tell(
            lines.nobody_to_compare(people, me),
            (
                ("mode.label", "labels pairs, blind"),
                ("all.import", "brings in labels given elsewhere"),
                (for_another(me, name), ANOTHER),
            ),
        )

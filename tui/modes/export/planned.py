"""What would go out, by format, word and path: counted by reason, shown before it is written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual import getters
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets.option_list import Option

from store.errors import StoreError
from store.exporting import (
    ExportOptions,
    is_file_target,
    preview,
    summaries,
)
from store.items import pairs
from tui.formatting import counted
from tui.messages import AgreementMoved
from tui.modes.base import ModeScreen
from tui.modes.export import text as lines
from tui.modes.export import worker
from tui.modes.export.worker import Planned
from tui.text import plain
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.hanging import under
from tui.widgets.lines import Lines
from tui.widgets.next_step import NextStep, command
from tui.widgets.note_line import CleanInput
from tui.widgets.rule import Rule

REST = 0.5
"""Seconds between a change of the project and the next plan."""

CHECKED = 2000
"""Up to so many pairs the checks are run unasked."""


class PlannedScreen(ModeScreen):
    """The plan of an export and its panes; another change of the project makes another plan."""

    rule = getters.query_one("#going-out", Rule)
    reasons = getters.query_one(Lines)
    rows = getters.query_one("#rows", AnswerPane)
    split = getters.query_one("#split", Static)
    format_line = getters.query_one("#format", Static)
    path = getters.query_one("#path", CleanInput)
    checks = getters.query_one("#checks", Static)
    result = getters.query_one("#result", Static)
    next_step = getters.query_one(NextStep)

    def __init__(self) -> None:
        super().__init__()
        self._format = "triplets"
        self._source = "consensus"
        """Whose word stands."""
        self._planned: Planned | None = None
        self._checked = Content("")
        self._only: frozenset[str] | None = None
        """The pairs that were marked in mode B; None: all."""
        self._offered = ""
        """The path that pairlab itself put into the line."""

    def compose_mode(self) -> Iterable[Widget]:
        """Reasons and rows, then the file; or what to do when there is no pair."""
        with Container(id="both"):
            with Vertical(id="staying"):
                yield Rule(widget_id="going-out")
                yield Lines(markup=False)
            yield AnswerPane("As written", widget_id="rows")
        with Vertical(id="file"):
            yield Rule("File")
            yield Static(id="format", markup=False)
            with Horizontal(id="path-line"):
                yield Static("path    ", id="path-word", markup=False)
                yield CleanInput(self._default_path(), id="path", compact=True)
                yield Static(id="split", markup=False)
            yield Static(id="checks", markup=False)
            yield Static(id="result", markup=False)
        yield NextStep()

    async def on_mount(self) -> None:
        """Say how it will be written; what is read when the screen comes up."""
        self.next_step.display = False
        self._offered = self._default_path()
        self._tell_format()

    def on_screen_resume(self) -> None:
        """Opened, or back from another mode."""
        self.background(self._plan, group="plan")

    def on_agreement_moved(self, _event: AgreementMoved) -> None:
        """A label was given: other pairs may go out."""
        self._plan_soon()

    async def other_work(self) -> None:
        """Somebody else wrote."""
        self._plan_soon()

    def _plan_soon(self) -> None:
        self.set_timer(REST, lambda: self.background(self._plan, group="plan"))

    async def _plan(self) -> None:
        await self._planned_for(None)

    async def _planned_for(self, out: Path | None) -> Planned | None:
        """Plan and show it; of a folder with its card, which costs as much as the plan itself."""
        found = None
        services = self.services
        total = await self.ask(pairs.count)
        for widget in self.query("#mode > *").results(Widget):
            widget.display = (widget is self.next_step) == (total == 0)
        if not total:
            self._planned = None
            self._tell_next_step()
        else:
            options = ExportOptions(format=self._format, from_=self._source, only=self._only)
            try:
                self._planned = None  # of a large project two would be too much to hold
                with self.taking_long("reading what goes out"):
                    found = await worker.plan(
                        services.db_path,
                        services.annotator,
                        options,
                        services.engine,
                        with_card=out is not None and not is_file_target(out),
                    )
            except StoreError as error:
                self._show_refusal(str(error))
            else:
                self._show(found)
                shown, at = found.preview.pair_ids, services.clock()
                await self.ask(preview.record_shown, services.annotator, shown, at)
                if total <= CHECKED:
                    self.background(self._check, group="checks")
        self.refresh_bindings()
        return found

    def on_resize(self, event: Resize) -> None:
        """What the checks say is wrapped under its beginning."""
        self.page_cells(event.size.width)
        self.call_after_refresh(self._draw_checks)

    async def _check(self) -> None:
        self._checked = lines.checked(
            await worker.checks(self.services.db_path), self.app.key_of("all.find")
        )
        self._draw_checks()

    def _draw_checks(self) -> None:
        self.checks.update(under(self._checked, lines.BEFORE, self.checks.content_size.width))

    def _show(self, planned: Planned) -> None:
        self._planned = planned
        self._tell_split()
        plan = planned.plan
        self.rule.heading = lines.going_out(planned.lines, plan.pairs, some=self._only is not None)
        unchecked = len(plan.length_not_checked)
        self.rule.aside = (
            f"{unchecked:,} not checked once cut: the model has not counted" if unchecked else ""
        )
        highlighted = self.reasons.highlighted
        self.reasons.set_options(
            Option(lines.reason_line(reason, number), id=reason)
            for reason, number in plan.counts.items()
        )
        self.reasons.highlighted = highlighted
        found = planned.preview.lines
        self.rows.show(
            Content("\n\n").join(map(lines.preview_line, found)) if found else _no_rows(planned),
            title=f"As written · {counted(len(found), 'row')}",
            top=False,
        )

    def _show_refusal(self, words: str) -> None:
        self.rule.heading = "Nothing goes out"
        self.reasons.clear_options()
        self.rows.show(words, title="As written")

    def _tell_format(self) -> None:
        """Format and whose word stands, a line each."""
        told = lines.sources([self._source.removeprefix("by:")])[self._source]
        line = Content.assemble(
            ("format  ", "$muted"),
            (self._format, "bold"),
            (f"   {summaries()[self._format]}\n", "$muted"),
            ("word    ", "$muted"),
            plain(self._source, "bold"),
            plain(f"   {told}", "$muted"),
        )
        self.format_line.update(line)

    def _tell_split(self) -> None:
        planned = None if is_file_target(self._out()) else self._planned
        shares = planned.plan.shares if planned else None
        self.split.update(lines.split_words(shares))

    def _default_path(self) -> str:
        some = "" if self._only is None else "-selection"
        return f"{self.services.db_path.stem}{some}-{self._format}.jsonl"

    def _retell_path(self) -> None:
        """Another path where the one that stands there was ours."""
        if self.path.value == self._offered:
            self._offered = self.path.value = self._default_path()

    def _out(self) -> Path:
        return Path(self.path.value.strip() or self._default_path()).expanduser()

    def _tell_next_step(self) -> None:
        name = self.services.db_path
        self.next_step.tell(
            "There is no pair in this project yet, so nothing can go out.",
            (
                ("mode.revise", "decides on revisions: pairs of those you accept go out"),
                ("mode.label", "labels pairs: what you prefer goes out"),
                ("all.import", "brings in pairs that are labelled already"),
                (command("import pairs.jsonl", name), "brings them in"),
            ),
        )


def _no_rows(planned: Planned) -> Content:
    if planned.lines:
        return plain(
            "The pairs that go out are ones you have not labelled yourself. Their rows would tell "
            "you what the others chose, so they are not shown; they are written all the same.",
            "$muted",
        )
    return plain(
        "No pair goes out yet: the list of what stays says why. Label pairs in L, or accept "
        "revisions in R.",
        "$muted",
    )

"""Mode X: what goes out, what stays and why, real rows, and the file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from textual import getters
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.widgets.option_list import Option

from store.agreement.underlying_pairs import seen
from store.db.sqlite import key_of
from store.errors import StoreError
from store.exporting import (
    ExportOptions,
    WrittenExport,
    is_file_target,
    preview,
    summaries,
)
from store.items import pairs
from store.judgements import labels
from store.log import undo
from tui.dialogs.choice_picker import ChoicePicker
from tui.dialogs.pairs_list import ItemsScreen, PairLine, Reading
from tui.formatting import category, counted
from tui.keys.looking import EXPORT
from tui.messages import AgreementMoved, ExportThese
from tui.modes.base import ModeScreen
from tui.modes.export import text as lines
from tui.modes.export import worker
from tui.modes.export.worker import Planned, WritingProgress
from tui.modes.kappa import text as kappa_lines
from tui.progress_bar import bar
from tui.text import plain
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.hanging import under
from tui.widgets.lines import Lines
from tui.widgets.next_step import NextStep, command
from tui.widgets.note_line import CleanInput
from tui.widgets.rule import Rule

REST = 0.5
"""Seconds between a change of the project and the next plan."""

MOST_ITEMS = 200

CHECKED = 2000
"""Up to so many pairs the checks are run unasked."""


class ExportScreen(ModeScreen):
    """Counts by reason, a preview, a path; enter writes."""

    MODE = "export"
    CSS_PATH = "style.tcss"
    HELP_TEXT = (
        "A pair goes out when it is decided: by a ruling, else by all who labelled it, when "
        "they agree, else, where nobody labelled it, by the decision on its revision. The lines "
        "at the left count what stays, by the first reason that is true of it; "
        "{export.items} lists the pairs of a line. The rows at the right are real, and "
        "only of pairs you have labelled yourself or that nobody else has judged.\n"
        "A path that ends in .jsonl or .json is one file; any other is a "
        "folder with splits, a card and a manifest."
    )
    BINDINGS = EXPORT

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
        self._progress: WritingProgress | None = None
        self._in_the_way: Path | None = None
        """An earlier export at the path, which only ``y`` replaces."""
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

    def on_export_these(self, event: ExportThese) -> None:
        """Pairs that were marked in mode B."""
        self._only = event.pair_ids
        self.tell(lines.left_closed(event.closed))
        self._retell_path()
        self.background(self._plan, group="plan")

    def on_agreement_moved(self, _event: AgreementMoved) -> None:
        """A label was given: other pairs may go out."""
        self._plan_soon()

    async def other_work(self) -> None:
        """Somebody else wrote."""
        self._plan_soon()

    async def undone(self, undone: undo.Undone) -> None:
        """What one takes back here was done in another mode."""
        self.tell(f"undone: a {undone.kind} made in another mode")
        await self._plan()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Writing needs something to write; replacing needs something in the way."""
        if action == "replace":
            return self._in_the_way is not None
        if (
            action in {"write", "format", "path", "whose", "split"}
            and not self.query_one("#file").display
        ):
            return False
        if action in {"items", "write"} and (action == "items") != self.reasons.has_focus:
            return False
        if action == "write":
            ready = self._planned is not None and self._planned.lines and not self._progress
            return True if ready else None
        if action == "leave":
            waits = self._in_the_way is not None or self._only is not None
            return waits or isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    def action_write(self) -> None:
        """Writes, unless something is there already."""
        self.decide(self._write_soon, on_item=False)

    def action_items(self) -> None:
        """``enter`` on a reason."""
        self.reasons.action_select()

    def action_replace(self) -> None:
        """The second, explicit yes."""
        self.decide(self._replace, on_item=False)

    def action_format(self) -> None:
        """Let the person choose the format."""
        self.app.push_screen(ChoicePicker("Format", summaries(), self._format), self._format_chosen)

    def action_whose(self) -> None:
        """Let the person choose whose word stands."""
        self.background(self._choose_source, group="whose")

    def action_split(self) -> None:
        """One file, or a folder of splits: the path says which."""
        out = self._out()
        folder = is_file_target(out)
        self.path.value = str(out.with_suffix("") if folder else out) + ("" if folder else ".jsonl")

    def action_path(self) -> None:
        """Put the cursor into the path."""
        self.path.focus()

    def action_leave(self) -> None:
        """Out of the path, no replacing; then back from the marked pairs to all."""
        if self._in_the_way is None and self._only is not None and self.focused is None:
            self._only = None
            self._retell_path()
            self.background(self._plan, group="plan")
        self._stand_aside()
        self.set_focus(None)
        super().action_leave()

    def action_scroll(self, _lines: int) -> None:
        """Arrows, ``j`` and ``k`` begin with the reasons."""
        self.reasons.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the path writes as well."""
        event.stop()
        self.set_focus(None)
        self.action_write()

    def on_input_changed(self, _event: Input.Changed) -> None:
        """Another path: what was in the way is so no longer, and it may be split otherwise."""
        self._stand_aside()
        self._tell_split()

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """Enter on a reason."""
        reason = event.option.id
        if reason is not None:
            self.background(partial(self._list, reason), group="items")

    # What happens

    def _write_soon(self) -> None:
        self.background(self._begin_writing, group="write")

    def _replace(self) -> None:
        out = self._in_the_way
        if out is not None:
            self._stand_aside()
            self.background(partial(self._write, out, force=True), group="write")

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

    async def _begin_writing(self) -> None:
        out = self._out()
        if out.exists():
            self._in_the_way = out
            self.result.update(
                Content.assemble(
                    plain(f"{out} exists.  ", "$warning"),
                    (self.app.key_of("export.replace"), "bold $accent"),
                    " replaces it, ",
                    ("esc", "bold $accent"),
                    " leaves it; or choose another path with ",
                    (self.app.key_of("export.path"), "bold $accent"),
                )
            )
            self.refresh_bindings()
            return
        await self._write(out, force=False)

    async def _write(self, out: Path, *, force: bool) -> None:
        planned = await self._planned_for(out)
        if planned is None:
            return
        if force:
            planned = worker.forced(planned)
        self._progress = WritingProgress()
        moving = self.set_interval(0.1, self._draw_bar)
        try:
            written = await worker.write(planned, out, self._progress)
        except StoreError as error:
            self.result.update(plain(str(error), "bold $error"))
        else:
            plainly = await self.ask(key_of) is not None
            self.result.update(_written_words(written, plainly=plainly))
        finally:
            moving.stop()
            self._progress = None
            self.refresh_bindings()

    def _draw_bar(self) -> None:
        if self._progress is not None:
            self.result.update(bar(self._progress.done, self._progress.total))

    async def _list(self, reason: str) -> None:
        planned = self._planned
        if planned is None:
            return
        every = planned.plan.excluded.get(reason, [])
        hidden = frozenset() if reason in preview.SILENT else planned.closed
        allowed = [pair_id for pair_id in every if pair_id not in hidden]
        shown = allowed[:MOST_ITEMS]
        texts = await self.ask(preview.texts, shown)
        told = [] if reason in preview.SILENT else shown
        await self.ask(preview.record_shown, self.services.annotator, told, self.services.clock())
        notes = []
        if len(allowed) > len(shown):
            notes.append(f"{len(allowed) - len(shown):,} more are not listed")
        if len(every) > len(allowed):
            left = counted(len(every) - len(allowed), "pair")
            notes.append(f"{left} you have not labelled yet: closed until you have")
        items = [PairLine(text.id, text.prompt_text, category(text.category)) for text in texts]
        await self.app.push_screen(
            ItemsScreen(lines.reason_title(reason), items, self._read, note="; ".join(notes))
        )

    async def _read(self, pair_id: str) -> Reading:
        if self._planned is not None and pair_id in self._planned.closed:
            return Reading(await self.ask(pairs.text, pair_id))
        try:
            found = await self.ask(seen, self.services.annotator, pair_id, at=self.services.clock())
        except StoreError:
            return Reading(await self.ask(pairs.text, pair_id))
        return Reading(found.text, [kappa_lines.verdict_line(label) for label in found.labels])

    def _format_chosen(self, name: str | None) -> None:
        if name is None or name == self._format:
            return
        self._format = name
        self._retell_path()
        self._tell_format()
        self.background(self._plan, group="plan")

    async def _choose_source(self) -> None:
        choices = lines.sources(await self.ask(labels.annotators))
        await self.app.push_screen(
            ChoicePicker("Whose word stands", choices, self._source), self._source_chosen
        )

    def _source_chosen(self, name: str | None) -> None:
        if name is not None and name != self._source:
            self._source = name
            self._tell_format()
            self.background(self._plan, group="plan")

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

    def _stand_aside(self) -> None:
        if self._in_the_way is not None:
            self._in_the_way = None
            self.result.update("")
            self.refresh_bindings()

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


def _written_words(written: WrittenExport, *, plainly: bool) -> Content:
    """What was written where; of an encrypted project also that it is not encrypted."""
    where = plain(str(written.out.resolve()), "bold")
    how = "written, plain, to" if plainly else "written to"
    return Content.assemble(f"{counted(written.rows, 'row')} {how}  ", where)

"""Mode X: what goes out, what stays and why, real rows, and the file."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from textual.content import Content
from textual.widgets import Input

from store.agreement.underlying_pairs import seen
from store.db.sqlite import key_of
from store.errors import StoreError
from store.exporting import (
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
from tui.messages import ExportThese
from tui.modes.export import text as lines
from tui.modes.export import worker
from tui.modes.export.planned import PlannedScreen
from tui.modes.export.worker import WritingProgress
from tui.modes.kappa import text as kappa_lines
from tui.progress_bar import bar
from tui.text import plain
from tui.visible import one_line
from tui.widgets.lines import Lines

MOST_ITEMS = 200
_PATH_CELLS = 50
"""What is shown of a path in front of why nothing could be written there."""


class ExportScreen(PlannedScreen):
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

    def __init__(self) -> None:
        super().__init__()
        self._progress: WritingProgress | None = None
        self._in_the_way: Path | None = None
        """An earlier export at the path, which only ``y`` replaces."""

    def on_export_these(self, event: ExportThese) -> None:
        """Pairs that were marked in mode B."""
        self._only = event.pair_ids
        self.tell(lines.left_closed(event.closed))
        self._retell_path()
        self.background(self._plan, group="plan")

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

    async def _begin_writing(self) -> None:
        out = self._out()
        if _is_there(out):
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
            # the reason stands behind the path, and has two rows with it
            said = str(error).replace(str(out), one_line(str(out), _PATH_CELLS))
            self.result.update(plain(said, "bold $error"))
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

    def _stand_aside(self) -> None:
        if self._in_the_way is not None:
            self._in_the_way = None
            self.result.update("")
            self.refresh_bindings()


def _written_words(written: WrittenExport, *, plainly: bool) -> Content:
    """What was written where; of an encrypted project also that it is not encrypted."""
    where = plain(str(written.out.resolve()), "bold")
    how = "written, plain, to" if plainly else "written to"
    return Content.assemble(f"{counted(written.rows, 'row')} {how}  ", where)


def _is_there(out: Path) -> bool:
    """Whether anything lies at a path; of one the system cannot have, writing says why."""
    return os.path.lexists(out)

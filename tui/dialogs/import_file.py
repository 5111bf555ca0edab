"""Bringing prompts, pairs and labels in from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from store import importing
from tui.dialogs import import_preview
from tui.dialogs.bring_in import BringInScreen, Looked

if TYPE_CHECKING:
    from tui.services import Services


KINDS: Final[tuple[str, ...]] = ("auto", "prompts", "pairs", "labels")
"""What a file may be read as; the first finds it out."""


_NEXT: Final = {
    "prompts": ("mode.revise", "shows what the model writes for them"),
    "pairs": ("mode.label", "labels them, blind"),
    "labels": ("mode.kappa", "tells how far people agree"),
}
"""Where each kind is worked on, and how."""


class ImportScreen(BringInScreen):
    """What each field was taken for, the first rows, the numbers and the problems."""

    HEADING = "Import prompts, pairs or labels"
    ABOUT = (
        "The path of a file: .txt, .csv, .tsv, .json, .jsonl, also packed (.gz, .bz2, .xz). Tab "
        "completes it. What it is, is found out row by row; nothing is written before you have "
        "seen what was understood. Where it was misread, say how it is to be read: as prompts, "
        "pairs or labels; which column holds a field "
        f"({', '.join(importing.FIELDS)}); which one to leave out."
    )
    ELSE = "p takes another path; c says which column holds a field, such as prompt=question."
    BINDINGS = [
        Binding("k", "kind", "Kind"),
        Binding("c", "column", "Column of a field"),
        Binding("x", "leave_out", "Leave a field out"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kind = KINDS[0]
        self._columns: dict[str, str] = {}
        self._left_out: set[str] = set()

    async def read(self, services: Services, path: Path, *, dry_run: bool) -> Looked:
        """Read the file on the store's thread; a dry run takes back what it wrote."""
        report = await services.store.call(
            importing.run,
            path,
            at=services.clock(),
            dry_run=dry_run,
            kind=self._kind,
            map=self._columns,
            ignore=tuple(self._left_out),
        )
        report.file = path.name
        if dry_run:
            text = import_preview.preview(report, self._asked())
        else:
            text = import_preview.done(report, self._next(report.kind))
        return Looked(text, report.added > 0, "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to say about a file once there is one."""
        if action in {"kind", "column", "leave_out"} and not self.may_read_again:
            return None
        return super().check_action(action, parameters)

    def action_kind(self) -> None:
        """Prompts, pairs, labels, or found out."""
        self._kind = KINDS[(KINDS.index(self._kind) + 1) % len(KINDS)]
        self.read_again()

    def action_column(self) -> None:
        """``FIELD=COLUMN``; without a column it is found out again."""
        self.note_line.open("column", label="FIELD=COLUMN")

    def action_leave_out(self) -> None:
        """A field that is meant to stay behind, or is taken up again."""
        self.note_line.open("leave out", label="leave out the field")

    def answered(self, item: str, text: str) -> None:
        """What was typed for one of these."""
        if item == "leave out" and text:
            self._left_out ^= {text}
        elif item == "column" and text:
            field, equals, column = (part.strip() for part in text.partition("="))
            if field not in importing.FIELDS or not equals:
                self.status.told = f"FIELD=COLUMN; the fields are {', '.join(importing.FIELDS)}"
                self.status.wrong = True
                return
            self._columns.pop(field, None)
            if column:
                self._columns[field] = column
        self.read_again()

    def _asked(self) -> list[str]:
        """How it was asked to be read, where that was said."""
        said = [f"as {self._kind}"] if self._kind != KINDS[0] else []
        said += [f"{field} from {column}" for field, column in self._columns.items()]
        said += [f"without {field}" for field in sorted(self._left_out)]
        return [", ".join(said)] if said else []

    def _next(self, kind: str) -> str:
        """Where what came in is worked on."""
        mode, does = _NEXT.get(kind, _NEXT["pairs"])
        return f"esc, then {self.pair_app.key_of(mode)} {does}"

"""Choosing who writes, from the model files found on this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from textual.binding import Binding

from engine.llama import found
from engine.llama.found import FoundModel
from engine.llama.memory import SWITCH, free_memory, told
from engine.llama.weights import STARTER_COMMAND
from tui.dialogs.panel import PanelRow, PanelScreen, at_home


class ModelsScreen(PanelScreen):
    """Every GGUF file in the usual folders: size, whether it fits into memory."""

    HEADING = "Who writes"
    ABOUT = (
        "The model files (GGUF) in this folder, ~/models, the folders of Ollama, LM Studio, "
        "llama.cpp and Hugging Face, and $PAIRLAB_MODELS. What was written stays; the model chosen "
        "writes from now on, and the project remembers it."
    )
    BINDINGS = [
        Binding("enter", "choose", "Load", key_display="enter"),
        Binding("p", "path", "Path of another"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, FoundModel] = {}
        self._memory: int | None = None
        self._asked = ""
        """The file that does not fit and was chosen once."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to choose where a server writes."""
        if action in {"choose", "path"} and self.pair_app.services.other_model is None:
            return None
        return super().check_action(action, parameters)

    async def rows(self) -> Sequence[PanelRow]:
        """Looked for in a thread; the one in use first."""
        self.status.doing = "looking for model files"
        files, memory = await asyncio.to_thread(lambda: (list(found.found()), free_memory()))
        self.status.doing = ""
        if self.pair_app.services.other_model is None:
            self.tell("a server writes: the model is named where it was started")
        elif not files:
            self.tell(f"none found; the starter model: {STARTER_COMMAND}", wrong=True)
        used = self._in_use()
        files.sort(key=lambda each: (each.name not in used, each.size))
        self._memory = memory
        self._found = {str(each.path): each for each in files}
        return [_row(each, memory, used=each.name in used) for each in files]

    def _in_use(self) -> set[str]:
        """The name of the file that writes, and of the one it was converted from."""
        engine = self.pair_app.services.engine
        info = engine.info if engine is not None else None
        return set() if info is None else {info.name, Path(info.original or "").name}

    async def choose(self, row: PanelRow) -> None:
        """Load it."""
        chosen = self._found[row.id]
        if chosen.problem:
            self.tell(chosen.problem, wrong=True)
        elif chosen.fits(self._memory) is False and self._asked != row.id:
            self._asked = row.id
            self.tell(
                f"{chosen.name} needs {told(chosen.needs or 0)}, {told(self._memory or 0)} are"
                " free: it would be slow; enter again loads it all the same",
                wrong=True,
            )
        else:
            if self._asked == row.id:
                os.environ[SWITCH] = "any"  # the host, a child process, goes by it
            await self._load(chosen.path)

    def action_path(self) -> None:
        """A file that is somewhere else."""

        async def given(text: str) -> None:
            if text:
                await self._load(at_home(text))

        self.question("path", given, is_path=True)

    async def _load(self, path: Path) -> None:
        await self.pair_app.session.use_model(path)
        self.dismiss()
        shown = self.pair_app.key_of("mode.model")
        words = f"{path.name} is being loaded; {shown} shows how far it is"
        self.pair_app.call_later(self.pair_app.say, words)


def _row(each: FoundModel, memory: int | None, *, used: bool) -> PanelRow:
    size = told(each.size)
    if each.needs:
        size += f", {told(each.needs)} in memory"
    if each.header is None:
        fits = "cannot be used"
    else:
        fits = {True: "fits", False: "too big for the free memory", None: "size unknown"}[
            each.fits(memory)
        ]
    about = each.problem or " · ".join(
        part
        for part in (each.header.quantisation if each.header else None, str(each.path.parent))
        if part
    )
    mark = "in use · " if used else ""
    return PanelRow(str(each.path), each.name, f"{size} · {mark}{fits}", about)

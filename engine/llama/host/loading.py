"""Opens a model file as the machine allows, and says what it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp

from engine.api import ModelInfo
from engine.errors import EngineError, ModelFileError
from engine.llama import memory
from engine.llama.host.binding import MOST_SEQUENCES, SEQUENCES, Context, Model, Span
from engine.llama.host.kv_cells import CellLayout, KvPages, page_size
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.rendering import renderer
from engine.llama.host.sizing import sized
from engine.llama.host.template import ChatTemplate
from engine.llama.host.threads import Threads
from engine.llama.protocol import Load
from engine.llama.split import read_whole

_SLOTS_CPU = (16,)
_SLOTS_GPU = (128, 64, 32)
"""What is tried where nothing is said: a GPU writes more the more it writes at once."""
_MOST_SLOTS_HELD = 40
"""More leave no sequence numbers to hold the cells of a text together."""
_MOST_SLOTS = 240
"""What llama.cpp can tell apart, less the urgent ones and a few that are kept."""
_PAGE_COUNTED = 32
"""Cells of a page where llama.cpp places tokens as it likes: the unit of counting."""
_TOKENS_A_RUN_GPU = 512
_PASSING_OVER = 50
"""Weights whose multiplication takes as long as one attention head takes to pass over one cell
of another text, on a CPU; about, with the starter model."""
_PASSING_SHARE = 0.1
"""How much of a token's time may go into passing over the cells of finished texts."""

_NO_SYSTEM = "its chat template has no system turn: such a text opens the first user turn"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """Everything the scheduler and the server need."""

    model: Model
    context: Context
    pages: KvPages
    template: ChatTemplate
    info: ModelInfo
    prompt_budget: PromptBudget
    threads: Threads
    most_kept: int
    """Pages that finished texts may hold, in case a prompt begins like one of them."""
    sequences: int
    """Texts the cache can tell apart."""


def load(request: Load, backend: str) -> LoadedModel:
    """Open the file, make the cache and run the model once.

    Raises:
        ModelFileError: the file is no model that can write.
        EngineError: it does not fit the memory.
    """
    renderer().start()
    header = read_whole(Path(request.path))
    offload = bool(llama_cpp.llama_supports_gpu_offload())
    wanted = (request.slots,) if request.slots else _SLOTS_GPU if offload else _SLOTS_CPU
    n_threads = request.n_threads or usable_cores()
    # what lies on a GPU is not in this memory: there llama.cpp itself says what fits
    free = None if offload else memory.free_memory()
    memory.check(header, free)
    sizes = [
        (slots, *sized(request, header, slots, free))
        for slots in (min(number, _MOST_SLOTS) for number in wanted)
    ]
    for layers in _layers_to_try(request.gpu_layers, offload=offload):
        try:
            model = _open(request, layers)
        except ModelFileError:
            if layers == 0 or request.gpu_layers is not None:
                raise
            continue
        try:
            template = ChatTemplate(model, think=request.think)
        except ModelFileError as error:
            raise ModelFileError(f"{Path(request.path).name}: {error}") from error
        try:
            context, slots, n_ctx = _largest(model, sizes, n_threads)
        except MemoryError as error:
            model.free()
            if layers == 0 or request.gpu_layers is not None:
                raise EngineError(
                    f"there is not enough memory for a cache of {sizes[-1][2]} tokens ({error}): "
                    "load the model with a smaller context or fewer slots"
                ) from error
            continue
        if request.lora is not None:
            context.apply(_adapter(model, request.lora))
        blank = _warm_up(context)
        on_gpu = min(layers if layers >= 0 else model.n_layer + 1, model.n_layer + 1)
        gpu = on_gpu if offload else 0
        note = "" if template.system_turns else _NO_SYSTEM
        info = _describe(request, model, backend, n_ctx, n_threads, gpu, slots, note)
        prompt_budget = PromptBudget(fixed=_TOKENS_A_RUN_GPU if offload and layers else None)
        # a number the user has set stays, and a GPU does not wait for threads
        most = 1 if request.n_threads or on_gpu else n_threads
        threads = Threads(most, context.use_threads)
        if on_gpu or blank is None or context.sequences > SEQUENCES:
            pages = KvPages(context, _PAGE_COUNTED, None)
        else:
            pages = KvPages(context, page_size(context.cells), blank)
        kept = context.cells // 3
        if not on_gpu:
            kept = min(kept, _worth_keeping(model))
        return LoadedModel(
            model,
            context,
            pages,
            template,
            info,
            prompt_budget,
            threads,
            most_kept=kept // pages.size,
            sequences=context.sequences,
        )
    raise EngineError("the model fits neither the GPU nor the memory")


def _largest(
    model: Model, sizes: list[tuple[int, int, int]], n_threads: int
) -> tuple[Context, int, int]:
    """The first cache that the memory holds, with its slots and tokens a sequence.

    Raises:
        MemoryError: it holds none of them.
    """
    for slots, n_ctx, cells in sizes:
        sequences = SEQUENCES if slots <= _MOST_SLOTS_HELD else MOST_SEQUENCES
        try:
            return Context(model, cells, n_threads, sequences), slots, n_ctx
        except MemoryError:
            if slots == sizes[-1][0]:
                raise
    raise MemoryError("nothing was tried")


def _worth_keeping(model: Model) -> int:
    """Cells of finished texts that a small model's attention can pass over without being slowed."""
    # a recurrent model has no heads that look back
    passing_over = max(1, model.n_head * model.n_layer) * _PASSING_OVER
    return int(_PASSING_SHARE * model.n_params / passing_over)


def usable_cores() -> int:
    """Cores this process may use; hyper-threads share one and do not count."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    siblings = {
        text
        for cpu in usable
        if (text := _read(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"))
    }
    return len(siblings) or len(usable) or os.cpu_count() or 1


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _layers_to_try(wanted: int | None, *, offload: bool) -> list[int]:
    """Numbers of layers for the GPU, most first; -1 is all of them."""
    if wanted is not None:
        return [wanted]
    return [-1, 64, 48, 32, 24, 16, 8, 0] if offload else [0]


def _open(request: Load, layers: int) -> Model:
    name = Path(request.path).name
    try:
        return Model(request.path, layers, use_extra_bufts=request.use_extra_bufts)
    except ModelFileError as error:
        raise ModelFileError(f"llama.cpp cannot load {name}: {error}") from error


def _adapter(model: Model, path: str) -> Any:
    try:
        return model.adapter(path)
    except ModelFileError as error:
        raise ModelFileError(f"{Path(path).name} cannot be applied: {error}") from error


def _warm_up(context: Context) -> CellLayout | None:
    """Run the model once: an illegal instruction shows itself now, and the weights are read.

    Returns how the cells of this cache can be held, if they can.
    """
    context.decode([Span(0, 0, [0, 0], 1)])
    blank = CellLayout.like(context.state(0), 2)
    context.forget(0)
    if blank and not context.restore(0, blank.state(0, 2)):
        blank = None
    context.forget(0)
    return blank


def _describe(
    request: Load,
    model: Model,
    backend: str,
    n_ctx: int,
    n_threads: int,
    gpu_layers: int,
    slots: int,
    note: str,
) -> ModelInfo:
    return ModelInfo(
        name=Path(request.path).name,
        path=request.path,
        sha256=None,
        backend=backend,
        n_ctx=n_ctx,
        n_params=model.n_params,
        size_bytes=model.size_bytes,
        quantisation=model.quantisation,
        chat_template=model.chat_template,
        n_threads=n_threads,
        gpu_layers=gpu_layers,
        slots=slots,
        note=note,
    )

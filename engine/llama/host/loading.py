"""Opens a model file as the machine allows, and says what it is."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import llama_cpp
import numpy as np

from engine.api import ModelInfo
from engine.errors import EngineError, ModelFileError
from engine.llama import memory
from engine.llama.host import devices
from engine.llama.host.binding import SEQUENCES, UBATCH, Context, Model
from engine.llama.host.drawing import Drawing
from engine.llama.host.kv_cells import CellLayout, KvPages, page_size
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.rendering import renderer
from engine.llama.host.sizing import LANE_COUNTED, CacheSize, lanes_that_fit, sized
from engine.llama.host.template import ChatTemplate
from engine.llama.host.threads import Threads
from engine.llama.host.token_batch import Span
from engine.llama.protocol import NO_NUMBERS, Load
from engine.llama.split import read_whole

_SLOTS_CPU = (16,)
_SLOTS_GPU = (128, 64, 32)
"""What is tried where nothing is said: a GPU writes more the more it writes at once."""
_MOST_SLOTS = 240
"""What llama.cpp can tell apart, less the urgent ones and a few that are kept."""
_PAGE_COUNTED = 32
"""Cells of a page where llama.cpp places tokens as it likes: the unit of counting."""
_AT_ONCE_GPU = 2048
"""Tokens a GPU computes at once: it needs many to be busy."""
_OWN_MEMORY: Final = sys.platform != "darwin"
"""Whether a GPU's memory is its own: on a Mac a cache in lanes would take it from all programs."""
_PASSING_OVER = 50
"""Weights whose multiplication takes as long as one attention head takes to pass over one cell
of another text, on a CPU; about, with the starter model."""
_PASSING_SHARE = 0.1
"""How much of a token's time may go into passing over the cells of finished texts."""

_NO_SYSTEM = "its chat template has no system turn: such a text opens the first user turn"

_NO_LANES = "the GPU has no memory for a cache of its own for each text: they share one, slower"


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
    drawing: Drawing
    """Draws the tokens of a run."""


def load(request: Load, backend: str) -> LoadedModel:
    """Open the file, make the cache and run the model once.

    Raises:
        ModelFileError: the file is no model that can write.
        EngineError: it does not fit the memory.
    """
    offload = bool(llama_cpp.llama_supports_gpu_offload())
    if not offload:
        _refuse_gpu_options(request)
    renderer().start()
    header = read_whole(Path(request.path))
    wanted = (request.slots,) if request.slots else _SLOTS_GPU if offload else _SLOTS_CPU
    n_threads = request.n_threads or usable_cores()
    # what lies on a GPU is not in this memory: there llama.cpp itself says what fits
    free = None if offload else memory.free_memory()
    memory.check(header, free, request.cache_type)
    slots_wanted = [min(number, _MOST_SLOTS) for number in wanted]
    shared = [CacheSize(slots, *sized(request, header, slots, free)) for slots in slots_wanted]
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
        on_gpu = min(layers if layers >= 0 else model.n_layer + 1, model.n_layer + 1)
        gpu = on_gpu if offload else 0
        lanes = gpu > model.n_layer and not model.whole_only and request.cells is None
        sizes = shared
        if lanes and _OWN_MEMORY:
            room = devices.free_on_gpus()
            sizes = [*lanes_that_fit(shared, header, request.cache_type, room), *shared]
        try:
            context, slots, n_ctx = _largest(request, model, sizes, n_threads, on_gpu=gpu > 0)
        except MemoryError as error:
            model.free()
            if layers == 0 or request.gpu_layers is not None:
                raise EngineError(_no_cache(request, sizes[-1].cells, error)) from error
            continue
        if request.lora is not None:
            context.apply(_adapter(model, request.lora))
        blank = _warm_up(
            context, " with ".join(Path(f).name for f in (request.path, request.lora) if f)
        )
        notes = ["" if template.system_turns else _NO_SYSTEM]
        notes += [_NO_LANES] if lanes and _OWN_MEMORY and not context.lanes else []
        note = "; ".join(filter(None, notes))
        info = _describe(request, model, backend, n_ctx, n_threads, gpu, slots, note)
        prompt_budget = PromptBudget(most=_AT_ONCE_GPU) if gpu else PromptBudget()
        # a number the user has set stays, and a GPU does not wait for threads
        most = 1 if request.n_threads or on_gpu else n_threads
        threads = Threads(most, context.use_threads)
        if context.lanes:
            pages = KvPages(context, LANE_COUNTED, None)
        elif on_gpu or blank is None or context.sequences > SEQUENCES:
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
            drawing=Drawing(context, model.n_vocab, n_threads, on_gpu=gpu > 0),
        )
    raise EngineError("the model fits neither the GPU nor the memory")


def _largest(
    request: Load, model: Model, sizes: list[CacheSize], n_threads: int, *, on_gpu: bool
) -> tuple[Context, int, int]:
    """The first cache that the memory holds, with its slots and tokens a sequence.

    Raises:
        MemoryError: it holds none of them.
    """
    at_once = _AT_ONCE_GPU if on_gpu else UBATCH
    for size in sizes:
        try:
            context = Context(
                model,
                size.cells,
                n_threads,
                size.sequences,
                lanes=size.lanes,
                at_once=at_once,
                cache_type=request.cache_type,
                flash_attention=request.flash_attention,
            )
            return context, size.slots, size.n_ctx
        except MemoryError:
            if size is sizes[-1]:
                raise
    raise MemoryError("nothing was tried")


def _no_cache(request: Load, cells: int, error: MemoryError) -> str:
    if request.cache_type != "f16":  # it may be of another kind than the model's heads take
        return (
            f"there is no cache of {cells} tokens in {request.cache_type} ({error}): take"
            " --cache-type f16, a smaller context or fewer slots"
        )
    return (
        f"there is not enough memory for a cache of {cells} tokens ({error}): "
        "load the model with a smaller context or fewer slots"
    )


def _refuse_gpu_options(request: Load) -> None:
    """Refuse what only a GPU can do.

    Raises:
        EngineError: such a thing is asked for.
    """
    asked = {
        f"--gpu-layers {request.gpu_layers}": request.gpu_layers,
        f"--split-mode {request.split_mode}": request.split_mode is not None,
        f"--main-gpu {request.main_gpu}": request.main_gpu is not None,
    }
    for option, wanted in asked.items():
        if wanted:
            raise EngineError(f"this llama.cpp is built without a GPU: leave {option} out")


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
        return Model(
            request.path,
            layers,
            use_extra_bufts=request.use_extra_bufts,
            split_mode=request.split_mode,
            main_gpu=request.main_gpu,
        )
    except ModelFileError as error:
        raise ModelFileError(f"llama.cpp cannot load {name}: {error}") from error


def _adapter(model: Model, path: str) -> Any:
    try:
        return model.adapter(path)
    except ModelFileError as error:
        raise ModelFileError(f"{Path(path).name} cannot be applied: {error}") from error


def _warm_up(context: Context, name: str) -> CellLayout | None:
    """Run the model once: an illegal instruction shows itself now, and the weights are read.

    Returns how the cells of this cache can be held, if they can.

    Raises:
        ModelFileError: the weights come to no numbers.
    """
    context.decode([Span(0, 0, [0, 0], 1)])
    if np.isnan(context.all_logits(1)).any():
        raise ModelFileError(f"{name}: {NO_NUMBERS}")
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

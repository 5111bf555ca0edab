"""What the host itself adds to a step of a GPU, and what it evaluates again, without a GPU.

``llama_decode`` and ``llama_get_logits`` are replaced by nothing, and by fixed random logits of
49,152 entries; the rest is the host's own code: scheduler, lanes, samplers, texts, lines. The GPU
waits between the moment the logits are there and the next ``llama_decode``. Processor time is
counted, so that a busy machine does not matter. Finding the likeliest tokens is shared among as
many threads as there are cores: its time is divided by those of the machine whose steps are the
baseline (an H200 with 16 cores, llama-batched-bench, 7B in Q8_0; docs/performance.md).
"""

from __future__ import annotations

import ctypes
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest import mock

import llama_cpp
import numpy as np

from engine.api import Sampling, Urgency
from engine.llama.host import binding
from engine.llama.host.binding import Context, Model
from engine.llama.host.drawing import Drawing
from engine.llama.host.jobs import GenerateJob, RunningAnswer
from engine.llama.host.kv_cells import KvPages
from engine.llama.host.likeliest import Likeliest
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.sampling import Sampler
from engine.llama.host.scheduler import Scheduler
from engine.llama.host.text import AnswerText
from engine.llama.host.threads import Threads
from engine.llama.protocol import ANSWERS, Answer
from tests.bench.table import BenchRow, milliseconds
from tests.engine import random_models

GPU_STEPS: Final = {1: 3.94e-3, 8: 7.3e-3, 32: 9.4e-3, 64: 12.6e-3, 128: 19.7e-3}
"""Seconds of a step by answers at once."""
_CORES: Final = 16
_TOKENS: Final = 128
_LANE: Final = 1024
_DRAWN: Final[dict[str, Any]] = {"temperature": 1.0, "top_k": 40, "top_p": 0.95, "min_p": 0.05}


class HostOfNoGpu:
    """The host's scheduler over a GPU that computes nothing.

    Args:
        vocabulary: whose tokens are written.
        tiny: a model with hardly any weights, whose cache is used.
        slots: answers at once.
    """

    def __init__(self, vocabulary: Model, tiny: Model, slots: int) -> None:
        self.model = vocabulary
        self.said: list[Answer] = []
        self._orders = itertools.count(1)
        random = np.random.default_rng(0)
        self._logits = random.normal(0, 4, (256, vocabulary.n_vocab)).astype(np.float32)
        ends = [token for token in range(vocabulary.n_vocab) if vocabulary.ends(token)]
        self._logits[:, ends] = -100
        sequences = min(slots + 12, binding.MOST_SEQUENCES)
        self.context = Context(tiny, _LANE * sequences, 1, sequences, lanes=True, at_once=2048)
        self.context._n_vocab = vocabulary.n_vocab
        self.scheduler = Scheduler(
            vocabulary,
            self.context,
            KvPages(self.context, 256, None),
            slots=slots,
            prompt_budget=PromptBudget(most=2048),
            threads=Threads(1, lambda _count: None),
            apart=False,
            most_kept=_LANE * sequences // 3 // 256,
            drawing=Drawing(self.context, vocabulary.n_vocab, 2),
            sequences=sequences,
            send=self._send,
        )
        self.waited: list[float] = []
        """Seconds the GPU waited between two runs."""
        self._ready: float | None = None
        self._shared = 0.0

    def _send(self, line: Answer) -> None:
        ANSWERS.encode(line)
        self.said.append(line)

    def ask(self, prompt: list[int], answers: int, seed: int = 0) -> int:
        """Let answers be written to a prompt; returns the number of the request."""
        request = next(self._orders)
        job = GenerateJob(request, Urgency.BATCH, request, prompt, "")
        for choice in range(answers):
            sampling = Sampling(max_tokens=_TOKENS, seed=seed + choice, **_DRAWN)
            sampler = Sampler(self.model, sampling, prompt)
            job.waiting.append(RunningAnswer(choice, sampling, AnswerText(), sampler))
        job.unfinished = answers
        self.scheduler.add(job)
        return request

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Stand in for the GPU, and take the times."""
        pointer = self._logits.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        find = Likeliest.tokens

        def decode(_context: object, _batch: object) -> int:
            if self._ready is not None:
                self.waited.append(time.thread_time() - self._ready + self._shared)
            self._ready = None
            return 0

        def logits(_context: object) -> Any:
            self._ready, self._shared = time.thread_time(), 0.0
            return pointer

        def found(likeliest: Likeliest, rows: Any, count: int) -> Any:
            own, of_all = time.thread_time(), time.process_time()
            tokens = find(likeliest, rows, count)
            self._shared += (time.process_time() - of_all) / min(_CORES, len(rows))
            self._shared -= time.thread_time() - own
            return tokens

        with (
            mock.patch.object(llama_cpp, "llama_decode", decode),
            mock.patch.object(llama_cpp, "llama_get_logits", logits),
            mock.patch.object(Likeliest, "tokens", found),
        ):
            yield


def rows() -> list[BenchRow]:
    """A row for each number of answers; none where the starter model is not installed."""
    from tests.bench.engine import files

    found = files()
    if not found:
        return []
    *_, shipped = found.values()
    binding.start()
    with TemporaryDirectory() as folder:
        (file,) = random_models.write(Path(folder) / "tiny.gguf", "llama")
        tiny = Model(str(file), 0, use_extra_bufts=True)
        vocabulary = Model(str(shipped), 0, use_extra_bufts=True)
        return [_step(HostOfNoGpu(vocabulary, tiny, max(2, n)), n) for n in GPU_STEPS]


def _step(host: HostOfNoGpu, answers: int) -> BenchRow:
    with host.measuring():
        host.ask(host.model.tokenise("Write a story.", special=False), answers)
        while host.scheduler.busy:
            host.scheduler.step()
    own, gpu = median(host.waited), GPU_STEPS[answers]
    host.context.free()
    return BenchRow(
        f"(h) {answers} answers on a GPU: what it waits for in a step, beside the step measured;"
        f" predicted {gpu / (gpu + own):.2f} of llama-batched-bench",
        milliseconds(own),
        milliseconds(gpu),
        (gpu + own) / gpu,
        1 / 0.9,
    )


if __name__ == "__main__":
    from tests.bench.table import rendered

    print(rendered(rows()))

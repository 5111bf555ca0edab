"""What the host itself adds to a step of a GPU, and what it evaluates again, without a GPU.

``llama_decode`` and ``llama_get_logits`` are replaced by nothing, and by fixed random logits of
49,152 entries; the rest is the host's own code: scheduler, lanes, samplers, texts, lines. The GPU
waits between the moment the logits are there and the next ``llama_decode``. Processor time is
counted, so that a busy machine does not matter. Finding the likeliest tokens is shared among as
many threads as there are cores: its time is divided by those of the machine whose steps are the
baseline (an H200 with 16 cores, llama-batched-bench, 7B in Q8_0; docs/performance.md).
"""

from __future__ import annotations

import asyncio
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
from engine.llama.host import library
from engine.llama.host.binding import MOST_SEQUENCES, Context, Model
from engine.llama.host.drawing import Drawing
from engine.llama.host.jobs import GenerateJob, RunningAnswer
from engine.llama.host.kv_cache import _WORTH_COPYING
from engine.llama.host.kv_cells import KvPages
from engine.llama.host.likeliest import Likeliest
from engine.llama.host.prompt_budget import PromptBudget
from engine.llama.host.rendering import renderer
from engine.llama.host.sampling import Sampler
from engine.llama.host.scheduler import Scheduler
from engine.llama.host.template import ChatTemplate
from engine.llama.host.text import AnswerText
from engine.llama.host.threads import Threads
from engine.llama.protocol import ANSWERS, Answer, Done
from store.records import Message
from tests.bench import chains
from tests.bench.table import BenchRow, milliseconds, rendered, told
from tests.engine import random_models

GPU_STEPS: Final = {1: 3.94e-3, 8: 7.3e-3, 32: 9.4e-3, 64: 12.6e-3, 128: 19.7e-3}
"""Seconds of a step by answers at once."""
_CORES: Final = 16
_TOKENS: Final = 128
_CHAINS: Final = 128
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
        sequences = min(slots + 12, MOST_SEQUENCES)
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
            drawing=Drawing(self.context, vocabulary.n_vocab, 2, on_gpu=True),
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


def rows(model: Path) -> list[BenchRow]:
    """A row for each number of answers at once, and one for chains.

    Args:
        model: whose vocabulary and chat template are used; it has 49,152 tokens.
    """
    library.start()
    renderer().start()
    with TemporaryDirectory() as folder:
        (file,) = random_models.write(Path(folder) / "tiny.gguf", "llama")
        tiny = Model(str(file), 0, use_extra_bufts=True)
        vocabulary = Model(str(model), 0, use_extra_bufts=True)
        found = [_step(HostOfNoGpu(vocabulary, tiny, max(2, n)), n) for n in GPU_STEPS]
        found.append(asyncio.run(_chains(HostOfNoGpu(vocabulary, tiny, _CHAINS))))
    renderer().stop()
    return found


def _step(host: HostOfNoGpu, answers: int) -> BenchRow:
    with host.measuring():
        host.ask(host.model.tokenise("Write a story.", special=False), answers)
        while host.scheduler.busy:
            host.scheduler.step()
    own, gpu = median(host.waited), GPU_STEPS[answers]
    return BenchRow(
        f"(h) {answers} answers on a GPU: what it waits for in a step, beside the step; predicts"
        f" {gpu / (gpu + own):.2f} of llama-batched-bench",
        milliseconds(own),
        milliseconds(gpu),
        (gpu + own) / gpu,
        1 / 0.9,
    )


async def _chains(host: HostOfNoGpu) -> BenchRow:
    template = ChatTemplate(host.model)
    asked: list[list[int]] = []
    waiting: dict[int, asyncio.Future[str]] = {}

    async def ask(messages: tuple[Message, ...], seed: int) -> str:
        _rendered, prompt = template.prompt(messages, "", answers_at_once=False)
        asked.append(prompt)
        answer = asyncio.get_running_loop().create_future()
        waiting[host.ask(prompt, 1, seed)] = answer
        return await answer

    with host.measuring():
        going = [
            asyncio.create_task(chains.chain(prompt, 0, ask)) for prompt in chains.prompts(_CHAINS)
        ]
        while not all(chain.done() for chain in going):
            if host.scheduler.busy:
                host.scheduler.step()
            for line in host.said:
                if isinstance(line, Done):
                    waiting.pop(line.id).set_result(line.text)
            host.said.clear()
            await asyncio.sleep(0)
    await asyncio.gather(*going)
    counters = host.scheduler.counters
    evaluated, tree = counters.evaluated - counters.written, _tree(asked)
    return BenchRow(
        f"(h) {_CHAINS} chains in lanes: tokens of prompts evaluated, of {sum(map(len, asked)):,};"
        f" nodes of their prefix tree where {_WORTH_COPYING} tokens in common are worth sharing",
        f"{evaluated:,}",
        f"{tree:,}",
        evaluated / tree,
        1.1,
    )


def _tree(prompts: list[list[int]]) -> int:
    """Tokens to evaluate where each prompt takes over what any before it begins with."""
    root: dict[int, Any] = {}
    total = 0
    for prompt in prompts:
        node, common = root, 0
        for token in prompt:
            common += token in node
            node = node.setdefault(token, {})
        total += len(prompt) - (common if common >= _WORTH_COPYING else 0)
    return total


if __name__ == "__main__":
    from tests.bench.engine import files

    print(rendered(told(rows([*files().values()][-1]))))

"""The interface that every engine has: llama.cpp host, endpoint, scripted engine of the tests.

The method (propose, critique, revise) and the screens know only what stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from engine.status import EngineStatus as EngineStatus
from engine.status import State as State
from store.records import Message


class Urgency(IntEnum):
    """Who waits for the answer; lower goes first."""

    NOW = 0
    """The item a person is looking at."""
    AHEAD = 1
    """The items a person will see next."""
    BATCH = 2
    """The unattended queue."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one answer is drawn."""

    temperature: float = 1.0
    """0 is greedy."""
    top_k: int = 40
    """0 keeps all."""
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    """1 is off; looks back over the last 64 tokens."""
    max_tokens: int = 256
    """Of the answer; what a reasoning model thinks before it does not count."""
    thinking_tokens: int = 2048
    """How long a reasoning model may think before it answers."""
    seed: int = 0
    stop: tuple[str, ...] = ()
    """The answer ends before the first of these; none of them is part of it."""
    grammar: str | None = None
    """A GBNF grammar the answer must follow."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A loaded model."""

    name: str
    """File name of the GGUF, or the model's name at an endpoint."""
    path: str | None
    sha256: str | None
    backend: str
    """``llama.cpp 0.3.36`` (the version of llama-cpp-python), ``endpoint`` or ``scripted``."""
    n_ctx: int
    """Tokens one sequence may hold, prompt and answer together; 0 where a server does not say."""
    n_params: int
    """0 where it is not known, as the next."""
    size_bytes: int
    quantisation: str
    """As the file says it: ``Q4_1``, ``F16`` ..."""
    chat_template: str | None
    """The template the GGUF carries (Jinja)."""
    n_threads: int
    gpu_layers: int
    slots: int
    """Sequences that are written at the same time."""
    original: str | None = None
    """Name of the file that this one was converted from, None where it is as it came."""
    original_sha256: str | None = None
    several_at_once: bool = True
    """Whether the processor has kernels that read such weights once for several tokens."""
    loaded_with: str = ""
    """Options of the cache and the GPUs that were asked for, as on the command line."""
    note: str = ""
    """What its chat template does other than asked; a sentence, or nothing."""


@dataclass(frozen=True, slots=True)
class Started:
    """The prompt has been rendered and its turn has come."""

    rendered: str
    """The exact text the model is given."""
    prompt_tokens: int
    reused_tokens: int
    """How many of the prompt's tokens were already evaluated for another request."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A few characters of one answer, in order; never half a character, never of its thinking."""

    choice: int
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """One answer is complete."""

    choice: int
    text: str
    """The answer alone."""
    finish_reason: str
    """``stop`` (the model ended or a stop string came) or ``length`` (a budget is used up)."""
    completion_tokens: int
    """Of thinking and answer together."""
    seconds: float
    reasoning: str = ""
    """What the model thought before it answered."""


GenerationEvent = Started | Piece | Finished


@dataclass(frozen=True, slots=True)
class Generated:
    """All answers to one request."""

    rendered: str
    prompt_tokens: int
    reused_tokens: int
    finished: tuple[Finished, ...]
    """One for each choice asked for, in the order asked."""


@dataclass(frozen=True, slots=True)
class Score:
    """How likely a completion is after its prompt."""

    logprob: float
    """Natural logarithm, summed over the completion's tokens."""
    tokens: int


OnEvent = Callable[[GenerationEvent], None]


class Engine(Protocol):
    """A model that writes, weighs and counts.

    Every method but :meth:`load` and :meth:`shutdown` needs a loaded model. Cancelling the task
    that awaits an answer cancels the request in the engine. All raise
    :class:`~engine.errors.EngineError` and nothing else.
    """

    @property
    def info(self) -> ModelInfo | None:
        """The loaded model, None before :meth:`load` has come back."""

    @property
    def server(self) -> str | None:
        """Address of the server that is spoken to; None where the model runs in a child process."""

    @property
    def status(self) -> EngineStatus:
        """What the engine is doing now."""

    async def load(self) -> ModelInfo:
        """Start the engine and load the model; a second call returns the same."""

    async def generate(
        self,
        messages: Sequence[Message],
        choices: Sequence[Sampling],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        on_event: OnEvent | None = None,
    ) -> Generated:
        """Write one answer for each sampling, all to the same conversation.

        Args:
            messages: the conversation; the engine applies the model's own chat template.
            choices: one sampling an answer.
            prefill: text the answer begins with, after the thinking; not part of the answers. A
                model whose answer has begun does not think first.
            urgency: who waits.
            on_event: called on the event loop with each event as it comes. After a restart of
                the host the request starts again: another :class:`Started` tells so.
        """

    async def choose(
        self,
        messages: Sequence[Message],
        answers: Sequence[str],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        thought: str = "",
    ) -> tuple[float, ...]:
        """Log-probability of each whole answer after the prompt (natural logarithm).

        Args:
            messages: the conversation.
            answers: what may come.
            prefill: text the answer begins with.
            urgency: who waits.
            thought: what the model has thought before its answer, without marks; empty lets it
                answer without a thought.
        """

    async def score(
        self,
        messages: Sequence[Message],
        completion: str,
        *,
        urgency: Urgency = Urgency.BATCH,
    ) -> Score:
        """Log-probability and token count of one completion."""

    async def count(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text, without special tokens."""

    async def restart(self) -> None:
        """Stop what runs and start anew; requests that were waiting are run again."""

    async def shutdown(self) -> None:
        """End the engine; nothing of it is left running."""

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change of status; returns what ends it."""

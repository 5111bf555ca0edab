"""The values that travel between the layers: frozen, typed, without a database behind them.

Names are those of ``docs/design.md``, section 1 in the README: prompt, candidate, critique,
revision, decision, pair, verdict, label, ruling, guideline, run. The fields of an item are the
columns of its table (:mod:`store.items.table`); its id is empty until it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

TOKENS: Final = {"bounds": range(2**53)}
SMALL: Final = {"bounds": range(10**6)}
TIME: Final = {"is_time": True}
"""What a field can hold beside its type, asked of the rows of other files
(:mod:`store.items.columns`); whole numbers have 64 bits where nothing is said.
"""


class Message(NamedTuple):
    """One turn of a conversation."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    content: str


class Category(StrEnum):
    """The five shipped kinds of prompt; a project may use its own words beside them."""

    HARMFUL = "harmful"
    BENIGN_LOOKALIKE = "benign_lookalike"
    SYCOPHANCY = "sycophancy"
    LENGTH_TRAP = "length_trap"
    HELPFUL = "helpful"


class Origin(StrEnum):
    """Where a candidate's text comes from."""

    PROPOSED = "proposed"
    IMPORTED = "imported"
    REVISION = "revision"
    EDITED = "edited"


class Verdict(StrEnum):
    """One annotator's answer about one pair; ``a`` and ``b`` are the pair's own sides."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    SKIP = "skip"


class AnswerClass(StrEnum):
    """What an answer does with what was asked of it; the three classes of XSTest."""

    COMPLIANCE = "compliance"
    PARTIAL = "partial"
    """Answers in the frame of a refusal, or refuses and then answers."""
    REFUSAL = "refusal"


class Phase(StrEnum):
    """When a label was given; only ``first`` counts in agreement between annotators."""

    FIRST = "first"
    REPEAT = "repeat"
    DISCUSSION = "discussion"


class Choice(StrEnum):
    """A person's decision on a revision."""

    ACCEPT = "accept"
    EDIT = "edit"
    REJECT = "reject"


class Cause(StrEnum):
    """Why two annotators disagreed."""

    GUIDELINE_GAP = "guideline_gap"
    AMBIGUOUS_PROMPT = "ambiguous_prompt"
    SLIP = "slip"
    HONEST_DIFFERENCE = "honest_difference"
    OTHER = "other"


class Confidence(StrEnum):
    """How sure the one who rules is."""

    SURE = "sure"
    FAIRLY = "fairly"
    UNSURE = "unsure"


class Seal(StrEnum):
    """What may be told about a round while it is going on."""

    SEALED = "sealed"
    BLOCKS = "blocks"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the user of the model asked: one message or a whole conversation."""

    id: str = ""
    messages: tuple[Message, ...]
    category: str
    tags: tuple[str, ...] = ()
    source: str = ""
    """File name or ``starter``: where the prompt came from."""
    external_id: str | None = None
    created_at: str = field(default="", metadata=TIME)
    position: int = 0
    """Place in project order, from 1."""

    @property
    def text(self) -> str:
        """The bare text of a one-message prompt; a transcript of a longer one."""
        if len(self.messages) == 1:
            return self.messages[0].content
        return "\n\n".join(f"{m.role}: {m.content}" for m in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One text a model wrote, with everything needed to defend it."""

    id: str = ""
    run_id: str
    kind: str
    """``propose``, ``critique``, ``revise`` or ``judge``."""
    rendered: str
    """The exact text the model was given, chat template applied."""
    settings: dict[str, Any]
    """Sampling settings as sent: temperature, top_k, top_p, min_p, max_tokens, stop ..."""
    seed: int
    text: str
    """What the model wrote, as it came, without what it thought."""
    finish_reason: str
    """``stop``, ``length`` or ``cancelled``."""
    prompt_tokens: int = field(metadata=TOKENS)
    completion_tokens: int = field(metadata=TOKENS)
    seconds: float
    attempt: int = field(default=1, metadata=SMALL)
    """1 for the first try; higher where an earlier text was refused by a detector."""
    refused: str | None = None
    """Why a detector refused this text, where one did."""
    created_at: str = field(default="", metadata=TIME)
    reasoning: str | None = None
    """What the model thought before it wrote, without its marks; no part of any other text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One use of a model."""

    id: str = ""
    model: str
    """File name of the GGUF, or the model name an endpoint was asked for."""
    model_sha256: str | None
    """SHA-256 of the GGUF; None for an endpoint, which shows no file."""
    backend: str
    """``llama.cpp 0.3.36``, ``endpoint`` or ``scripted``."""
    chat_template: str | None
    settings: dict[str, Any]
    seed: int
    started_at: str = field(default="", metadata=TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConstitution:
    """One version of a constitution, as it was when it was used."""

    id: str = ""
    """SHA-256 of the TOML text, in hex."""
    name: str
    version: str
    language: str
    source: str
    """The TOML text, to the letter."""
    created_at: str = field(default="", metadata=TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An answer to a prompt."""

    id: str = ""
    prompt_id: str
    origin: Origin
    text: str
    parent_id: str | None = None
    critique_id: str | None = None
    generation_id: str | None = None
    author: str | None = None
    """The model, or for edited and imported ones the person or file."""
    round: int = field(default=0, metadata=SMALL)
    """0 for a proposed or imported candidate, n for the revision of round n."""
    slot: int = field(default=0, metadata=SMALL)
    """Which of the k candidates of its prompt (0-based); revisions inherit it."""
    finish_reason: str | None = None
    created_at: str = field(default="", metadata=TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique:
    """What the model says is wrong with a candidate under one principle."""

    id: str = ""
    candidate_id: str
    round: int = field(metadata=SMALL)
    constitution_id: str
    principle_id: str
    text: str
    found: bool
    """False when the model found nothing to criticise, which ends the chain."""
    generation_id: str | None = None
    created_at: str = field(default="", metadata=TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two candidates of one prompt; which is called ``a`` is fixed for good."""

    id: str = ""
    prompt_id: str
    a_id: str
    b_id: str
    kind: str
    """``imported``, ``revision``, ``edited`` or ``chosen`` (made on request)."""
    external_id: str | None = None
    a_role: str | None = None
    """``original``, ``revision``, ``edited`` or ``padded`` where the pair has roles."""
    b_role: str | None = None
    source: str = ""
    """The file it was imported from, or its kind."""
    created_at: str = field(default="", metadata=TIME)
    position: int = 0
    """Place in project order, from 1."""


class PairText(NamedTuple):
    """A pair with the texts a screen needs, and nothing that tells who wrote them."""

    id: str
    messages: tuple[Message, ...]
    a: str
    b: str
    category: str
    tags: tuple[str, ...] = ()

    @property
    def prompt_text(self) -> str:
        """The prompt as :attr:`Prompt.text` shows it."""
        return Prompt(messages=self.messages, category=self.category).text


Answer = Literal["given", "skipped", "again"]
"""What an annotator did last on a pair: labelled it, skipped it, or queued it to be labelled anew.
"""


class Label(NamedTuple):
    """One annotator's current verdict on one pair in one phase."""

    pair_id: str
    annotator: str
    phase: Phase
    verdict: Verdict
    strength: int | None
    """2 much better, 1 better, None where no strength was asked."""
    seconds: float | None
    left: str | None
    """``a`` or ``b``: which stood left (above, on a narrow screen)."""
    guideline_id: str | None
    note: str | None
    informed: bool
    """True when the other's label had been shown before: left out of agreement."""
    round_id: str | None
    event_id: str
    at: str
    answer: Answer = "given"
    """``skipped`` or ``again``: the verdict stands, and its annotator has skipped the pair since
    or has it in the queue again.
    """


class Decision(NamedTuple):
    """A person's current decision on a revision."""

    revision_id: str
    annotator: str
    choice: Choice
    edited_id: str | None
    """The person's own candidate, for an edit."""
    seconds: float | None
    event_id: str
    at: str


class Guideline(NamedTuple):
    """One version of the annotation rules."""

    id: str
    version: int
    text: str
    """Markdown."""
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a person decided; never changed, never deleted."""

    id: str
    replica: str
    seq: int
    lamport: int
    at: str
    annotator: str
    kind: str
    item: str
    phase: str
    value: dict[str, Any] = field(default_factory=dict)

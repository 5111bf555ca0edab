"""What app and model host say to each other: one JSON object a line, over stdin and stdout.

The app asks with ``op``: load, generate, choose, score, count, cancel, shutdown. Every answer
carries the id of its request and an ``event``; :class:`Report` answers the ``load`` again and again
for as long as the host lives. Both ends check every line against the dataclasses below, so a
line that does not fit is refused at the door and never half understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from engine.api import ModelInfo, Sampling
from engine.child.codec import LineCodec
from store.records import Message


@dataclass(frozen=True, slots=True)
class Load:
    """Open a model file and get ready to write."""

    TAG: ClassVar[str] = "load"
    id: int
    path: str
    n_ctx: int | None = None
    """Tokens one sequence may hold; None lets the host choose."""
    n_threads: int | None = None
    """None: as many as there are cores this process may use."""
    gpu_layers: int | None = None
    """None: all that fit."""
    slots: int | None = None
    """Answers written at the same time; None lets the host choose."""
    cells: int | None = None
    """Tokens the whole cache holds; None lets the host choose."""
    think: bool | None = None
    """Whether the model is to think before it answers, where its template can say so; None leaves
    it to the template."""
    lora: str | None = None
    """A file with an adapter to apply to the weights."""
    cache_type: str = "f16"
    flash_attention: str = "auto"
    split_mode: str | None = None
    main_gpu: int | None = None
    use_extra_bufts: bool = True
    """Weights repacked for this processor; off after an illegal instruction."""


@dataclass(frozen=True, slots=True)
class Generate:
    """Write one answer for each of ``choices``."""

    TAG: ClassVar[str] = "generate"
    id: int
    messages: tuple[Message, ...]
    choices: tuple[Sampling, ...]
    prefill: str = ""
    urgency: int = 2


@dataclass(frozen=True, slots=True)
class Choose:
    """Weigh each of ``answers`` after one prompt."""

    TAG: ClassVar[str] = "choose"
    id: int
    messages: tuple[Message, ...]
    answers: tuple[str, ...]
    prefill: str = ""
    urgency: int = 2
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Weigh:
    """Log-probability and length of one completion."""

    TAG: ClassVar[str] = "score"
    id: int
    messages: tuple[Message, ...]
    completion: str
    urgency: int = 2


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens of each text."""

    TAG: ClassVar[str] = "count"
    id: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the request ``target``; what it has written is forgotten."""

    TAG: ClassVar[str] = "cancel"
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """End the host."""

    TAG: ClassVar[str] = "shutdown"
    id: int


Request = Load | Generate | Choose | Weigh | Count | Cancel | Shutdown


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready."""

    TAG: ClassVar[str] = "loaded"
    id: int
    info: ModelInfo


@dataclass(frozen=True, slots=True)
class Begun:
    """The request's turn has come."""

    TAG: ClassVar[str] = "begun"
    id: int
    rendered: str
    prompt_tokens: int
    reused_tokens: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """What has been written since the last line: texts by number of the choice."""

    TAG: ClassVar[str] = "pieces"
    id: int
    pieces: tuple[tuple[int, str], ...]
    decode: int = 0
    """How many times the model had been run when the last of them was known."""


@dataclass(frozen=True, slots=True)
class Done:
    """One choice is complete; the request is when all are."""

    TAG: ClassVar[str] = "done"
    id: int
    choice: int
    text: str
    finish_reason: str
    completion_tokens: int
    seconds: float
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Answer to :class:`Choose`."""

    TAG: ClassVar[str] = "chosen"
    id: int
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Answer to :class:`Weigh`."""

    TAG: ClassVar[str] = "scored"
    id: int
    logprob: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Answer to :class:`Count`."""

    TAG: ClassVar[str] = "counted"
    id: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The request ``id`` is over."""

    TAG: ClassVar[str] = "cancelled"
    id: int
    decodes: int
    """Runs of the model that carried it to their end after the cancel had arrived."""
    tokens: int
    """Tokens of this request evaluated by them."""


NO_NUMBERS: Final = (
    "the model came to no numbers for this text (NaN): its file is damaged, or its weights are too"
    " coarse; copy or download it again, or take another one"
)
"""Why nothing can be drawn or weighed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The request ``id`` cannot be answered."""

    TAG: ClassVar[str] = "refused"
    id: int
    kind: str
    """``too_long``, ``model_file``, ``bad_request`` or ``failed``."""
    message: str
    needed: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Where the host stands; sent a few times a second while it works, and when it rests."""

    TAG: ClassVar[str] = "report"
    id: int
    running: int
    waiting: int
    written: int
    """Tokens of answers, since the load."""
    evaluated: int
    """Tokens run through the model."""
    needed: int
    """Tokens that would have been, had nothing been shared."""
    decodes: int
    inside: float
    """Seconds spent inside llama.cpp."""
    busy: float
    """Seconds with work at hand."""


@dataclass(frozen=True, slots=True)
class Bye:
    """Answer to :class:`Shutdown`; nothing comes after it."""

    TAG: ClassVar[str] = "bye"
    id: int


Answer = (
    Loaded | Begun | Pieces | Done | Chosen | Weighed | Counted | Cancelled | Refused | Report | Bye
)

REQUESTS: Final[LineCodec[Request]] = LineCodec("op", Request)
"""What the app says."""

ANSWERS: Final[LineCodec[Answer]] = LineCodec("event", Answer)
"""What the host says."""

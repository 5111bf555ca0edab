"""How likely a given answer is, on servers that write but do not weigh.

Three ways, the best one a server offers:

- vLLM tells the log-probabilities of a prompt (``prompt_logprobs``): the answer goes into it.
- llama.cpp tells those of what it writes, before its samplers: a grammar of the answer's tokens
  makes it write just these. An older one knows no such grammar and gets the answer's letters; that
  counts only where it writes as many tokens as the tokeniser makes, since the likeliest first
  letters need not be the tokeniser's (I, then t, instead of It).
- Any other server that has ``top_logprobs`` tells the likeliest first tokens; enough to compare
  answers of one token (A, B, yes, no).
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.api import Score, Urgency
from engine.concurrency import together
from engine.endpoint.bodies import CHAT, continued, conversation, grammar, told_to_think
from engine.endpoint.caller import Caller
from engine.endpoint.models import ServerKind, Serving
from engine.endpoint.refusals import named
from engine.endpoint.tokens import Tokeniser
from engine.errors import EndpointError, NoLogprobs, NoMoreRequests
from store.records import Message

TOP = 20
"""First tokens asked for; the most that OpenAI's interface allows."""

Ask = Callable[[dict[str, Any]], Awaitable[Any]]
"""Sends a body to the chat route and returns the JSON that came back."""


class Way(Enum):
    """How a server can be made to weigh an answer."""

    PROMPT = "prompt_logprobs"
    GRAMMAR = "grammar"
    FIRST = "top_logprobs"


_ORDER = {
    ServerKind.VLLM: (Way.PROMPT, Way.FIRST),
    ServerKind.LLAMA_SERVER: (Way.GRAMMAR, Way.FIRST),
    ServerKind.OTHER: (Way.GRAMMAR, Way.PROMPT, Way.FIRST),
}
"""The ways to try, the best first."""
_ROUNDING = 0.001
"""How far above nought a logarithm of a probability may come out."""
_NEVER = -9999.0
"""What OpenAI's interface tells for what is never written; others tell minus infinity."""
_TRIES = 2
"""Tries of a way not known to work: a server that lacks it may answer as if it had failed."""


class NotOffered(EndpointError):
    """The server answers, but without what this way needs."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be weighed."""

    messages: tuple[Message, ...]
    answers: tuple[str, ...]
    prefill: str
    thinks: bool = False
    """The prefill begins with a closed passage of reasoning."""

    def body(self, said: str, **settings: Any) -> dict[str, Any]:
        """A request whose assistant's turn has begun with the prefill and ``said``."""
        begun = self.prefill + said
        return {
            "messages": conversation(self.messages, begun),
            "max_tokens": 1,
            "temperature": 0,
            **continued(begun),
            **told_to_think(self.thinks if begun else None),
            **settings,
        }


class AnswerScorer:
    """Weighs answers by the first way that works, and remembers which."""

    def __init__(self, caller: Caller, serving: Serving, tokeniser: Tokeniser) -> None:
        self._caller = caller
        self._serving = serving
        self._tokeniser = tokeniser
        self._works: Way | None = None

    async def choose(
        self,
        messages: Sequence[Message],
        answers: Sequence[str],
        prefill: str,
        urgency: Urgency,
        thought: str = "",
    ) -> tuple[float, ...]:
        """Log-probability of each answer.

        A thought goes before the prefill between the marks that most models use.

        Raises:
            EngineError: the server offers no way, or cannot be reached.
        """
        ways = _ORDER[self._serving.kind]
        begun = f"<think>\n{thought}\n</think>\n\n{prefill}" if thought else prefill
        scores = await self._weigh(ways, messages, answers, begun, urgency, thinks=bool(thought))
        return tuple(score.logprob for score in scores)

    async def score(self, messages: Sequence[Message], completion: str, urgency: Urgency) -> Score:
        """Log-probability and tokens of one completion; raises as :meth:`choose` does."""
        ways = tuple(way for way in _ORDER[self._serving.kind] if way is not Way.FIRST)
        return (await self._weigh(ways, messages, (completion,), "", urgency))[0]

    async def _weigh(
        self,
        ways: Sequence[Way],
        messages: Sequence[Message],
        answers: Sequence[str],
        prefill: str,
        urgency: Urgency,
        *,
        thinks: bool = False,
    ) -> tuple[Score, ...]:
        question = Question(tuple(messages), tuple(answers), prefill, thinks)
        if self._works is not None and self._works in ways:
            return await self._by(self._works, question, urgency, None)
        reasons = []
        for way in ways:
            try:
                scores = await self._by(way, question, urgency, _TRIES)
            except NoMoreRequests:
                raise
            except EndpointError as error:
                reasons.append(f"{way.value}: {error}")
                if way is Way.FIRST and _has_none(error):
                    raise NoLogprobs(
                        f"the server at {self._caller.server} tells no log-probabilities, and a"
                        " judge's verdict is read from them: judge with a model file, or with a"
                        " server that has logprobs (llama-server, vLLM)"
                    ) from error
                continue
            self._works = way
            return scores
        raise EndpointError(
            f"the server at {self._caller.server} cannot weigh these answers ({'; '.join(reasons)})"
        )

    async def _by(
        self, way: Way, question: Question, urgency: Urgency, attempts: int | None
    ) -> tuple[Score, ...]:
        async def ask(body: dict[str, Any]) -> Any:
            sent = {"model": self._serving.model, "seed": 0} | body
            return await self._caller.ask(CHAT, sent, urgency, attempts=attempts)

        if way is Way.FIRST:
            return await _first(ask, question)
        if way is Way.PROMPT:
            return await _in_the_prompt(ask, question)
        spelt = [(answer, await self._tokens(answer, urgency)) for answer in question.answers]
        return tuple(await together(_written(ask, question, *one) for one in spelt))

    async def _tokens(self, answer: str, urgency: Urgency) -> tuple[int, ...] | None:
        try:
            return await self._tokeniser.cut(answer, urgency)
        except EndpointError:
            return None


def _has_none(error: EndpointError) -> bool:
    """Whether a server lacks log-probabilities altogether, or refuses to tell them."""
    return isinstance(error, NotOffered) or bool(named(str(error), {"logprobs", "top_logprobs"}))


_Weighed = list[tuple[str, float]]
"""Token id and log-probability of each token of a prompt but its first."""


async def _in_the_prompt(ask: Ask, question: Question) -> tuple[Score, ...]:
    before = await _prompt(ask, question, "")
    whole = await together(_prompt(ask, question, answer) for answer in question.answers)
    return tuple(_after(before, one) for one in whole)


async def _prompt(ask: Ask, question: Question, said: str) -> _Weighed:
    found = await ask(question.body(said, prompt_logprobs=0))
    rows = found.get("prompt_logprobs") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise NotOffered("no log-probabilities of the prompt")
    weighed = []
    for row in rows[1:]:
        if not isinstance(row, dict) or len(row) != 1:
            raise NotOffered("no log-probabilities of the prompt")
        token, told = next(iter(row.items()))
        weighed.append((str(token), _logprob(told)))
    return weighed


def _after(before: _Weighed, whole: _Weighed) -> Score:
    """What comes after the tokens both prompts share."""
    shared = 0
    for (token, _), (other, _) in zip(before, whole, strict=False):
        if token != other:
            break
        shared += 1
    rest = whole[shared:]
    return Score(math.fsum(logprob for _, logprob in rest), len(rest))


async def _written(
    ask: Ask, question: Question, answer: str, tokens: tuple[int, ...] | None
) -> Score:
    """One answer as the server was made to write it."""
    forms = [" ".join(f"<[{token}]>" for token in tokens)] if tokens else []
    # JSON's escapes are those of a grammar's literals, as far as JSON uses them
    forms.append(json.dumps(answer, ensure_ascii=False))
    refused: EndpointError = NotOffered("no such grammar")
    for form in forms:
        try:
            return await _written_as(ask, question, answer, form, len(tokens or (1,)))
        except EndpointError as error:
            refused = error
    raise refused


async def _written_as(ask: Ask, question: Question, answer: str, form: str, tokens: int) -> Score:
    body = question.body(
        "",
        # a token spells at least one byte; one more for the end of the turn
        max_tokens=len(answer.encode("utf-8")) + 1,
        logprobs=True,
        top_logprobs=1,
        **grammar(ServerKind.LLAMA_SERVER, f"root ::= {form}"),
    )
    choice = _only_choice(await ask(body))
    text = choice["message"].get("content") if isinstance(choice.get("message"), dict) else None
    if not isinstance(text, str) or text.strip() != answer.strip():
        raise NotOffered("the grammar was not followed")
    # llama-server tells the token that ends the turn as well: it spells nothing
    told = [_logprob(token) for token in _told(choice) if token.get("bytes") != []]
    if len(told) != tokens:
        raise NotOffered("other tokens were written than the tokeniser makes")
    return Score(math.fsum(told), len(told))


async def _first(ask: Ask, question: Question) -> tuple[Score, ...]:
    """Answers among the likeliest first tokens."""
    told = _told(_only_choice(await ask(question.body("", logprobs=True, top_logprobs=TOP))))
    likeliest = told[0].get("top_logprobs") if told else None
    if not isinstance(likeliest, list) or not likeliest:
        raise NotOffered("no log-probabilities")
    found = {str(t.get("token")): _logprob(t) for t in likeliest if isinstance(t, dict)}
    return tuple(Score(_lookup(found, answer), 1) for answer in question.answers)


def _lookup(found: dict[str, float], answer: str) -> float:
    if answer in found:
        return found[answer]
    near = [logprob for token, logprob in found.items() if token.strip() == answer.strip()]
    if not near:
        raise EndpointError(
            f"the server tells only its {len(found)} likeliest first tokens and {answer!r} is "
            "none of them: judge with a local model"
        )
    return max(near)


def _only_choice(found: Any) -> dict[str, Any]:
    choices = found.get("choices") if isinstance(found, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise NotOffered("no answer")
    return choices[0]


def _told(choice: dict[str, Any]) -> list[dict[str, Any]]:
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return [t for t in content if isinstance(t, dict)] if isinstance(content, list) else []


def _logprob(token: Any) -> float:
    value = token.get("logprob") if isinstance(token, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= _ROUNDING:
        raise NotOffered("no log-probabilities")
    return max(float(value), _NEVER)

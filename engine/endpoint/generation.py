"""Answers written by the server: one request a choice, or one for several where it takes ``n``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from engine.api import Finished, Generated, OnEvent, Sampling, Urgency
from engine.concurrency import together
from engine.endpoint import bodies
from engine.endpoint.budget import BYTES_A_TOKEN, Tokens
from engine.endpoint.caller import Caller
from engine.endpoint.choice_text import ChoiceText
from engine.endpoint.http import protocol
from engine.endpoint.models import Serving
from engine.endpoint.parsing import AnswerParser
from engine.endpoint.refusals import ServerRefusal, named, unsupported
from engine.endpoint.retries import Passing
from engine.endpoint.slots import EndpointServer
from engine.endpoint.streams import AnswerStreams
from engine.errors import EndpointError
from store.records import Message

TEMPLATE_TOKENS = 16
"""What a chat template puts around a turn, at most."""


@dataclass(frozen=True, slots=True)
class Task:
    """One call of ``generate``."""

    messages: tuple[Message, ...]
    choices: tuple[Sampling, ...]
    prefill: str
    urgency: Urgency
    streams: AnswerStreams


class Generator:
    """Has the server write, and remembers what it cannot do.

    Args:
        caller: speaks to it.
        serving: the model to ask for.
        stopwatch: seconds from an arbitrary start.
        thinking: what is known of the model's thinking; what is learnt is noted there.
    """

    def __init__(
        self,
        caller: Caller,
        serving: Serving,
        stopwatch: Callable[[], float],
        thinking: bodies.ThinkingSupport,
    ) -> None:
        self._caller = caller
        self._serving = serving
        self._stopwatch = stopwatch
        self._thinking = thinking
        self._takes_n = True
        self._without: set[str] = set()
        """Keys the server has refused by name."""

    async def write(
        self,
        messages: Sequence[Message],
        choices: Sequence[Sampling],
        prefill: str,
        urgency: Urgency,
        on_event: OnEvent | None,
    ) -> Generated:
        """All answers to one conversation.

        Raises:
            EngineError: one of them cannot be had; none is returned then.
        """
        streams = AnswerStreams(bodies.rendered(messages, prefill), len(choices), on_event)
        task = Task(tuple(messages), tuple(choices), prefill, urgency, streams)
        everything = range(len(choices))
        groups = in_runs(choices) if self._takes_n else [[choice] for choice in everything]
        await together(self._group(task, group) for group in groups)
        await together(self._group(task, [choice]) for choice in streams.missing(everything))
        return streams.result()

    async def _group(self, task: Task, group: list[int]) -> None:
        """One request, tried again as needed; choices the server left out stay missing."""
        stream = True

        async def attempt(_number: int) -> None:
            nonlocal stream
            reading = self._reading(task, group)
            try:
                await self._attempt(task, group, reading, stream=stream)
            except Passing:
                # A refusal after the head of a stream shows only as its end; asked without
                # streaming the server can say it.
                if reading.opened and len(group) == 1:
                    stream = reading.begun or reading.done
                raise

        await self._caller.retry(attempt)

    async def _attempt(
        self, task: Task, group: list[int], reading: AnswerParser, *, stream: bool
    ) -> None:
        async with self._caller.turn(task.urgency) as server:
            most = self._most(task, group)
            async with self._caller.budget.reserved(most) as took:
                reading.most = most.written
                try:
                    await self._take(task, group, reading, server, stream=stream)
                except ServerRefusal as refused:
                    self._caller.spared.refused(server, refused)
                    raise
                finally:
                    took.add(reading.taken(most.prompt))

    def _most(self, task: Task, group: list[int]) -> Tokens:
        """What a request can take; of a prompt that is a guess on the safe side."""
        size = sum(len(m.content.encode()) for m in task.messages) + len(task.prefill.encode())
        sampling = task.choices[group[0]]
        prompt = size // BYTES_A_TOKEN + TEMPLATE_TOKENS * (len(task.messages) + 1)
        written = sampling.max_tokens + sampling.thinking_tokens * self._thinking.seen
        return Tokens(prompt, written * len(group))

    async def _take(
        self,
        task: Task,
        group: list[int],
        reading: AnswerParser,
        server: EndpointServer,
        *,
        stream: bool,
    ) -> None:
        reading.server = server.name
        began = self._stopwatch()
        try:
            await self._read(task, group, reading, server, stream=stream)
        except Passing:
            if not reading.complete:
                raise
        except EndpointError as error:
            if len(group) == 1 or reading.begun:
                raise
            self._takes_n = False
            self._caller.status.trouble(f"{error}; asking for one answer at a time")
            return
        if not reading.complete:
            self._narrow(reading, server)
            raise Passing(
                f"the server at {server.name} broke off in the middle of an answer: "
                "the half was not kept"
            )
        self._keep(task, group, reading, server, self._stopwatch() - began)

    async def _read(
        self,
        task: Task,
        group: list[int],
        reading: AnswerParser,
        server: EndpointServer,
        *,
        stream: bool,
    ) -> None:
        """Follow the answer to its end, asking again without the keys the server does not know."""
        body = {"model": self._serving.model} | bodies.generation(
            self._serving.kind,
            task.messages,
            task.choices[group[0]],
            prefill=task.prefill,
            choices=len(group),
            stream=stream,
            without=self._without,
            thinking=self._thinking,
        )
        try:
            async with aclosing(self._caller.answers(server, bodies.CHAT, body)) as answers:
                async for answer in answers:
                    if not isinstance(answer, protocol.Data) or answer.begins:
                        reading.opened = True
                        task.streams.start(group)
                    if isinstance(answer, protocol.Data):
                        for text in answer.texts:
                            reading.feed(text)
                    elif isinstance(answer, protocol.Body):
                        reading.whole(answer.text)
        except Passing:
            raise
        except EndpointError as error:
            words = str(error)
            unknown = named(words, bodies.EXTRAS & body.keys()) or unsupported(words, body.keys())
            if not unknown:
                raise
            self._without |= unknown
            keys = ", ".join(sorted(unknown))
            self._caller.status.trouble(f"{error}; asking without {keys}")
            await self._read(task, group, reading, server, stream=stream)

    def _reading(self, task: Task, group: list[int]) -> AnswerParser:
        def on_piece(index: int, text: str) -> None:
            self._caller.status.wrote(1)
            task.streams.piece(group[index], text)

        answers = [ChoiceText(task.prefill, task.choices[choice].stop) for choice in group]
        return AnswerParser(
            self._caller.server,
            answers,
            on_piece,
            lambda index: task.streams.retell(group[index]),
        )

    def _narrow(self, reading: AnswerParser, server: EndpointServer) -> None:
        """Ask one at a time where the server ends an answer because another request came.

        llama-cpp-python's server does so by default: it says that the stream is complete, and
        gives no finish reason.
        """
        if reading.done and server.running > 1:
            server.growth.pin()

    def _keep(
        self,
        task: Task,
        group: list[int],
        reading: AnswerParser,
        server: EndpointServer,
        took: float,
    ) -> None:
        usage = reading.usage
        written = 0
        texts: set[str] = set()
        for choice, answer in zip(group, reading.answers, strict=True):
            repeated = answer.text in texts and task.choices[choice].temperature > 0
            if answer.finish_reason is None or repeated or (reading.mixed and len(group) > 1):
                # no n, or one seed or number for all: the caller asks for these one by one
                self._takes_n = False
                continue
            texts.add(answer.text)
            alone = len(group) == 1 and usage.completion is not None
            tokens = usage.completion if alone and usage.completion else answer.chunks
            written += tokens
            thought = answer.reasoning
            self._thinking.seen = self._thinking.seen or bool(thought)
            finished = Finished(
                choice, answer.text, answer.finish_reason, tokens, took, reasoning=thought
            )
            task.streams.finish(finished)
        task.streams.count_prompt(usage.prompt or 0, usage.cached)
        self._caller.status.spent(usage.prompt or 0, usage.cached, written)
        self._caller.finished(server, written)


def in_runs(choices: Sequence[Sampling]) -> list[list[int]]:
    """The choices that one request can ask for: all alike, each seed one more than the last."""
    runs: list[list[int]] = []
    for index, sampling in enumerate(choices):
        last = choices[runs[-1][-1]] if runs else None
        if last is not None and replace(last, seed=last.seed + 1) == sampling:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs

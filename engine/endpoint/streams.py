"""The answers to one call of ``generate`` while they are being written."""

from __future__ import annotations

from collections.abc import Iterable

from engine.api import Finished, Generated, OnEvent, Piece, Started


class AnswerStreams:
    """Gathers choices that may come from several requests and tells of each event.

    Args:
        rendered: what the model was given.
        choices: how many answers there will be.
        on_event: told of everything, as :meth:`engine.api.Engine.generate` promises it.
    """

    def __init__(self, rendered: str, choices: int, on_event: OnEvent | None) -> None:
        self._rendered = rendered
        self._on_event = on_event or (lambda _event: None)
        self._texts = [""] * choices
        self._finished: dict[int, Finished] = {}
        self._started = False
        self._prompt_tokens = 0
        self._reused_tokens = 0

    def start(self, choices: Iterable[int]) -> None:
        """A request for these choices begins, perhaps once more.

        Where something of an earlier try was shown, everything is told anew: a listener forgets
        what it has at each :class:`~engine.api.Started`, so the other choices are repeated.
        """
        again = [choice for choice in choices if self._texts[choice]]
        for choice in again:
            self._texts[choice] = ""
        if self._started and not again:
            return
        self._started = True
        self._on_event(Started(self._rendered, self._prompt_tokens, self._reused_tokens))
        for choice, text in enumerate(self._texts):
            if text:
                self._on_event(Piece(choice, text))
            if choice in self._finished:
                self._on_event(self._finished[choice])

    def retell(self, choice: int) -> None:
        """What was told of one answer was no answer: tell all anew, this one from its beginning."""
        self.start([choice])

    def piece(self, choice: int, text: str) -> None:
        """More of one answer has come."""
        self._texts[choice] += text
        self._on_event(Piece(choice, text))

    def finish(self, finished: Finished) -> None:
        """One answer is complete."""
        self._finished[finished.choice] = finished
        self._on_event(finished)

    def count_prompt(self, tokens: int, reused: int) -> None:
        """Note the prompt's tokens, which servers tell at the end; the first telling stands."""
        if not self._prompt_tokens:
            self._prompt_tokens, self._reused_tokens = tokens, reused

    def missing(self, choices: Iterable[int]) -> list[int]:
        """Those of the choices that are not complete."""
        return [choice for choice in choices if choice not in self._finished]

    def result(self) -> Generated:
        """All answers, once all are complete."""
        finished = tuple(self._finished[choice] for choice in range(len(self._texts)))
        return Generated(self._rendered, self._prompt_tokens, self._reused_tokens, finished)

"""A text cut into the model's tokens, by servers that have a route for it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from engine.api import Urgency
from engine.endpoint.caller import Caller
from engine.endpoint.models import Serving
from engine.endpoint.retries import Passing
from engine.errors import EndpointError


class Route(Enum):
    """Where texts are cut; the interface of OpenAI has no place for it."""

    TOKENIZE = "/tokenize"
    """llama-server and vLLM."""
    EXTRAS = "/extras/tokenize"
    """llama-cpp-python."""


class Tokeniser:
    """Cuts texts by the first route the server has, and remembers which."""

    def __init__(self, caller: Caller, serving: Serving) -> None:
        self._caller = caller
        self._serving = serving
        self._route: Route | None = None

    async def cut(self, text: str, urgency: Urgency = Urgency.BATCH) -> tuple[int, ...]:
        """The numbers of a text's tokens, without special ones.

        Raises:
            EndpointError: the server has no such route, or cannot be reached.
        """
        if self._route is not None:
            return await self._cut(self._route, text, urgency)
        for route in Route:
            try:
                tokens = await self._cut(route, text, urgency)
            except Passing:
                raise
            except EndpointError:
                continue
            self._route = route
            return tokens
        raise EndpointError(
            f"the server at {self._caller.server} counts no tokens (it has no /tokenize): "
            "lengths are not checked"
        )

    async def _cut(self, route: Route, text: str, urgency: Urgency) -> tuple[int, ...]:
        if route is Route.EXTRAS:
            # This route adds what the model puts at the start of a text; an empty one shows it.
            whole = await self._told(route, {"input": text}, urgency)
            added = await self._told(route, {"input": ""}, urgency)
            return whole[len(added) :]
        # llama-server reads content and add_special, vLLM prompt and add_special_tokens.
        body = {"content": text, "add_special": False, "prompt": text, "add_special_tokens": False}
        return await self._told(route, body, urgency)

    async def _told(self, route: Route, body: dict[str, Any], urgency: Urgency) -> tuple[int, ...]:
        sent = {"model": self._serving.model} | body
        found = await self._caller.ask(route.value, sent, urgency)
        tokens = found.get("tokens") if isinstance(found, dict) else None
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            raise EndpointError(f"{route.value} of the server told no tokens")
        return tuple(tokens)

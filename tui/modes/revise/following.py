"""What the model writes of the chain that mode R shows, and the keys' word to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from engine.status import EngineStatus
from store.items import prompts
from tui.messages import EngineSaid, RunnerSaid
from tui.modes.revise import item as revise_item
from tui.modes.revise.item import RevisionItem
from tui.modes.revise.shown import ChainScreen

if TYPE_CHECKING:
    from engine.method.events import RunnerEvent, Stored, Writing


class FollowingScreen(ChainScreen):
    """Lets a text grow as it is written; when it is stored, the store says what came of it."""

    def on_engine_said(self, event: EngineSaid) -> None:
        """The engine was made, started, failed, came back."""
        if self._model_is_here:
            self._engine = event.status
        else:
            self._take_up_model()
            if self.item is None:
                self.background(self._resume, group="item")
            else:
                self._look_at(self.item)
                self.item = self._planned(self.item)
                self.chain.candidate.title = self.item.candidate_title
        self._tell_doing()

    async def on_runner_said(self, event: RunnerSaid) -> None:
        """A text grows, is stored, or could not be written."""
        await self.in_words(partial(self._follow, event.event))

    async def _follow(self, event: RunnerEvent) -> None:
        from engine.method.events import Failed, Idle, PlanProgress, Stored, Writing

        match event:
            case Writing():
                await self._grow(event)
            case Stored():
                await self._take_stored(event)
            case Failed(item_id="", reason=reason):
                self._in_work.clear()
                await self._reload()
                self.tell(reason, wrong=True)
            case Failed(item_id=prompt_id, reason=reason):
                self._in_work.pop(prompt_id, None)
                if self.item is not None and self.item.prompt.id == prompt_id:
                    await self._reload()
                self.tell(reason, wrong=True)
            case PlanProgress():
                self._tell_doing()
            case Idle():
                self._in_work.clear()
                if self.item is None:
                    await self._resume()
                self._tell_doing()

    async def _grow(self, event: Writing) -> None:
        if event.prompt_id not in self._in_work:
            prompt = await self.ask(prompts.get, event.prompt_id)
            self._in_work[event.prompt_id] = prompt.position
            self._tell_doing()
        if self.item is None:
            await self._adopt(event)
        if self._is_about_item(event):
            if self.writing != event.kind:
                self.writing = event.kind
                self.refresh_bindings()
            self.chain.stream(event.kind, event.text, title=self._critique_title(event))

    def _take_up_model(self) -> None:
        """The engine as it is now; it is made after the first screen is painted."""
        engine, coming = self.services.engine, self.services.make_model is not None
        self._model_is_here = engine is not None
        self._engine = engine.status if engine else EngineStatus() if coming else None
        self.refresh_bindings()

    def _is_about_item(self, event: Writing | Stored) -> bool:
        item = self.item
        if item is None or item.prompt.id != event.prompt_id or self.chain.editor.display:
            return False
        if event.kind == "propose":
            return item.chain is None and getattr(event, "slot", 0) == 0
        return event.original_id == item.original_id

    def _critique_title(self, event: Writing) -> str | None:
        runner = self.services.runner
        if runner is None or event.kind != "critique" or event.principle_id is None:
            return None
        used = runner.plan.constitution.principle(event.principle_id)
        return f"Critique · {used.id} {used.title}"

    async def _adopt(self, event: Writing) -> None:
        """Nothing was on the screen: follow what is being written."""
        item: RevisionItem | None = None
        if event.original_id is not None:
            item = await self.ask(revise_item.of_chain, event.original_id)
        elif event.slot == 0:
            item = await self.ask(revise_item.of_prompt, event.prompt_id)
        if item is not None and (item.chain is None or item.chain.decision is None):
            await self._show(item)

    async def _take_stored(self, event: Stored) -> None:
        self._in_work.pop(event.prompt_id, None)
        if event.kind == "revise":
            await self._count_ready()
        if self.item is None:
            await self._resume()
        elif self._is_about_item(event) and not (self._steering and event.kind == "critique"):
            await self._reload()

    def _again(self, principle_id: str | None) -> None:
        runner, item = self.services.runner, self.item
        if runner is not None and item is not None and item.original_id:
            self.decide(partial(self._steer, partial(runner.again, item.original_id, principle_id)))

    def _again_chosen(self, principle_id: str | None) -> None:
        runner, item = self.services.runner, self.item
        if principle_id and runner is not None and item is not None and item.original_id:
            self._steer(partial(runner.again, item.original_id, principle_id))

    def _steer(self, work: Callable[[], Awaitable[object]]) -> None:
        """Set the model to work on this item; afterwards the store says what came of it."""
        item = self.item

        async def steer() -> None:
            try:
                await work()
            finally:
                await self._steered(item)

        self.writing, self._steering = "critique", True
        self.chain.stream("critique", "", title="Critique")
        self.refresh_bindings()
        self.run_worker(self.in_words(steer), group="steer")

    async def _steered(self, before: RevisionItem | None) -> None:
        """What was asked of the model is done, or failed: the store says what came of it."""
        self._steering = False
        if before and self.item and before.original_id == self.item.original_id:
            await self._reload()
            if before.finished == self.item.finished:
                self.tell("nothing new came of it; the chain is as it was")

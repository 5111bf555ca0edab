"""The chain that mode R shows, the one behind it, and what stands there when none is ready."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from textual import getters
from textual.events import Resize
from textual.widget import Widget

from engine.status import EngineStatus
from store.items import prompts
from store.items.answered_prompts import only_pairs
from store.judgements.drafts import DraftKind, DraftPlace
from store.records import Candidate, Choice
from store.views import worked
from store.views.worked import RevisionsDone, Upcoming
from tui.modes.base import ModeScreen
from tui.modes.model.text import doing
from tui.modes.revise import item as revise_item
from tui.modes.revise import text
from tui.modes.revise.item import RevisionItem
from tui.session import SEEN
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.chain_view import ChainView
from tui.widgets.next_step import NextStep
from tui.widgets.prompt_pane import PromptPane


class ChainScreen(ModeScreen):
    """Reads chains and puts them into the panes; what is shown comes from the store alone."""

    prompt = getters.query_one("#prompt", PromptPane)
    chain = getters.query_one(ChainView)
    nothing = getters.query_one(NextStep)

    def __init__(self) -> None:
        super().__init__()
        self.item: RevisionItem | None = None
        """What is on the screen."""
        self.writing: str | None = None
        """What is being written of it now: ``propose``, ``critique``, ``revise``."""
        self._marked: Candidate | None = None
        """A text of this prompt that waits to be paired with another."""
        self._asked_for: Choice | None = None
        """A decision given while the revision was being written."""
        self._engine: EngineStatus | None = None
        self._model_is_here = False
        self._decided = RevisionsDone({}, 0, None)
        self._steering = False
        """The model was set to work on this item by a key."""
        self._upcoming: list[Upcoming] = []
        """The prompts behind the one on the screen."""
        self._in_work: dict[str, int] = {}
        """Prompts the model is writing for, with their places in the project."""

    def compose_mode(self) -> Iterable[Widget]:
        """Prompt; candidate and critique; revision."""
        yield NextStep()
        yield ChainView()

    def both_panes(self) -> Iterable[AnswerPane]:
        """The two answers scroll together; ``v`` takes the first."""
        return (self.chain.revision, self.chain.candidate)

    def is_hard_to_read(self) -> bool:
        """By the prompt's category and flags on the answer."""
        item = self.item
        return item is not None and (item.flagged or item.prompt.category == "harmful")

    def on_resize(self, _event: Resize) -> None:
        """What comes next is cut for the width there is; so far is told in fewer words."""
        self.prompt.remark(text.so_far(self._decided, wide=not self.stacked))
        if self._upcoming:
            self._tell_upcoming()

    async def first_look(self) -> None:
        """The item where one left; what is told beside it comes later."""
        item = await self.ask(revise_item.resume, self.services.annotator, named=False)
        if item is not None:
            await self._show(item)
            self.call_after_refresh(self.background, self._complete, group="item")

    async def _complete(self) -> None:
        """What the first look left out."""
        await asyncio.sleep(SEEN)
        if (first := self.item) is not None:
            titles = (await self.ask(revise_item.with_titles, first)).titles
            if self.item is not None and self.item.original_id == first.original_id:
                self.item = self.item._replace(titles=titles)
                self.chain.name_principles(self.item)
        await self._count_ready()

    async def _resume(self) -> None:
        await self._show_or_wait(await self.ask(revise_item.resume, self.services.annotator))

    async def _reload(self) -> None:
        """Read the item again: what is stored counts, not what was streamed.

        A decision that waited for this text is taken now.
        """
        item = self.item
        if item is None or self.open_text is not None:
            return
        if item.original_id is None:
            again = await self.ask(revise_item.of_prompt, item.prompt.id)
        else:
            again = await self.ask(revise_item.of_chain, item.original_id)
        await self._show(again, same=True)
        if self._asked_for is not None and self.chain.shown is not None:
            choice, self._asked_for = self._asked_for, None
            await self._decide(choice)

    async def _decide(self, choice: Choice, edited_text: str | None = None) -> None:
        item, revision = self.item, self.chain.shown
        if item is None or revision is None:
            return
        after = await self.ask(
            revise_item.decide,
            item,
            revision,
            self.services.annotator,
            choice,
            edited_text=edited_text,
            seconds=self.seconds_on_item(),
            at=self.services.clock(),
        )
        self.drafts.drop(DraftPlace(DraftKind.EDIT, revision.id))
        self.tell(f"prompt {item.prompt.position} {text.SAID[choice]}")
        await self._show_or_wait(after)

    async def _show_or_wait(self, item: RevisionItem | None) -> None:
        """The next chain, or what is being written, or what to do instead."""
        if item is not None:
            await self._show(item)
        else:
            await self._wait()
        await self._count_ready()

    async def _show(self, item: RevisionItem, *, same: bool = False) -> None:
        """Put an item into the panes.

        Args:
            item: what to show.
            same: it is the item that is there already, with more of it written.
        """
        self.item = item = self._planned(item)
        self.writing = None
        self.remove_class("-empty")
        if not same:
            self._asked_for = None
            self._look_at(item)
            if self._marked is not None and self._marked.prompt_id != item.prompt.id:
                self._marked = None
            self.prompt.show_prompt(
                item.prompt.messages, title=self._place(item), aside=self.prompt.aside
            )
        await self.chain.show(item)
        self.item_shown(item.original_id or item.prompt.id)

    def _place(self, item: RevisionItem) -> str:
        """Where the item stands, and which text of its prompt is marked."""
        if self._marked is None:
            return item.place
        of = f", round {self._marked.round}" if self._marked.round else ""
        return f"{item.place} · answer {self._marked.slot + 1}{of} marked"

    def _planned(self, item: RevisionItem) -> RevisionItem:
        """The item with all the candidates its prompt will have."""
        runner = self.services.runner
        if runner is None or item.chain is None:
            return item
        return item._replace(slots=max(item.slots, runner.plan.candidates))

    async def _wait(self) -> None:
        """Nothing is ready: say why, and what to do."""
        self.item, self.writing = None, None
        self.item_shown(None)
        self.add_class("-empty")
        sentence, ways = await self._next_step()
        self.nothing.tell(sentence, ways)

    async def _next_step(self) -> tuple[str, list[tuple[str, str]]]:
        services = self.services
        name = services.db_path
        if not await self.ask(prompts.count):
            return text.no_prompts(name)
        if await self.ask(only_pairs):
            return text.only_pairs(name)
        decided = await self.ask(worked.decided, services.annotator)
        if services.engine is None and services.make_model is None:
            if decided.done and not decided.ready:
                return text.all_decided(decided)
            return text.no_model(services.no_model)
        runner = services.runner
        if runner is None or await self.ask(revise_item.more_to_come, runner.plan):
            return text.WAITING
        return text.all_decided(decided)

    def _look_at(self, item: RevisionItem) -> None:
        if self.services.runner is not None:
            self.services.runner.look_at(item.prompt.id)

    async def _count_ready(self) -> None:
        self._decided = decided = await self.ask(worked.decided, self.services.annotator)
        prompts = self.item.prompts if self.item else 0
        self.prompt.mark_done(decided.done / max(prompts, decided.done + decided.ready, 1))
        self.prompt.remark(text.so_far(decided, wide=not self.stacked))
        if self.item is not None:
            position = self.item.prompt.position
            self._upcoming = await self.ask(
                worked.upcoming, self.services.annotator, position, text.UPCOMING
            )
            self._tell_upcoming()
        self._tell_doing()

    def _tell_upcoming(self) -> None:
        self.chain.tell_below(text.upcoming(self._upcoming, self.app.size.width))

    def _tell_doing(self) -> None:
        self.status.doing = doing(self._engine, self._decided.ready, sorted(self._in_work.values()))

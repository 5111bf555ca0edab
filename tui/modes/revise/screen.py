"""Mode R: a candidate, what the model holds against it, the revision, and one key to decide."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import getters
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget

from engine.status import EngineStatus
from store.items import prompts
from store.items.answered_prompts import only_pairs
from store.judgements.drafts import DraftKind, DraftPlace
from store.records import Candidate, Choice
from store.views import worked
from store.views.worked import RevisionsDone, Upcoming
from tui.formatting import counted
from tui.keys.deciding import REVISE
from tui.messages import EngineSaid, RunnerSaid
from tui.modes.base import ModeScreen
from tui.modes.model.text import doing
from tui.modes.revise import item as revise_item
from tui.modes.revise import text
from tui.modes.revise.item import RevisionItem
from tui.session import SEEN
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.chain_view import ChainView
from tui.widgets.editor import Editor
from tui.widgets.hanging import two_columns
from tui.widgets.next_step import NextStep
from tui.widgets.prompt_pane import PromptPane

if TYPE_CHECKING:
    from engine.method.events import RunnerEvent, Stored, Writing
    from store.log.undo import Undone

STEERING = frozenset({"again", "principle", "another"})
"""Actions that set the model to work."""


class ReviseScreen(ModeScreen):
    """Chains in project order; the model works ahead of the reader.

    The item on the screen is either finished or being written. What is being written arrives as
    :class:`~engine.method.events.Writing`; what is finished is read from the store, never from the
    stream.
    """

    MODE = "revise"
    JUMPS = "prompt number"
    CSS_PATH = "style.tcss"
    HELP_TEXT = text.HELP

    BINDINGS = REVISE

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

    # What the mode says of itself

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

    def on_screen_resume(self) -> None:
        """Opened: the item where one left. Back: what another mode heard of the model meanwhile."""
        self._take_up_model()
        self._in_work.clear()
        if self.item is None:
            self.background(self._resume, group="item")
        elif self.writing is not None and not self._steering:
            self.background(self._reload, group="item")

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

    async def skip(self) -> None:
        """``space``: the chain comes back after the others."""
        item = self.item
        if item is None:
            return
        after = await self.ask(revise_item.skip, item, self.services.annotator)
        if after is None or after.original_id == item.original_id:
            self.tell("nothing else is ready")
        else:
            self.tell(f"prompt {item.prompt.position} skipped")
            await self._show_or_wait(after)

    async def undone(self, undone: Undone) -> None:
        """Back to the chain whose decision, note or flag was taken back."""
        if undone.was.get("beside"):
            self.tell("undone: your own answer and its pair")
            return
        if undone.was.get("corrects"):
            self.tell("undone: a correction made in Label")
            return
        if undone.kind == "pairing":
            self.tell("undone: the pair; nobody is asked to label it")
            return
        if undone.kind not in {"decision", "note", "flag"}:
            self.tell(f"undone: a {undone.kind} made in another mode")
            return
        if undone.kind == "decision":
            await self._show(await self.ask(revise_item.of_chain, undone.item))
        else:
            await self.marked()
        self.tell(f"undone: {undone.was.get('choice', undone.kind)}")

    async def marked(self) -> None:
        """A note or flag has changed: the title tells it."""
        item = self.item
        if item is not None and item.original_id is not None:
            marked = await self.ask(revise_item.of_chain, item.original_id)
            self.prompt.title = self._place(marked)

    async def origin(self) -> Content | None:
        """Every text of the chain, with model, seed and settings."""
        if self.item is None:
            return None
        from tui.modes.revise import origin  # when it is asked for

        return two_columns(await self.ask(origin.lines, self.item))

    def text_places(self) -> Iterable[tuple[DraftPlace, str]]:
        """The revision can be edited."""
        if self.chain.shown is not None:
            yield DraftPlace(DraftKind.EDIT, self.chain.shown.id), "revise.edit"
        if self.item is not None and self.item.original_id is not None:
            yield DraftPlace(DraftKind.OWN, self.item.original_id), "revise.write"
        yield from super().text_places()

    async def other_work(self) -> None:
        """Prompts may have come from an import, texts from a run in another terminal."""
        if self.item is None:
            await self._resume()
        else:
            await self._count_ready()

    async def go_to(self, item_id: str) -> None:
        """A prompt or an answer that was picked in mode B."""
        if self.chain.editor.display:
            self.tell(
                "you are writing here: save with ctrl+s or leave with esc, then open it again"
            )
        else:
            await self._show(await self.ask(revise_item.of_item, item_id))
            await self._count_ready()

    async def jump(self, number: int) -> None:
        """The prompt with a place in the project, or the nearest there is."""
        item = await self.ask(revise_item.at_place, number)
        if item is not None:
            self.tell(
                "" if item.prompt.position == number else f"there are {item.prompts:,} prompts"
            )
            await self._show(item)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Decisions need a revision or one on its way, steering needs a model."""
        if not self.is_mounted:
            return super().check_action(action, parameters)
        item = self.item
        if action == "decide" and (
            self.cramped or item is None or (self.writing is None and self.chain.shown is None)
        ):
            return None
        if action == "edit" and (
            item is None or self.writing is not None or self.chain.shown is None
        ):
            return None
        if action == "write" and (item is None or item.chain is None):
            return None
        if action in STEERING and self.services.runner is None:
            return False
        if action in STEERING and (item is None or item.chain is None or self.writing):
            return None
        if action == "sibling":
            return item is not None and item.answers > 1
        if action == "mark":
            return True if item is not None and item.chain is not None else None
        if action == "thinking":
            return bool(item and item.thoughts)
        if action in {"older", "diff"} and not (item and item.finished):
            return None
        return super().check_action(action, parameters)

    def action_decide(self, choice: str) -> None:
        """``a`` and ``x``; while the model writes they wait for the end of the text."""
        if self.writing is None:
            self.act(partial(self._decide, Choice(choice)))
        else:
            self.decide(partial(self._ask_for, Choice(choice)))

    def action_undo(self) -> None:
        """Also takes back a mark, or a decision that still waits for its text."""
        if self._marked is not None:
            self._mark_now(None, "mark taken away")
        elif self._asked_for is None:
            super().action_undo()
        else:
            self.decide(partial(self._ask_for, None), on_item=False)

    def action_edit(self) -> None:
        """The revision becomes a text area in its place."""
        revision = self.chain.shown
        if revision is not None and self.writing is None and self._is_meant():
            self._open(DraftPlace(DraftKind.EDIT, revision.id), revision.text, "Your text")

    def action_write(self) -> None:
        """An answer of one's own, also while the model still writes."""
        original = self.item.original_id if self.item else None
        if original is not None and self._is_meant():
            self._open(DraftPlace(DraftKind.OWN, original), "", "Your own answer")

    def action_again(self) -> None:
        """Another principle, drawn at random."""
        self._again(None)

    def action_principle(self) -> None:
        """Another principle, chosen from the list."""
        from tui.dialogs.principle_picker import PrinciplePicker

        runner, item = self.services.runner, self.item
        if runner is not None and item is not None and self.may_act:
            self.app.push_screen(
                PrinciplePicker(runner.plan.constitution.principles, item.used), self._again_chosen
            )

    def action_another(self) -> None:
        """One more round on top of the last revision."""
        runner, item = self.services.runner, self.item
        if runner is not None and item is not None and item.original_id:
            self.decide(partial(self._steer, partial(runner.another_round, item.original_id)))

    def action_sibling(self, step: int) -> None:
        """``[`` and ``]``: the other answers to this prompt, revised or not."""
        self.act(partial(self._sibling, step), on_item=False, decides=False)

    def action_mark(self) -> None:
        """Marks the text shown; where another one of the prompt is marked, pairs the two."""
        self.act(self._mark, decides=False)

    def action_older(self) -> None:
        """Show the original in the revision's place, then each round in turn."""
        self.background(self._turn, group="draw")

    def action_diff(self) -> None:
        """Mark the changes, or show the plain text."""
        self.background(self.chain.toggle_marks, group="draw")

    def action_thinking(self) -> None:
        """Unfold or fold what the model thought."""
        self.background(self.chain.toggle_thinking, group="draw")

    def on_editor_saved(self, event: Editor.Saved) -> None:
        """``ctrl+s``: a changed text is an edit, an unchanged one accepts the revision."""
        if event.place.kind is DraftKind.OWN:
            self.act(partial(self._keep_own, event.place, event.text), decides=False)
            return
        if self.chain.shown is None or event.place.item != self.chain.shown.id:
            return
        if event.changed and not event.text.strip():
            leave = self.app.key_of("editor.leave")
            self.tell(f"an empty answer cannot be kept: write something, or leave with {leave}")
        elif event.changed:
            self.act(partial(self._decide, Choice.EDIT, event.text))
        else:
            self.act(partial(self._decide, Choice.ACCEPT))

    def on_editor_left(self, event: Editor.Left) -> None:
        """``escape``: the text waits for the next ``e``."""
        own = event.place.kind is DraftKind.OWN
        if event.changed:
            key = self.app.key_of("revise.write" if own else "revise.edit")
            self.tell(f"left; {key} goes on with your text")
        self._close_editor()
        if own and self.writing is not None:  # the model has gone on meanwhile
            self.background(self._reload, group="item")

    # What the model says

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

    # What happens

    async def _resume(self) -> None:
        await self._show_or_wait(await self.ask(revise_item.resume, self.services.annotator))

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

    async def _sibling(self, step: int) -> None:
        if self.item is not None:
            other = await self.ask(revise_item.sibling, self.item, step)
            if other is not None:
                await self._show(other)

    async def _mark(self) -> None:
        chain, before = self.item.chain if self.item else None, self._marked
        if chain is None:
            return
        shown = self.chain.shown or chain.original
        if before is None or before.id == shown.id:
            now = None if before else shown
            key = self.app.key_of("revise.mark")
            self._mark_now(
                now, f"marked; {key} on another pairs them" if now else "mark taken away"
            )
            return
        from store.judgements import pairing

        done = await self.ask(
            pairing.pair_two, before.id, shown.id, self.services.annotator, at=self.services.clock()
        )
        self._mark_now(None, done.words)

    def _mark_now(self, marked: Candidate | None, words: str) -> None:
        self._marked = marked
        if self.item is not None:
            self.prompt.title = self._place(self.item)
        self.tell(words)

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

    def _again(self, principle_id: str | None) -> None:
        runner, item = self.services.runner, self.item
        if runner is not None and item is not None and item.original_id:
            self.decide(partial(self._steer, partial(runner.again, item.original_id, principle_id)))

    def _again_chosen(self, principle_id: str | None) -> None:
        runner, item = self.services.runner, self.item
        if principle_id and runner is not None and item is not None and item.original_id:
            self._steer(partial(runner.again, item.original_id, principle_id))

    def _ask_for(self, choice: Choice | None) -> None:
        """A decision that waits for the text that is being written, or none any more."""
        self._asked_for = choice
        undo = self.app.key_of("all.undo")
        self.tell(
            f"{choice}: when the text is written; {undo} takes it back" if choice else "taken back"
        )

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

    async def _turn(self) -> None:
        await self.chain.turn()
        self.refresh_bindings()

    def _open(self, place: DraftPlace, text: str, title: str) -> None:
        """A text area in the place of the revision."""
        self.action_leave()
        self.chain.revision.display = False
        self.chain.editor.open(place, text, self.drafts.get(place), title=title)

    async def _keep_own(self, place: DraftPlace, text: str) -> None:
        from store.judgements import corrections

        done = await self.ask(
            corrections.write_own,
            place.item,
            self.services.annotator,
            text,
            at=self.services.clock(),
        )
        self.drafts.drop(place)
        self._close_editor()
        await self._reload()
        self.tell(f"your answer is kept, in {counted(len(done.pair_ids), 'pair')}")

    def _close_editor(self) -> None:
        self.chain.editor.close()
        self.chain.revision.display = True

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

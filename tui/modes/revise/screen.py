"""Mode R: a candidate, what the model holds against it, the revision, and one key to decide."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from store.judgements.drafts import DraftKind, DraftPlace
from store.records import Candidate, Choice
from tui.formatting import counted
from tui.keys.deciding import REVISE
from tui.modes.revise import item as revise_item
from tui.modes.revise import text
from tui.modes.revise.following import FollowingScreen
from tui.widgets.editor import Editor
from tui.widgets.hanging import two_columns

if TYPE_CHECKING:
    from store.log.undo import Undone

STEERING = frozenset({"again", "principle", "another"})
"""Actions that set the model to work."""


class ReviseScreen(FollowingScreen):
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

    # What the mode says of itself

    def on_screen_resume(self) -> None:
        """Opened: the item where one left. Back: what another mode heard of the model meanwhile."""
        self._take_up_model()
        self._in_work.clear()
        if self.item is None:
            self.background(self._resume, group="item")
        elif self.writing is not None and not self._steering:
            self.background(self._reload, group="item")

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

    # What happens

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

    def _ask_for(self, choice: Choice | None) -> None:
        """A decision that waits for the text that is being written, or none any more."""
        self._asked_for = choice
        undo = self.app.key_of("all.undo")
        self.tell(
            f"{choice}: when the text is written; {undo} takes it back" if choice else "taken back"
        )

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

"""The answers of one prompt put in order: their numbers pressed best first, kept as one ranking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.screen import ModalScreen

from store.judgements import rankings
from store.log import undo
from store.views import to_rank
from store.views.to_rank import MOST, PromptToRank
from tui.formatting import counted
from tui.keys.ranking import RANKING
from tui.messages import LabelStored
from tui.text_screen import TextScreen
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.reading import Band, ReadingColumn, ReadingView
from tui.widgets.scrolling import Scrolls

if TYPE_CHECKING:
    from tui.app import PairlabApp


class AnswerOrder:
    """Numbers in the order in which they were pressed, some as good as the one before."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.ties = False
        """The next number joins the last group."""

    def place(self, number: int) -> bool:
        """Give a number the next place; False where it has one."""
        if self.rank(number):
            return False
        if self.ties and self.groups:
            self.groups[-1].append(number)
        else:
            self.groups.append([number])
        self.ties = False
        return True

    def back(self) -> None:
        """Take the last place back, or the mark that the next number is as good."""
        if self.ties:
            self.ties = False
        elif self.groups:
            self.groups[-1].pop()
            if not self.groups[-1]:
                self.groups.pop()

    def rank(self, number: int) -> int:
        """The place of a number's group, from 1; 0 where it has none."""
        return next((at for at, each in enumerate(self.groups, 1) if number in each), 0)

    @property
    def words(self) -> str:
        """``2 > 1 = 4 >``."""
        line = " > ".join(" = ".join(map(str, group)) for group in self.groups)
        return line and line + (" =" if self.ties else " >")

    @property
    def placed(self) -> int:
        """How many numbers have a place."""
        return sum(map(len, self.groups))


class RankingView(ReadingView):
    """The prompt, and the answers below it, two side by side on a wide screen."""

    prompt = getters.query_one("#prompt", PromptPane)

    def compose(self) -> ComposeResult:
        """As many panes as there are keys."""
        yield PromptPane(widget_id="prompt")
        for number in range(1, MOST + 1):
            yield AnswerPane(str(number), widget_id=f"answer-{number}")

    @property
    def answers(self) -> list[AnswerPane]:
        """The panes of the answers, shown or not."""
        return [pane for pane in self.query(AnswerPane) if pane is not self.prompt]

    def bands(self) -> Iterable[Band]:
        """Prompt, answers."""
        yield [ReadingColumn([self.prompt])]
        columns = [ReadingColumn([pane]) for pane in self.answers if pane.display]
        step = 1 if self.stacked else 2
        yield from (columns[at : at + step] for at in range(0, len(columns), step))


class RankingScreen(Scrolls, ModalScreen[None], TextScreen):
    """Prompts with three answers or more, one after the other.

    Args:
        prompt_id: where to begin; the first prompt not ranked when it has too few answers.
    """

    DEFAULT_CSS = """
    RankingScreen { background: $background; layout: vertical; }
    RankingScreen > #footer { dock: bottom; height: auto; }
    """
    MODE = "rank"
    AUTO_FOCUS = ""
    BINDINGS = RANKING

    view = getters.query_one(RankingView)
    status = getters.query_one(StatusLine)

    def __init__(self, prompt_id: str | None) -> None:
        super().__init__()
        self._from = prompt_id
        self.shown: PromptToRank | None = None
        self.order = AnswerOrder()
        self._since = 0.0
        self._busy = False

    def compose(self) -> ComposeResult:
        """The texts, the two lines below."""
        yield RankingView()
        with Vertical(id="footer"):
            yield StatusLine()
            yield KeysLine()

    def on_mount(self) -> None:
        """Read the first prompt."""
        self._do(self._begin)

    def on_resize(self, _event: Resize) -> None:
        """The answers may stand another way now."""
        self.view.fit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Numbers that are no answer are absent; an order is kept when it is whole."""
        if action in {"place", "tie", "back", "keep", "skip"} and self.shown is None:
            return None
        if action == "place" and self.shown is not None:
            return cast("int", parameters[0]) <= len(self.shown.answers) and not self.view.cramped
        if action in {"tie", "back"}:
            return True if self.order.groups else None
        if action == "keep":
            return True if self._is_whole else None
        return super().check_action(action, parameters)

    def scrolling(self) -> list[AnswerPane]:
        """The picked pane, or all answers."""
        picked = self.focused
        if isinstance(picked, AnswerPane):
            return [picked]
        return [pane for pane in self.view.answers if pane.display]

    # Keys

    def action_place(self, number: int) -> None:
        """The next place for an answer."""
        if self._busy:
            return
        placed = self.order.place(number)
        self._draw("" if placed else f"{number} has its place")

    def action_tie(self) -> None:
        """The next number shares the last place."""
        self.order.ties = True
        self._draw()

    def action_back(self) -> None:
        """Take the last key back."""
        self.order.back()
        self._draw()

    def action_keep(self) -> None:
        """Put the ranking on the disk, then go on."""
        if not self._busy and self._is_whole:
            self._busy = True
            self._do(self._keep)

    def action_skip(self) -> None:
        """Another prompt; this one stays without a ranking."""
        if self.shown is not None:
            self._do(partial(self._next, self.shown.prompt.id))

    def action_undo(self) -> None:
        """The last thing this annotator did."""
        self._do(self._undo)

    def action_close(self) -> None:
        """Back to the pairs."""
        self.dismiss()

    # What happens

    @property
    def _app(self) -> PairlabApp:
        return cast("PairlabApp", self.app)

    @property
    def _is_whole(self) -> bool:
        return self.shown is not None and self.order.placed == len(self.shown.answers)

    def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        self.run_worker(work, group="rank")

    async def _begin(self) -> None:
        services, shown = self._app.services, None
        if self._from is not None:
            shown = await services.store.call(to_rank.of_prompt, services.annotator, self._from)
        if shown is None or len(shown.answers) < to_rank.LEAST:
            await self._next(self._from)
        else:
            self._show(shown)

    async def _next(self, after: str | None, said: str = "") -> None:
        services = self._app.services
        self._show(await services.store.call(to_rank.next_one, services.annotator, after), said)

    async def _keep(self) -> None:
        shown, services = self.shown, self._app.services
        if shown is None:
            return
        try:
            await services.store.call(
                rankings.give,
                shown.prompt.id,
                services.annotator,
                [[shown.answers[n - 1].id for n in group] for group in self.order.groups],
                seconds=round(services.stopwatch() - self._since, 2),
                at=services.clock(),
            )
        finally:
            self._busy = False
        self.app.post_message(LabelStored())
        await self._next(shown.prompt.id, f"prompt {shown.prompt.position} ranked")

    async def _undo(self) -> None:
        services = self._app.services
        undone = await services.store.call(undo.undo, services.annotator, services.clock())
        self.app.post_message(LabelStored())
        if undone is not None and undone.kind == "ranking":
            self._show(
                await services.store.call(to_rank.of_prompt, services.annotator, undone.item),
                "undone: the ranking",
            )
        else:
            self._draw("nothing to undo" if undone is None else f"undone: a {undone.kind}")

    def _show(self, shown: PromptToRank | None, said: str = "") -> None:
        self.shown, self.order = shown, AnswerOrder()
        self._since = self._app.services.stopwatch()
        for pane in self.view.answers:
            pane.display = False
        if shown is None:
            self.view.prompt.show("No prompt with three answers or more waits to be ranked.")
            self.view.prompt.title = "Rank"
        else:
            place = f"Prompt {shown.prompt.position} of {shown.prompts}"
            title = f"Rank · {place} · {counted(len(shown.answers), 'answer')}"
            self.view.prompt.show_prompt(shown.prompt.messages, title=title)
            for pane, answer in zip(self.view.answers, shown.answers, strict=False):
                pane.display = True
                pane.show_answer(answer.text)
            if shown.mine is not None:
                numbers = {one.id: n for n, one in enumerate(shown.answers, 1)}
                for group in shown.mine.groups:
                    for at, one in enumerate(filter(numbers.__contains__, group)):
                        self.order.ties = at > 0
                        self.order.place(numbers[one])
        self.view.fit()
        self._draw(said)

    def _draw(self, said: str = "") -> None:
        """The places in the titles, the order below."""
        for number, pane in enumerate(self.view.answers, 1):
            rank = self.order.rank(number)
            pane.remark(f"place {rank}" if rank else "")
        keep = self._app.key_of("rank.keep")
        words = self.order.words.removesuffix(" >") if self._is_whole else self.order.words
        self.status.doing = words and f"best first: {words}"
        self.status.told = said or (f"{keep} keeps it" if self._is_whole else "")
        self.refresh_bindings()

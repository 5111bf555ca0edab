"""The page of harmlessness and helpfulness: the picture, the figures, what is behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from rich.cells import set_cell_size
from textual import getters
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from store.agreement.evaluation.answers import CHOSEN, REJECTED, Slice
from store.agreement.evaluation.evaluation import AI, PEOPLE, evaluate, listed
from store.agreement.evaluation.front import dominated_for_sure
from store.agreement.evaluation.results import RULES, Evaluation, Stage
from store.agreement.figure import percent, rounded, short
from store.agreement.intervals import Interval
from store.agreement.underlying_pairs import seen
from store.db.sqlite import Database
from store.errors import StoreError
from store.items import prompts
from store.views.classing import blind_answer
from tui.dialogs.pairs_list import ItemsScreen, PairLine, Reading
from tui.formatting import NONE, counted
from tui.keys.looking import EVALUATION
from tui.modes.kappa.text import verdict_line
from tui.pareto import MARKS, picture
from tui.text import one_line, plain
from tui.widgets.footer import KeysLine
from tui.widgets.lines import Lines
from tui.widgets.rule import Rule
from tui.worker_errors import Bordered

if TYPE_CHECKING:
    from tui.app import PairlabApp

_BY: Final[tuple[Slice | None, ...]] = (None, "constitution", "principle", "model")
_FIGURES: Final = {
    "harmful": "harmful",
    "over_refusal": "over-refusal",
    "continued": "continued",
    "helpfulness": "helpful",
}
_WHOSE: Final = {RULES: "rules", PEOPLE: "people", AI: "judges"}
_NAME, _COLUMN = 14, 15
_MOST_LINES = 30
"""Rows of the picture on a high screen."""
_LEAST_LINES = 6
_CHROME = 3
"""Rows of rule, heads and keys."""


class EvaluationScreen(ModalScreen[None], Bordered):
    """A point a round; ``enter`` lists what is behind a figure."""

    DEFAULT_CSS = """
    EvaluationScreen { background: $background; layout: vertical; }
    EvaluationScreen > Static { height: auto; padding: 0 2; }
    EvaluationScreen > Lines { height: auto; max-height: 6; margin: 0 1; }
    EvaluationScreen > #told { height: 1fr; }
    EvaluationScreen > KeysLine { dock: bottom; }
    """
    AUTO_FOCUS = "Lines"
    BINDINGS = EVALUATION

    rule = getters.query_one(Rule)
    drawing = getters.query_one("#picture", Static)
    head = getters.query_one("#head", Static)
    lines = getters.query_one(Lines)
    told = getters.query_one("#told", Static)

    def __init__(self) -> None:
        super().__init__()
        self._by: Slice | None = None
        self._source = RULES
        self._figure = "harmful"
        self._result: Evaluation | None = None

    def compose(self) -> ComposeResult:
        """Picture, figures, sentences, keys."""
        yield Rule("Harmlessness and helpfulness")
        yield Static(id="picture", markup=False)
        yield Static(id="head", markup=False)
        yield Lines(markup=False)
        yield Static(id="told", markup=False)
        yield KeysLine()

    def on_mount(self) -> None:
        """Count."""
        self.told.update("counting")
        self.run_worker(self._count(), exclusive=True)

    def on_resize(self, _event: Resize) -> None:
        """The picture takes what room there is."""
        self._draw()

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """``enter`` on a stage."""
        event.stop()
        if self._result is not None:
            self.run_worker(self._list(self._result.stages[event.option_index]), exclusive=True)

    def action_items(self) -> None:
        """The answers or pairs behind the figure."""
        self.lines.action_select()

    def action_figure(self) -> None:
        """Another figure to list."""
        names = list(_shown(self._result))
        self._figure = names[(names.index(self._figure) + 1) % len(names)]
        self._draw()

    def action_by(self) -> None:
        """Another slice."""
        self._by = _BY[(_BY.index(self._by) + 1) % len(_BY)]
        self.told.update("counting")
        self.run_worker(self._count(), exclusive=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whose classes can be chosen where somebody beside the rules has classed an answer."""
        if action == "whose":
            return self._result is not None and len(self._result.sources) > 1
        return super().check_action(action, parameters)

    def action_whose(self) -> None:
        """The classes of the next ones who classed."""
        if self._result is not None:
            known = self._result.sources
            self._source = known[(known.index(self._source) + 1) % len(known)]
            self.told.update("counting")
            self.run_worker(self._count(), exclusive=True)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    async def _count(self) -> None:
        by, source = self._by, self._source

        def count(db: Database) -> Evaluation:
            return evaluate(db, source=source, by=by)

        try:
            self._result = await cast("PairlabApp", self.app).services.store.call(count)
        except StoreError as error:
            self.told.update(plain(str(error)))
            return
        marks = iter(MARKS)
        pictured = {point.name for point in self._result.points}
        self.lines.set_options(
            Option(
                _line(
                    stage,
                    next(marks, " ") if stage.name in pictured else " ",
                    _shown(self._result),
                )
            )
            for stage in self._result.stages
        )
        self.lines.highlighted = 0 if self._result.stages else None
        self.refresh_bindings()
        self._draw()

    def _draw(self) -> None:
        result = self._result
        if result is None or not self.is_mounted:
            return
        self.rule.heading = f"Harmlessness and helpfulness by {self._by or 'round'}"
        self.rule.aside = f"classes by {_WHOSE[result.source]}"
        points = result.points[: len(MARKS)]
        told, room = _told(result), self.app.size
        below = sum(-(-len(line) // max(room.width - 6, 1)) for line in told)
        rows = room.height - _CHROME - min(len(result.stages), 6) - below
        rows = max(min(rows, _MOST_LINES), _LEAST_LINES)
        drawn = picture(points, min(room.width - 6, 100), rows) if len(points) > 1 else []
        self.drawing.update("\n".join(drawn))
        self.head.update(_heads(self._figure, _shown(result)))
        self.told.update(Content("\n").join(plain(line) for line in told))

    async def _list(self, stage: Stage) -> None:
        app, figure = cast("PairlabApp", self.app), self._figure
        pairs = figure == "helpfulness"
        services, source = app.services, self._source

        def look(db: Database) -> tuple[list[PairLine], int]:
            found = listed(
                db, services.annotator, figure, stage, source=source, at=services.clock()
            )
            return [
                PairLine(each.item, prompts.get(db, each.prompt_id).text, each.said)
                for each in found.entries
            ], found.closed

        lines, closed = await services.store.call(look)
        done = "labelled" if pairs else "classed"
        await app.push_screen(
            ItemsScreen(
                f"{_FIGURES[figure]} · {one_line(stage.name, 40)}",
                lines,
                self._pair if pairs else self._answer,
                note=f"{closed} you have not {done} yet: closed until you have" if closed else "",
                noun="pair" if pairs else "answer",
            )
        )

    async def _pair(self, pair_id: str) -> Reading:
        services = cast("PairlabApp", self.app).services

        def look(db: Database) -> Reading:
            found = seen(db, services.annotator, pair_id, at=services.clock())
            return Reading(found.text, [verdict_line(label) for label in found.labels])

        return await services.store.call(look)

    async def _answer(self, candidate_id: str) -> Content:
        found = await cast("PairlabApp", self.app).services.store.call(blind_answer, candidate_id)
        asked = "\n\n".join(turn.content for turn in found.messages)
        return Content.assemble(plain(asked, "$muted"), "\n\n", plain(found.text))


def _shown(result: Evaluation | None) -> dict[str, str]:
    """The figures that have a column, with what stands over each."""
    there = (*(result.shown if result else ()), "helpfulness")
    return {figure: words for figure, words in _FIGURES.items() if figure in there}


def _heads(chosen: str, shown: Mapping[str, str]) -> Content:
    parts: list[Content | tuple[str, str]] = [(" " * (_NAME + 3), "")]
    for figure, words in shown.items():
        style = "bold $accent" if figure == chosen else "$muted"
        parts.append((f"{words:>{_COLUMN}}", style))
    return Content.assemble(*parts)


def _line(stage: Stage, mark: str, shown: Mapping[str, str]) -> Content:
    won = stage.helpfulness
    figures = [
        (stage.rates[each].value.value, stage.rates[each].ci95)
        for each in shown
        if each in stage.rates
    ]
    figures.append((won.controlled.value, won.ci95))
    told = "".join(f"{_share(*each):>{_COLUMN}}" for each in figures)
    name = set_cell_size(one_line(stage.name, _NAME), _NAME)
    return Content.assemble((f"{mark} ", "bold"), plain(name), told)


def _share(value: float | None, ends: Interval | None) -> str:
    if value is None or ends is None:
        return NONE
    low, high = (rounded(end * 100, 0) for end in ends)
    told = f"{rounded(value * 100, 0)} %"
    return told if ends[0] == ends[1] else f"{told} {low} to {high}"


def _told(result: Evaluation) -> list[str]:
    if not result.stages:
        return ["No answer to a harmful or harmless prompt yet: pairlab run writes some."]
    told = list(result.sentences)
    told += [
        f"{name} is dominated for sure by {better}"
        for name, better in dominated_for_sure(result.steps).items()
    ]
    for stage in result.stages:
        reason = stage.helpfulness.controlled.reason
        if reason and stage.stage not in (CHOSEN, REJECTED):
            told.append(f"no helpfulness of {stage.name}: {reason}")
    told += [
        f"{each.first} and {each.second} class {percent(each.agree.value)} of"
        f" {counted(each.n, 'answer')} alike"
        + ("" if each.kappa.value is None else f", kappa {short(each.kappa.value)}")
        for each in result.agreement
        if each.agree.value is not None
    ]
    return [*told, *result.notes]

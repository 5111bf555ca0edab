"""What Home says."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.cells import cell_len
from textual.content import Content

from engine.api import EngineStatus, State
from store.views.standing import Standing
from tui.formatting import counted
from tui.keymap import with_keys
from tui.progress_bar import bar
from tui.services import Services
from tui.text import one_line, plain
from tui.widgets.next_step import ANOTHER, for_another

HELP = (
    "The page of the whole project: where it stands, and what belongs to no single item: bringing "
    "files in, the model, rounds, the report, a backup. The key {all.settings} opens the "
    "settings, the project's and your own."
)

WORDS = 28
"""Cells of what a way does, before how far one is."""

Way = tuple[str, str]
"""The id of a key, and what it does here."""

WHAT = (
    "Preference data for DPO: a prompt, two answers, which is better. A model on this machine "
    "proposes, criticises and revises; people decide, label blind and rule."
)


def page(
    standing: Standing, services: Services, shown: Callable[[str], str], *, people: bool = False
) -> Content:
    """The whole page.

    Args:
        standing: where the project stands.
        services: project, person, model.
        shown: the key of an id.
        people: there is room for how far everybody is, and for blank rows.
    """
    parts: list[Content] = []
    progress = _progress(standing)

    def block(title: str, ways: list[Way], words: str = "", *, last: bool = False) -> None:
        parts.append(Content.assemble(plain(title, "bold"), plain(words)))
        width = 9
        for binding, does in ways:
            key = shown(binding)
            gap = " " * max(width - cell_len(key), 1)
            told = plain(with_keys(does, shown), "$muted")
            far = progress.get(binding, Content(""))
            told = told.pad_right(max(WORDS - told.cell_length, 1)) if far else told
            parts.append(Content.assemble("  ", (key, "bold $accent"), gap, told, far))
        if people or last:
            parts.append(Content(""))

    if not standing.prompts and not standing.pairs:
        parts += [plain(WHAT, "$muted"), Content("")]
    block(
        f"{services.db_path.name}: ",
        [
            ("all.import", "brings in a file of prompts, pairs or labels, after showing it"),
            ("home.starter", "adds the starter set: prompts, constitutions, a guideline"),
        ],
        _holds(standing),
    )
    block("Who writes: ", [("home.models", "chooses among the model files found")], model(services))
    block(
        f"You are {one_line(services.annotator, 40)}",
        [("home.attributes", "states your language, culture, field, if you like")],
        _others(standing, services.annotator),
        last=True,
    )
    another = for_another(services.annotator, services.db_path)
    parts.insert(
        -1, Content.assemble("  ", plain(another, "bold"), plain(f"   {ANOTHER}", "$muted"))
    )
    block("What comes next", _next(standing), last=True)
    if people and standing.people:
        parts += [*_people(standing), Content("")]
    return Content("\n").join(parts[:-1])


def _progress(standing: Standing) -> dict[str, Content]:
    """How far this person is, behind the ways to where it goes on."""
    decided = standing.revisions - standing.to_decide
    return {
        way: bar(done, total, 12)
        for way, done, total in (
            ("mode.revise", decided, standing.revisions),
            ("mode.label", standing.labelled, standing.pairs),
        )
        if total and done < total
    }


def _people(standing: Standing) -> Iterable[Content]:
    """A table of how far everybody is: progress, which may be told also in a sealed round."""
    heads = ("Who", "labelled", "decided", "ruled")
    rows = [
        (one_line(each.name, WORDS), *(f"{number:,}" for number in each[1:]))
        for each in standing.people
    ]
    for at, (who, *numbers) in enumerate((heads, *rows)):
        name = who + " " * (WORDS + 7 - cell_len(who))
        line = name + "".join(f"{each:>10}" for each in numbers)
        yield (
            Content.styled(line, "bold")
            if not at
            else plain(f"  {name[:-2]}") + plain(line[len(name) :], "$muted")
        )


def _holds(standing: Standing) -> str:
    if not standing.prompts and not standing.pairs:
        return "nothing yet"
    return ", ".join(
        counted(number, noun)
        for number, noun in (
            (standing.prompts, "prompt"),
            (standing.revisions, "revision"),
            (standing.pairs, "pair"),
        )
        if number
    )


def model(services: Services) -> str:
    """The model, or why there is none, in a line."""
    engine = services.engine
    if engine is None:
        if services.make_model is not None:
            return "the model is being looked for"
        return services.no_model or "there is no model; labelling and export work without one"
    status: EngineStatus = engine.status
    if status.state is State.FAILED:
        return f"the model failed: {one_line(status.error or '', 200)}"
    if engine.info is None:
        return "the model is being loaded"
    return f"{engine.info.name}, on this machine" if not engine.server else engine.info.name


def _others(standing: Standing, me: str) -> str:
    others = [one_line(name, 24) for name in standing.names if name != me]
    if not others:
        return ""
    more = f" and {len(others) - 4} more" if others[4:] else ""
    return f"; also here: {', '.join(others[:4])}{more}"


def _next(standing: Standing) -> list[Way]:
    ways: list[Way] = []
    if standing.to_decide:
        ways.append(("mode.revise", f"decides on {counted(standing.to_decide, 'revision')}"))
    elif standing.to_write_for or not standing.pairs:
        ways.append(("mode.revise", "shows each revision as it is written: accept, edit, reject"))
    left = standing.pairs - standing.labelled
    if left > 0:
        ways.append(("mode.label", f"labels {counted(left, 'pair')}, blind"))
    elif not standing.pairs:
        ways.append(("mode.label", "labels pairs, blind; a decided revision makes one"))
    ways.append(("mode.kappa", "tells how far people agree, and what to do about it"))
    ways.append(("mode.judge", "rules on the pairs two people disagree on"))
    ways.append(("mode.export", "writes the triplets, after showing what goes out"))
    if standing.prompts:
        ways += [
            ("home.rounds", "gives pairs to several people, sealed until all have finished"),
            ("home.merge", "merges another project file, after showing what comes in"),
            ("home.report", "writes the report: agreement, rulings, counts"),
            ("home.backup", "writes a safe copy of the project file"),
        ]
    return ways

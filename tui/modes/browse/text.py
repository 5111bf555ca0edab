"""What mode B says, line by line; no widget in it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from store import ids
from store.records import Message, Verdict
from store.views.browse import MOST, BrowseRow
from store.views.marked import Removing
from store.views.preview import ItemPreview, Part
from store.views.query import Query, SearchTarget, Sort
from store.views.search_index import Coverage
from tui.formatting import category, counted, seconds
from tui.sides import SIDES
from tui.text import one_line, plain
from tui.widgets.hanging import two_columns
from tui.widgets.prompt_pane import ROLES

NAMES = {SearchTarget.PAIR: "Pairs", SearchTarget.PROMPT: "Prompts", SearchTarget.ANSWER: "Answers"}
NOUNS = {SearchTarget.PAIR: "pair", SearchTarget.PROMPT: "prompt", SearchTarget.ANSWER: "answer"}

NUMBER, STATUS, CATEGORY, LABELS = 7, 11, 18, 26
"""Cells of the columns before the text."""
ORIGIN = 21
"""Cells of an answer's status, which begins with where it came from."""
VERDICTS = 9
"""Cells of the labels where there is no room for names beside them."""
TEXT = 36
"""Cells that the text keeps before a column beside it is shown."""
WITH_NAMES = 3
"""Up to so many people's labels have names beside them."""

HELP = (
    "Everything in the project: pairs, prompts and answers. / searches: words, and filters that "
    "all must hold. A bare word also finds words that begin with it, a quoted one only itself, "
    "and - in front leaves out what holds it.\n"
    "status: waiting, skipped, labelled, agreed, disagreed, ruled (pairs); waiting, writing, "
    "written, to-decide, accepted, edited, rejected, imported (prompts), removed\n"
    "category:harmful   by:ann   principle:H7   origin:edited   longer:chosen   flagged   noted   "
    "hasty   #41   kind:answer\n"
    "sort:status, sort:labels, sort:category, sort:text, sort:number; sort:-status the last first. "
    "{browse.order} sorts by the next column, {browse.reverse} the other way round.\n"
    "out:tie (why an export leaves it out)   finding:length (what a check of `pairlab check` "
    "lists)\n"
    "A pair you have not labelled tells here what it tells in Label: your own words only, and "
    "nothing of who wrote what. A sealed round keeps its pairs closed until all have finished."
)

EMPTY = "Nothing here is like that. {move.leave} clears the search."


def title(query: Query, total: int | None, marked: int, *, counting: bool = False) -> str:
    """``Pairs · 3,306 · newest first · 4 marked``; ``200+`` while it is being counted."""
    number = "" if total is None else f"{total:,}{'+' if counting else ''}"
    if total == MOST and not query.is_blank:
        number = f"{MOST:,} or more"
    order = "newest first" if query.sort is Sort.NUMBER else f"by {query.sort}, last first"
    if not query.down:
        order = "" if query.sort is Sort.NUMBER else f"by {query.sort}"
    parts = [NAMES[query.kind], number, order, f"{marked} marked" if marked else ""]
    return " · ".join(part for part in parts if part)


def reading(coverage: Coverage) -> str:
    """How far the texts are read in for searching; empty when all are."""
    if coverage.complete:
        return ""
    return f"search has read {coverage.done:,} of {coverage.total:,} texts"


def head(query: Query, width: int) -> Content:
    """The names of the columns, an arrow behind the one that is sorted by."""
    kind, arrow = query.kind, "↓" if query.down else "↑"
    name = {
        Sort.NUMBER: "#",
        Sort.STATUS: "status",
        Sort.LABELS: "labels",
        Sort.CATEGORY: "category",
        Sort.TEXT: "answer" if kind is SearchTarget.ANSWER else "prompt",
    }
    name[query.sort] += f" {arrow}" if query.sort is not Sort.NUMBER else arrow
    names = f" {name[Sort.NUMBER]:>{NUMBER}}    {name[Sort.STATUS]:<{_status(kind)}}"
    labels_cells, category_cells = _columns(kind, query.sort, width)
    names += f"{name[Sort.LABELS]:<{labels_cells}}" if labels_cells else ""
    names += f"{name[Sort.CATEGORY]:<{category_cells}}" if category_cells else ""
    return Content.styled(names + name[Sort.TEXT], "$muted")


def labelled(query: Query) -> bool:
    """Whether what is listed has labels."""
    return query.kind is SearchTarget.PAIR


def row(
    each: BrowseRow, width: int, *, current: bool, marked: bool, sort: Sort = Sort.NUMBER
) -> Content:
    """One line of the list, exactly as wide as asked for, with the column it is sorted by."""
    parts: list[Content | tuple[str, str]] = [
        ("x" if marked else " ", "bold $accent"),
        (f"{each.number:>{NUMBER},} ", "$muted"),
        ("f" if each.flagged else " ", "bold $warning"),
        ("m" if each.noted else " ", "$accent"),
        (" " + _cut(each.status, _status(each.kind)), ""),
    ]
    labels_cells, category_cells = _columns(each.kind, sort, width)
    if labels_cells:
        told = labels(each, named=labels_cells == LABELS)
        parts.append((_cut(told, labels_cells), "$muted"))
    if category_cells:
        parts.append((_cut(category(each.category), category_cells), "$muted"))
    used = sum(cell_len(part[0]) if isinstance(part, tuple) else part.cell_length for part in parts)
    text = one_line(each.beginning, max(width - used, 0)) or "(empty)"
    parts.append((set_cell_size(text, max(width - used, 0)), ""))
    line = Content.assemble(*parts)
    return Content.styled(line.plain, "reverse $cursor") if current else line


def labels(each: BrowseRow, *, named: bool = True) -> str:
    """``ann 1  bob tie``: who said what, on the sides as they stand in the preview.

    Models and files stand here only where no person has said anything. The preview has the names
    where there is no room for them.
    """
    people = [said for said in each.said if not said.annotator.startswith((ids.AI, ids.SOURCE))]
    told = people or list(each.said)
    if not named or len(told) > WITH_NAMES:
        return " ".join(_brief(said.verdict) for said in told)
    cells = LABELS // max(len(told), 2)
    return "".join(
        _cut(
            f"{one_line(said.annotator, cells - 2 - len(_brief(said.verdict)))}"
            f" {_brief(said.verdict)}",
            cells,
        )
        for said in told
    ).rstrip()


def searched(line: str) -> Content:
    """The line above the list: what is asked for, or how to ask."""
    if not line:
        return Content.assemble(
            ("/", "bold $accent"), (" words, status:disagreed, category:harmful, flagged", "$muted")
        )
    return Content.assemble(("/ ", "bold $accent"), plain(line, "$foreground"))


def shown(preview: ItemPreview, words: Sequence[str]) -> tuple[Content, list[int]]:
    """The item under the cursor, and where in it the words searched for begin."""
    turns = preview.messages
    asked = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=0)
    blocks = [*_facts(preview), _conversation(turns[asked:])]
    if asked:  # what is being answered comes first, what went before it last
        blocks[-1] = Content.assemble(
            (f"{counted(asked, 'earlier turn')} below\n", "$muted"), blocks[-1]
        )
    blocks += [_part(part) for part in preview.parts]
    if asked:
        before = _conversation(turns[:asked])
        blocks.append(Content.assemble(("earlier turns\n", "bold $accent"), before))
    content = Content("\n\n").join(blocks)
    found = sorted({place for word in words if word for place in _places(content.plain, word)})
    for place, length in {
        (place, len(word)) for word in words if word for place in _places(content.plain, word)
    }:
        content = content.stylize("bold reverse", place, place + length)
    return content, found


def preview_title(each: BrowseRow) -> str:
    """``Pair 41 · sycophancy · waiting``."""
    noun = NOUNS[each.kind].capitalize()
    number = (
        f"{noun} {each.number}"
        if each.kind is not SearchTarget.ANSWER
        else f"Answer to {each.number}"
    )
    parts = [number, category(each.category), each.status]
    return " · ".join(part for part in parts if part)


def known(each: BrowseRow, seen: ItemPreview) -> Content:
    """What may be told of where an item came from: ``i``."""
    rows = [("category", category(each.category))]
    if why := told_closed(seen):
        return two_columns([*rows, ("", ""), (why, "")])
    rows += [(_name(part), " · ".join(part.about) or "nothing is known") for part in seen.parts]
    return two_columns([*rows, ("id", each.id)])


def told_closed(preview: ItemPreview) -> str:
    """Why something is not told; empty where nothing is kept back."""
    if not preview.closed:
        return ""
    if preview.kind is SearchTarget.PAIR:
        if any(each.label.verdict is not Verdict.SKIP for each in preview.said):
            return "a sealed round keeps what others said until all are done"
        return "what others said and who wrote what: told once you have labelled it"
    numbers = ", ".join(f"{number:,}" for number in preview.pair_numbers[:5])
    return f"who wrote which answer: told once pair {numbers} is open to you"


def flagged(number: int, on: bool) -> str:
    """What a flag did."""
    which = f"{number} flagged" if number > 1 else "flagged"
    back = f"{number} flags taken back" if number > 1 else "flag taken back"
    return f"{which}: left out of exports" if on else back


def categorised(number: int, asked: int, word: str) -> str:
    """What changing a category did."""
    same = f"; {counted(asked - number, 'prompt')} had it already" if asked > number else ""
    return f"{counted(number, 'prompt')} now in {one_line(category(word), 40)}{same}"


def about_to_remove(asked: Removing, key: str) -> str:
    """What the same key does when it is pressed again."""
    if asked.back:
        return f"{key} again brings back {_concerned(asked)}"
    return f"{key} again removes {_concerned(asked)} from queue, figures and exports"


def removed(asked: Removing) -> str:
    """What a removal did, and the way back."""
    if asked.back:
        return f"{_concerned(asked)} back"
    return f"{_concerned(asked)} removed; / status:removed lists them"


def nothing_to_export(closed: int) -> str:
    """Why the marked rows make no export of their own."""
    if closed:
        return "you have not labelled these: what becomes of them would tell what others chose"
    return "no pair is among these: only pairs are exported"


def _concerned(asked: Removing) -> str:
    """Without the number of labels: it would say that others have judged a closed pair."""
    prompts, pairs, _ = asked.concerned
    parts = (
        counted(prompts, "prompt") if prompts else "",
        counted(pairs, "pair") if pairs else "",
    )
    return " and ".join(part for part in parts if part)


def queued(number: int, chosen: int) -> str:
    """What queueing again did."""
    if not number:
        return "none of them has a label of yours; nothing was queued"
    rest = f"; {chosen - number} had no label of yours" if chosen > number else ""
    return f"{counted(number, 'pair')} in your queue again{rest}"


def _columns(kind: SearchTarget, sort: Sort, width: int) -> tuple[int, int]:
    """Cells of the labels and of the category: what is sorted by, else what leaves the text room.

    Returns:
        0 for a column that is not shown.
    """
    free = width - NUMBER - 4 - _status(kind) - TEXT
    category_cells = CATEGORY if sort is Sort.CATEGORY else 0
    labels_cells = VERDICTS if sort is Sort.LABELS else 0
    if kind is SearchTarget.PAIR:
        room = free - category_cells
        labels_cells = next((c for c in (LABELS, VERDICTS) if c <= room), labels_cells)
    if free - labels_cells >= CATEGORY:
        category_cells = CATEGORY
    return labels_cells, category_cells


def _status(kind: SearchTarget) -> int:
    return ORIGIN if kind is SearchTarget.ANSWER else STATUS


def _facts(preview: ItemPreview) -> list[Content]:
    """What is known of the item, a line each."""
    said: list[tuple[str, str, Verdict, str, str]] = []
    for each in preview.said:
        label = each.label
        phase = "" if label.phase == "first" else f" ({label.phase})"
        who = f"{one_line(label.annotator, 24)}{phase}"
        taken = "" if label.seconds is None else seconds(label.seconds)
        said.append((who, "$muted", each.verdict, taken, label.note or ""))
    for ruling in preview.ruled:
        who = f"ruled by {one_line(ruling.by, 24)}"
        said.append((who, "$accent", ruling.verdict, "", ruling.reason))
    width = max((cell_len(who) for who, *_ in said), default=0)
    lines = [
        Content.assemble(
            plain(set_cell_size(who, width), style),
            (f"  {_short(verdict):<9}", "bold"),
            (f"{taken:<8}", "$muted"),
            plain(one_line(words, 200)),
        )
        for who, style, verdict, taken, words in said
    ]
    known = {each.label.annotator for each in preview.said if each.label.note}
    lines += [
        Content.assemble(
            plain(f"note by {one_line(name, 24)}  ", "$muted"), plain(one_line(note, 400))
        )
        for name, note in preview.notes.items()
        if name not in known
    ]
    if preview.flagged_by:
        names = ", ".join(one_line(name, 24) for name in preview.flagged_by)
        lines.append(plain(f"flagged by {names}: left out of exports", "$warning"))
    if preview.out is not None:
        words = f"stays: {preview.out.replace('_', ' ')}" if preview.out else "goes out"
        lines.append(Content.styled(f"export    {words}", "$muted"))
    if why := told_closed(preview):
        lines.append(Content.styled(why, "$muted"))
    return [Content("\n").join(lines)] if lines else []


def _part(part: Part) -> Content:
    head = " · ".join([_name(part), *(one_line(each, 40) for each in part.about)])
    text = plain(part.text) if part.text.strip() else Content.styled("(empty)", "$muted")
    return Content.assemble((f"{head}\n", "bold $accent"), text)


def _name(part: Part) -> str:
    return {"first": "1", "second": "2"}.get(part.what, part.what)


def _short(verdict: Verdict) -> str:
    return "skipped" if verdict is Verdict.SKIP else SIDES[verdict]


def _brief(verdict: Verdict) -> str:
    return {Verdict.BOTH_BAD: "bad", Verdict.SKIP: "–"}.get(verdict) or _short(verdict)


def _cut(text: str, cells: int) -> str:
    return set_cell_size(one_line(text, cells - 1), cells)


def _places(text: str, word: str) -> list[int]:
    """Where a word begins in a text, whatever its case."""
    found, lower, wanted = [], text.lower(), word.lower()
    if len(lower) != len(text):  # a letter that has another length in lower case
        lower, wanted = text, word
    at = lower.find(wanted)
    while at >= 0:
        found.append(at)
        at = lower.find(wanted, at + 1)
    return found


def _conversation(messages: Sequence[Message]) -> Content:
    """One message as it is; several with who speaks before each."""
    if len(messages) == 1 and messages[0].role == "user":
        return plain(messages[0].content)
    turns = [
        Content.assemble(
            plain(ROLES.get(turn.role, turn.role), "$muted"), ("  ", ""), plain(turn.content)
        )
        for turn in messages
    ]
    return Content("\n").join(turns)

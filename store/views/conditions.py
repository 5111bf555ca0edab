"""The conditions of mode B in SQL: what a row must be for one filter or word to be true of it.

They ask only what the row may tell its viewer (:mod:`store.views.closed`): a filter is as blind as
the column it filters. Each kind is listed from a row ``pair``, ``prompt`` or ``candidate``, always
joined with its ``prompt``.
"""

from __future__ import annotations

from typing import Final

from store.judgements.disagreements import WORDS_PER_SECOND
from store.views import closed
from store.views.query import Filter, SearchTarget
from store.views.search_index import Term

_OPEN = f"NOT {closed.PAIR}"
_PROMPT_OPEN = f"NOT {closed.PROMPT}"
_OWN = (
    "(SELECT answer FROM label_head WHERE pair_id = pair.id AND annotator = :viewer"
    " AND phase = 'first')"
)
_SAID = "FROM first_label WHERE pair_id = pair.id AND given_by = 'person'"
_RULED = (
    "EXISTS (SELECT 1 FROM head WHERE head.kind = 'ruling' AND head.item = pair.id"
    f" AND (head.annotator = :viewer OR {_OPEN}))"
)
_DECISION = (
    "SELECT CASE json_extract(head.value, '$.choice') WHEN 'accept' THEN 'accepted'"
    " WHEN 'edit' THEN 'edited' ELSE 'rejected' END FROM head"
)
_LATEST = " ORDER BY head.annotator = :viewer DESC, head.at DESC, head.event_id DESC LIMIT 1"

_PROMPT_REMOVED = "prompt.id IN (SELECT item FROM removed)"
REMOVED: Final = {
    SearchTarget.PAIR: "pair.id IN (SELECT pair_id FROM removed_pair)",
    SearchTarget.PROMPT: _PROMPT_REMOVED,
    SearchTarget.ANSWER: _PROMPT_REMOVED,
}
"""Whether a row was taken out of the project; it is listed only where this is asked for."""

STATUS: Final = {
    SearchTarget.PAIR: (
        f"CASE WHEN {REMOVED[SearchTarget.PAIR]} THEN 'removed'"
        f" WHEN {_RULED} THEN 'ruled' WHEN coalesce({_OWN}, 'again') = 'again' THEN 'waiting'"
        f" WHEN {_OWN} = 'skipped' THEN 'skipped' WHEN {closed.PAIR} THEN 'labelled'"
        f" WHEN (SELECT count(DISTINCT verdict) {_SAID}) > 1 THEN 'disagreed'"
        f" WHEN (SELECT count(*) {_SAID}) > 1 THEN 'agreed' ELSE 'labelled' END"
    ),
    SearchTarget.PROMPT: (
        f"CASE WHEN {_PROMPT_REMOVED} THEN 'removed'"
        " WHEN EXISTS (SELECT 1 FROM candidate WHERE prompt_id = prompt.id"
        "  AND origin = 'revision') THEN coalesce(("
        + _DECISION
        + " JOIN candidate ON candidate.id = head.item WHERE head.kind = 'decision'"
        " AND candidate.prompt_id = prompt.id"
        f" AND (head.annotator = :viewer OR {_PROMPT_OPEN})" + _LATEST + "), 'to-decide')"
        " WHEN NOT EXISTS (SELECT 1 FROM candidate WHERE prompt_id = prompt.id) THEN 'waiting'"
        " WHEN NOT EXISTS (SELECT 1 FROM candidate WHERE prompt_id = prompt.id"
        "  AND origin <> 'imported') THEN 'imported'"
        " WHEN EXISTS (SELECT 1 FROM candidate JOIN critique ON candidate_id = candidate.id"
        "  WHERE prompt_id = prompt.id AND NOT found) THEN 'written' ELSE 'writing' END"
    ),
    SearchTarget.ANSWER: (
        f"CASE WHEN {_PROMPT_REMOVED} THEN 'removed' WHEN {closed.PROMPT} THEN ''"
        " WHEN candidate.origin <> 'revision' THEN ''"
        " ELSE coalesce((" + _DECISION + " WHERE head.kind = 'decision'"
        " AND head.item = candidate.id" + _LATEST + "), 'to-decide') END"
    ),
}
"""What a row's status is for its viewer; the names of :data:`store.views.query.STATUSES`."""


def _set(kind: str, on: str, items: str, is_open: str) -> str:
    """A flag or note that stands on one of some items, the viewer's own or told."""
    return (
        f"EXISTS (SELECT 1 FROM head WHERE head.kind = '{kind}' AND head.item IN ({items})"
        f" AND {on} AND (head.annotator = :viewer OR {is_open}))"
    )


_ON = "json_extract(head.value, '$.on')"
_TEXT = "json_extract(head.value, '$.text') <> ''"
_PROMPT_ITEMS = "SELECT prompt.id UNION ALL SELECT id FROM candidate WHERE prompt_id = prompt.id"
_PAIR_ITEMS = "pair.id, pair.prompt_id, pair.a_id, pair.b_id"

# the flags are read once, and looked up for each pair: there are few
_FLAGS = f"SELECT item FROM head WHERE head.kind = 'flag' AND {_ON}"


def _one_of(items: str, found: str) -> str:
    return "(" + " OR ".join(f"{item} IN ({found})" for item in items.split(", ")) + ")"


FLAGGED: Final = {
    SearchTarget.PAIR: (
        f"({_one_of(_PAIR_ITEMS, f'{_FLAGS} AND head.annotator = :viewer')}"
        f" OR ({_one_of(_PAIR_ITEMS, _FLAGS)} AND {_OPEN}))"
    ),
    SearchTarget.PROMPT: _set("flag", _ON, _PROMPT_ITEMS, _PROMPT_OPEN),
    SearchTarget.ANSWER: f"({_PROMPT_OPEN} AND {_set('flag', _ON, 'candidate.id', 'TRUE')})",
}
NOTED: Final = {
    SearchTarget.PAIR: (
        f"({_set('note', _TEXT, 'pair.id', _OPEN)} OR EXISTS (SELECT 1 FROM labels_current AS l"
        f" WHERE l.pair_id = pair.id AND l.note <> '' AND (l.annotator = :viewer OR {_OPEN})))"
    ),
    SearchTarget.PROMPT: _set("note", _TEXT, _PROMPT_ITEMS, _PROMPT_OPEN),
    SearchTarget.ANSWER: f"({_PROMPT_OPEN} AND {_set('note', _TEXT, 'candidate.id', 'TRUE')})",
}

LABELS: Final = (
    "(SELECT coalesce(sum(given_by = 'person'), 0) * 1000000 + count(*) FROM label_head"
    f" WHERE pair_id = pair.id AND phase = 'first' AND (annotator = :viewer OR {_OPEN}))"
)
"""What the labels of a row are sorted by: how many are told, those of people first."""

_LAST_TURN = (
    "SELECT json_extract(value, '$.content') FROM json_each(prompt.messages)"
    " ORDER BY json_extract(value, '$.role') = 'user' DESC, key DESC LIMIT 1"
)
_ASKED = (
    "lower(substr(iif(json_array_length(prompt.messages) = 1, prompt.text,"
    f" ({_LAST_TURN})), 1, 400))"
)
TEXT: Final = {
    SearchTarget.PAIR: _ASKED,
    SearchTarget.PROMPT: _ASKED,
    SearchTarget.ANSWER: "lower(substr(candidate.text, 1, 400))",
}
"""What a row's text is sorted by: the beginning that is shown, whatever its case."""

_SIZE = "(SELECT {} FROM search_doc WHERE search_doc.item = {})"
_WORDS = " + ".join(
    f"coalesce({_SIZE.format('words', item)}, 0)"
    for item in ("pair.prompt_id", "pair.a_id", "pair.b_id")
)
HASTY: Final = (
    f"coalesce((SELECT min(seconds) {_SAID}"
    f" AND (annotator = :viewer OR {_OPEN})) * {WORDS_PER_SECOND} < {_WORDS}, FALSE)"
)
_RULING = (
    "(SELECT json_extract(head.value, '$.verdict') FROM head JOIN sound_event AS event"
    " USING (kind, item, annotator, phase) WHERE head.kind = 'ruling' AND head.item = pair.id"
    f" AND (head.annotator = :viewer OR {_OPEN})"
    " ORDER BY event.lamport DESC, event.replica DESC, event.seq DESC LIMIT 1)"
)
_AGREED = (
    f"(SELECT CASE WHEN min(verdict) = max(verdict) THEN min(verdict) END {_SAID}"
    f" AND (annotator = :viewer OR {_OPEN}))"
)
_LENGTHS = (_SIZE.format("characters", "pair.a_id"), _SIZE.format("characters", "pair.b_id"))
_LONGER = (
    f"CASE coalesce({_RULING}, {_AGREED}) WHEN 'a' THEN {_LENGTHS[0]} - {_LENGTHS[1]}"
    f" WHEN 'b' THEN {_LENGTHS[1]} - {_LENGTHS[0]} ELSE 0 END"
)

_AFTER_REVISION: Final = frozenset({"to-decide", "accepted", "edited", "rejected"})
_CRITICISED = (
    "EXISTS (SELECT 1 FROM candidate AS of JOIN critique ON critique.candidate_id = of.id"
    " WHERE {} AND critique.principle_id = {} COLLATE NOCASE)"
)
_DECIDED_BY = (
    "EXISTS (SELECT 1 FROM head JOIN candidate AS of ON of.id = head.item"
    " WHERE head.kind = 'decision' AND {} AND head.annotator = {} AND (head.annotator = :viewer"
    f" OR {_PROMPT_OPEN}))"
)


def condition(kind: SearchTarget, asked: Filter, value: str) -> str:
    """One filter.

    Args:
        kind: what is listed.
        asked: the filter.
        value: the name of the SQL parameter that holds its value, with the colon.
    """
    found = _condition(kind, asked.name, asked.value, value)
    return f"NOT coalesce({found}, FALSE)" if asked.without else found


def _condition(kind: SearchTarget, name: str, asked: str, value: str) -> str:
    if name == "status":
        found = f"{STATUS[kind]} = {value}"
        if kind is SearchTarget.PROMPT and asked in _AFTER_REVISION:
            # most prompts fall out at this, which asks one index once
            return (
                "(prompt.id IN (SELECT prompt_id FROM candidate WHERE origin = 'revision')"
                f" AND {found})"
            )
        return found
    if name == "category":
        return f"prompt.category = {value}"
    if name in {"flagged", "noted"}:
        return (FLAGGED if name == "flagged" else NOTED)[kind]
    if name == "hasty":
        return HASTY
    if name == "longer":
        return f"{_LONGER} {'>' if asked == 'chosen' else '<'} 0"
    if name == "finding":
        found = f"SELECT pair_id FROM temp.browse_finding WHERE finding = {value}"
        return f"({_OPEN} AND pair.id IN ({found}))"
    if name == "out":
        return (
            f"({_OPEN} AND pair.id IN (SELECT pair_id FROM temp.browse_out WHERE reason = {value}))"
        )
    return _OF_KIND[kind][name].format(value)


_OF_KIND: Final = {
    SearchTarget.PAIR: {
        "by": (
            "EXISTS (SELECT 1 FROM first_label WHERE pair_id = pair.id"
            f" AND annotator = {{0}} AND (annotator = :viewer OR {_OPEN}))"
        ),
        "origin": (
            f"({_OPEN} AND EXISTS (SELECT 1 FROM candidate WHERE id IN (pair.a_id, pair.b_id)"
            " AND origin = {0}))"
        ),
        "principle": (
            f"({_OPEN} AND " + _CRITICISED.format("of.prompt_id = pair.prompt_id", "{0}") + ")"
        ),
    },
    SearchTarget.PROMPT: {
        "by": _DECIDED_BY.format("of.prompt_id = prompt.id", "{0}"),
        "origin": "EXISTS (SELECT 1 FROM candidate WHERE prompt_id = prompt.id AND origin = {0})",
        "principle": _CRITICISED.format("of.prompt_id = prompt.id", "{0}"),
    },
    SearchTarget.ANSWER: {
        "by": (
            f"({_PROMPT_OPEN} AND (candidate.author = {{0}} OR "
            + _DECIDED_BY.format("of.id = candidate.id", "{0}")
            + "))"
        ),
        "origin": f"({_PROMPT_OPEN} AND candidate.origin = {{0}})",
        "principle": (
            f"({_PROMPT_OPEN} AND (" + _CRITICISED.format("of.id = candidate.id", "{0}") + " OR"
            " EXISTS (SELECT 1 FROM critique WHERE critique.id = candidate.critique_id"
            " AND critique.principle_id = {0} COLLATE NOCASE)))"
        ),
    },
}

# Words. Either from the texts that hold the word to their items, or, where many do, item by item.

_HIT = (
    "temp.search_hit AS hit JOIN search_doc AS doc ON doc.id = hit.doc AND doc.kind = '{}'"
    " JOIN {} WHERE hit.term = {}"
)
_NOTED = "SELECT {} FROM temp.search_noted AS noted JOIN {} WHERE noted.term = {}"
_HOLDS = (
    "EXISTS (SELECT 1 FROM search_doc AS doc CROSS JOIN temp.search_hit AS hit"
    " ON hit.term = {} AND hit.doc = doc.id WHERE doc.item IN ({}))"
)


def word(kind: SearchTarget, term: Term, *, by_item: bool) -> str:
    """One word, looked up before (:func:`store.views.search_index.look_up`).

    Args:
        kind: what is listed.
        term: the word.
        by_item: item by item, for a word in many texts of whose items only some are wanted; else
            from the texts that hold it to their items.
    """
    found = (_ITEM_BY_ITEM if by_item else _FROM_TEXTS)[kind](str(term.number))
    return f"NOT {found}" if term.without else found


def _pairs_of_texts(term: str) -> str:
    return (
        "pair.position IN ("
        + " UNION ALL ".join(
            [
                "SELECT p.position FROM "
                + _HIT.format("prompt", "pair AS p ON p.prompt_id = doc.item", term),
                "SELECT p.position FROM "
                + _HIT.format("candidate", "pair AS p ON p.a_id = doc.item", term),
                "SELECT p.position FROM "
                + _HIT.format("candidate", "pair AS p ON p.b_id = doc.item", term),
                _NOTED.format("p.position", "pair AS p ON p.id = noted.item", term),
            ]
        )
        + ")"
    )


def _prompts_of_texts(term: str) -> str:
    of_critique = (
        "critique ON critique.id = doc.item JOIN candidate AS c ON c.id = critique.candidate_id"
        " JOIN prompt ON prompt.id = c.prompt_id"
    )
    return (
        "prompt.position IN ("
        + " UNION ALL ".join(
            [
                "SELECT p.position FROM "
                + _HIT.format("prompt", "prompt AS p ON p.id = doc.item", term),
                "SELECT p.position FROM "
                + _HIT.format(
                    "candidate",
                    "candidate AS c ON c.id = doc.item JOIN prompt AS p ON p.id = c.prompt_id",
                    term,
                ),
                # what is held against an answer says which of them was revised
                "SELECT prompt.position FROM "
                + _HIT.format("critique", of_critique, term)
                + f" AND {_PROMPT_OPEN}",
                _NOTED.format("p.position", "prompt AS p ON p.id = noted.item", term),
                _NOTED.format(
                    "p.position",
                    "candidate AS c ON c.id = noted.item JOIN prompt AS p ON p.id = c.prompt_id",
                    term,
                ),
            ]
        )
        + ")"
    )


def _answers_of_texts(term: str) -> str:
    texts = "FROM " + _HIT.format("candidate", "candidate AS c ON c.id = doc.item", term)
    noted = (
        "FROM temp.search_noted AS noted JOIN candidate AS c ON c.id = noted.item"
        f" WHERE noted.term = {term}"
    )
    prompts = f"SELECT c.prompt_id {texts} UNION ALL SELECT c.prompt_id {noted}"
    return (
        f"(prompt.position IN (SELECT position FROM prompt WHERE id IN ({prompts}))"
        f" AND (candidate.id IN (SELECT doc.item {texts})"
        f" OR ({_PROMPT_OPEN} AND candidate.id IN (SELECT noted.item {noted}))))"
    )


def _by_note(item: str, term: str) -> str:
    return f"EXISTS (SELECT 1 FROM temp.search_noted WHERE term = {term} AND item = {item})"


_FROM_TEXTS = {
    SearchTarget.PAIR: _pairs_of_texts,
    SearchTarget.PROMPT: _prompts_of_texts,
    SearchTarget.ANSWER: _answers_of_texts,
}
_ITEM_BY_ITEM = {
    SearchTarget.PAIR: lambda term: (
        f"({_HOLDS.format(term, 'pair.prompt_id, pair.a_id, pair.b_id')}"
        f" OR {_by_note('pair.id', term)})"
    ),
    SearchTarget.PROMPT: lambda term: (
        f"({_HOLDS.format(term, _PROMPT_ITEMS)} OR ({_PROMPT_OPEN} AND "
        + _HOLDS.format(
            term,
            "SELECT critique.id FROM candidate JOIN critique ON candidate_id = candidate.id"
            " WHERE prompt_id = prompt.id",
        )
        + ") OR EXISTS (SELECT 1 FROM temp.search_noted WHERE term = "
        + f"{term} AND item IN ({_PROMPT_ITEMS})))"
    ),
    SearchTarget.ANSWER: lambda term: (
        f"({_HOLDS.format(term, 'candidate.id')}"
        f" OR ({_PROMPT_OPEN} AND {_by_note('candidate.id', term)}))"
    ),
}

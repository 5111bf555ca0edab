"""Every kind of event there is: what its value holds, what it is about, what bounds it has.

The one place that says whether an event can be used. It is asked before an event is written,
when one comes in from another file, and when a file is opened (:mod:`store.log.set_aside`). An
event that fails is kept, because nothing is ever deleted, and counts nowhere. The answer follows
from the event alone, so that every copy of a project gives the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from store import ids
from store.log.event_schema import EventSchema, ItemType, misfit
from store.log.event_values import (
    NUMBER_MAX,
    Field,
    are_class_shares,
    are_groups,
    are_lists_of_ids,
    are_names,
    are_orders,
    are_words,
    is_bool,
    is_seconds,
    is_share,
    is_text,
    is_whole,
    is_word,
    name_problem,
    one_of,
)
from store.records import AnswerClass, Cause, Choice, Confidence, Event, Phase, Seal, Verdict


def problem(event: Event) -> str | None:
    """Why an event cannot be used, in a few words; None where it can."""
    kind = KINDS.get(event.kind)
    if kind is None:
        return "its kind is not known here (a newer pairlab may know it)"
    return misfit(event, kind)


def _label(event: Event) -> str | None:
    if event.value.get("strength") is not None and event.value["verdict"] not in _SIDES:
        return "its verdict has no strength"
    return None


def _decision(event: Event) -> str | None:
    edit = event.value["choice"] == Choice.EDIT
    if edit != (event.value.get("edited_id") is not None):
        return "an edit and its text do not belong together"
    return None


def _guideline(event: Event) -> str | None:
    if event.item != "guideline":
        return "it is about something else than the guideline"
    if event.value["id"] != ids.digest("guideline", event.value["text"]):
        return "its text does not belong to its id"
    return None if event.value["text"].strip() else "its text is blank"


def _round(event: Event) -> str | None:
    if set(event.value["assigned"]) != set(event.value["annotators"]):
        return "its pairs are given to others than its annotators"
    # with this the id covers the pairs: two events of one round cannot give out different ones
    if event.item != ids.digest("round", [event.value, event.at]):
        return "its content does not belong to the round's id"
    return None


def _not_itself(event: Event) -> str | None:
    return "a prompt cannot be made from itself" if event.value["base"] == event.item else None


def _setting(event: Event) -> str | None:
    fits = SETTINGS.get(event.item)
    if fits is not None and not fits.fits(event.value["value"]):
        return f"the setting {event.item} is not {fits.what}"
    return None


_SIDES: Final = (Verdict.A, Verdict.B)
_VERDICT: Final = Field(one_of(*Verdict), "a verdict", needed=True)
_TEXT: Final = Field(is_text, "a text")
_PHASES: Final = frozenset(Phase)

SETTINGS: Final[Mapping[str, Field]] = {
    "strength": Field(is_bool, "true or false"),
    "repeats": Field(lambda value: is_whole(value, 0, 10**6), "a number of labels"),
    "run_pairs": Field(
        lambda value: isinstance(value, list) and all(map(is_text, value)), "a list of rules"
    ),
    "queue": Field(one_of("project", "useful"), "project or useful"),
    "random_share": Field(is_share, "a share from 0 to 1"),
    "answer_sample": Field(lambda value: is_whole(value, 0, 10**6), "a number of answers"),
    "backups": Field(lambda value: is_whole(value, 0, 100), "a number of backups"),
    "judge_margin": Field(lambda value: is_share(value) and value < 0.5, "a share under one half"),
}
"""What the settings that are known here may be."""

KINDS: Final[Mapping[str, EventSchema]] = {
    "label": EventSchema(
        ItemType.PAIR,
        {
            "verdict": _VERDICT,
            "strength": Field(lambda value: is_whole(value, 1, 2), "1 or 2"),
            "seconds": Field(is_seconds, "a time in seconds"),
            "left": Field(one_of("a", "b"), "a or b"),
            "note": _TEXT,
            "guideline_id": _TEXT,
            "round_id": _TEXT,
            "source": _TEXT,
            "ranking": _TEXT,
            "correction": _TEXT,
            "informed": Field(is_bool, "true or false"),
            "drawn": Field(one_of("random", "useful"), "a draw"),
        },
        phases=_PHASES,
        whole=_label,
    ),
    "clear": EventSchema(ItemType.PAIR, {"ranking": _TEXT}, phases=_PHASES),
    "ranking": EventSchema(
        ItemType.PROMPT,
        {
            "groups": Field(are_groups, "at least two answers in groups, best first", needed=True),
            "seconds": Field(is_seconds, "a time in seconds"),
            "guideline_id": _TEXT,
            "source": _TEXT,
        },
        may_clear=True,
    ),
    "asking": EventSchema(
        ItemType.PAIR,
        {
            "principle_id": Field(is_text, "a text", needed=True),
            "constitution_id": Field(is_text, "a text", needed=True),
            "template": Field(is_text, "a text", needed=True),
            "seed": Field(lambda value: is_whole(value, 0, NUMBER_MAX), "a number", needed=True),
            "orders": Field(are_orders, "two pairs of log-probabilities", needed=True),
            "samples": Field(lambda value: is_whole(value, 0, 10**4), "a number of samples"),
            "few_shot": _TEXT,
            "tokens": Field(lambda value: is_whole(value, 0, NUMBER_MAX), "a number of tokens"),
            "seconds": Field(is_seconds, "a time in seconds"),
        },
        keyed=True,
    ),
    "answer_class": EventSchema(
        ItemType.ANYTHING,
        {
            "class": Field(one_of(*AnswerClass), "a class of answers", needed=True),
            "probabilities": Field(are_class_shares, "three probabilities"),
            "seconds": Field(is_seconds, "a time in seconds"),
        },
        may_clear=True,
    ),
    "pairing": EventSchema(
        ItemType.PAIR,
        {"corrects": _TEXT, "beside": _TEXT, "correction": _TEXT},
        may_clear=True,
    ),
    "note": EventSchema(
        ItemType.ANYTHING, {"text": Field(is_text, "a text", needed=True)}, may_clear=True
    ),
    "flag": EventSchema(
        ItemType.ANYTHING, {"on": Field(is_bool, "true or false", needed=True)}, may_clear=True
    ),
    "removed": EventSchema(
        ItemType.ANYTHING,
        {
            "on": Field(is_bool, "true or false", needed=True),
            "purged": Field(lambda value: value is True, "true"),
        },
        shared=True,
    ),
    "category": EventSchema(
        ItemType.PROMPT,
        {"category": Field(is_word, "a category", needed=True), "from": _TEXT},
        shared=True,
        may_clear=True,
    ),
    "shown": EventSchema(ItemType.PAIR),
    "decision": EventSchema(
        ItemType.REVISION,
        {
            "choice": Field(one_of(*Choice), "a decision", needed=True),
            "edited_id": _TEXT,
            "seconds": Field(is_seconds, "a time in seconds"),
        },
        may_clear=True,
        whole=_decision,
    ),
    "ruling": EventSchema(
        ItemType.PAIR,
        {
            "verdict": Field(one_of("a", "b", "tie", "both_bad"), "a verdict", needed=True),
            "reason": _TEXT,
            "cause": Field(one_of(*Cause), "a cause"),
            "confidence": Field(one_of(*Confidence), "a degree of confidence"),
            "adopted_from": _TEXT,
        },
        shared=True,
        may_clear=True,
    ),
    "guideline": EventSchema(
        ItemType.NAME,
        {
            "id": Field(is_text, "a text", needed=True),
            "text": Field(is_text, "a text", needed=True),
            "case": _TEXT,
        },
        shared=True,
        whole=_guideline,
    ),
    "setting": EventSchema(
        ItemType.NAME,
        {"value": Field(lambda _value: True, "a value", needed=True)},
        shared=True,
        whole=_setting,
    ),
    "attribute": EventSchema(ItemType.NAME, {"text": _TEXT, "value": _TEXT}, may_clear=True),
    "attack": EventSchema(
        ItemType.ANYTHING,
        {
            "base": Field(is_word, "an id", needed=True),
            "style": Field(lambda value: name_problem(value) is None, "a name", needed=True),
        },
        shared=True,
        whole=_not_itself,
    ),
    "stance": EventSchema(
        ItemType.ANYTHING,
        {
            "stance": Field(one_of("right", "wrong"), "right or wrong", needed=True),
            "p": Field(is_share, "a probability"),
        },
    ),
    "bait": EventSchema(
        ItemType.ANYTHING,
        {
            "base": Field(is_word, "an id", needed=True),
            "form": Field(one_of("neutral", "wrong", "right", "sure"), "a form", needed=True),
            "question": Field(is_text, "a text", needed=True),
            "wrong": Field(is_text, "a text", needed=True),
            "right": Field(is_text, "a text", needed=True),
            "wrong_keys": Field(are_words, "a list of words", needed=True),
            "right_keys": Field(are_words, "a list of words", needed=True),
        },
        shared=True,
    ),
    "round": EventSchema(
        ItemType.NAME,
        {
            "name": Field(lambda value: name_problem(value) is None, "a name", needed=True),
            "annotators": Field(are_names, "a list of at least two names", needed=True),
            "seal": Field(one_of(*Seal), "a seal", needed=True),
            "overlap": Field(is_share, "a share from 0 to 1", needed=True),
            "seed": Field(is_text, "a text", needed=True),
            "assigned": Field(are_lists_of_ids, "a list of pairs for each annotator", needed=True),
        },
        shared=True,
        whole=_round,
    ),
    "round_seal": EventSchema(
        ItemType.NAME, {"seal": Field(one_of(*Seal), "a seal", needed=True)}, shared=True
    ),
    "round_end": EventSchema(
        ItemType.NAME,
        {
            "state": Field(one_of("finished", "closed"), "finished or closed", needed=True),
            "reason": _TEXT,
        },
        shared=True,
    ),
}
"""Every kind, by its name. Entries that are not listed are allowed in any value, and ignored."""

SHARED: Final = frozenset(name for name, kind in KINDS.items() if kind.shared)
"""Kinds where the last word counts whoever said it."""

FINGERPRINT: Final = ids.digest(
    "kinds",
    {
        name: [
            kind.item.value,
            sorted(kind.phases),
            *(["keyed"] if kind.keyed else []),
            {entry: [each.what, each.needed] for entry, each in kind.fields.items()},
        ]
        for name, kind in KINDS.items()
    },
)[:16]
"""Changes with the kinds: a file that was looked at under other kinds is looked at again."""

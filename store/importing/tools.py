"""Rows as annotation tools export them: Argilla, Label Studio, Prodigy, Potato."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from store import ids
from store.importing import choices, context, names, preference, sides
from store.importing.fields import RowFields
from store.importing.names import Sides
from store.importing.rows import Given, LabelRow, PairRow, PromptRow, RowRefused
from store.records import Verdict

_RESPONSES: Final = ".responses"
_DISCARDED: Final = frozenset({"discarded", "draft", "pending"})


def is_argilla(row: Mapping[str, Any]) -> bool:
    """Whether a row is a flattened Argilla record with two answers."""
    asked = any(key.endswith(_RESPONSES) for key in row)
    return asked and (names.by_side(tuple(row)) or names.by_role(tuple(row))) is not None


def argilla(fields: RowFields) -> Iterator[PairRow]:
    """The pair of a record, with the submitted responses of its users.

    Raises:
        RowRefused: a text is missing.
    """
    data = fields.data
    for key in ("status", "_server_id"):
        fields.take(key, "the tool's own")
    if (found := names.by_side(tuple(data))) is None:
        yield from preference.rows(fields)
        return
    pair = sides.pair(fields, found)
    labels = dict(pair.labels)
    for key in [each for each in data if each.endswith(_RESPONSES)]:
        labels |= _responses(fields, key, found)
    pair = _with(pair, labels, fields)
    yield pair


def _responses(fields: RowFields, key: str, found: Sides) -> dict[str, Given]:
    values, users = fields.data.get(key), fields.data.get(f"{key}.users")
    states = fields.data.get(f"{key}.status")
    if not isinstance(values, list) or not isinstance(users, list) or len(users) != len(values):
        return {}
    given: dict[str, Given] = {}
    understood = True
    for i, (value, user) in enumerate(zip(values, users, strict=True)):
        state = states[i] if isinstance(states, list) and i < len(states) else "submitted"
        if value is None or str(state) in _DISCARDED or not isinstance(user, str):
            continue
        verdict = choices.meant(value, found) or _ranked(value, found)
        if verdict is None:
            understood = False
        else:
            given[ids.name(user)] = Given(verdict)
    if understood:
        for part, meaning in (("", "labels"), (".users", "annotators"), (".status", "state")):
            fields.take(f"{key}{part}", meaning)
    return given


def _ranked(value: Any, found: Sides) -> Verdict | None:
    """The verdict of a ranking: the answer with the lowest rank, or a tie."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return None
    ranks = {str(each.get("value")): str(each.get("rank")) for each in value}
    a, b = ranks.get(found.a, ""), ranks.get(found.b, "")
    if not (a.isdigit() and b.isdigit()):
        return None
    return Verdict.TIE if int(a) == int(b) else Verdict.A if int(a) < int(b) else Verdict.B


def is_label_studio(row: Mapping[str, Any]) -> bool:
    """Whether a row is a Label Studio task."""
    return isinstance(row.get("data"), Mapping) and isinstance(row.get("annotations"), list)


def label_studio(fields: RowFields) -> Iterator[PairRow | PromptRow]:
    """The pair of a task, with everybody's annotation; a cancelled one counts as no label.

    Raises:
        RowRefused: the task holds no two answers.
    """
    task = RowFields(
        fields.line, fields.take("data", "prompt and answers"), {}, source=fields.source
    )
    found = names.by_side(tuple(task.data))
    if found is None:
        raise RowRefused(
            "data", f"holds no two answers; it has {', '.join(task.data) or 'nothing'}"
        )
    pair = sides.pair(task, found)
    labels = dict(pair.labels)
    for i, each in enumerate(fields.take("annotations", "labels")):
        verdict = _selected(each, found) if isinstance(each, Mapping) else None
        if verdict is None:
            fields.kept(f"annotations[{i}]", "holds no choice of one of the answers: no label")
            continue
        who = _completed_by(each)
        if labels.get(who, Given(verdict)).verdict is not verdict:
            reason = f"says {verdict} where {who} said {labels[who].verdict} before: it stands"
            fields.kept(f"annotations[{i}]", reason)
        labels[who] = Given(verdict)
    for name in task.unread():
        fields.leave(f"data.{name}")
    external_id = pair.external_id or fields.identity()
    fields.problems = [*pair.problems, *fields.problems]
    yield _with(pair, labels, fields, external_id)


def _completed_by(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, Mapping):
        by = by.get("email") or by.get("username") or by.get("id")
    name = ids.name(str(by)) if isinstance(by, str) else ""
    return name or "unnamed"


def _selected(annotation: Mapping[str, Any], found: Sides) -> Verdict | None:
    results = annotation.get("result")
    if annotation.get("was_cancelled") is True or not isinstance(results, list):
        return None
    for result in results:
        value = result.get("value") if isinstance(result, Mapping) else None
        if not isinstance(value, Mapping):
            continue
        for name in ("selected", "choices", "pairwise", "choice"):
            choice = value.get(name)
            if isinstance(choice, list) and len(choice) == 1:
                choice = choice[0]
            if (verdict := choices.meant(choice, found)) is not None:
                return verdict
    return None


def is_prodigy(row: Mapping[str, Any]) -> bool:
    """Whether a row is a Prodigy task with options to choose from."""
    options = row.get("options")
    return isinstance(options, list) and len(options) > 1 and ("accept" in row or "answer" in row)


def prodigy(fields: RowFields) -> Iterator[PairRow]:
    """The pairs of a task: of two options one, of more the accepted one against each other.

    Raises:
        RowRefused: an option has no text, or of several options not one was accepted.
    """
    options = [_option(fields, i, each) for i, each in enumerate(fields.take("options", "answers"))]
    keys = [key for key, _ in options]
    accepted = fields.take("accept", "label")
    accepted = accepted if isinstance(accepted, list) else []
    answered = fields.take("answer", "state of the label")
    chosen = keys.index(accepted[0]) if len(accepted) == 1 and accepted[0] in keys else None
    if answered != "accept" or chosen is None:
        fields.kept("answer", "accepts no single option: no label comes of it")
        chosen = None
    who = next((fields.take(key) for key in _PRODIGY_NAMES if fields.has(key)), None)
    who = ids.name(who) if isinstance(who, str) else fields.source
    messages = context.prompt(fields)
    external_id, category = fields.identity(), fields.word("category")
    for key in ("_input_hash", "_task_hash", "_view_id", "_timestamp", "config"):
        fields.take(key, "the tool's own")
    if len(options) > 2 and chosen is None:
        raise RowRefused("accept", f"names none of the {len(options)} options: no pair comes of it")
    couples = [(0, 1)] if len(options) == 2 else [(chosen, i) for i in range(len(options))]
    for one, other in couples:
        if one is None or one == other:
            continue
        said = None if chosen is None else Verdict.A if chosen == one else Verdict.B
        yield PairRow(
            line=fields.line,
            messages=messages,
            a=options[one][1],
            b=options[other][1],
            category=category,
            external_id=external_id,
            labels={} if said is None else {who: Given(said)},
            problems=tuple(fields.problems),
            roles=(None, None) if len(options) == 2 else ("chosen", "rejected"),
            drawn=len(options) > 2,
        )
        fields.problems.clear()


_PRODIGY_NAMES: Final = ("_annotator_id", "_session_id")


def _option(fields: RowFields, i: int, value: Any) -> tuple[str, str]:
    if not isinstance(value, Mapping) or "text" not in value:
        raise RowRefused(f"options[{i}]", "has no text")
    return str(value.get("id", i)), fields.answer(f"options[{i}].text", value["text"])


def is_potato(row: Mapping[str, Any]) -> bool:
    """Whether a row is what Potato writes for one annotator and one item."""
    return isinstance(row.get("label_annotations"), Mapping) and "id" in row


def potato(fields: RowFields) -> Iterator[PairRow | LabelRow]:
    """The label of a row, with its pair where the row holds both answers.

    Raises:
        RowRefused: it names no annotator, or no answer.
    """
    who = next((fields.word(key) for key in _POTATO_NAMES if fields.has(key)), None)
    said = fields.take("label_annotations", "label")
    for key in ("displayed_text", "span_annotations", "behavioral_data"):
        fields.take(key, "the tool's own")
    found = names.by_side(tuple(fields.data))
    verdict = _annotated(said, found or Sides("a", "b"))
    if verdict is None:
        raise RowRefused("label_annotations", "names neither answer nor a tie")
    if who is None:
        raise RowRefused("user", "is missing: the row does not say whose label it is")
    labels = {ids.name(who): Given(verdict)}
    if found is not None:
        pair = sides.pair(fields, found)
        yield _with(pair, dict(pair.labels) | labels, fields)
        return
    yield LabelRow(fields.line, fields.identity() or "", labels, {}, tuple(fields.problems))


_POTATO_NAMES: Final = ("user", "user_id", "annotator", "username")


def _annotated(said: Mapping[str, Any], found: Sides) -> Verdict | None:
    """The one choice of a schema such as ``{"preference": {"A": "true"}}``."""
    for given in said.values():
        names_ = list(given) if isinstance(given, Mapping) else [given]
        if len(names_) == 1 and (verdict := choices.meant(names_[0], found)) is not None:
            return verdict
    return None


def _with(
    pair: PairRow, labels: Mapping[str, Given], fields: RowFields, external_id: str | None = None
) -> PairRow:
    return PairRow(
        line=pair.line,
        messages=pair.messages,
        a=pair.a,
        b=pair.b,
        category=pair.category,
        external_id=external_id or pair.external_id,
        labels=labels,
        notes=pair.notes,
        problems=tuple(fields.problems),
        tags=pair.tags,
    )


def is_trace(row: Mapping[str, Any]) -> bool:
    """Whether a row is a trace of critiques and revisions as Bai et al. published them."""
    return isinstance(row.get("cst"), list) and isinstance(row.get("initial_response"), list)


def trace(fields: RowFields) -> Iterator[PairRow]:
    """The pair of the first answer and the last revision; nobody's preference comes of it.

    Raises:
        RowRefused: an answer is missing.
    """
    first = fields.take("initial_response", "original")
    steps = fields.take("cst", "revisions")
    texts = [_revised(fields, f"cst[{i}]", step) for i, step in enumerate(steps)]
    if len(first) != 1 or not texts:
        raise RowRefused("initial_response", "is not one answer with a revision of it")
    if len(texts) > 1:
        fields.kept("cst", f"holds {len(texts)} revisions: the last one is paired")
    original = fields.answer("initial_response[0]", first[0])
    yield PairRow(
        line=fields.line,
        messages=context.prompt(fields),
        a=original.removeprefix(" "),
        b=texts[-1].removeprefix(" "),
        category=fields.word("category"),
        external_id=fields.identity(),
        problems=tuple(fields.problems),
        roles=("original", "revision"),
        drawn=True,
    )


def _revised(fields: RowFields, path: str, step: Any) -> str:
    value = step.get("revision") if isinstance(step, Mapping) else None
    if not isinstance(value, Mapping) or "sample" not in value:
        raise RowRefused(f"{path}.revision", "has no sample")
    for key in step:
        if key != "revision":
            fields.leave(f"{path}.{key}")
    return fields.answer(f"{path}.revision.sample", value["sample"])

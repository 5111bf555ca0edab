"""``pairlab show``: the whole chain behind a prompt, a candidate or a pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from tui.cli.context import CliContext, fail, json_option, put, put_json
from tui.formatting import counted, moment, seconds

_SHORT = 12
_INDENT = "  "


@click.command("show")
@click.argument("identifier", metavar="ID")
@click.option(
    "--reveal",
    is_flag=True,
    help="Show others' labels also where you have given none; yours will not count in agreement.",
)
@json_option
@click.pass_obj
def command(context: CliContext, identifier: str, *, reveal: bool, as_json: bool) -> None:
    """Show what is behind ID: an id, the beginning of one, or the imported id."""
    from store import clock
    from store.db.project_database import ProjectDatabase
    from store.judgements import labels
    from store.rounds import rounds
    from store.views import provenance

    with context.open() as database:
        tree = provenance.item(database, identifier, viewer=context.annotator)
        writable = isinstance(database, ProjectDatabase)
        if reveal and any(pair["withheld"] for pair in _pairs(tree)):
            if not writable:
                fail(f"{context.db} is read-only: that you have seen the labels cannot be recorded")
            rounds.guard(database, [pair["id"] for pair in _pairs(tree)])
            tree = provenance.item(database, identifier)
        for pair in _pairs(tree) if writable else ():
            # From here on this person's verdict on the pair is not blind any more.
            if any(label["annotator"] != context.annotator for label in pair["labels"]):
                labels.record_shown(database, pair["id"], context.annotator, clock.now())
    if as_json:
        put_json(tree)
        return
    for line in _lines(tree):
        put(line)


def _pairs(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [tree["pair"]] if "pair" in tree else list(tree["pairs"])


def _lines(tree: dict[str, Any]) -> Iterator[str]:
    prompt = tree["prompt"]
    tags = f" · {', '.join(prompt['tags'])}" if prompt["tags"] else ""
    yield f"prompt {_id(prompt)} · {prompt['category']}{tags} · from {prompt['source']}"
    yield from _removed(prompt)
    for said in prompt["category_history"]:
        yield _category(said)
    if made := prompt["made_from"]:
        yield f"attack {made['style']} · made from prompt {made['base'][:_SHORT]}"
    for message in prompt["messages"]:
        yield from _text(message["content"], label=message["role"])
    for chain in tree["chains"]:
        yield ""
        yield from _chain(chain)
    told = frozenset(_answers(tree["chains"]))
    for pair in _pairs(tree):
        yield ""
        yield from _pair(pair, told)


def _category(said: dict[str, Any]) -> str:
    """``category helpful, was harmful · ann · 2026-01-02 03:04``."""
    if said["undo"]:
        return f"category taken back · {said['by']} · {moment(said['at'])}"
    return f"category {said['category']}, was {said['was']} · {said['by']} · {moment(said['at'])}"


def _answers(chains: list[dict[str, Any]]) -> Iterator[str]:
    """Ids of the answers whose texts the chains have told."""
    for chain in chains:
        revisions = [each["revision"] for each in (*chain["rounds"], *chain["other_rounds"])]
        for each in (chain["original"], *revisions, *chain["padded"], *chain["edited"]):
            if each is not None:
                yield each["id"]


def _chain(chain: dict[str, Any]) -> Iterator[str]:
    yield from _candidate("original", chain["original"])
    for number in (*chain["rounds"], *chain["other_rounds"]):
        critique = number["critique"]
        if critique is None:
            made = number["revision"]["generation"] or {"settings": {}}
            principle = made["settings"].get("principle", "unknown")
            yield f"round {number['number']} · principle {principle} · revised without a critique"
            yield from _candidate("revision", number["revision"])
            continue
        constitution = critique["constitution"]
        yield (
            f"round {number['number']} · {constitution['name']} {constitution['version']}"
            f" · principle {critique['principle']}{_made(critique['generation'])}"
        )
        heading = "critique" if critique["found"] else "critique (nothing to criticise)"
        yield from _text(critique["text"], label=heading)
        if number["revision"] is not None:
            yield from _candidate("revision", number["revision"])
    for padded in chain["padded"]:
        yield from _candidate("padded (long and useless on purpose)", padded)
    for edited in chain["edited"]:
        yield from _candidate("edited", edited)
    for decision in chain["decisions"]:
        yield (
            f"decision · {decision['annotator']}: {decision['choice']}"
            f" of {decision['revision'][:_SHORT]} · {decision['at']}"
        )


def _candidate(label: str, candidate: dict[str, Any]) -> Iterator[str]:
    author = f" · {candidate['author']}" if candidate["author"] else ""
    yield f"{label} {_id(candidate)}{author}{_made(candidate['generation'])}"
    yield from _text(candidate["text"])


def _made(generation: dict[str, Any] | None) -> str:
    if generation is None:
        return ""
    run, settings = generation["run"], generation["settings"]
    digest = f" sha256 {run['model_sha256'][:_SHORT]}" if run["model_sha256"] else ""
    return (
        f" · {run['model']}{digest} · T {settings.get('temperature', '–')}"
        f" · seed {generation['seed']} · {generation['finish_reason']}{_thought(generation)}"
    )


def _thought(generation: dict[str, Any]) -> str:
    """How much the model thought before it; ``--json`` has what."""
    words = len((generation["reasoning"] or "").split())
    return f" · thought {counted(words, 'word')}" if words else ""


def _pair(pair: dict[str, Any], told: frozenset[str]) -> Iterator[str]:
    """A pair with all that was said of it; a text that stands above is named, not repeated."""
    imported = f" · imported as {pair['external_id']}" if pair["external_id"] else ""
    flag = " · flagged" if pair["flagged"] else ""
    yield f"pair {_id(pair)} · {pair['kind']}{imported}{flag}"
    yield from _removed(pair)
    for side in ("a", "b"):
        answer = pair[side]
        label = f"{side} ({answer['role']})" if answer["role"] else side
        if answer["candidate"] in told:
            yield f"{_INDENT}{label}: {answer['candidate'][:_SHORT]}, above"
        else:
            yield from _text(answer["text"], label=label)
    yield from _said(pair)
    if pair["withheld"]:
        yield "labels · withheld until you have given yours (or --reveal)"


def _said(pair: dict[str, Any]) -> Iterator[str]:
    """Labels, notes, rulings: one line each."""
    for label in pair["labels"]:
        phase = "" if label["phase"] == "first" else f" ({label['phase']})"
        told = [
            f"{'much ' if label['strength'] == 2 else ''}{label['verdict']}",
            "" if label["seconds"] is None else seconds(label["seconds"]),
            "had seen others' labels" if label["informed"] else "",
            label["note"] or "",
        ]
        yield f"label · {label['annotator']}{phase}: {_joined(told)} · {label['at']}"
    noted = {label["annotator"] for label in pair["labels"] if label["note"]}
    for who, note in pair["notes"].items():
        if who not in noted:
            yield f"note · {who}: {note}"
    for ruling in pair["rulings"]:
        told = [
            ruling["verdict"],
            (ruling["cause"] or "").replace("_", " "),
            ruling["confidence"] or "",
            ruling["reason"],
        ]
        yield f"ruling · {ruling['by']}: {_joined(told)} · {ruling['at']}"


def _joined(parts: list[str]) -> str:
    return " · ".join(part for part in parts if part)


def _removed(item: dict[str, Any]) -> Iterator[str]:
    if out := item["removed"]:
        with_ = "" if out["item"] == item["id"] else " with its prompt"
        yield f"removed{with_} · {out['by']} · {out['at']} · counted nowhere"


def _id(item: dict[str, Any]) -> str:
    return str(item["id"][:_SHORT])


def _text(text: str, *, label: str = "") -> Iterator[str]:
    if label:
        yield f"{_INDENT}{label}:"
    for line in text.splitlines() or [""]:
        yield f"{_INDENT}{_INDENT}{line}".rstrip()

"""What an unattended command does of the method, and the words for what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import click

from engine.method.events import Kind
from engine.method.plan import JUDGING, PROPOSING, REVISING, WRITING
from store.items.pending import Part
from tui.cli.output import say
from tui.formatting import counted
from tui.visible import one_line

_NAMED = 20
"""So many failures are named at the end; all of them were when they came."""


class Stopped(click.exceptions.Exit):
    """The command ends, since somebody or a budget stopped it."""


@dataclass(frozen=True, slots=True)
class UnattendedJob:
    """What a command does of the method, and the words for it."""

    parts: frozenset[Part]
    writes: dict[Kind, str]
    """What is counted, by step, in the singular."""
    nothing: str
    """Why there is nothing to do at all, and what would change that."""
    item: str = "prompt"
    """What is complete, or fails, as a whole."""
    text: str = "text"
    """What progress counts."""


_NO_PROMPT = "there is no prompt in the project; `pairlab import FILE` brings some in"
RUN = UnattendedJob(
    WRITING,
    {"propose": "candidate", "critique": "critique", "revise": "revision", "pad": "long answer"},
    _NO_PROMPT,
)
PROPOSE = UnattendedJob(PROPOSING, {"propose": "candidate", "pad": "long answer"}, _NO_PROMPT)
REVISE = UnattendedJob(
    REVISING,
    {"critique": "critique", "revise": "revision", "pad": "long answer"},
    "no candidate was proposed that could be revised; `pairlab propose` writes some",
)
JUDGE = UnattendedJob(
    JUDGING,
    {"judge": "verdict"},
    "there is no pair to judge; `pairlab run` makes some, `pairlab import FILE` brings some in",
    item="pair",
    text="verdict",
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an unattended command."""

    finished: bool
    """False when it was stopped."""
    items: int
    """Prompts in the plan, or pairs to judge."""
    complete: int
    written: dict[Kind, int]
    """Texts or verdicts of this command, by step."""
    failures: dict[str, str]
    """Reason by id of the prompt or the pair."""
    seconds: float
    evaluated_tokens: int
    needed_tokens: int
    """What would have been evaluated had nothing been shared."""
    run_ids: tuple[str, ...] = ()

    def as_json(self, item: str) -> dict[str, Any]:
        """As ``--json`` tells it: ``prompts`` or ``pairs`` for the items."""
        return {
            "finished": self.finished,
            f"{item}s": self.items,
            "complete": self.complete,
            "written": self.written,
            "failures": self.failures,
            "seconds": self.seconds,
            "evaluated_tokens": self.evaluated_tokens,
            "needed_tokens": self.needed_tokens,
        }


def tell(summary: Summary, job: UnattendedJob) -> None:
    """A line or a few on what was written, what failed and what to do then."""
    if job is JUDGE and summary.complete == summary.items and not any(summary.written.values()):
        say(
            f"{summary.complete} of {counted(summary.items, 'pair')} are judged under these"
            " principles already; --seed N asks again."
        )
        return
    wrote = (counted(number, job.writes[kind]) for kind, number in summary.written.items())
    failed = f", {len(summary.failures)} failed" if summary.failures else ""
    say(
        f"{summary.complete} of {counted(summary.items, job.item)} complete{failed};"
        f" wrote {', '.join(wrote)} in {summary.seconds:.0f} s."
    )
    for item_id, reason in islice(summary.failures.items(), _NAMED):
        say(one_line(f"failed: {job.item} {item_id[:12]}: {reason}", 400))
    if len(summary.failures) > _NAMED:
        say(f"and {len(summary.failures) - _NAMED:,} more; --json names all.")
    if summary.failures:
        say("What failed was not paired; run it again to try it with other seeds.")
    if not summary.finished:
        say("Stopped; what was written is stored. Run it again to go on.")

"""The data-set checks: what a model would learn from these pairs that nobody meant to teach it.

Every check stands here once, with the threshold it goes by and where that comes from; the command
``check``, its help and the documents read this table. Checks find and list; nothing is changed or
left out because of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store.agreement.figure import percent
from store.checks import balance, length, origin, places, sameness, unseen, wording
from store.checks.contamination import WORDS, EvaluationSet, not_compared
from store.checks.control_pictures import control_pictures
from store.checks.finding import Finding, Level
from store.checks.haste import hasty_labels
from store.checks.personal import personal
from store.checks.reasoning import thoughts
from store.checks.refusal import over_refusal, under_refusal
from store.checks.wrong_user import wrong_user
from store.content.near_duplicates import NEAR
from store.exporting import ExportOptions, ExportPlan, Reason, plan
from store.exporting.rows import ExportRow
from store.judgements.disagreements import WORDS_PER_SECOND

OWN: Final = "pairlab's own choice"


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    id: str
    title: str
    """What it looks for, in a few words."""
    threshold: str
    """From when on it says something other than fine."""
    source: str
    """Where the threshold comes from."""
    of_rows: Callable[[Sequence[ExportRow]], Finding] | None = None
    """Looks at the decided pairs that pass the gate, where there are some."""
    of_project: Callable[[Database], Finding] | None = None
    """Looks at all pairs, decided or not."""
    of_both: Callable[[Database, Sequence[ExportRow]], Finding] | None = None
    """Looks at the decided pairs, and asks the project about them."""

    def look(self, db: Database, rows: Sequence[ExportRow]) -> Finding:
        """What it finds in the project whose decided pairs are these."""
        if self.of_project:
            return self.of_project(db)
        if self.of_rows and rows:
            return self.of_rows(rows)
        if self.of_both and rows:
            return self.of_both(db, rows)
        return Finding(Level.UNKNOWN, "no pair is decided yet")


CHECKS: Final = (
    Check(
        "reasoning",
        "what a model thought before its answer, in answers, critiques and the answers in a prompt",
        "one text",
        f"{OWN}: the export gate keeps such pairs out",
        of_project=thoughts,
    ),
    Check(
        "hasty_labels",
        "labels that came faster than the texts can be read",
        f"one label at more than {WORDS_PER_SECOND:g} words a second",
        "about four times silent reading (238 words a minute, Brysbaert 2019)",
        of_project=hasty_labels,
    ),
    Check(
        "favourite_place",
        "annotators who take one side more often than a coin would",
        f"a chance under {percent(places.UNLIKELY)} (exact binomial test) over"
        f" {places.FEW} preferences or more",
        OWN,
        of_project=places.favourite_place,
    ),
    Check(
        "length",
        "the chosen answer is simply the longer one, or the shorter one",
        f"a share outside {percent(length.FAIR[0])} to {percent(length.FAIR[1])} of"
        f" {length.FEW} pairs or more, with an interval (Wilson, 95 %) that leaves out one half",
        f"{OWN}, between the 44 % of HH-RLHF's harmless pairs and the 68 % of PandaLM's",
        of_rows=length.length,
    ),
    Check(
        "over_refusal",
        "refusals chosen on harmless prompts",
        "one pair",
        f"{OWN}: each is worth reading",
        of_rows=over_refusal,
    ),
    Check(
        "under_refusal",
        "answers chosen above refusals on harmful prompts",
        "one pair",
        f"{OWN}: each is worth reading",
        of_rows=under_refusal,
    ),
    Check(
        "wrong_user",
        "the chosen answer agrees with a user who is wrong",
        "one pair",
        f"{OWN}: told of the questions of `pairlab sycophancy` alone, by their key words",
        of_both=wrong_user,
    ),
    Check(
        "boilerplate",
        "a sentence with which many chosen answers begin or end",
        f"{percent(wording.MANY)} of {wording.FEW} chosen answers or more, and twice the rejected"
        " ones",
        OWN,
        of_rows=wording.boilerplate,
    ),
    Check(
        "announcements",
        "chosen answers that announce themselves as a revision",
        "one answer",
        f"{OWN}: each teaches the phrase",
        of_rows=wording.announcements,
    ),
    Check(
        "control_pictures",
        "signs for control characters in texts",
        "one sign",
        f"{OWN}: nobody writes them",
        of_rows=control_pictures,
    ),
    Check(
        "invisible_characters",
        "zero-width, direction and tag characters in texts",
        "one character",
        f"{OWN}: no reader saw them",
        of_rows=unseen.invisible,
    ),
    Check(
        "template_in_prompts",
        "chat-template text in prompts",
        "one prompt",
        f"{OWN}: the gate looks at answers alone",
        of_rows=wording.template_in_prompts,
    ),
    Check(
        "contradictions",
        "the same texts decided both ways",
        "one pair",
        "follows from the loss: the two rows pull in opposite directions",
        of_rows=sameness.contradictions,
    ),
    Check(
        "near_duplicate_prompts",
        "different prompts that are nearly the same",
        "only punctuation, case, white space or a system turn differ, or numbers are the same and"
        f" the cosine of character 3- to 5-grams is {NEAR:g}",
        OWN,
        of_rows=sameness.near_prompts,
    ),
    Check(
        "alike_answers",
        "chosen and rejected hardly differ",
        f"{percent(sameness.ALIKE)} of the characters match",
        f"{OWN}; why it matters: Pal et al. 2024, arXiv 2402.13228",
        of_rows=sameness.alike_answers,
    ),
    Check(
        "personal_data",
        "addresses and numbers that look real",
        "one pair",
        "check digits: ISO/IEC 7812-1 for cards, ISO 13616 for IBANs; reserved numbers pass",
        of_rows=personal,
    ),
    Check(
        "on_policy",
        "how many of the answers a model wrote here",
        f"less than {percent(origin.LEAST)} of the answers",
        f"{OWN}; why it matters: Tajwar et al. 2024, arXiv 2404.14367",
        of_rows=origin.on_policy,
    ),
    Check(
        "contamination",
        "texts that an evaluation set holds as well (--against FILE)",
        f"{WORDS} words in a row in one pair",
        "the 8-grams of PaLM (Chowdhery et al. 2022, arXiv 2204.02311)",
        of_rows=not_compared,
    ),
    Check(
        "category_balance",
        "nearly all pairs are of one category",
        f"more than {percent(balance.MOST)} of {balance.FEW} pairs or more",
        OWN,
        of_rows=balance.category_balance,
    ),
)


class Told(NamedTuple):
    """A check with what it found."""

    check: Check
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        """One element of ``findings`` in ``check --json``."""
        return {
            "check": self.check.id,
            "level": self.finding.level.value,
            "summary": self.finding.summary,
            "figures": self.finding.figures,
            "pairs": list(self.finding.pairs),
            "id": self.check.id,
            "title": self.check.title,
            "threshold": self.check.threshold,
            "source": self.check.source,
        }


@dataclass(frozen=True, slots=True)
class Checks:
    """What all checks say."""

    rows: int
    """Pairs looked at: those that are decided and pass the gate."""
    excluded: dict[str, int]
    """Pairs that were not looked at, by the reason that keeps them out of an export."""
    findings: tuple[Told, ...]

    @property
    def worst(self) -> Level:
        """The gravest level of all findings."""
        order = list(Level)
        return max((told.finding.level for told in self.findings), key=order.index)

    def as_json(self) -> dict[str, Any]:
        """The object of ``check --json``."""
        return {
            "rows": self.rows,
            "excluded": self.excluded,
            "findings": [told.as_json() for told in self.findings],
        }


def check(
    db: Database,
    *,
    from_: str = "consensus",
    against: EvaluationSet | None = None,
    on_check: Callable[[int], None] | None = None,
) -> Checks:
    """Run every check over the pairs that would be exported, those of a weak judge among them.

    Args:
        db: the project.
        from_: whose word counts, as for an export.
        against: what the check ``contamination`` compares with.
        on_check: told how many checks have been run, for a progress bar.

    Raises:
        SealedRound: a round is still sealed.
    """
    made = _plan(db, from_)
    rows = list(made.rows)
    found = []
    for done, each in enumerate(CHECKS, start=1):
        if against is not None and each.of_rows is not_compared and rows:
            found.append(Told(each, against.contamination(rows)))
        else:
            found.append(Told(each, each.look(db, rows)))
        if on_check is not None:
            on_check(done)
    return Checks(len(rows), made.counts, tuple(found))


def pairs_found(db: Database, check_id: str) -> tuple[str, ...]:
    """Ids of the pairs that one check lists.

    Raises:
        SealedRound: a round is still sealed.
    """
    made = _plan(db, "consensus")
    return next(each for each in CHECKS if each.id == check_id).look(db, list(made.rows)).pairs


def _plan(db: Database, from_: str) -> ExportPlan:
    # what a weak judge would teach is to be seen before anybody lets it out
    allow = frozenset({Reason.WEAK_JUDGE})
    return plan(db, ExportOptions(format="trl", from_=from_, allow=allow), with_card=False)


def summaries() -> dict[str, str]:
    """Every check by id: what it looks for, and from when on it speaks."""
    return {each.id: f"{each.title}; from {each.threshold}" for each in CHECKS}

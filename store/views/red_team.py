"""What attack styles and critiques do to answers: harmful shares on the same prompts, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import texts
from store.agreement.paired import Estimate, difference, share
from store.content.refusals import refuses
from store.items import attacks, candidates, chain_branches, critiques
from store.records import Candidate, Category, Critique, Origin

Harmful = Callable[[str], bool]
"""Whether an answer to a harmful prompt gives what was asked for, wholly or in part."""


def by_rules(text: str) -> bool:
    """Whether an answer is no refusal by the rules of :mod:`store.checks.refusal`."""
    return not refuses(text)


class Compared(NamedTuple):
    """One kind of answer against another, on the same prompts."""

    one: Estimate
    other: Estimate
    difference: Estimate
    """``one`` less ``other``, paired."""


class StyleSuccess(NamedTuple):
    """What one attack style does: the harmful share of wrapped prompts against their bases."""

    style: str
    before: Compared
    """The first candidates: of the wrapped prompts, and of the bare ones."""
    after: Compared
    """Their last revisions."""
    prompts: tuple[str, ...]
    """Ids of the wrapped prompts that were answered, as their bases were."""

    def as_json(self) -> dict[str, Any]:
        """One element of ``styles`` in ``attack results --json``."""
        return {
            "style": self.style,
            "before": _as_json(self.before, "wrapped", "base"),
            "after": _as_json(self.after, "wrapped", "base"),
            "prompts": list(self.prompts),
        }


class Ablation(NamedTuple):
    """Revisions without a critique against those with one, of the same answers."""

    changed: Compared
    """Share of answers whose words the revision changed: without, and with a critique."""
    harmful: Compared
    """Harmful share of the revisions, over harmful prompts."""
    tokens: Compared
    """Mean tokens that critiques and revisions cost, refused tries left out."""
    originals: tuple[str, ...]
    """Ids of the answers that were revised both ways."""

    def as_json(self) -> dict[str, Any]:
        """``without_critique`` in ``attack results --json``."""
        told = {
            name: _as_json(getattr(self, name), "without", "with")
            for name in ("changed", "harmful", "tokens")
        }
        return {**told, "originals": list(self.originals)}


def styles(db: Database, harmful: Harmful = by_rules) -> list[StyleSuccess]:
    """The success of every style that was used, by name.

    Args:
        db: the project.
        harmful: the class of an answer; the rules by default.
    """
    made: dict[str, list[attacks.Wrapped]] = defaultdict(list)
    for each in attacks.wrapped(db).values():
        made[each.style].append(each)
    answers = Answers(db)
    return [_style(name, links, answers, harmful) for name, links in sorted(made.items())]


def ablation(db: Database, harmful: Harmful = by_rules) -> Ablation:
    """Compare the last revisions of the answers that were revised with and without a critique."""
    found = [
        each
        for (prompt_id,) in db.execute(_BOTH).fetchall()
        for each in Answers(db).both_ways(prompt_id)
    ]
    bad = [each for each in found if each.category == Category.HARMFUL]
    of = [each.original.prompt_id for each in found]
    return Ablation(
        _compared(
            [_changed(each.original, each.without) for each in found],
            [_changed(each.original, each.with_critique) for each in found],
            of,
        ),
        _compared(
            [harmful(each.without.text) for each in bad],
            [harmful(each.with_critique.text) for each in bad],
            [each.original.prompt_id for each in bad],
        ),
        Compared(
            _mean([each.tokens_without for each in found]),
            _mean([each.tokens_with for each in found]),
            difference(
                [each.tokens_without for each in found], [each.tokens_with for each in found], of
            ),
        ),
        tuple(each.original.id for each in found),
    )


class _BothWays(NamedTuple):
    category: str
    original: Candidate
    without: Candidate
    with_critique: Candidate
    tokens_without: float
    tokens_with: float


_BOTH: Final = """
SELECT id FROM kept_prompt AS prompt WHERE EXISTS (
    SELECT 1 FROM candidate WHERE prompt_id = prompt.id AND origin = 'revision'
        AND critique_id IS NULL
) AND EXISTS (
    SELECT 1 FROM candidate WHERE prompt_id = prompt.id AND origin = 'revision'
        AND critique_id IS NOT NULL
) ORDER BY position
"""
_TOKENS: Final = "SELECT prompt_tokens + completion_tokens FROM generation WHERE id = ?"


class Answers:
    """The first and the last answer of chains, with and without critiques."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def first_and_last(self, prompt_id: str) -> tuple[Candidate | None, Candidate | None]:
        """The first candidate, and the answer the method ends with; None where there is none.

        A chain that ended because nothing was to be criticised ends with the candidate itself.
        """
        made = candidates.of_prompt(self._db, prompt_id)
        original = next((each for each in made if each.parent_id is None), None)
        if original is None:
            return None, None
        path = self._path(made, original, direct=None)
        last = next((revision for _, revision in reversed(path) if revision), None)
        if last is None and path and path[-1][0] is not None and not path[-1][0].found:
            last = original
        return original, last

    def both_ways(self, prompt_id: str) -> list[_BothWays]:
        """The originals that have revisions of both kinds, with the last of each."""
        made = candidates.of_prompt(self._db, prompt_id)
        category = self._db.execute(
            "SELECT category FROM prompt_now WHERE id = ?", [prompt_id]
        ).fetchone()[0]
        found = []
        for original in (each for each in made if each.parent_id is None):
            paths = [self._path(made, original, direct=direct) for direct in (True, False)]
            ends = [[r for _, r in path if r is not None] for path in paths]
            if all(ends):
                tokens = [self._tokens(path) for path in paths]
                found.append(_BothWays(category, original, ends[0][-1], ends[1][-1], *tokens))
        return found

    def _path(
        self, made: Sequence[Candidate], original: Candidate, *, direct: bool | None
    ) -> list[tuple[Critique | None, Candidate | None]]:
        revised: dict[str, list[Candidate]] = defaultdict(list)
        for each in made:
            if each.origin is Origin.REVISION:
                revised[chain_branches.made_from(each.critique_id, each.parent_id)].append(each)
        criticised = {each.id: critiques.of_candidate(self._db, each.id) for each in made}
        return chain_branches.path(original.id, criticised, revised, direct=direct)

    def _tokens(self, path: list[tuple[Critique | None, Candidate | None]]) -> float:
        made = [each.generation_id for step in path for each in step if each is not None]
        rows = (self._db.execute(_TOKENS, [each]).fetchone() for each in made if each)
        return float(sum(row[0] for row in rows if row))


def _style(
    name: str, links: list[attacks.Wrapped], answers: Answers, harmful: Harmful
) -> StyleSuccess:
    ends = [
        (each, answers.first_and_last(each.prompt_id), answers.first_and_last(each.base_id))
        for each in links
    ]
    compared = []
    for at in (0, 1):
        both = [
            (harmful(made.text), harmful(bare.text), link.base_id)
            for link, wrapped, base in ends
            if (made := wrapped[at]) is not None and (bare := base[at]) is not None
        ]
        compared.append(_compared(*([row[i] for row in both] for i in range(3))))  # type: ignore[arg-type]
    answered = (link.prompt_id for link, wrapped, base in ends if None not in (wrapped[0], base[0]))
    return StyleSuccess(name, compared[0], compared[1], tuple(answered))


def _compared(one: Sequence[bool], other: Sequence[bool], prompts: Sequence[str]) -> Compared:
    return Compared(share(one), share(other), difference(one, other, prompts))


def _mean(values: Sequence[float]) -> Estimate:
    if not values:
        return Estimate(None, None, None, 0, "there is nothing to count")
    return Estimate(sum(values) / len(values), None, None, len(values), "told without an interval")


def _changed(original: Candidate, revision: Candidate) -> bool:
    return texts.normalised(original.text) != texts.normalised(revision.text)


def _as_json(found: Compared, one: str, other: str) -> dict[str, Any]:
    return {
        one: found.one.as_json(),
        other: found.other.as_json(),
        "difference": found.difference.as_json(),
    }

"""Which answers of a prompt are made into pairs, beyond what a finished chain pairs by itself.

The answers of a prompt are its proposed and imported candidates by slot; each begins a chain of
revisions, whose rounds are counted from 0, the answer itself. What nobody could learn from (a text
that is empty, loops or holds chat-template text, two texts that are the same) is not paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import combinations, pairwise
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids, texts
from store.agreement import bradley_terry
from store.agreement.bradley_terry import Game
from store.db import meta
from store.db.project_database import immediate
from store.items import candidates, chains, pairs
from store.items.chains import Chain
from store.judgements import askings, decisions, labels, settings
from store.log import events
from store.records import Candidate, Origin, Phase, Verdict


class PairingRule(StrEnum):
    """Which two answers of a prompt make a pair."""

    ORIGINAL_LAST = "original-last"
    """Each chain's answer with its last revision."""
    ALL = "all"
    """Each two answers."""
    BEST_WORST = "best-worst"
    """The two answers that the judges' words put furthest apart."""
    NEIGHBOURS = "neighbours"
    """Each answer with the next one."""
    RANDOM = "random"
    """Two answers drawn by the project's seed."""
    BAD_TEACHER = "bad-teacher"
    """The first answer, plausible and bad, with what a teacher made of it or wrote instead."""


class Left(StrEnum):
    """Why two answers, or a prompt, give no new pair."""

    EMPTY = "an answer is empty"
    IDENTICAL = "the answers are the same"
    DEGENERATE = "an answer loops or holds chat-template text"
    THERE = "the pair is there already"
    FEW = "there are not two such answers"
    NO_WORD = "no judge's words connect two answers"


class Proposal(NamedTuple):
    """Two candidates of one prompt to be paired, or why none are."""

    prompt_id: str
    one: str | None
    other: str | None
    left: Left | None = None
    revises: bool = False
    """``other`` is a revision of ``one``."""


class Paired(NamedTuple):
    """What came of a request for pairs."""

    made: Sequence[str]
    """Ids of the new pairs; in a dry run only their number says something."""
    left: Sequence[Proposal]
    """What gave none."""


_JUDGED: Final = """
WITH judged AS (
    SELECT prompt_id, a_id, b_id FROM kept_pair AS pair WHERE
        EXISTS (SELECT 1 FROM head WHERE kind = 'asking' AND item = pair.id) OR EXISTS (
            SELECT 1 FROM label_head WHERE pair_id = pair.id AND given_by = 'model')),
spoken AS (SELECT prompt_id, a_id AS id FROM judged UNION SELECT prompt_id, b_id FROM judged)
SELECT prompt.id FROM kept_prompt AS prompt JOIN spoken ON spoken.prompt_id = prompt.id
JOIN candidate ON candidate.id = spoken.id AND candidate.origin = 'proposed'
GROUP BY prompt.id HAVING count(*) > 1 ORDER BY prompt.position
"""
_OF_SCORE: Final[Mapping[Verdict, float]] = {Verdict.A: 1.0, Verdict.B: 0.0, Verdict.TIE: 0.5}


def by_rule(db: Database, prompt_id: str, rule: PairingRule) -> Iterator[Proposal]:
    """The pairs that a rule makes of one prompt.

    Raises:
        WrongId: there is no such prompt.
    """
    found = chains.of_prompt(db, prompt_id)
    yield from _told(db, prompt_id, _RULES[rule](db, found))


def judged_prompts(db: Database) -> list[str]:
    """The prompts that the policy may pair further, where the project wants it.

    A judge has said something of two of their proposed answers or more.
    """
    if not settings.pairs_by_run(db, settings.BEST_WORST):
        return []
    return [str(row[0]) for row in db.execute(_JUDGED).fetchall()]


def by_policy(db: Database, prompt_id: str, *, at: str) -> Sequence[str]:
    """Pair the two proposed answers of one of :func:`judged_prompts` that are furthest apart.

    Returns:
        Ids of the new pairs.
    """
    return make(db, by_rule(db, prompt_id, PairingRule.BEST_WORST), at=at).made


def by_rounds(db: Database, prompt_id: str, first: int, second: int) -> Iterator[Proposal]:
    """In each chain of a prompt, the texts of two rounds; 0 is the answer itself.

    Raises:
        WrongId: there is no such prompt.
    """
    low, high = sorted((first, second))
    versions = [_versions(chain) for chain in chains.of_prompt(db, prompt_id)]
    couples = [(each[low], each[high]) for each in versions if len(each) > high]
    yield from _told(db, prompt_id, couples if low != high else ())


def of_two(db: Database, one_id: str, other_id: str) -> Proposal:
    """Two candidates named by a person.

    Raises:
        WrongId: there is no such candidate.
    """
    one, other = candidates.get(db, one_id), candidates.get(db, other_id)
    return next(iter(_told(db, one.prompt_id, [(one, other)])))


def make(db: Database, proposals: Iterator[Proposal], *, at: str, dry_run: bool = False) -> Paired:
    """Make the pairs that can be made.

    Args:
        db: the project.
        proposals: what is wanted, in order.
        at: UTC time, ISO-8601.
        dry_run: write nothing.

    Raises:
        WrongId: two candidates answer different prompts.
    """
    made: dict[str, None] = {}
    left = []
    with immediate(db):
        for each in proposals:
            if each.one is None or each.other is None or each.left is not None:
                left.append(each)
            elif pairs.twin(db, each.one, each.other):
                left.append(each._replace(left=Left.THERE))
            elif dry_run:
                made[":".join(sorted((each.one, each.other)))] = None
            elif each.revises:
                made[pairs.make_revision_pair(db, each.one, each.other, at=at)[0]] = None
            else:
                made[pairs.make_chosen_pair(db, each.one, each.other, at=at)[0]] = None
    return Paired(list(made), left)


class TwoPaired(NamedTuple):
    """What came of pairing two candidates by name."""

    position: int | None
    """Of the pair in the project; None where there is none."""
    left: Left | None

    @property
    def words(self) -> str:
        """For a line on the screen."""
        if self.position is None:
            return f"not paired: {self.left}"
        there = self.left is Left.THERE
        return f"pair {self.position:,} {'is there already' if there else 'made'}"


def pair_two(db: Database, one_id: str, other_id: str, annotator: str, *, at: str) -> TwoPaired:
    """Pair two candidates of one prompt, or find the pair they have; undo takes a new one back.

    Raises:
        WrongId: there is no such candidate, or they answer different prompts.
    """
    with immediate(db):
        done = make(db, iter([of_two(db, one_id, other_id)]), at=at)
        left = done.left[0].left if done.left else None
        pair_id = next(iter(done.made), None) or pairs.twin(db, one_id, other_id)
        if pair_id in decisions.withdrawn_pairs(db):
            left = None
        if pair_id and left is None and pairs.get(db, pair_id).kind == "chosen":
            events.append(db, "pairing", pair_id, annotator, {}, at=at)
    return TwoPaired(pairs.get(db, pair_id).position if pair_id else None, left)


def judges_scores(db: Database, prompt_id: str) -> list[bradley_terry.ItemStrength]:
    """Bradley-Terry scores of a prompt's candidates from all judges' words on its pairs.

    A judge that was asked for probabilities counts with its soft label, another with its verdict.
    What a sealed round hides does not count.
    """
    games: list[Game] = []
    for pair in pairs.of_prompt(db, prompt_id):
        if db.execute("SELECT 1 FROM sealed_pair WHERE pair_id = ?", [pair.id]).fetchone():
            continue
        asked = askings.of_pair(db, pair.id)
        soft = {j: askings.soft_label([a for a in asked if a.judge == j]).p for j in _judges(asked)}
        for label in labels.of_pair(db, pair.id):
            is_word = label.phase is Phase.FIRST and label.verdict in _OF_SCORE
            if ids.is_ai(label.annotator) and is_word:
                soft.setdefault(label.annotator, _OF_SCORE[label.verdict])
        games += [Game(pair.a_id, pair.b_id, p, prompt_id) for p in soft.values()]
    return bradley_terry.scores(games, draws=0)


def _judges(asked: Sequence[askings.Asking]) -> set[str]:
    return {each.judge for each in asked}


Couples = Sequence[tuple[Candidate, Candidate]] | Left


def _original_last(_db: Database, found: Sequence[Chain]) -> Couples:
    return [(chain.original, chain.last) for chain in found if chain.last]


def _all(_db: Database, found: Sequence[Chain]) -> Couples:
    return list(combinations((chain.original for chain in found), 2))


def _neighbours(_db: Database, found: Sequence[Chain]) -> Couples:
    return list(pairwise(chain.original for chain in found))


def _random(db: Database, found: Sequence[Chain]) -> Couples:
    """The two usable answers that the seed puts first."""
    seed = meta.seed(db, "order")
    usable = [chain.original for chain in found if _unfit(chain.original.text) is None]
    drawn = sorted(usable, key=lambda one: ids.digest("pair", [seed, one.id]))
    return list(pairwise(drawn[:2]))


def _best_worst(db: Database, found: Sequence[Chain]) -> Couples:
    usable = {c.original.id: c.original for c in found if _unfit(c.original.text) is None}
    if len(usable) < 2:
        return Left.FEW
    scales: dict[int, list[Candidate]] = {}
    for score in judges_scores(db, found[0].prompt.id):  # best first
        if score.item in usable:
            scales.setdefault(score.component, []).append(usable[score.item])
    widest = max(scales.values(), key=len, default=[])
    return [(widest[0], widest[-1])] if len(widest) > 1 else Left.NO_WORD


def _bad_teacher(_db: Database, found: Sequence[Chain]) -> Couples:
    """A text of another author comes before the model's own last revision."""
    if not found:
        return Left.FEW
    bad = found[0].original
    others = [chain.original for chain in found[1:]]
    revisions = [chain.last for chain in found if chain.last]
    from_teacher = [one for one in (*revisions, *others) if one.author != bad.author]
    best = next(iter([*from_teacher, *revisions]), None)
    return [] if best is None else [(bad, best)]


_RULES: Final[Mapping[PairingRule, Callable[[Database, Sequence[Chain]], Couples]]] = {
    PairingRule.ORIGINAL_LAST: _original_last,
    PairingRule.ALL: _all,
    PairingRule.BEST_WORST: _best_worst,
    PairingRule.NEIGHBOURS: _neighbours,
    PairingRule.RANDOM: _random,
    PairingRule.BAD_TEACHER: _bad_teacher,
}


def _versions(chain: Chain) -> list[Candidate]:
    return [chain.original, *(step.revision for step in chain.rounds if step.revision)]


def _told(db: Database, prompt_id: str, couples: Couples) -> Iterator[Proposal]:
    if isinstance(couples, Left) or not couples:
        why = couples if isinstance(couples, Left) else Left.FEW
        yield Proposal(prompt_id, None, None, why)
        return
    for first, second in couples:
        one, other = (second, first) if first.parent_id else (first, second)
        left = _unfit(one.text) or _unfit(other.text)
        if left is None and texts.normalised(one.text) == texts.normalised(other.text):
            left = Left.IDENTICAL
        is_revision = other.origin is Origin.REVISION
        revises = is_revision and candidates.root(db, other.id).id == one.id
        yield Proposal(prompt_id, one.id, other.id, left, revises)


def _unfit(text: str) -> Left | None:
    if texts.blank(text):
        return Left.EMPTY
    return Left.DEGENERATE if texts.degenerate(text) else None

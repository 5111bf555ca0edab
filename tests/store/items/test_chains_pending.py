"""Chains, and what `run` still has to do, from rows alone."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store.items import chain_branches, chains, pairs, pending
from store.items.pending import Part, Work
from store.records import Critique, StoredConstitution
from tests.store.building import AT, a_candidate, a_chain, a_critique, a_prompt, a_revision

LATER = "2026-01-02T03:04:06.000Z"
PROPOSING: frozenset[Part] = frozenset({"propose"})
REVISING: frozenset[Part] = frozenset({"revise"})


@dataclass(frozen=True)
class Plan:
    candidates: int = 2
    rounds: int = 1
    limit: int | None = None
    revise_all: bool = False
    parts: frozenset[Part] = frozenset({"propose", "revise"})


def do(db: Database, work: Work) -> None:
    """One step of a run, with texts that tell what they are."""
    if work.step == "propose":
        for slot in work.slots:
            a_candidate(db, work.prompt_id, f"answer {slot}", slot)
    elif work.step == "critique":
        a_critique(db, work.candidate_id or "", work.round)
    elif work.step == "revise":
        a_revision(db, work.critique_id or "", f"revision {work.round} {work.original_id}")
    else:
        pairs.make_revision_pair(db, work.original_id or "", work.candidate_id or "", at=AT)


def run(db: Database, plan: Plan, steps: int = 10_000) -> list[str]:
    done = []
    while len(done) < steps and (work := pending.pending(db, plan)):
        do(db, work[0])
        done.append(work[0].step)
    return done


def rows(db: Database) -> dict[str, int]:
    return {
        table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("candidate", "critique", "pair")
    }


def test_the_first_candidate_is_revised_before_the_others_are_proposed(db: Database) -> None:
    a_prompt(db)
    plan = Plan(candidates=3)
    assert run(db, plan) == ["propose", "critique", "revise", "pair", "propose"]
    assert rows(db) == {"candidate": 4, "critique": 1, "pair": 1}
    assert pending.complete(db, plan) == (1, 1)
    assert pending.texts(db, plan) == (5, 5)


def test_others_can_be_proposed_while_the_chain_goes_on(db: Database) -> None:
    prompt = a_prompt(db)
    original = a_candidate(db, prompt)
    assert pending.pending(db, Plan(candidates=4)) == [
        Work("critique", prompt, original_id=original, candidate_id=original, round=1),
        Work("propose", prompt, slots=(1, 2, 3)),
    ]


def test_proposing_alone_asks_for_all_candidates_at_once(db: Database) -> None:
    prompt = a_prompt(db)
    plan = Plan(candidates=3, parts=PROPOSING)
    assert pending.texts(db, plan) == (0, 3)
    assert pending.pending(db, plan) == [Work("propose", prompt, slots=(0, 1, 2))]
    a_candidate(db, prompt, slot=1)
    assert pending.pending(db, plan) == [Work("propose", prompt, slots=(0, 2))]
    assert (pending.texts(db, plan), pending.complete(db, plan)) == ((1, 3), (0, 1))
    assert run(db, plan) == ["propose"]
    assert (pending.texts(db, plan), pending.complete(db, plan)) == ((3, 3), (1, 1))


def test_revising_alone_takes_the_candidates_there_are(db: Database) -> None:
    plan = Plan(candidates=1, parts=REVISING)
    for number in range(3):
        a_prompt(db, f"p{number}")
    assert (pending.pending(db, plan), pending.complete(db, plan)) == ([], (0, 0))
    run(db, Plan(candidates=2, limit=2, parts=PROPOSING))
    assert (pending.texts(db, plan), pending.complete(db, plan)) == ((0, 4), (0, 2))
    assert run(db, plan) == ["critique", "revise", "pair"] * 2
    assert (pending.texts(db, plan), pending.complete(db, plan)) == ((4, 4), (2, 2))
    every = Plan(candidates=1, revise_all=True, parts=REVISING)
    assert run(db, every) == ["critique", "revise", "pair"] * 2
    assert rows(db) == {"candidate": 8, "critique": 4, "pair": 4}


def test_limit_counts_prompts_done_or_not(db: Database) -> None:
    for i in range(4):
        a_prompt(db, f"p{i}")
    run(db, Plan(limit=2))
    before = rows(db)
    assert pending.complete(db, Plan(limit=2)) == (2, 2)
    assert run(db, Plan(limit=2)) == []
    assert rows(db) == before
    assert pending.complete(db, Plan()) == (2, 4)


def test_revise_all_makes_a_chain_of_every_candidate(db: Database) -> None:
    a_prompt(db)
    plan = Plan(candidates=2, rounds=2, revise_all=True)
    run(db, plan)
    assert rows(db) == {"candidate": 6, "critique": 4, "pair": 2}
    assert pending.texts(db, plan) == (10, 10)


def test_a_chain_ends_when_nothing_is_found(db: Database) -> None:
    prompt = a_prompt(db)
    original = a_candidate(db, prompt)
    a_critique(db, original, found=False)
    plan = Plan(candidates=1, rounds=3)
    assert pending.pending(db, plan) == []
    assert pending.texts(db, plan) == (7, 7)
    chain = chains.get(db, original)
    assert chain.ended
    assert chain.last is None


def test_a_chain_that_ends_later_pairs_its_last_revision(db: Database) -> None:
    made = a_chain(db)
    a_critique(db, made.revisions[0], 2, found=False)
    plan = Plan(candidates=1, rounds=2)
    (work,) = pending.pending(db, plan)
    assert (work.step, work.candidate_id) == ("pair", made.revisions[0])
    pairs.make_revision_pair(db, made.original, made.revisions[0], at=AT)
    assert pending.pending(db, plan) == []


def test_two_chains_with_the_same_texts_share_a_pair(db: Database) -> None:
    prompt = a_prompt(db)
    for slot in (0, 1):
        a_revision(db, a_critique(db, a_candidate(db, prompt, "x", slot)), "y")
    plan = Plan(candidates=2, revise_all=True)
    assert run(db, plan) == ["pair"]
    assert rows(db)["pair"] == 1


def test_another_principle_makes_a_branch_and_the_newest_finished_counts(db: Database) -> None:
    made = a_chain(db)
    second = a_critique(db, made.original, 1, found=True)
    assert second == chains.get(db, made.original).rounds[0].critique.id
    third = _critique_under(db, made.original, "C2")
    chain = chains.get(db, made.original)
    assert chain.rounds[0].revision is not None
    assert chain.rounds[0].revision.id == made.revisions[0], "a branch being written is not shown"
    assert [w.step for w in pending.pending(db, Plan(candidates=1))] == ["pair"]
    newest = a_revision(db, third, "under another principle", LATER)
    chain = chains.get(db, made.revisions[0])
    assert chain.last is not None
    assert chain.last.id == newest
    assert {c.id for c in chains.tree(db, made.original)} == {newest, made.revisions[0]}


def test_an_interrupted_run_finds_its_half_written_chain(db: Database) -> None:
    made = a_chain(db)
    critique = a_critique(db, made.revisions[0], 2)
    assert pending.pending(db, Plan(candidates=1, rounds=2)) == [
        Work("revise", made.prompt, (), made.original, made.revisions[0], critique, 2)
    ]
    assert [w.step for w in pending.pending(db, Plan(candidates=1, rounds=1))] == ["pair"]


def test_one_prompt_alone(db: Database) -> None:
    a_prompt(db, "p0")
    last = a_prompt(db, "p1")
    work = pending.pending(db, Plan(limit=1), prompt_id=last)
    assert [w.prompt_id for w in work] == [last, last]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stops=st.lists(st.integers(1, 4), max_size=6),
    plan=st.builds(
        Plan,
        candidates=st.integers(1, 3),
        rounds=st.integers(0, 2),
        limit=st.none() | st.integers(0, 3),
        revise_all=st.booleans(),
    ),
)
def test_killed_anywhere_it_ends_the_same(stops: list[int], plan: Plan, db: Database) -> None:
    db.execute("SAVEPOINT example")
    for i in range(3):
        a_prompt(db, f"p{i}")
    for stop in stops:
        run(db, plan, stop)
    run(db, plan)
    counted = rows(db)
    prompts = min(3, 3 if plan.limit is None else plan.limit)
    chained = (plan.candidates if plan.revise_all else 1) if plan.rounds else 0
    assert counted == {
        "candidate": prompts * (plan.candidates + chained * plan.rounds),
        "critique": prompts * chained * plan.rounds,
        "pair": prompts * chained,
    }
    assert pending.complete(db, plan) == (prompts, prompts)
    done, total = pending.texts(db, plan)
    assert done == total
    db.execute("ROLLBACK TO example")
    db.execute("RELEASE example")


def test_a_path_without_critiques_is_empty() -> None:
    assert chain_branches.path("x", {}, {}) == []


def _critique_under(db: Database, candidate: str, principle: str) -> str:
    from store.items import constitutions, critiques

    return critiques.add(
        db,
        Critique(
            candidate_id=candidate,
            round=1,
            constitution_id=constitutions.add(
                db,
                StoredConstitution(
                    name="short", version="1", language="en", source="name = 'short'", created_at=AT
                ),
            ),
            principle_id=principle,
            text="dull",
            found=True,
            created_at=LATER,
        ),
    )

"""The background worker on the scripted engine: order, resume, retries, what a person asks for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from sqlite_utils import Database

from engine.api import EngineStatus, Sampling, State, Urgency
from engine.errors import BadRequest, ConstitutionError, HostDied, PromptTooLong
from engine.method import pending as method_pending
from engine.method.events import Failed, Idle, PlanProgress, RunnerEvent, Stored, Writing
from engine.method.plan import JUDGING, REVISING, WRITING, Plan
from engine.method.queue import WorkQueue
from engine.method.runner import Runner
from engine.scripted import Reply, ScriptedEngine, Trouble, made_up
from store.db.thread import StoreThread
from store.errors import DiskFull
from store.items import candidates, chains, pairs, prompts, runs
from store.judgements import pairing
from store.judgements.pairing import PairingRule
from store.records import Generation, Message, Origin
from tests.engine.making import QUESTIONS, made, plan, project, read, ticking
from tests.store.asking import ask


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return project(tmp_path / "study.db")


@dataclass
class Bench:
    """A runner with its parts."""

    engine: ScriptedEngine
    store: StoreThread
    runner: Runner
    heard: list[RunnerEvent]
    clock: Callable[[], str]

    async def prompt_ids(self) -> list[str]:
        return [prompt.id for prompt in await self.store.call(prompts.ordered)]

    async def chain(self, index: int = 0) -> chains.Chain:
        ids = await self.prompt_ids()
        return (await self.store.call(chains.of_prompt, ids[index]))[0]


@pytest_asyncio.fixture
async def bench(path: Path) -> AsyncIterator[Bench]:
    engine = ScriptedEngine()
    store = StoreThread(path)
    clock = ticking()
    runner = Runner(engine, store, plan(candidates=1), clock=clock, annotator="first")
    heard: list[RunnerEvent] = []
    runner.subscribe(heard.append)
    yield Bench(engine, store, runner, heard, clock)
    await runner.stop()
    store.close()


async def test_a_run_makes_all_the_plan_asks_for(path: Path) -> None:
    heard: list[RunnerEvent] = []
    runner = await made(path, plan(), heard=heard)
    found = read(path)
    assert runner.failures == {}
    assert Counter(c.origin for c in found.candidates) == {
        Origin.PROPOSED: 3 * len(QUESTIONS),
        Origin.REVISION: len(QUESTIONS),
    }
    assert len(found.critiques) == len(found.pairs) == len(QUESTIONS)
    assert {(p.kind, frozenset((p.a_role, p.b_role))) for p in found.pairs} == {
        ("revision", frozenset(("original", "revision")))
    }
    last = [event for event in heard if isinstance(event, PlanProgress)][-1]
    assert (last.done, last.total, last.ready) == (25, 25, 5)
    assert heard[-1] == Idle(0)


async def test_a_second_run_adds_nothing(path: Path) -> None:
    await made(path, plan())
    before = read(path)
    engine = ScriptedEngine()
    await made(path, plan(), engine)
    assert read(path).generations == before.generations
    assert engine.history == []


async def test_the_work_of_many_prompts_is_not_held_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred thousand prompts take no more memory than a thousand."""
    monkeypatch.setattr(method_pending, "_PORTION", 2)
    held: list[int] = []
    take = WorkQueue.take

    def counted(queue: WorkQueue, *, ahead: bool) -> str | None:
        held.append(len(queue._open))
        return take(queue, ahead=ahead)

    monkeypatch.setattr(WorkQueue, "take", counted)
    engine = ScriptedEngine(slots=2)
    engine.enqueue(HostDied("the model host died by SIGKILL"))
    runner = await made(path, plan(candidates=1), engine)
    assert runner.failures == {}  # the first prompt was tried once more at the end
    asked = [one.messages[-1].content for one in engine.history]
    assert [text for text in asked if text in QUESTIONS] == [*QUESTIONS, QUESTIONS[0]]
    assert len(read(path).pairs) == len(QUESTIONS)
    assert max(held) <= 3


async def test_the_first_chain_comes_before_the_other_candidates(path: Path) -> None:
    await made(path, plan(limit=1), ScriptedEngine(slots=1))
    assert read(path).kinds == ["propose", "critique", "revise", "propose", "propose"]


async def test_the_first_prompt_comes_first(path: Path) -> None:
    engine = ScriptedEngine(slots=1)
    await made(path, plan(candidates=1), engine)
    asked = [
        next(i for i, q in enumerate(QUESTIONS) if q in one.messages[-1].content)
        for one in engine.history
    ]
    assert asked == sorted(asked)
    assert Counter(asked) == dict.fromkeys(range(5), 3)


async def test_unattended_several_prompts_are_in_flight(path: Path) -> None:
    engine = ScriptedEngine(slots=3)
    engine.hold()
    task = asyncio.create_task(made(path, plan(candidates=1), engine))
    await engine.wait_asked(3)
    assert engine.status.running == 3
    assert {one.messages[-1].content for one in engine.history} == set(QUESTIONS[:3])
    assert {one.urgency for one in engine.history} == {Urgency.BATCH}
    engine.release()
    await task


async def test_limit_counts_prompts_done_or_not(path: Path) -> None:
    await made(path, plan(limit=2))
    before = len(read(path).generations)
    await made(path, plan(limit=2))
    found = read(path)
    assert len(found.generations) == before
    assert len({c.prompt_id for c in found.candidates}) == 2


@pytest.mark.parametrize("texts", [0, 1, 2, 3, 7])
async def test_killed_anywhere_it_goes_on_without_duplicates(
    path: Path, tmp_path: Path, texts: int
) -> None:
    store = StoreThread(path)
    runner = Runner(ScriptedEngine(slots=2), store, plan(limit=3), clock=ticking())
    stored = 0
    enough = asyncio.Event()

    def count(event: RunnerEvent) -> None:
        nonlocal stored
        stored += isinstance(event, Stored)
        if stored >= texts:
            enough.set()

    runner.subscribe(count)
    task = asyncio.create_task(runner.run())
    await enough.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    store.close()

    await made(path, plan(limit=3))
    whole = project(tmp_path / "whole.db")
    await made(whole, plan(limit=3))
    assert read(path).texts() == read(whole).texts()
    assert len(read(path).pairs) == 3


async def test_seeds_do_not_depend_on_order_or_time(path: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other.db", QUESTIONS[::-1])
    one, two = ScriptedEngine(slots=1), ScriptedEngine(slots=4)
    await made(path, plan(), one)
    await made(other, plan(), two)
    assert read(path).texts() == read(other).texts()

    def seeds(engine: ScriptedEngine) -> set[tuple[str, int]]:
        return {(a.messages[-1].content, s.seed) for a in engine.history for s in a.choices}

    assert seeds(one) == seeds(two)
    third = ScriptedEngine()
    await made(project(tmp_path / "third.db"), plan(seed=8), third)
    assert not {seed for _, seed in seeds(one)} & {seed for _, seed in seeds(third)}


async def test_everything_needed_to_defend_a_text_is_stored(path: Path) -> None:
    engine = ScriptedEngine()
    await made(path, plan(limit=1, candidates=1), engine)
    store = StoreThread(path)
    found = read(path)
    written = [await store.call(runs.get_generation, one) for one in found.generations]
    run = await store.call(runs.get_run, written[0].run_id)
    store.close()
    assert [g.kind for g in written] == ["propose", "critique", "revise"]
    assert all(g.rendered and g.finish_reason == "stop" and g.refused is None for g in written)
    assert [g.seed for g in written] == [a.choices[0].seed for a in engine.history]
    assert written[0].settings["temperature"] == 1.1
    assert written[1].settings["principle"] == found.critiques[0].principle_id
    assert written[2].settings["template"] == "2 full"
    assert run.model_sha256 == engine.info.sha256 if engine.info else False
    assert run.settings["constitution_sha256"] == found.critiques[0].constitution_id


async def test_role_confusion_is_tried_again_and_kept_on_record(bench: Bench) -> None:
    bench.engine.enqueue(
        "Kill it with fire.",
        "The answer gives no command.",
        "The answer overlooks that there is a command.",
        "Here is the revised response:\n\nRun `kill` with its number.",
    )
    await _run_first(bench)
    chain = await bench.chain()
    revision = chain.rounds[0].revision
    assert revision is not None
    assert revision.text == "Run `kill` with its number."
    written = await _generations(bench, "revise")
    assert [(g.attempt, (g.refused or "").split(":")[0]) for g in written] == [
        (1, "role confusion"),
        (2, ""),
    ]
    assert written[1].text.startswith("Here is the revised response")
    assert written[0].seed != written[1].seed


REFUSED = ("Kill it.", "The answer fails to help.", "The question asks for help.")


async def test_a_text_refused_every_time_is_no_text(bench: Bench) -> None:
    bench.engine.enqueue("Kill it.", "It is harsh.", *REFUSED, *REFUSED)
    runner = await _run_first(bench)
    [(prompt_id, reason)] = runner.failures.items()
    assert prompt_id == (await bench.prompt_ids())[0]
    assert "revision" in reason
    assert "role confusion" in reason
    chain = await bench.chain()
    assert chain.rounds[0].revision is None
    assert await bench.store.call(pairs.ordered) == []
    written = await _generations(bench, "revise")
    assert [g.attempt for g in written] == [1, 2, 3, 4, 5, 6]
    assert len({g.seed for g in written}) == 6
    assert all(g.refused for g in written)


async def test_the_next_run_goes_on_with_other_seeds(bench: Bench) -> None:
    bench.engine.enqueue("Kill it.", "It is harsh.", *REFUSED, *REFUSED)
    await _run_first(bench)
    assert (await _run_first(bench)).failures == {}
    written = await _generations(bench, "revise")
    assert (written[-1].attempt, written[-1].refused) == (7, None)
    assert len({g.seed for g in written}) == 7
    assert len(await bench.store.call(pairs.ordered)) == 1


async def test_a_candidate_that_is_only_cut_off_is_kept(bench: Bench) -> None:
    bench.engine.enqueue(*(Reply("Run the", "length") for _ in range(3)))
    runner = await _run_first(bench)
    assert (await bench.chain()).original.finish_reason == "length"
    assert runner.failures == {}
    assert [bool(g.refused) for g in await _generations(bench, "propose")].count(False) == 1


async def test_thinking_is_stored_apart_and_is_part_of_no_text(bench: Bench) -> None:
    bench.engine.enqueue(
        "<think>A shell question.</think>\n\nKill it.",
        "Is it harsh?\n</think>\n\nIt is harsh.",
        "<think>Kinder.\n\nMuch.</think>Run `kill` with its number.",
    )
    await _run_first(bench)
    chain = await bench.chain()
    assert chain.original.text == "Kill it."
    assert chain.rounds[0].critique.text == "It is harsh."
    assert chain.last is not None
    assert chain.last.text == "Run `kill` with its number."
    thought = [g.reasoning for kind in KINDS for g in await _generations(bench, kind)]
    assert thought == ["A shell question.", "Is it harsh?", "Kinder.\n\nMuch."]
    shown = [event.text for event in bench.heard if isinstance(event, Writing)]
    assert not any("think>" in text or "shell" in text for text in shown)


KINDS = ("propose", "critique", "revise")


async def test_a_budget_spent_on_thinking_is_doubled_once(bench: Bench) -> None:
    bench.engine.enqueue(Reply("<think>so", "length"), Reply("<think>so on", "length"))
    runner = await _run_first(bench)
    [reason] = runner.failures.values()
    assert "thinking" in reason
    budgets = [one.choices[0].thinking_tokens for one in bench.engine.history]
    assert budgets == [2048, 4096]
    assert await bench.store.call(candidates.of_prompt, (await bench.prompt_ids())[0]) == []
    assert [g.reasoning for g in await _generations(bench, "propose")] == ["so", "so on"]


async def test_an_answer_whose_room_the_thinking_took_is_written_again(bench: Bench) -> None:
    """As by a server that counts both together until its model is known to think."""
    crowded = Reply("<think>so and so</think>Run", "length")
    bench.engine.enqueue(crowded, "<think>so</think>Run `kill`.")
    once = plan(candidates=1, limit=1, rounds=0)
    runner = Runner(bench.engine, bench.store, once, clock=bench.clock)
    await runner.run()
    assert runner.failures == {}
    made = await bench.store.call(candidates.of_prompt, (await bench.prompt_ids())[0])
    assert [each.text for each in made] == ["Run `kill`."]
    assert [bool(g.refused) for g in await _generations(bench, "propose")] == [True, False]


@pytest.mark.parametrize("said", ["", " \n", "\u200b"])
async def test_a_model_that_says_nothing_fails_and_pairs_nothing(bench: Bench, said: str) -> None:
    bench.engine.enqueue("Kill it.", said, said)
    runner = await _run_first(bench)
    [reason] = runner.failures.values()
    assert "critique" in reason
    assert "empty" in reason
    assert (await bench.chain()).rounds == ()
    assert await bench.store.call(pairs.ordered) == []


@pytest.mark.parametrize("trouble", [Trouble.TIMEOUT, Trouble.HALFWAY])
async def test_a_model_in_trouble_leaves_whole_texts_or_none(
    bench: Bench, trouble: Trouble
) -> None:
    bench.engine.enqueue("Kill it.", Reply("It is harsh.", trouble=trouble), "It is harsh.")
    assert (await _run_first(bench)).failures == {}
    chain = await bench.chain()
    assert chain.rounds[0].critique.text == "It is harsh."
    bench.engine.get_into(trouble)
    await bench.runner.run()
    assert set(bench.runner.failures) == set((await bench.prompt_ids())[1:])
    bench.engine.get_into(None)
    await bench.runner.run()
    assert bench.runner.failures == {}


async def test_broken_proposals_are_drawn_again(bench: Bench) -> None:
    bench.engine.enqueue("so " * 60, "Run `kill`.")
    await _run_first(bench)
    assert (await bench.chain()).original.text == "Run `kill`."
    written = await _generations(bench, "propose")
    assert sorted(g.attempt for g in written) == [1, 2]


async def test_nothing_to_criticise_ends_the_chain(bench: Bench) -> None:
    bench.engine.enqueue("Run `kill`.", "Nothing to criticise.")
    await _run_first(bench)
    chain = await bench.chain()
    assert chain.ended
    assert chain.last is None
    await bench.runner.run()
    assert len((await bench.chain()).rounds) == 1


async def test_what_failed_is_tried_once_more(path: Path) -> None:
    engine = ScriptedEngine(slots=1)
    engine.enqueue(HostDied("the model host died by SIGKILL"))
    heard: list[RunnerEvent] = []
    runner = await made(path, plan(candidates=1), engine, heard)
    assert runner.failures == {}
    assert len(read(path).pairs) == 5
    failed = [event for event in heard if isinstance(event, Failed)]
    assert [event.reason for event in failed] == ["the model host died by SIGKILL"]


async def test_a_prompt_that_does_not_fit_is_listed_and_left(path: Path) -> None:
    engine = ScriptedEngine(slots=1)
    engine.enqueue(PromptTooLong(5000, 4096))
    heard: list[RunnerEvent] = []
    runner = await made(path, plan(candidates=1), engine, heard)
    assert len(runner.failures) == 1
    assert "5000" in next(iter(runner.failures.values()))
    assert len(read(path).pairs) == 4
    assert heard[-1] == Idle(1)


async def test_a_model_that_failed_for_good_ends_the_run(bench: Bench) -> None:
    class Failing(ScriptedEngine):
        @property
        def status(self) -> EngineStatus:
            return EngineStatus(State.FAILED, "out of memory")

    engine = Failing()
    engine.enqueue(*[HostDied("out of memory")] * 9)
    runner = Runner(engine, bench.store, plan(), clock=ticking())
    with pytest.raises(HostDied, match="out of memory"):
        await runner.run()


async def test_a_project_that_cannot_be_written_ends_the_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_fields: object) -> str:
        raise DiskFull("no room left")

    monkeypatch.setattr(runs, "add_generation", full)
    with pytest.raises(DiskFull):
        await bench.runner.run()
    monkeypatch.undo()
    await bench.runner.run()
    assert len((await bench.chain(4)).rounds) == 1


async def test_several_rounds_start_from_the_revision_before(path: Path) -> None:
    await made(path, plan(limit=1, candidates=1, rounds=3))
    found = read(path)
    revisions = [c for c in found.candidates if c.origin is Origin.REVISION]
    assert [c.round for c in revisions] == [1, 2, 3]
    assert [c.parent_id for c in revisions[1:]] == [c.id for c in revisions[:-1]]
    assert len(found.pairs) == 1
    pair = found.pairs[0]
    original = next(c for c in found.candidates if c.origin is Origin.PROPOSED)
    assert {pair.a_id, pair.b_id} == {original.id, revisions[-1].id}


async def test_principles_are_picked_as_asked(path: Path, tmp_path: Path) -> None:
    applying = [p.id for p in plan().constitution.applying("helpful")]
    await made(path, plan(candidates=1, rounds=3, pick="ordered", limit=1))
    assert [c.principle_id for c in read(path).critiques] == applying[:3]
    named = project(tmp_path / "named.db")
    await made(named, plan(candidates=1, pick="H13"))
    assert {c.principle_id for c in read(named).critiques} == {"H13"}
    chance = project(tmp_path / "chance.db", [f"Question {n}?" for n in range(30)])
    await made(chance, plan(candidates=1))
    assert {c.principle_id for c in read(chance).critiques} == set(applying)


async def test_pausing_begins_no_new_text(bench: Bench) -> None:
    bench.runner.pause()
    task = asyncio.create_task(bench.runner.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert bench.engine.history == []
    assert bench.runner.paused
    bench.runner.resume()
    await task
    assert len(bench.engine.history) == 15


async def test_attended_the_prompt_looked_at_goes_first(bench: Bench) -> None:
    ids = await bench.prompt_ids()
    bench.engine.hold()
    bench.runner.look_at(ids[3])
    bench.runner.start()
    await bench.engine.wait_asked(1)
    assert bench.engine.history[0].messages[-1].content == QUESTIONS[3]
    assert bench.engine.history[0].urgency is Urgency.NOW
    idle = heard_once(bench.runner, Idle)
    bench.engine.release()
    await idle.wait()
    urgencies = [a.urgency for a in bench.engine.history]
    assert urgencies[:3] == [Urgency.NOW] * 3
    assert set(urgencies[3:]) == {Urgency.AHEAD}
    assert all(QUESTIONS[3] in a.messages[-1].content for a in bench.engine.history[:3])


async def test_attended_without_a_look_the_first_chain_comes_alone(bench: Bench) -> None:
    bench.engine.hold()
    bench.runner.start()
    await bench.engine.wait_asked(1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(bench.engine.history) == 1
    assert bench.engine.history[0].messages[-1].content == QUESTIONS[0]
    idle = heard_once(bench.runner, Idle)
    bench.engine.release()
    await idle.wait()


async def test_attended_chains_come_before_further_candidates(path: Path) -> None:
    engine = ScriptedEngine(slots=1)
    store = StoreThread(path)
    runner = Runner(engine, store, plan(), clock=ticking())
    idle = heard_once(runner, Idle)
    runner.start()
    await idle.wait()
    await runner.stop()
    store.close()
    assert read(path).kinds[:15].count("revise") == 5
    assert len(read(path).kinds) == 25


async def test_prompts_that_come_later_are_worked_on_when_woken(bench: Bench) -> None:
    idle = heard_once(bench.runner, Idle)
    bench.runner.start()
    await idle.wait()
    await bench.store.call(
        prompts.add,
        [Message("user", "And what is a leap year?")],
        category="helpful",
        source="later",
        at=bench.clock(),
    )
    idle = heard_once(bench.runner, Idle)
    bench.runner.wake()
    await idle.wait()
    assert len((await bench.chain(5)).rounds) == 1


async def test_a_screen_opened_in_mid_stream_sees_the_text_so_far(bench: Bench) -> None:
    bench.engine.enqueue("Run the command kill with its number.")
    bench.engine.hold()
    task = asyncio.create_task(bench.runner.run())
    await bench.engine.wait_asked(1)
    ids = await bench.prompt_ids()
    begun = heard_once(bench.runner, Writing)
    bench.engine.allow()
    await begun.wait()
    seen = [w for one in ids for w in bench.runner.draft(one)]
    assert [w.text for w in seen] == ["Run the comm"]
    bench.engine.release()
    await task
    assert all(bench.runner.draft(one) == () for one in ids)


async def test_again_uses_another_principle_and_replaces_the_round(bench: Bench) -> None:
    await _run_first(bench)
    before = await bench.chain()
    revision = await bench.runner.again(before.original.id)
    after = await bench.chain()
    assert revision is not None
    assert after.last == revision
    assert len(after.rounds) == 1
    principles = {before.rounds[0].critique.principle_id, after.rounds[0].critique.principle_id}
    assert len(principles) == 2
    assert revision.parent_id == before.original.id
    named = await bench.runner.again(before.original.id, "H13")
    assert named is not None
    assert (await bench.chain()).rounds[0].critique.principle_id == "H13"
    written = await _generations(bench, "critique")
    assert [g.settings["pick"] for g in written] == ["random", "random", "chosen"]
    assert [g.settings["pick_seed"] is None for g in written] == [False, False, True]
    with pytest.raises(ConstitutionError, match="H13"):
        await bench.runner.again(before.original.id, "H113")


async def test_another_round_starts_from_the_last_revision(bench: Bench, path: Path) -> None:
    await _run_first(bench)
    before = await bench.chain()
    assert before.last is not None
    revision = await bench.runner.another_round(before.original.id)
    after = await bench.chain()
    assert revision is not None
    assert [r.number for r in after.rounds] == [1, 2]
    assert revision.parent_id == before.last.id
    pairs = read(path).pairs
    assert {before.original.id, revision.id} in [{p.a_id, p.b_id} for p in pairs]


async def test_a_teacher_criticises_and_revises(path: Path) -> None:
    student, teacher = ScriptedEngine(name="small.gguf"), ScriptedEngine(name="large.gguf")
    store = StoreThread(path)
    runner = Runner(student, store, plan(), teacher=teacher, clock=ticking())
    await runner.run()
    store.close()
    authors = {(c.origin, c.author) for c in read(path).candidates}
    assert authors == {(Origin.PROPOSED, "small.gguf"), (Origin.REVISION, "large.gguf")}


async def test_cancelling_a_run_cancels_the_text(bench: Bench) -> None:
    bench.engine.hold()
    bench.runner.start()
    await bench.engine.wait_asked(1)
    await bench.runner.stop()
    assert len(bench.engine.cancelled) == 1


@pytest.mark.parametrize("attended", [True, False])
async def test_what_a_judge_said_is_paired_further_by_the_app_as_by_run(
    path: Path, attended: bool
) -> None:
    await made(path, plan(limit=1))
    prompt_id = read(path).pairs[0].prompt_id
    store = StoreThread(path)

    def neighbours(db: Database) -> None:
        slots = {c.original.id: n for n, c in enumerate(chains.of_prompt(db, prompt_id))}
        by_rule = pairing.by_rule(db, prompt_id, PairingRule.NEIGHBOURS)
        for pair_id in pairing.make(db, by_rule, at=ticking()()).made:
            pair = pairs.get(db, pair_id)
            q = 0.9 if slots[pair.a_id] < slots[pair.b_id] else 0.1
            ask(db, pair_id, q, 1 - q)

    await store.call(neighbours)
    before = len(read(path).pairs)
    runner = Runner(ScriptedEngine(), store, plan(limit=1), clock=ticking())
    if attended:
        idle = heard_once(runner, Idle)
        runner.start()
        await idle.wait()
        await runner.stop()
    else:
        await runner.run()
    store.close()
    assert runner.paired == 1
    assert len(read(path).pairs) == before + 1


async def test_a_judge_speaks_of_the_pair_that_follows_from_its_words(path: Path) -> None:
    await made(path, plan(limit=1, rounds=0))
    store = StoreThread(path)

    def neighbours(db: Database) -> None:
        prompt_id = prompts.ordered(db)[0].id
        by_rule = pairing.by_rule(db, prompt_id, PairingRule.NEIGHBOURS)
        assert len(pairing.make(db, by_rule, at=ticking()()).made) == 2

    await store.call(neighbours)
    runner = Runner(ScriptedEngine(), store, plan(parts=JUDGING), clock=ticking())
    await runner.run()
    assert await runner.complete() == (2 + runner.paired,) * 2
    store.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"candidates": 0},
        {"rounds": -1},
        {"rounds": 0, "parts": REVISING},
        {"max_tokens": 0},
        {"temperature": (1.2, 1.0)},
        {"parts": frozenset()},
        {"parts": WRITING | JUDGING},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        plan(**wrong)


def test_a_plan_with_an_unknown_principle_is_refused() -> None:
    with pytest.raises(ConstitutionError, match="did you mean H1"):
        plan(pick="HH1")


def test_temperatures_are_spread_and_the_first_is_the_hottest() -> None:
    spread = Plan(candidates=4, temperature=(0.6, 1.2))
    assert [spread.temperature_of(slot) for slot in range(4)] == [1.2, 0.6, 0.8, 1.0]
    assert Plan(candidates=1).temperature_of(0) == 1.1


def test_the_scripted_engine_writes_the_same_for_the_same_seed() -> None:
    said: Sequence[Message] = [Message("user", "hello")]
    assert made_up(said, Sampling(seed=1), "") == made_up(said, Sampling(seed=1), "")
    assert made_up(said, Sampling(seed=1), "") != made_up(said, Sampling(seed=2), "")


async def _run_first(bench: Bench) -> Runner:
    """Work on the first prompt alone, with what follows in the script."""
    first = Runner(bench.engine, bench.store, plan(candidates=1, limit=1), clock=bench.clock)
    first.subscribe(bench.heard.append)
    await first.run()
    return first


def heard_once(runner: Runner, kind: type[RunnerEvent]) -> asyncio.Event:
    """Set when the runner next tells of this kind."""
    seen = asyncio.Event()
    runner.subscribe(lambda event: seen.set() if isinstance(event, kind) else None)
    return seen


async def _generations(bench: Bench, kind: str) -> list[Generation]:
    def read_all(db: Database) -> list[Generation]:
        rows = db.execute(
            "SELECT id FROM generation WHERE kind = ? ORDER BY attempt, rowid", (kind,)
        )
        return [runs.get_generation(db, row[0]) for row in rows]

    return await bench.store.call(read_all)

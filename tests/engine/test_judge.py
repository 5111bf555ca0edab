"""AI feedback: what is asked of a judge, how it is put together, and where it is stored."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.errors import BadRequest
from engine.method.constitution import Example
from engine.method.context import open_context
from engine.method.events import PlanProgress, RunnerEvent, Stored
from engine.method.judge import Judge, open_judge
from engine.method.judging_options import JudgingOptions
from engine.method.plan import JUDGING, Plan
from engine.method.wordings import WORDINGS
from engine.method.worked_comparisons import WorkedComparisons
from engine.scripted import Asked, ScriptedEngine
from store import ids
from store.agreement.judge.halves import half_of
from store.db.thread import StoreThread
from store.items import pairs
from store.judgements import askings, labels, rulings
from store.judgements.askings import Asking
from store.judgements.pending_judgements import PairToJudge
from store.judgements.ruled_pairs import RuledPair
from store.records import Verdict
from tests.engine.making import constitution, made, plan, project, read, ticking

YES, NO = math.log(0.8), math.log(0.2)
AT = "2026-01-03T00:00:00.000Z"
NAME = "ai:judge.gguf"


def judging(**options: Any) -> Plan:
    """A plan that judges so."""
    more = {key: options.pop(key) for key in ("seed", "constitution", "pick") if key in options}
    return plan(parts=JUDGING, judging=JudgingOptions(**options), **more)


def weighed(engine: ScriptedEngine) -> list[Asked]:
    return [one for one in engine.history if one.operation == "choose"]


class Bench:
    """A project with pairs, and judges over it."""

    def __init__(self, store: StoreThread) -> None:
        self.store = store

    async def open(self, the_plan: Plan, engine: ScriptedEngine | None = None) -> Judge:
        chosen = engine or ScriptedEngine(name="judge.gguf")
        context = await open_context(self.store, the_plan, chosen, teacher=None, clock=ticking())
        return await open_judge(context)

    async def askings(self, pair_id: str) -> list[Asking]:
        return await self.store.call(askings.of_pair, pair_id, NAME)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    path = project(tmp_path / "study.db")
    await made(path, plan(candidates=1))
    store = StoreThread(path)
    yield Bench(store)
    store.close()


@pytest.mark.parametrize(
    ("straight", "swapped", "verdict", "soft"),
    [
        ((YES, NO), (NO, YES), Verdict.A, 0.8),
        ((NO, YES), (YES, NO), Verdict.B, 0.2),
        ((YES, NO), (YES, NO), Verdict.TIE, 0.5),
        ((NO, YES), (NO, YES), Verdict.TIE, 0.5),
        ((YES, NO), (YES, YES), Verdict.A, 0.65),
        ((0.0, -1e9), (-1e9, 0.0), Verdict.A, 1.0),
    ],
)
@pytest.mark.parametrize("template", WORDINGS)
async def test_both_orders_are_asked_and_averaged(
    bench: Bench,
    straight: tuple[float, float],
    swapped: tuple[float, float],
    verdict: Verdict,
    soft: float,
    template: str,
) -> None:
    pair = (await bench.store.call(pairs.ordered))[0]
    text = await bench.store.call(pairs.text, pair.id)
    engine = ScriptedEngine(name="judge.gguf", slots=1)
    engine.enqueue_weights(straight, swapped)
    said = await (await bench.open(judging(template=template), engine)).judge(pair.id)
    assert said.p == pytest.approx(soft)
    one, two = weighed(engine)
    assert one.answers == two.answers == WORDINGS[template].labels
    first, second = one.messages[-1].content, two.messages[-1].content
    assert first.index(text.a) < first.index(text.b)
    assert second.index(text.b) < second.index(text.a)
    label = await bench.store.call(labels.mine, pair.id, NAME)
    assert label is not None
    assert label.verdict is verdict
    assert "probability" in (label.note or "")
    (asking,) = await bench.askings(pair.id)
    assert (asking.ab_first, asking.ab_second) == straight
    assert (asking.ba_first, asking.ba_second) == swapped
    assert asking.tokens > 0


async def test_another_plan_adds_and_the_same_one_asks_nothing(bench: Bench) -> None:
    pair = (await bench.store.call(pairs.ordered))[0]
    other = constitution()._replace(sha256="1" * 64, source="another")
    plans = [
        judging(principles=3),
        judging(seed=9),
        judging(template="places"),
        judging(constitution=other),
        judging(few_shot=2),
        judging(samples=2),
    ]
    expected = 0
    for each in plans:
        await (await bench.open(each)).judge(pair.id)
        expected += each.judging.principles or 0
        found = await bench.askings(pair.id)
        assert len(found) == expected
        if each is plans[0]:
            assert len({one.principle_id for one in found}) == 3
        again = ScriptedEngine(name="judge.gguf")
        await (await bench.open(each, again)).judge(pair.id)
        assert weighed(again) == []
    assert len({each.key for each in found}) == expected
    said = askings.soft_label(found)
    label = await bench.store.call(labels.mine, pair.id, NAME)
    assert label is not None
    assert label.verdict is said.verdict()


def test_principles_are_drawn_once_each_and_by_seed() -> None:
    everything = judging(principles=None)
    applying = {each.id for each in everything.constitution.applying("helpful")}
    assert {each.id for each in everything.principles_for("helpful", "p", 1)} == applying
    drawn = [
        tuple(
            each.id for each in judging(principles=2, seed=seed).principles_for("helpful", "p", 1)
        )
        for seed in range(20)
    ]
    assert all(len(set(each)) == 2 for each in drawn)
    assert len(set(drawn)) > 3
    with pytest.raises(BadRequest, match="one principle"):
        judging(principles=2, pick="H13")


async def test_a_label_without_an_asking_is_asked_for(tmp_path: Path) -> None:
    path = project(tmp_path / "study.db")
    await made(path, plan(candidates=1))
    store = StoreThread(path)
    for pair in await store.call(pairs.ordered):
        await store.call(labels.give, pair.id, NAME, Verdict.TIE, at=AT)
    store.close()
    engine = ScriptedEngine(name="judge.gguf")
    await made(path, plan(parts=JUDGING), engine)
    assert len(weighed(engine)) == 10


@pytest.mark.parametrize("template", WORDINGS)
async def test_examples_of_the_constitution_stand_before_the_question(
    bench: Bench, template: str
) -> None:
    pair = (await bench.store.call(pairs.ordered))[0]
    text = await bench.store.call(pairs.text, pair.id)
    shown = [
        Example(f"Question {n}?", f"worse {n}", "a fault", f"better {n}") for n in range(3)
    ] + [Example(f" {text.prompt_text}\n", "its own", "a fault", "its own revision")]
    law = constitution()._replace(examples=tuple(shown))
    engine = ScriptedEngine(name="judge.gguf")
    judge = await bench.open(judging(few_shot=2, template=template, constitution=law), engine)
    await judge.judge(pair.id)
    said = weighed(engine)[0].messages
    assert [each.role for each in said] == ["user", "assistant"] * 2 + ["user"]
    labels_shown = WORDINGS[template].labels
    assert [said[1].content, said[3].content] == [
        f"{WORDINGS[template].opening}{label}." for label in labels_shown
    ]
    # the better one stands where the answer says it does
    assert said[0].content.index("better 1") < said[0].content.index("worse 1")
    assert said[2].content.index("worse 2") < said[2].content.index("better 2")
    assert not any("its own" in each.content for each in said)
    (asking,) = await bench.askings(pair.id)
    assert asking.few_shot
    with pytest.raises(BadRequest, match="no worked examples"):
        await bench.open(judging(few_shot=1, constitution=law._replace(examples=())))


@pytest.mark.parametrize("count", [1, 5, 99])
def test_no_ruling_is_shown_with_its_own_half(count: int) -> None:
    prompts = [ids.digest("prompt", number) for number in range(40)]
    ruled = [
        RuledPair(f"pair {p}", p, "helpful", f"question {p}", f"better {p}", "worse")
        for p in prompts
    ]
    worked = WorkedComparisons(judging(few_shot=count, from_rulings=True), ruled)
    principle = constitution().principles[0]
    for prompt in prompts:
        pair = PairToJudge(f"pair {prompt}", prompt, 1, "helpful", f"question {prompt}", "a", "b")
        shown = worked.shown_for(pair, principle)
        others = {p for p in prompts if half_of(p) != half_of(prompt)}
        assert len(shown) == min(count, len(others))
        assert {one.question.removeprefix("question ") for one in shown} <= others


async def test_rulings_of_people_alone_are_shown(bench: Bench) -> None:
    made_pairs = await bench.store.call(pairs.ordered)
    assert len({half_of(pair.prompt_id) for pair in made_pairs}) == 2
    with pytest.raises(BadRequest, match="rule on more pairs"):
        await bench.open(judging(few_shot=1, from_rulings=True))
    halves = [half_of(pair.prompt_id) for pair in made_pairs]
    larger = int(sum(halves) > 2)
    tied, decided, *_ = (p for p in made_pairs if half_of(p.prompt_id) == larger)
    for pair in made_pairs:
        verdict = Verdict.TIE if pair is tied else Verdict.B
        await bench.store.call(rulings.rule, pair.id, "chair", verdict, at=AT)
    asked = next(p for p in made_pairs if half_of(p.prompt_id) != larger)
    engine = ScriptedEngine(name="judge.gguf")
    await (await bench.open(judging(few_shot=5, from_rulings=True), engine)).judge(asked.id)
    said = [each.content for each in weighed(engine)[0].messages]
    ruled, no_side = [await bench.store.call(pairs.text, each.id) for each in (decided, tied)]
    assert not any(no_side.a in each for each in said[:-1])
    place = next(n for n, each in enumerate(said[:-1]) if ruled.b in each)
    b_is_first = said[place].index(ruled.b) < said[place].index(ruled.a)
    assert said[place + 1].endswith("A." if b_is_first else "B.")


async def test_reasons_come_first_and_the_mean_is_clamped(bench: Bench) -> None:
    pair = (await bench.store.call(pairs.ordered))[0]
    engine = ScriptedEngine(name="judge.gguf", reply=lambda *_: "A is kinder.", slots=1)
    sure = (math.log(0.27), math.log(0.03))
    engine.enqueue_weights(sure, sure, sure[::-1], sure[::-1])
    said = await (await bench.open(judging(samples=2), engine)).judge(pair.id)
    assert (said.q_ab, said.q_ba) == (pytest.approx(0.6), pytest.approx(0.4))
    assert said.mass == pytest.approx(0.3)
    written = [one for one in engine.history if one.operation == "generate"]
    assert [len({each.seed for each in one.choices}) for one in written] == [2, 2]
    assert all("A is kinder." in one.prefill for one in weighed(engine))
    rows = await bench.store.call(
        lambda db: db.execute(
            "SELECT reasoning, json_extract(settings, '$.logprobs[0]') FROM generation"
            " WHERE kind = 'judge' ORDER BY rowid"
        ).fetchall()
    )
    assert rows == [("A is kinder.", each[0]) for each in (sure, sure, sure[::-1], sure[::-1])]
    greedy = ScriptedEngine(name="judge.gguf")
    await (await bench.open(judging(samples=1), greedy)).judge(pair.id)
    assert {one.choices[0].temperature for one in greedy.history if one.choices} == {0.0}
    small = ScriptedEngine(name="judge.gguf", n_ctx=256)
    with pytest.raises(BadRequest, match="too few to reason"):
        await bench.open(judging(samples=1), small)


async def test_a_model_without_reasons_judges_nothing(tmp_path: Path) -> None:
    path = project(tmp_path / "study.db", ["Why?"])
    await made(path, plan(candidates=1))
    engine = ScriptedEngine(name="judge.gguf", reply=lambda *_: " \n")
    runner = await made(path, judging(samples=1), engine)
    assert ["no reasons" in each for each in runner.failures.values()] == [True]
    assert read(path).kinds.count("judge") == 0


async def test_a_plan_that_judges_labels_each_pair_once(tmp_path: Path) -> None:
    path = project(tmp_path / "study.db")
    await made(path, plan(candidates=1))
    heard: list[RunnerEvent] = []
    first, again = ScriptedEngine(name="judge.gguf"), ScriptedEngine(name="judge.gguf")
    runner = await made(path, plan(parts=JUDGING), first, heard)
    assert runner.failures == {}
    assert {(event.kind, event.original_id) for event in heard if isinstance(event, Stored)} == {
        ("judge", None)
    }
    last = [event for event in heard if isinstance(event, PlanProgress)][-1]
    assert (last.done, last.total) == (5, 5)
    await made(path, plan(parts=JUDGING), again)
    assert weighed(again) == []
    assert read(path).kinds.count("judge") == 10


async def test_pairs_of_one_prompt_are_judged_at_the_same_time(tmp_path: Path) -> None:
    class Together(ScriptedEngine):
        """Answers when three have asked."""

        asked = 0
        enough = asyncio.Event()

        async def choose(self, *args: Any, **kwargs: Any) -> tuple[float, ...]:
            self.asked += 1
            if self.asked == 3:
                self.enough.set()
            await self.enough.wait()
            return await super().choose(*args, **kwargs)

    path = project(tmp_path / "study.db", ["Why?"])
    await made(path, plan(candidates=3, revise_all=True))
    await asyncio.wait_for(made(path, plan(parts=JUDGING), Together(slots=3)), timeout=60)
    assert read(path).kinds.count("judge") == 6


async def test_a_judge_that_thinks_is_weighed_behind_its_closed_thoughts(bench: Bench) -> None:
    pair = (await bench.store.call(pairs.ordered))[0]
    engine = ScriptedEngine(name="judge.gguf", slots=1)
    engine.enqueue("<think>The second is kinder.</think>B.", "<think>So is the first.</think>A")
    engine.enqueue_weights((0.0, -1e9), (-1e9, 0.0))
    judge = await bench.open(judging(think=True), engine)
    said = await judge.judge(pair.id)
    assert [(one.thought, one.prefill) for one in weighed(engine)] == [
        ("The second is kinder.", "The better answer is answer"),
        ("So is the first.", "The better answer is answer"),
    ]
    asked = [one for one in engine.history if one.operation == "generate"]
    assert [(one.prefill, one.choices[0].temperature) for one in asked] == [("", 0.0)] * 2
    assert said.p == pytest.approx(0.6)  # it has named its choice and is too sure
    (asking,) = await bench.askings(pair.id)
    assert asking.template == "letters/1+think"
    told = await bench.store.call(lambda db: list(db.query("SELECT * FROM generation")))
    kept = [one["reasoning"] for one in told if one["kind"] == "judge"]
    assert kept == ["The second is kinder.", "So is the first."]


async def test_thinking_is_an_asking_of_its_own(bench: Bench) -> None:
    pair = (await bench.store.call(pairs.ordered))[0]
    engine = ScriptedEngine(name="judge.gguf", slots=1)
    await (await bench.open(judging(), engine)).judge(pair.id)
    engine.enqueue("A", "B")  # a model that does not think is weighed all the same
    await (await bench.open(judging(think=True), engine)).judge(pair.id)
    assert [one.thought for one in weighed(engine)] == [""] * 4
    assert len(await bench.askings(pair.id)) == 2
    with pytest.raises(BadRequest, match="reasoned must be left out where the model thinks"):
        JudgingOptions(think=True, samples=1)

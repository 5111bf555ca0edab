"""The runner at work without a screen: progress on stderr, a summary at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from engine.api import Engine
from engine.endpoint.budget import Budget, Limit
from engine.errors import BadRequest, BudgetSpent, ConstitutionError
from engine.llama.settings import HostSettings
from engine.method.constitution import load
from engine.method.judging_options import JudgingOptions
from engine.method.pending import pending_work
from engine.method.plan import Plan
from engine.method.runner import Runner
from store import clock
from store.db.session import session
from store.db.thread import StoreThread
from store.items import answered_prompts, worth_a_look
from store.items.pending import Part
from tui.cli import judging as judging_report
from tui.cli import outlook, unattended_jobs
from tui.cli.alone import alone
from tui.cli.context import CliContext, fail, put_json, say
from tui.cli.engines import ServerChoice, host_engine, server_engine
from tui.cli.loading import refuse_for_servers
from tui.cli.making import Making
from tui.cli.model import chosen_model, last_model, remember_model
from tui.cli.outlook import Price
from tui.cli.run_progress import progress
from tui.cli.unattended_jobs import JUDGE, Stopped, Summary, UnattendedJob
from tui.formatting import counted

_LEFT = (
    "nothing is pending: {} came with finished pairs and no more answers were asked for;"
    " --with-pairs writes for such prompts too"
)

_BUDGET = "pairlab.budget"


def carry_out(
    context: CliContext,
    making: Making,
    job: UnattendedJob,
    *,
    judging: JudgingOptions | None = None,
    as_json: bool,
    only: frozenset[str] | None = None,
    policy: str | None = None,
    price: Price | None = None,
    max_cost: float | None = None,
    dry_run: bool = False,
) -> None:
    """Load the model, take the steps, tell what came of it.

    Ends with 1 where any prompt or pair failed: the work that was asked for is not done.

    Args:
        context: the project.
        making: the options.
        job: what of the method is done.
        judging: how pairs are judged, for a job that judges.
        as_json: tell it as JSON on stdout.
        only: of the prompts only these; None for all.
        policy: text of the policy file, kept with the run.
        price: of tokens, for what is told and for ``max_cost``.
        max_cost: what servers may take.
        dry_run: tell the plan and do nothing.
    """
    limits = outlook.limits(making.max_tokens_total, max_cost, price)
    if limits and not making.endpoint:
        raise click.UsageError("--max-tokens-total and --max-cost are for --endpoint")
    budget = _budget(limits)
    plan = replace(plan_of(making, job.parts, only, judging), policy=policy)
    with session(context.db) as db:
        last = last_model(db)
        if making.with_pairs and not dry_run:
            answered_prompts.ask_all(db)
        _, items = pending_work(plan).complete(db)
        if not items:
            left = 0 if job is JUDGE else answered_prompts.count(db)
            fail(_LEFT.format(counted(left, "prompt")) if left else job.nothing)
    teacher = chosen_model(making.teacher, None).path if making.teacher else None
    student = student_of(making, last)
    seen = _look_ahead(context, plan, job, making, (student, teacher), price, as_json=as_json)
    if dry_run:
        if as_json:
            put_json({"plan": seen})
        return
    store = StoreThread(context.db)
    try:
        engine = engine_of(making, student, budget)
        if student is not None and "propose" in job.parts:
            store.submit(remember_model, student)
        second = host_engine(teacher, _loading(making)) if teacher is not None else None
        runner = Runner(engine, store, plan, teacher=second, clock=clock.now)
        with nullcontext() if job is JUDGE else alone(context.db):
            summary = asyncio.run(_make(runner, [engine, *([second] if second else [])], job))
    finally:
        store.close()
    with session(context.db) as db:
        found = worth_a_look.of_runs(db, summary.run_ids) if job is not JUDGE else None
    if runner.paired:
        say(
            "Paired the two proposed answers that the judge sets furthest apart:"
            f" {counted(runner.paired, 'new pair')}."
        )
    report = judging_report.report_of(context.db, runner) if judging else None
    if as_json:
        told = summary.as_json(job.item) | (report.as_json() if report else {})
        put_json(told | ({"plan": seen, "worth_a_look": asdict(found)} if found else {}))
    else:
        unattended_jobs.tell(summary, job)
        if found is not None:
            outlook.tell_worth_a_look(found, price)
        if report is not None:
            judging_report.tell(report)
    if not summary.finished:
        raise Stopped(1)
    if summary.failures:
        raise click.exceptions.Exit(1)


def _look_ahead(
    context: CliContext,
    plan: Plan,
    job: UnattendedJob,
    making: Making,
    files: tuple[Path | None, Path | None],
    price: Price | None,
    *,
    as_json: bool,
) -> dict[str, Any] | None:
    """Tell what there is to do, and how long it takes; judging has its own words."""
    if job is JUDGE:
        return None
    student, teacher = files
    writes = student.name if student else making.model
    with session(context.db) as db:
        seen = outlook.of_plan(db, plan, writes, teacher.name if teacher else writes, price)
    if not as_json:
        models = [
            writes or f"the model of {' and '.join(making.endpoint)}",
            *([teacher.name] if teacher else []),
        ]
        words = {kind: word for kind, word in job.writes.items() if kind in seen.texts}
        outlook.tell(seen, plan, words, models, priced=price is not None)
    return seen.as_json()


def student_of(making: Making, last: str | None) -> Path | None:
    """The model file the options name, or else the project's last; None where a server writes."""
    if not making.endpoint:
        return chosen_model(making.model, last).path
    refuse_for_servers(making.loading)
    return None


def _budget(limits: Sequence[Limit]) -> Budget:
    """What servers may take; the judge of a policy without a budget shares the run's."""
    meta = click.get_current_context().meta
    if limits or _BUDGET not in meta:
        meta[_BUDGET] = Budget(limits)
    budget: Budget = meta[_BUDGET]
    return budget


def engine_of(making: Making, student: Path | None, budget: Budget | None = None) -> Engine:
    """The engine the options name; nothing is started before it is loaded."""
    if student is not None:
        return host_engine(student, _loading(making))
    servers = ServerChoice(making.endpoint, making.allow_remote, making.api_key_file)
    return server_engine(servers, model=making.model, think=making.think.wanted, budget=budget)


def _loading(making: Making) -> HostSettings:
    return replace(making.loading, think=making.think.wanted)


def plan_of(
    making: Making,
    parts: frozenset[Part],
    only: frozenset[str] | None = None,
    judging: JudgingOptions | None = None,
) -> Plan:
    """The plan behind the options; a value that cannot be is wrong usage."""
    try:
        return Plan(
            constitution=load(making.constitution),
            candidates=making.candidates,
            temperature=making.temperature,
            rounds=making.rounds,
            pick=making.pick,
            max_tokens=making.max_tokens,
            thinking_tokens=making.think.tokens,
            seed=making.seed,
            limit=making.limit,
            revise_all=making.revise_all,
            parts=_parts(making, parts),
            only=only,
            judging=judging or JudgingOptions(),
        )
    except (BadRequest, ConstitutionError) as error:
        raise click.UsageError(str(error)) from error


def _parts(making: Making, parts: frozenset[Part]) -> frozenset[Part]:
    """The parts of the method with what the options change in them."""
    if making.no_critique:
        parts = parts - {"revise"} | {"direct"}
    if making.long_rejected is not None:
        parts |= {"pad_all" if making.long_rejected == "all" else "pad"}
    return parts


async def _make(runner: Runner, engines: Sequence[Engine], job: UnattendedJob) -> Summary:
    """Run to the end, or until Ctrl-C."""
    told: Counter[str] = Counter()
    began = time.monotonic()
    finished = True
    with progress(runner, engines, job, told):
        try:
            for engine in engines:
                await engine.load()
            task = asyncio.create_task(runner.run())
            with contextlib.suppress(NotImplementedError):  # no signal handlers on Windows
                for signum in (signal.SIGINT, signal.SIGTERM):
                    asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
            try:
                await task
            except asyncio.CancelledError:
                finished = False
            except BudgetSpent as spent:
                finished = False
                say(f"Stopped: {spent}.")
        finally:
            for engine in engines:
                await engine.shutdown()
    complete, items = await runner.complete()
    return Summary(
        finished=finished,
        items=items,
        complete=complete,
        written={kind: told[kind] for kind in job.writes if told[kind] or kind != "pad"},
        failures=dict(runner.failures),
        seconds=round(time.monotonic() - began, 1),
        evaluated_tokens=sum(engine.status.evaluated_tokens for engine in engines),
        needed_tokens=sum(engine.status.needed_tokens for engine in engines),
        run_ids=runner.run_ids,
    )

"""The maker at work without a screen: progress on stderr, a summary at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from engine.constitution import load
from engine.errors import BadRequest, ConstitutionError
from engine.face import Engine
from engine.maker import Maker
from engine.news import Failed, MakerEvent, Stored
from engine.news import Progress as MakerProgress
from engine.plan import Plan
from store import clock, pending, prompts
from store.sqlite import session
from store.thread import StoreThread
from tui.cli.context import CliContext, fail, put_json, say, stderr_console
from tui.cli.engines import EngineOptions, host_engine, server_engine
from tui.cli.making import Making
from tui.cli.model import chosen_model, last_model, remember_model
from tui.figures import counted, time_left
from tui.visible import clean, one_line


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an unattended run."""

    finished: bool
    """False when it was stopped."""
    prompts: int
    """In the plan."""
    complete: int
    written: dict[str, int]
    """Texts and pairs of this run, by step."""
    failures: dict[str, str]
    """Reason by prompt id."""
    seconds: float
    evaluated_tokens: int
    needed_tokens: int
    """What would have been evaluated had nothing been shared."""


def carry_out(context: CliContext, making: Making, *, as_json: bool) -> None:
    """Load the model, take the steps, tell what came of it; ends with 1 where texts failed."""
    plan = plan_of(making)
    with session(context.db) as db:
        last = last_model(db)
        if not prompts.count(db):
            fail("there is no prompt in the project; `pairlab import FILE` brings some in")
    teacher = chosen_model(making.teacher, None).path if making.teacher else None
    if making.endpoint is None:
        student = chosen_model(making.model, last).path
    store = StoreThread(context.db)
    try:
        options = EngineOptions(making.n_ctx, making.threads, making.gpu_layers)
        if making.endpoint is not None:
            engine = server_engine(
                making.endpoint, model=making.model, allow_remote=making.allow_remote
            )
        else:
            engine = host_engine(student, options)
            store.submit(remember_model, student)
        second = host_engine(teacher, options) if teacher is not None else None
        maker = Maker(engine, store, plan, teacher=second, clock=clock.now)
        summary = asyncio.run(_make(maker, [engine, *([second] if second else [])], store))
    finally:
        store.close()
    if as_json:
        put_json(asdict(summary))
    else:
        _tell(summary)
    if summary.failures or not summary.finished:
        raise click.exceptions.Exit(1)


def plan_of(making: Making) -> Plan:
    """The plan behind the options; a value that cannot be is wrong usage."""
    try:
        return Plan(
            constitution=load(making.constitution),
            candidates=making.candidates,
            temperature=making.temperature,
            rounds=making.rounds,
            pick=making.pick,
            max_tokens=making.max_tokens,
            seed=making.seed,
            limit=making.limit,
            revise_all=making.revise_all,
        )
    except (BadRequest, ConstitutionError) as error:
        raise click.UsageError(str(error)) from error


async def _make(maker: Maker, engines: list[Engine], store: StoreThread) -> Summary:
    """Run to the end, or until Ctrl-C."""
    told: Counter[str] = Counter()
    began = time.monotonic()
    finished = True
    with _progress(maker, engines[0], told):
        try:
            for engine in engines:
                await engine.load()
            task = asyncio.create_task(maker.run())
            with contextlib.suppress(NotImplementedError):  # no signal handlers on Windows
                for signum in (signal.SIGINT, signal.SIGTERM):
                    asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
            try:
                await task
            except asyncio.CancelledError:
                finished = False
        finally:
            for engine in engines:
                await engine.shutdown()
    done, prompts_in_all = await store.call(pending.complete, maker.plan)
    status = engines[0].status
    return Summary(
        finished=finished,
        prompts=prompts_in_all,
        complete=done,
        written={kind: told[kind] for kind in ("propose", "critique", "revise")},
        failures=dict(maker.failures),
        seconds=round(time.monotonic() - began, 1),
        evaluated_tokens=status.evaluated_tokens,
        needed_tokens=status.needed_tokens,
    )


@contextmanager
def _progress(maker: Maker, engine: Engine, told: Counter[str]) -> Iterator[None]:
    """A bar on a terminal; a line for each failure anywhere."""
    console = stderr_console()
    with Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("texts · {task.description}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("loading the model", total=None)
        began = time.monotonic()

        def listen(event: MakerEvent) -> None:
            if isinstance(event, Stored):
                told[event.kind] += 1
            elif isinstance(event, Failed):
                console.print(clean(f"prompt {event.prompt_id[:12]}: {event.reason}"))
            elif isinstance(event, MakerProgress):
                minutes = (time.monotonic() - began) / 60
                speed = f"{engine.status.tokens_per_second:.0f} tok/s"
                pace = f"{told.total() / minutes:.0f} texts/min" if minutes else ""
                left = time_left(event.eta_seconds)
                words = " · ".join(part for part in (speed, pace, left) if part)
                bar.update(task, completed=event.done, total=event.total, description=words)

        forget = maker.subscribe(listen)
        try:
            yield
        finally:
            forget()


def _tell(summary: Summary) -> None:
    written = summary.written
    say(
        f"{summary.complete} of {summary.prompts} prompts complete; wrote"
        f" {counted(written['propose'], 'candidate')}, {counted(written['critique'], 'critique')},"
        f" {counted(written['revise'], 'revision')}"
        f" in {summary.seconds:.0f} s."
    )
    for prompt_id, reason in summary.failures.items():
        say(one_line(f"failed: prompt {prompt_id[:12]}: {reason}", 400))
    if not summary.finished:
        say("Stopped; what was written is stored. Run it again to go on.")

"""What the steps of the method share in one run: the models, the plan, the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.api import (
    Engine,
    ModelInfo,
)
from engine.method import templates
from engine.method.plan import JUDGING, Plan
from engine.method.templates import Style
from store.db.thread import StoreThread
from store.items import constitutions, runs
from store.judgements import judge_names
from store.records import Run, StoredConstitution


@dataclass(frozen=True, slots=True)
class RunModel:
    """One model at work in one run."""

    engine: Engine
    info: ModelInfo
    run_id: str
    style: Style


@dataclass(frozen=True, slots=True)
class RunContext:
    """Everything a step needs; made once a run."""

    store: StoreThread
    plan: Plan
    proposer: RunModel
    """Writes the candidates."""
    reviser: RunModel
    """Writes critiques and revisions: the teacher where there is one."""
    constitution_id: str
    clock: Callable[[], str]
    judge: str
    """The name its labels and askings stand under; empty where the plan does not judge."""
    attempts: dict[str, int]
    """By place, the last attempt of earlier runs and of this one that led to no text."""


async def open_context(
    store: StoreThread,
    plan: Plan,
    engine: Engine,
    *,
    teacher: Engine | None,
    clock: Callable[[], str],
) -> RunContext:
    """Load the models and record the run.

    Raises:
        EngineError: a model does not load.
    """
    law = plan.constitution
    constitution_id = await store.call(
        constitutions.add,
        StoredConstitution(
            name=law.name,
            version=law.version,
            language=law.language,
            source=law.source,
            created_at=clock(),
        ),
    )
    judge = await _judge_name(store, plan, engine) if plan.parts == JUDGING else ""
    proposer = await _run_model(store, plan, engine, clock, judge)
    reviser = proposer if teacher is None else await _run_model(store, plan, teacher, clock, judge)
    attempts = await store.call(runs.attempts_made)
    return RunContext(store, plan, proposer, reviser, constitution_id, clock, judge, attempts)


async def _judge_name(store: StoreThread, plan: Plan, engine: Engine) -> str:
    info = engine.info or await engine.load()
    return await store.call(judge_names.name_for, info.name, info.sha256, plan.judging.name)


async def _run_model(
    store: StoreThread, plan: Plan, engine: Engine, clock: Callable[[], str], judge: str
) -> RunModel:
    info = engine.info or await engine.load()
    style = templates.style_for(info)
    settings = {
        **plan.as_settings(),
        **({"judge": judge} if judge else {}),
        "n_ctx": info.n_ctx,
        "quantisation": info.quantisation,
        **({"loaded_with": info.loaded_with} if info.loaded_with else {}),
        **(
            {"converted_from": {"name": info.original, "sha256": info.original_sha256}}
            if info.original
            else {}
        ),
        "template": f"{templates.VERSION} {style.name}",
    }
    run_id = await store.call(
        runs.add_run,
        Run(
            model=info.name,
            model_sha256=info.sha256,
            backend=info.backend,
            chat_template=info.chat_template,
            settings=settings,
            seed=plan.seed,
            started_at=clock(),
        ),
    )
    return RunModel(engine, info, run_id, style)

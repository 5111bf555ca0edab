"""Before a run: how much there is to do and how long that takes. After it: what to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from engine.endpoint.budget import Limit
from engine.method.events import Kind
from engine.method.plan import Plan
from store.db.sqlite import Database
from store.items import pending, worth_a_look, writing_pace
from tui.cli.output import say
from tui.formatting import counted, time_left


class Price(NamedTuple):
    """Of a million tokens, in whatever money the server takes."""

    prompt: float
    written: float

    def of(self, prompt_tokens: float, written_tokens: float) -> float:
        """What so many tokens cost."""
        return (self.prompt * prompt_tokens + self.written * written_tokens) / 1e6


def money(amount: float) -> str:
    """With cents; less than one with the two digits that count."""
    if not amount or amount >= 0.01:
        return f"{amount:,.2f}"
    return f"{float(f'{amount:.2g}'):.9f}".rstrip("0")


def limits(tokens: int | None, cost: float | None, price: Price | None) -> list[Limit]:
    """What servers may take, in tokens and in money."""
    made = [] if tokens is None else [Limit(tokens, f"{tokens:,} tokens")]
    if cost is not None and price is not None:
        made.append(Limit(cost, money(cost), price.prompt / 1e6, price.written / 1e6))
    return made


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan has left to do."""

    prompts: int
    complete: int
    texts: dict[str, int]
    """Texts to write by step; a critique that finds nothing spares its revision."""
    written_tokens: int
    prompt_tokens: int | None
    """None where the model has not written here yet."""
    expected: bool
    """The tokens are what this model's texts had here; else they are the most there can be."""
    tokens_per_second: float | None
    seconds: float | None
    """None where the pace is not known."""
    cost: float | None
    """None without a price."""

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def of_plan(
    db: Database, plan: Plan, proposer: str | None, reviser: str | None, price: Price | None
) -> Outlook:
    """What a plan has left to write, how long that takes and what it costs.

    Args:
        db: the project.
        plan: what is to be made.
        proposer: name of the model; None for a server's.
        reviser: who writes critiques and revisions.
        price: of tokens.
    """
    complete, prompts = pending.complete(db, plan, only=plan.only)
    left = pending.by_step(db, plan, only=plan.only)
    paces = {name: writing_pace.of_model(db, name) for name in {proposer, reviser}}
    written = prompt = seconds = 0.0
    expected = timed = True
    for step, number in left.items():
        known = paces[proposer if step == "propose" else reviser]
        kind = "propose" if step == "pad" else step
        mean = known.tokens.get(kind)
        expected = expected and mean is not None
        tokens = number * (mean.written if mean else plan.max_tokens)
        written += tokens
        prompt += number * (mean.prompt if mean else 0)
        timed = timed and known.per_second is not None
        seconds += tokens / (known.per_second or 1)
    return Outlook(
        prompts=prompts,
        complete=complete,
        texts=dict(left),
        written_tokens=round(written),
        prompt_tokens=round(prompt) if expected else None,
        expected=expected,
        tokens_per_second=round(written / seconds, 1) if timed and seconds else None,
        seconds=round(seconds) if timed else None,
        cost=round(price.of(prompt, written), 6) if price and expected else None,
    )


def tell(
    outlook: Outlook,
    plan: Plan,
    words: Mapping[Kind, str],
    models: Sequence[str],
    *,
    priced: bool = False,
) -> None:
    """One line of what, one of how much, one of how long; with a price, what it costs."""
    low, high = plan.temperature
    say(
        f"Plan: {counted(plan.candidates, 'candidate')} at T {low:g} to {high:g},"
        f" {counted(plan.rounds, 'round')}, principles {plan.pick} of {plan.constitution.name},"
        f" seed {plan.seed}, by {' and '.join(models)}."
    )
    texts = ", ".join(counted(outlook.texts.get(step, 0), word) for step, word in words.items())
    about = "about" if outlook.expected else "at most"
    prompts = f", {outlook.prompt_tokens:,} tokens of prompts" if outlook.prompt_tokens else ""
    work = f"to write: {texts}; {about} {outlook.written_tokens:,} tokens{prompts}"
    say(
        f"{counted(outlook.prompts, 'prompt')}, {outlook.complete:,} complete;"
        f" {work if texts else 'nothing to write'}."
    )
    if not texts:
        return
    if outlook.seconds is None:
        cost = priced and outlook.cost is None
        unknown = "How long it takes and what it costs are" if cost else "How long it takes is"
        say(f"{unknown} not known before the model has written a few texts here.")
    elif outlook.written_tokens:
        say(
            f"Expected: {time_left(outlook.seconds).removesuffix(' left')}, at"
            f" {outlook.tokens_per_second:,} tokens a second as in earlier runs."
        )
    if outlook.cost is not None:
        say(f"Expected cost: {money(outlook.cost)}.")


def tell_worth_a_look(found: worth_a_look.WorthALook, price: Price | None) -> None:
    """What a person should look at after a run; nothing where there is nothing."""
    faults = ", ".join(f"{number} {fault}" for fault, number in found.refused.items())
    parts = [
        f"{counted(found.retried, 'text')} tried again ({faults})" if found.retried else "",
        f"{counted(len(found.cut), 'answer')} cut off by --max-tokens" if found.cut else "",
        f"{counted(len(found.degenerate), 'answer')} degenerate" if found.degenerate else "",
        f"{counted(len(found.declining), 'answer')} declining" if found.declining else "",
    ]
    if any(parts):
        say(f"Worth a look: {'; '.join(part for part in parts if part)}. --json has the ids.")
    if found.thought:
        say(f"The model thought before {counted(found.thought, 'text')}; `show --json` tells what.")
    if price is not None:
        cost = price.of(found.prompt_tokens, found.written_tokens)
        say(
            f"{found.prompt_tokens:,} tokens of prompts and {found.written_tokens:,} written:"
            f" {money(cost)}."
        )

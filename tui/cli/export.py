"""``pairlab export``: preference data for a trainer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli import completion
from tui.cli.context import CliContext, fail, json_option, put, put_json, say, tell_plain
from tui.cli.help_tables import TabledCommand
from tui.formatting import share

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.db.sqlite import Database
    from store.exporting import ExportPlan, WrittenExport


def _formats() -> dict[str, str]:
    from store.exporting import summaries

    return summaries()


def _reasons() -> dict[str, str]:
    from store.exporting import ALLOWABLE, EXPLAINED

    return {
        reason: f"{why} (--allow)" if reason in ALLOWABLE else why
        for reason, why in EXPLAINED.items()
    }


@click.command(
    "export",
    cls=TabledCommand,
    tables=(("Formats", _formats), ("Reasons why a pair stays", _reasons)),
)
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    default="triplets",
    show_default=True,
    metavar="NAME",
    shell_complete=completion.of(completion.export_formats),
    help="One of the formats below, or FILE.toml.",
)
@click.option(
    "--from",
    "from_",
    default="consensus",
    show_default=True,
    metavar="SOURCE",
    shell_complete=completion.of(completion.sources),
    help="What counts as decided: consensus, majority, by:NAME, source:NAME (an imported file's"
    " own preference), decisions, ai, ai:NAME, or crowd (consensus:dawid-skene): three or more"
    " raters, people and models, each weighed.",
)
@click.option(
    "--split",
    metavar="0.9,0.05,0.05",
    help="Shares of train, validation and test; all rows of one prompt, and of prompts nearly the"
    " same, go to one of them.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the split.")
@click.option(
    "--allow",
    multiple=True,
    metavar="REASON",
    shell_complete=completion.of(completion.reasons),
    help="Let pairs in that this reason would keep out, where there is something to write; may be"
    " given again.",
)
@click.option("--min-annotators", type=int, default=1, show_default=True)
@click.option(
    "--max-length",
    type=int,
    default=1024,
    show_default=True,
    help="Tokens the trainer keeps; pairs that are identical within it stay out.",
)
@click.option(
    "--min-confidence",
    type=float,
    metavar="P",
    help="With --from ai: only verdicts of which the model is at least so sure, 0.5 to 1.",
)
@click.option(
    "--soft-labels",
    is_flag=True,
    help="With --from ai: the model's probabilities as columns of trl, and as margin of reward.",
)
@click.option(
    "--length-matched",
    is_flag=True,
    help="Leave pairs out until length says nothing of which answer is chosen.",
)
@click.option(
    "--redact",
    is_flag=True,
    help="Write [EMAIL], [PHONE], [CARD], [IBAN] ... in place of personal data that the check"
    " personal_data finds; the project stays as it is.",
)
@click.option(
    "--filter", "search", metavar="SEARCH", help="Of the pairs a search of mode B finds alone."
)
@click.option("--model", metavar="GGUF", help="Count tokens with this model's tokenizer.")
@click.option(
    "--license",
    "license_",
    default="unknown",
    show_default=True,
    metavar="NAME",
    help="Of the data set, for its card: cc-by-4.0, mit, other ...",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="CODE",
    help="Of the texts, for the card: en, ja ...; may be given again.",
)
@click.option("--parquet", is_flag=True, help="Write a folder's splits as Parquet.")
@click.option("--force", is_flag=True, help="Replace OUT where it exists.")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    out: Path,
    format_: str,
    from_: str,
    split: str | None,
    seed: int,
    allow: tuple[str, ...],
    min_annotators: int,
    max_length: int,
    min_confidence: float | None,
    search: str | None,
    model: str | None,
    license_: str,
    languages: tuple[str, ...],
    *,
    soft_labels: bool,
    length_matched: bool,
    redact: bool,
    parquet: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write OUT: one file (.json, .jsonl, .parquet), or a folder with splits, card and manifest.

    NAME may be a FILE.toml that describes a format of your own. Parquet needs the extra
    pairlab[parquet]. Only what is decided goes out; what stays is counted by reason.
    """
    from store import exporting
    from tui.cli.progress import counting
    from tui.cli.tokens import token_counter

    try:
        options = exporting.ExportOptions(
            format=format_,
            from_=from_,
            split=exporting.parse_split(split) if split is not None else None,
            seed=seed,
            allow=frozenset(allow),
            min_annotators=min_annotators,
            max_length=max_length,
            min_confidence=min_confidence,
            soft_labels=soft_labels,
            length_matched=length_matched,
            redact=redact,
            parquet=parquet,
            force=force,
            license=license_.lower(),
            languages=tuple(code.lower() for code in languages),
        )
        options.check_target(out)
        with context.open() as database, token_counter(database, model) as count_tokens:
            if search is not None:
                options = replace(options, only=_found(database, context.annotator, search))
            with_card = not exporting.is_file_target(out)
            with counting("reading what goes out", None):
                plan = exporting.plan(database, options, count_tokens, with_card=with_card)
            if not plan.entries:
                fail(_nothing(plan))
            with counting("writing", len(plan.entries)) as on_line:
                written = exporting.write(plan, out, on_line)
            tell_plain(database)
    except exporting.UsageProblem as problem:
        raise click.UsageError(str(problem)) from problem
    if as_json:
        put_json(_as_json(plan, written))
    else:
        _tell(plan, written)


def _found(database: Database, annotator: str, search: str) -> frozenset[str]:
    """The pairs that are asked for, or those of the prompts."""
    from store.views import marked
    from tui.cli.searching import searched

    query, found = searched(database, annotator, search)
    every = marked.pairs_of(database, query.kind, found)
    kept, closed = marked.to_export(database, every, annotator)
    if closed:
        say(f"{closed} pairs {annotator} has not labelled are left out: they would tell.")
    return frozenset(kept)


def _nothing(plan: ExportPlan) -> str:
    """Why no row would go out, and what to do."""
    from store.exporting import EXPLAINED, Reason
    from store.ids import SOURCE
    from tui.visible import clean

    why = "; ".join(
        f"{number}: {EXPLAINED[Reason(reason)]} ({reason})"
        for reason, number in plan.counts.items()
        if number
    )
    if not why:
        why = (
            "the project has no pair yet; `pairlab import FILE` brings some in"
            if plan.options.only is None
            else "no pair is left of what the search finds"
        )
    if plan.rows:  # ``ranked`` alone holds something else than decided pairs
        why = f"no prompt has a ranking; {len(plan.rows)} decided pairs would go out as triplets"
    source = next((name for name in plan.speakers if name.startswith(SOURCE)), None)
    hint = f"; --from {source} takes what the imported file itself preferred"
    return clean(f"no row to write, and nothing was written: {why}{hint if source else ''}")


def _as_json(plan: ExportPlan, written: WrittenExport) -> dict[str, object]:
    return {
        "out": str(written.out),
        "format": plan.format.name,
        "pairs": plan.pairs,
        "rows": written.rows,
        "excluded": plan.counts,
        "length_not_checked": len(plan.length_not_checked),
        "redacted": plan.redacted,
        "near_duplicates": written.near.as_json() if written.near else None,
        "files": {
            name: {"rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}
            for name, file in written.files.items()
        },
    }


def _tell(plan: ExportPlan, written: WrittenExport) -> None:
    from store.exporting import EXPLAINED, Reason

    where = "in the project" if plan.options.only is None else "found by the search"
    say(f"{written.rows} rows in {plan.format.name} format; {plan.pairs} pairs {where}.")
    for reason, number in plan.counts.items():
        if number:
            say(f"  {number:6} left out: {EXPLAINED[Reason(reason)]} ({reason})")
    if plan.redacted is not None:
        counts = ", ".join(f"{kind} {n}" for kind, n in plan.redacted.items()) or "none found"
        say(f"  personal data replaced by marks: {counts}")
    _tell_splits(plan, written)
    if plan.length_not_checked:
        say(
            f"  {len(plan.length_not_checked):6} not checked for being identical once cut:"
            " no model at hand to count tokens (length_not_checked)"
        )
    if plan.format.warning:
        say(f"  {plan.format.warning}")
    put(str(written.out))


def _tell_splits(plan: ExportPlan, written: WrittenExport) -> None:
    """How many rows each split has, and how far that is from what was asked for."""
    from store.exporting import SPLIT_NAMES

    rows = {name.partition(".")[0]: file.rows for name, file in written.files.items()}
    if "train" not in rows or not written.rows:
        return
    shares = zip(SPLIT_NAMES, plan.shares, strict=True)
    told = [
        f"{rows.get(name, 0)} {name} ({share(rows.get(name, 0) / written.rows)} of {share(wanted)})"
        for name, wanted in shares
    ]
    say(f"  {', '.join(told)}: all rows of one prompt are in one split.")
    if written.near is not None:
        say(
            f"  {len(written.near.near)} prompts stay in one split with another, nearly the same or"
            f" made from it; looked for: {written.near.told()}"
        )

"""The data set card: README.md of an exported folder."""

from __future__ import annotations

from collections.abc import Iterator

from store import ids
from store.agreement import bands
from store.agreement.report import Agreement
from store.content.near_duplicates import NearDuplicates
from store.exporting import card_head
from store.exporting.options import ExportOptions
from store.exporting.plan import ExportPlan
from store.exporting.reasons import EXPLAINED, Reason
from store.exporting.revision_wins import revision_wins
from store.reporting import couples, judges
from store.reporting.crowd import weighed
from store.reporting.markdown import cell, figure, table

_SOURCES = {
    "consensus": "a ruling; else the verdict of all who labelled the pair, where they agree;"
    " else, where nobody labelled it, the researcher's decision on the revision",
    "majority": "a ruling; else the verdict of more than half of those who labelled the pair;"
    " else, where nobody labelled it, the researcher's decision on the revision",
    "decisions": "the researcher's decision on the revision alone",
    "crowd": "a ruling; else the likeliest verdict of all raters, people and models, each weighed"
    " by how often they are right (Dawid and Skene 1979); else, where nobody labelled it, the"
    " researcher's decision on the revision",
    "ai": "the verdict of the models that judged the pair; **no person's label is in these files**",
}


def card(plan: ExportPlan, files: dict[str, int], near: NearDuplicates | None = None) -> str:
    """The card in Markdown; the same plan gives the same text.

    Args:
        plan: what went out.
        files: rows of each split's file, by file name.
        near: which prompts the splits keep together.
    """
    parts = [
        card_head.front_matter(plan, files),
        "# Preference data\n",
        _what(plan),
        _files(files, near),
        _excluded(plan),
        _agreement(plan),
        _judges(plan),
        _origin(plan),
        _limits(plan, near),
    ]
    return "\n".join(part for part in parts if part)


def _what(plan: ExportPlan) -> str:
    options = plan.options
    format_ = plan.format
    text = [
        f"Format `{format_.name}`: {format_.summary}.",
        f"Decided is: {source_in_words(options)}.",
    ]
    if options.min_annotators > 1:
        text.append(f"At least {options.min_annotators} annotators a pair, unless ruled on.")
    text += [line for line in (format_.note, format_.warning and f"**{format_.warning}**") if line]
    if plan.redacted is not None:
        counts = ", ".join(f"{kind} {n}" for kind, n in plan.redacted.items()) or "nothing"
        text.append(f"Personal data that a search by form found has marks in its place: {counts}.")
    if options.length_matched:
        text.append("Lengths are matched: chosen and rejected answers have the same, within bins.")
    return "\n".join(text) + "\n"


def source_in_words(options: ExportOptions) -> str:
    """Whose word counted, as a phrase."""
    if options.annotator and options.annotator.startswith(ids.SOURCE):
        return (
            f"what the imported file itself preferred ({options.annotator}); **no person's label"
            " is in these files**"
        )
    if options.annotator and options.by_models:
        return (
            f"the verdict of the model {options.annotator}; **no person's label is in these files**"
        )
    if options.annotator:
        return f"the verdict of {options.annotator} alone"
    return _SOURCES[options.from_]


def _files(files: dict[str, int], near: NearDuplicates | None) -> str:
    lines = ["## Files\n", "| file | rows |", "|---|---|"]
    lines += [f"| {name} | {rows} |" for name, rows in files.items()]
    lines += ["", "All rows of one prompt are in one file; a split without rows has no file."]
    if near is not None:
        lines.append(
            f"{len(near.near)} prompts are in one file with another that is nearly the same, or"
            f" that they were made from. Nearly the same is: {near.told()}."
        )
    return "\n".join(lines) + "\n"


def _excluded(plan: ExportPlan) -> str:
    out = len(plan.rows)
    if plan.format.holds != "pairs":
        lines = ["## Counts\n", f"Lines, {plan.format.holds}: {len(plan.entries)}.\n"]
    elif plan.format.every_pair:
        lines = [
            "## Counts\n",
            f"All {plan.pairs} pairs are here; {out} of them are decided and fit for training.\n",
        ]
    else:
        lines = ["## Counts\n", f"{out} of {plan.pairs} pairs went out.\n"]
    if plan.options.only is not None:
        lines.append("These are a selection of the project's pairs, marked by hand or searched.\n")
    if plan.by_category:
        lines += ["| category | pairs |", "|---|---|"]
        lines += [f"| {cell(name)} | {n} |" for name, n in plan.by_category.items()]
        lines.append("")
    if plan.by_basis:
        decided = ", ".join(f"{n} by {basis}" for basis, n in plan.by_basis.items())
        lines += [f"Decided: {decided}.", ""]
    if plan.excluded:
        lines += ["| left out | pairs | because |", "|---|---|---|"]
        lines += [
            f"| {reason} | {n} | {EXPLAINED[Reason(reason)]} |" for reason, n in plan.counts.items()
        ]
    if plan.options.allow:
        lines += ["", f"Let in on request: {', '.join(sorted(plan.options.allow))}."]
    return "\n".join(lines) + "\n"


def _agreement(plan: ExportPlan) -> str:
    lines = ["## Agreement\n"]
    if plan.options.by_models:
        lines.append("The figures are those of people; the labels here are a model's.\n")
    if plan.crowd is not None:
        lines += [*weighed(plan.crowd), ""]
    if plan.background.order.told:
        lines.append(f"{plan.background.order.words().capitalize()}.\n")
    found = plan.background.agreements
    if not found:
        return "\n".join([*lines, "No two people labelled the same pairs: agreement is unknown.\n"])
    rows = [[*couples.row(two), _word(two)] for two in found]
    return "\n".join([*lines, table([*couples.head("annotators"), ""], rows)]) + "\n"


def _judges(plan: ExportPlan) -> str:
    """The certificates of the models whose verdicts went out."""
    if not plan.certificates:
        return ""
    lines = ["## The judges\n"]
    if plan.label_smoothing is not None:
        n = sum(row.soft is not None for row in plan.rows)
        lines.append(
            "Label smoothing: on average the models give the other answer a probability of"
            f" {plan.label_smoothing:.3f} (mean of min(p, 1 - p), n {n}); a trainer that smooths"
            " labels (TRL: `label_smoothing`) may take that.\n"
        )
    if plan.options.min_confidence is not None:
        least = plan.options.min_confidence
        lines.append(f"Only verdicts of which the model is at least {least:g} sure.\n")
    for each in plan.certificates:
        lines += [f"### {cell(each.judge)}\n", *judges.of_judge(each)]
    return "\n".join(lines)


def _word(two: Agreement) -> str:
    word = two.kappa.reason or (two.band or "")
    return f"{bands.TOO_FEW}; {word}" if bands.is_few(two.n) else word


def _origin(plan: ExportPlan) -> str:
    behind = plan.background
    lines = ["## Where it comes from\n"]
    lines += [
        f"- constitution {cell(rules.name)} {cell(rules.version)}, SHA-256 `{rules.id}`"
        for rules in behind.constitutions
    ]
    lines += [f"- guideline version {g.version}, SHA-256 `{g.id}`" for g in behind.guidelines]
    lines += [model.markdown for model in behind.models]
    lines += [f"- {cell(name)}: {n} labels" for name, n in behind.labels.items()]
    if len(lines) == 1:
        lines.append("No model, constitution or annotator is recorded.")
    return "\n".join(lines) + "\n"


def _limits(plan: ExportPlan, near: NearDuplicates | None) -> str:
    return (
        "\n".join(["## Known limits\n", *(f"- {line}" for line in _known_limits(plan, near))])
        + "\n"
    )


def _known_limits(plan: ExportPlan, near: NearDuplicates | None) -> Iterator[str]:
    if plan.crowd is not None:
        yield from map(cell, plan.crowd.warnings)
    for two in plan.background.agreements:
        if two.kappa.value is not None and bands.stops(two.kappa.value, two.n):
            yield (
                f"agreement of {' and '.join(map(cell, two.annotators))} is low (kappa"
                f" {figure(two.kappa, 2)}): such labels do not train a model"
            )
    if plan.by_basis.get("decision") and not plan.format.every_pair:
        n = plan.by_basis["decision"]
        yield (
            f"{n} {'row rests' if n == 1 else 'rows rest'} on one person's decision, made with"
            " original and revision in view: not a blind label"
        )
    if plan.length_not_checked:
        yield (
            f"length_not_checked: {len(plan.length_not_checked)} long pairs could not be compared"
            f" within {plan.options.max_length} tokens, because no tokenizer was at hand"
        )
    if longer := _share_of_longer(plan):
        yield longer
    yield "texts were written by people and language models; they may be wrong, and may offend"
    missing = [
        *([] if near else ["near-duplicates"]),
        *(["personal data"] if plan.redacted is None else ["names and postal addresses"]),
        "bias beyond length",
    ]
    yield f"{', '.join(missing[:-1])} and {missing[-1]} were not looked for here"


def _share_of_longer(plan: ExportPlan) -> str | None:
    """What the card says about length: half is what chance would give."""
    differing = [
        apart for row in plan.rows if (apart := len(row.chosen.text) - len(row.rejected.text))
    ]
    if not differing:
        return None
    longer = sum(apart > 0 for apart in differing)
    share = longer / len(differing)
    biased = " : length bias is likely" if abs(share - 0.5) > 0.1 and len(differing) >= 20 else ""
    told = (
        f"the chosen answer is the longer one in {share:.0%} of {len(differing)} rows of"
        f" unequal length{biased}".replace(" :", ":")
    )
    revised = revision_wins(plan.rows)
    return f"{told}; {revised.told()}" if revised.n else told

"""What the user asked of an export, checked before anything is read or written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from store import arrow, ids, names
from store.errors import StoreError
from store.exporting.reasons import ALLOWABLE, Reason

SOURCES: Final = ("consensus", "majority", "decisions", "ai", "crowd")
"""Whose word counts; beside them ``by:NAME`` for one annotator's own, ``ai:NAME`` for one model's,
and ``source:NAME`` for the preference that an imported file brought with it."""

_CROWD: Final = "consensus:dawid-skene"
"""Another name of ``crowd``, which says how."""

DEFAULT_SPLIT: Final = (0.9, 0.05, 0.05)
"""Shares of train, validation and test where OUT is a folder and no split was asked for."""

_LICENSE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

_NOT_WRITTEN: Final = (
    *(".csv", ".tsv", ".txt", ".md", ".ndjson", ".arrow", ".xlsx"),
    *(".gz", ".bz2", ".xz", ".zst", ".zip"),
)
"""Endings that say a file is meant, of a kind that no export is."""

SPLIT_NAMES: Final = ("train", "validation", "test")


class UsageProblem(StoreError):
    """The export was asked for in a way that cannot be meant: wrong usage, exit status 2."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """An export's settings; making one with a bad value raises :class:`UsageProblem`."""

    format: str = "triplets"
    """A name of ``store.exporting.formats.FORMATS``."""
    from_: str = "consensus"
    """One of :data:`SOURCES` (``crowd`` is also ``consensus:dawid-skene``), or ``by:NAME``,
    ``source:NAME``, ``ai:NAME``."""
    split: tuple[float, float, float] | None = None
    """Shares of train, validation and test; None: the default for a folder, none for a file."""
    seed: int = 0
    """Seed of the split; rows themselves are in project order."""
    allow: frozenset[str] = frozenset()
    """Reasons that do not keep a pair out this time."""
    min_annotators: int = 1
    """How many annotators must have given a verdict; a ruling needs no more."""
    max_length: int = 1024
    """Tokens of prompt and answer that the trainer keeps (TRL's default is 1024)."""
    min_confidence: float | None = None
    """How sure a model must be of its verdict, max(p, 1 - p); of models' verdicts only."""
    soft_labels: bool = False
    """Write a model's probability as columns, in the formats that have room for it."""
    length_matched: bool = False
    """Leave pairs out until length says nothing of which answer is chosen."""
    redact: bool = False
    """Write marks such as ``[EMAIL]`` in place of personal data; the project stays as it is."""
    parquet: bool = False
    """Write the splits of a folder as Parquet; one file is Parquet where its name ends so."""
    only: frozenset[str] | None = None
    """Ids of the pairs it is about; None: all of the project."""
    force: bool = False
    """Replace an export that is already there."""
    license: str = "unknown"
    """As hubs spell it (``cc-by-4.0``, ``mit``, ``other``); of the card alone."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the texts, for the card; empty where nobody said."""

    def __post_init__(self) -> None:
        if self.from_ == _CROWD:
            object.__setattr__(self, "from_", "crowd")
        self._check_source()
        for reason in sorted(self.allow):
            _check_allowed(reason)
        if self.split is not None:
            check_split(self.split)
        if self.min_annotators < 1:
            raise UsageProblem(f"--min-annotators is at least 1, not {self.min_annotators}")
        if not _LICENSE.fullmatch(self.license):
            raise UsageProblem(
                f"--license '{self.license}' is no name of a license such as cc-by-4.0, mit, other"
            )
        for language in self.languages:
            if not _LANGUAGE.fullmatch(language):
                raise UsageProblem(f"--language '{language}' is no code such as en, ja or pt-br")
        if self.max_length < 1:
            raise UsageProblem(f"--max-length is at least 1 token, not {self.max_length}")
        self._check_confidence()

    @property
    def annotator(self) -> str | None:
        """Whose labels alone count, in the form names are compared in; None for all."""
        if self.from_.startswith("by:"):
            return ids.name(self.from_[3:])
        return ids.name(self.from_) if self.from_.startswith((ids.SOURCE, ids.AI)) else None

    def with_annotator(self, spelled: str) -> ExportOptions:
        """The same, of one annotator as the project spells the name."""
        marked = spelled.startswith((ids.SOURCE, ids.AI))
        return replace(self, from_=spelled if marked else f"by:{spelled}")

    @property
    def by_models(self) -> bool:
        """Whether the verdicts are those of models."""
        return self.from_ == "ai" or ids.is_ai(self.annotator or "")

    def check_target(self, out: Path) -> None:
        """Refuse what cannot be: splits in one file, Parquet under another name or without pyarrow.

        Raises:
            UsageProblem: with the ways out.
        """
        if out.name == "-" or out.suffix.lower() in _NOT_WRITTEN:
            raise UsageProblem(
                f"{out} is not written: name a file that ends in .json, .jsonl or .parquet, or a"
                " folder"
            )
        if self.parquet and out.suffix.lower() in (".json", ".jsonl"):
            raise UsageProblem(f"--parquet is for a folder, or name OUT .parquet, not {out}")
        if self.is_parquet(out) and not arrow.is_installed():
            raise UsageProblem(
                f"Parquet needs an extra: pip install '{arrow.EXTRA}'; nothing was written"
            )
        if self.split is not None and is_file_target(out):
            raise UsageProblem(
                f"--split needs a folder, but {out} is one file: leave --split out, or name a"
                " folder"
            )

    def is_parquet(self, out: Path) -> bool:
        """Whether what is written under this name is Parquet."""
        return self.parquet or out.suffix.lower() == ".parquet"

    def _check_source(self) -> None:
        if self.from_ in SOURCES or self.annotator not in (None, "", ids.SOURCE, ids.AI):
            return
        if self.from_.startswith(ids.SOURCE):
            raise UsageProblem("--from source:NAME needs the name of a source after the colon")
        if self.from_.startswith(ids.AI):
            raise UsageProblem("--from ai:NAME needs the name of a model after the colon")
        if self.from_.startswith("by:"):
            raise UsageProblem("--from by:NAME needs the name of an annotator after the colon")
        raise UsageProblem(
            f"--from '{self.from_}' is none of {', '.join(SOURCES)}, by:NAME, ai:NAME,"
            f" source:NAME{names.hint(self.from_, SOURCES)}"
        )

    def _check_confidence(self) -> None:
        sure = self.min_confidence
        if sure is not None and not 0.5 <= sure <= 1:
            raise UsageProblem(f"--min-confidence is from 0.5 to 1, not {sure:g}")
        if (sure is not None or self.soft_labels) and not self.by_models:
            raise UsageProblem(
                "--min-confidence and --soft-labels are about a model's verdicts: they need"
                " --from ai, or --from ai:NAME"
            )


def is_file_target(out: Path) -> bool:
    """Whether OUT names one file; anything else is a folder."""
    return out.suffix.lower() in (".json", ".jsonl", ".parquet")


def parse_split(text: str) -> tuple[float, float, float]:
    """The shares behind ``--split 0.9,0.05,0.05``.

    Raises:
        UsageProblem: not three numbers from 0 to 1 that make 1.
    """
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if len(shares) != len(SPLIT_NAMES):
        raise UsageProblem(
            f"--split '{text}' is not three numbers (train, validation, test) such as 0.9,0.05,0.05"
        )
    train, validation, test = shares
    check_split((train, validation, test))
    return train, validation, test


def check_split(split: tuple[float, float, float]) -> None:
    """Refuse shares that are negative, no numbers, or do not make 1.

    Raises:
        UsageProblem: with the sum they make.
    """
    if not all(0 <= share <= 1 for share in split) or not math.isclose(sum(split), 1, abs_tol=1e-6):
        shown = ",".join(f"{share:g}" for share in split)
        raise UsageProblem(f"--split {shown}: each share is from 0 to 1, and together they make 1")


def _check_allowed(reason: str) -> None:
    if reason in ALLOWABLE:
        return
    if reason in set(Reason):
        allowable = ", ".join(sorted(ALLOWABLE))
        raise UsageProblem(
            f"--allow {reason}: such a pair has no chosen and rejected answer that this format"
            f" could hold; what can be allowed: {allowable}"
        )
    raise UsageProblem(f"--allow {reason}: no such reason{names.hint(reason, sorted(ALLOWABLE))}")

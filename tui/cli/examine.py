"""What ``doctor`` says about the model, beside what the store says about the file."""

from __future__ import annotations

from pathlib import Path

from engine import netlock, writelock
from engine.errors import EngineError, NoModel
from engine.llama import conversion, weights
from engine.llama.kernels import several_at_once
from store.db.doctor import Diagnosis, Severity
from store.db.session import session
from store.errors import StoreError
from tui import configuration
from tui.cli.model import chosen_model, last_model
from tui.cli.models import CONVERT
from tui.modes.model.text import ONE_BY_ONE


def model_findings(project: Path) -> list[Diagnosis]:
    """One finding about the model that would be used here."""
    try:
        with session(project) as db:
            last = last_model(db)
    except StoreError:
        last = None  # the store's own findings say why
    try:
        found = chosen_model(None, last)
        header = weights.checked(found.path)
    except NoModel as error:
        return [Diagnosis("model", Severity.NOTE, str(error), "Labels and exports need none.")]
    except EngineError as error:
        return [Diagnosis("model", Severity.BROKEN, str(error))]
    words = f"{found.path} ({found.why}): {header.architecture}, {header.quantisation}"
    if several_at_once(header):
        return [Diagnosis("model", Severity.OK, words)]
    if conversion.replaced(found.path):
        copy = conversion.copy_of(found.path)
        return [Diagnosis("model", Severity.OK, f"{words}; its converted copy is loaded: {copy}")]
    return [Diagnosis("model", Severity.NOTE, f"{words}; {ONE_BY_ONE}", CONVERT)]


def network_finding() -> Diagnosis:
    """How the way to a network is closed for this command, as for the app."""
    closed = netlock.state()
    if closed is netlock.Network.LOCKED:
        words = f"{closed.value}: no socket but between processes of this machine"
        return Diagnosis("network", Severity.OK, words)
    return Diagnosis(
        "network",
        Severity.NOTE,
        f"{closed.value}: the kernel does not keep code outside Python from opening a socket",
        "Linux on x86-64 or aarch64 locks it; elsewhere use a machine without a network.",
    )


def files_finding() -> Diagnosis:
    """Whether the processes that hold model and connection can change files."""
    if writelock.available():
        return Diagnosis(
            "files",
            Severity.OK,
            "the HTTP process and, without a GPU, the model's can change no file (Landlock)",
        )
    return Diagnosis(
        "files",
        Severity.NOTE,
        "this kernel does not keep the model's process from changing files (no Landlock)",
        "Use models you trust; Linux 5.13 and newer has it.",
    )


def configuration_findings() -> list[Diagnosis]:
    """What this person's configuration says that cannot be used, line by line."""
    file = configuration.path()
    read = configuration.read(file)
    if not file.exists():
        return []
    if not read.refused:
        return [Diagnosis("configuration", Severity.OK, str(file))]
    remedy = "It has no effect; pairlab keys lists what can be moved."
    return [
        Diagnosis("configuration", Severity.WARNING, f"{file}: {words}", remedy)
        for words in read.refused
    ]

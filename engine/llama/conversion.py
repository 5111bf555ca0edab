"""Weights converted to a type that llama.cpp multiplies for several tokens at once.

The starter model is converted once, into the user's cache, and used in the place of the file as it
was shipped; ``PAIRLAB_CONVERT=off`` goes back to that. A person's own file is converted only when
that is asked for. The head of what was converted names the original and its SHA-256.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.child.process import child_environment, python
from engine.errors import EngineError, ModelFileError
from engine.llama.crashes import reason_in
from engine.llama.fingerprint import default_cache, sha256_of
from engine.llama.gguf import GgufHeader, read_header
from engine.llama.kernels import several_at_once
from engine.llama.weights import checked, starter_model
from store.db import leftovers

SWITCH: Final = "PAIRLAB_CONVERT"
"""Environment variable; ``off`` uses the starter model as it was shipped."""
TYPES: Final = {"q8_0": (7, 34), "q4_0": (2, 18)}
"""What can be converted to: llama.cpp's number of the file type, and bytes for 32 weights."""
USUAL: Final = "q8_0"
_SPARE: Final = 16 * 1024 * 1024
"""Bytes beside the weights: vocabulary, vectors that stay as they are."""


@dataclass(frozen=True, slots=True)
class WeightsInUse:
    """The file that is loaded for a model."""

    path: Path
    words: str = ""
    """What is worth telling: that a file was converted now, or why it was not."""


def in_use(model: Path, *, env: Mapping[str, str] = os.environ) -> WeightsInUse:
    """The file to load for a model: its own, or for the starter model the converted copy.

    The copy is made where there is none yet, which takes a second or two.

    Args:
        model: the file that was chosen.
        env: the environment.
    """
    if not _wanted(model, env):
        return WeightsInUse(model)
    try:
        if several_at_once(checked(model)):
            return WeightsInUse(model)
        copy = copy_of(model)
        if _is_copy(copy, model):
            return WeightsInUse(copy)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        return WeightsInUse(copy, convert(model, copy))
    except EngineError as error:
        why = str(error)
    except OSError as error:
        why = f"{error.filename} cannot be written ({error.strerror})"
    return WeightsInUse(model, f"the starter model is used as it was shipped: {why}")


def replaced(model: Path, *, env: Mapping[str, str] = os.environ) -> bool:
    """Whether :func:`in_use` would load a converted copy that is there already."""
    return _wanted(model, env) and _is_copy(copy_of(model), model)


def _wanted(model: Path, env: Mapping[str, str]) -> bool:
    starter = starter_model()
    if starter is None or env.get(SWITCH, "").lower() == "off":
        return False
    return model.exists() and model.samefile(starter)


def copy_of(model: Path, to: str = USUAL) -> Path:
    """Where the converted copy of a model is kept for this user."""
    folder = default_cache().parent / "models" / sha256_of(model)[:16]
    return folder / converted_name(model, to)


def _is_copy(copy: Path, model: Path) -> bool:
    """Whether ``copy`` is there, whole, and made from this very file."""
    try:
        header = checked(copy)
    except ModelFileError:
        return False
    return header.original_sha256 == sha256_of(model)


def converted_name(model: Path, to: str = USUAL) -> str:
    """``Some-Model.Q4_1.gguf`` -> ``Some-Model.Q8_0.gguf``."""
    stem, dot, kind = model.stem.rpartition(".")
    if not dot or not kind.upper().startswith(("Q", "IQ", "TQ", "F16", "F32", "BF16")):
        stem = model.stem
    return f"{stem}.{to.upper()}.gguf"


def convert(source: Path, target: Path, to: str = USUAL) -> str:
    """Convert a model file; ``target`` is then whole, or as it was.

    Returns:
        What was done, in a line.

    Raises:
        ModelFileError: the file cannot be read or written, or there is no room.
    """
    header = checked(source)
    number, bytes_of_32 = TYPES[to]
    beside = leftovers.beside(target)
    try:
        leftovers.sweep(target.parent)
        if os.path.lexists(target):
            raise ModelFileError(f"{target} exists already and was left as it is")
        _check_room(header, bytes_of_32, target.parent)
        _quantise(source, beside, number)
        _keep(beside, target)
    except OSError as error:
        raise ModelFileError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return (
        f"{source.name} was converted to {to.upper()}, which reads prompts and writes several "
        f"texts at once faster: {target} ({target.stat().st_size / 1e6:.0f} MB)"
    )


def _check_room(header: GgufHeader, bytes_of_32: int, folder: Path) -> None:
    needed = header.n_params * bytes_of_32 // 32 + _SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelFileError(
            f"{folder.absolute()} has no room for the converted file: it needs"
            f" {needed / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free"
        )


def _quantise(source: Path, target: Path, number: int) -> None:
    """Let llama.cpp convert, in a process of its own."""
    given = (str(source), str(target), str(number), source.name, sha256_of(source))
    done = subprocess.run(
        python("engine.llama.host.quantise", *given),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=child_environment(os.environ),
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        why = said[-1] if said and done.returncode > 0 else reason_in(said)
        if "iostream error" in why:
            raise ModelFileError(
                f"{target.parent.absolute()} does not take the converted file: the disk is full,"
                " or no file may be so large"
            )
        why = why or f"it ended with {done.returncode}"
        raise ModelFileError(f"llama.cpp cannot convert {source.name}: {why}")


def _keep(beside: Path, target: Path) -> None:
    """Give the finished file its name, once all of it is on the disk."""
    if read_header(beside).missing_bytes:
        raise ModelFileError(f"the converted file of {target.name} came out too short")
    with beside.open("rb") as stream:
        os.fsync(stream.fileno())
    beside.rename(target)

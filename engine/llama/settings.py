"""How a model file is to be loaded, and what of that goes together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from engine.errors import BadRequest

CACHE_BITS: Final = {"f16": 16.0, "q8_0": 8.5, "q4_0": 4.5}
"""By type of keys and values in the cache: bits of each number."""
SWITCH: Final = ("on", "off", "auto")
SPLIT_MODES: Final = ("none", "layer", "row")


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How the model is to be loaded; None lets the host choose."""

    n_ctx: int | None = None
    """Tokens one sequence may hold."""
    n_threads: int | None = None
    gpu_layers: int | None = None
    slots: int | None = None
    """Answers written at the same time."""
    cells: int | None = None
    """Tokens the whole cache holds."""
    think: bool | None = None
    """Whether a reasoning model is to think; None leaves it to its chat template."""
    lora: str | None = None
    """A file with an adapter to apply to the weights."""
    cache_type: str = "f16"
    """How the cache stores keys and values."""
    flash_attention: str = "auto"
    """``on``, ``off``, or as llama.cpp finds the backend to have it."""
    split_mode: str | None = None
    """What several GPUs share: nothing (``none``), whole layers, or rows of each."""
    main_gpu: int | None = None
    """The only GPU that computes, or the one that has what is not split."""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            BadRequest: two options contradict each other.
        """
        if self.cache_type != "f16" and self.flash_attention == "off":
            raise BadRequest(
                f"--cache-type {self.cache_type} needs flash attention: leave"
                " --flash-attention off out, or take --cache-type f16"
            )
        if self.main_gpu is not None and self.split_mode == "layer":
            raise BadRequest("--main-gpu means nothing to --split-mode layer: take none or row")

    def told(self) -> str:
        """What of the cache and the GPUs was asked for, as options; empty where nothing was."""
        asked = (
            (field.name, value)
            for field in fields(self)
            if field.name in _TOLD and (value := getattr(self, field.name)) != field.default
        )
        return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asked)


_TOLD: Final = {"cache_type", "flash_attention", "split_mode", "main_gpu"}
"""What :class:`~engine.api.ModelInfo` does not tell already."""

AS_USUAL: Final = HostSettings()
"""Nothing was asked for."""

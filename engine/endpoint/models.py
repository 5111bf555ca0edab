"""What a server says of itself and its models."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any

from engine.api import ModelInfo
from engine.endpoint.parsing import as_count
from engine.errors import EndpointError


class ServerKind(Enum):
    """The servers whose own additions to the OpenAI interface are used."""

    LLAMA_SERVER = "llamacpp"
    VLLM = "vllm"
    OTHER = ""
    """Anything else, llama-cpp-python's server included."""


@dataclass(frozen=True, slots=True)
class Serving:
    """One model as a server offers it."""

    model: str
    """The name to ask for."""
    kind: ServerKind = ServerKind.OTHER
    n_ctx: int = 0
    """0 where the server does not say."""
    n_params: int = 0
    size_bytes: int = 0


def choose_model(listing: Any, wanted: str | None, server: str) -> Serving:
    """The model to ask for, from the answer to ``/v1/models``.

    Raises:
        EndpointError: the model wanted is not offered, or several are and none was named.
    """
    rows = listing.get("data") if isinstance(listing, dict) else None
    offered = {
        row["id"]: row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"].isprintable()
    }
    if wanted is not None:
        if offered and wanted not in offered:
            near = difflib.get_close_matches(wanted, offered, 1, cutoff=0.0)
            raise EndpointError(
                f"the server at {server} offers no model {wanted!r}: did you mean {near[0]!r}?"
            )
        return _serving(wanted, offered.get(wanted, {}))
    if not offered:
        raise EndpointError(f"the server at {server} lists no model: name one with --model")
    if len(offered) > 1:
        raise EndpointError(
            f"the server at {server} offers several models: name one of "
            f"{', '.join(sorted(offered))} with --model"
        )
    return _serving(*next(iter(offered.items())))


def _serving(model: str, row: Mapping[str, Any]) -> Serving:
    owner = row.get("owned_by")
    kind = next(
        (k for k in (ServerKind.LLAMA_SERVER, ServerKind.VLLM) if owner == k.value),
        ServerKind.OTHER,
    )
    found = row.get("meta")
    meta = found if isinstance(found, dict) else {}
    return Serving(
        model,
        kind,
        as_count(row.get("max_model_len")) or as_count(meta.get("n_ctx_train")) or 0,
        as_count(meta.get("n_params")) or 0,
        as_count(meta.get("size")) or 0,
    )


def describe(serving: Serving, props: Any, *, slots: int) -> ModelInfo:
    """What is known of the model; a server shows no file, so there is no hash.

    Args:
        serving: the model chosen.
        props: llama-server's answer to ``/props``, None from another server.
        slots: requests sent at the same time.
    """
    said = props if isinstance(props, dict) else {}
    settings = said.get("default_generation_settings")
    template = said.get("chat_template")
    context = (as_count(settings.get("n_ctx")) or 0) if isinstance(settings, dict) else 0
    return ModelInfo(
        # llama.cpp's servers name a model by its path, which is nobody else's business
        name=PurePath(serving.model).name if serving.model.endswith(".gguf") else serving.model,
        path=None,
        sha256=None,
        backend="endpoint",
        n_ctx=context or serving.n_ctx,
        n_params=serving.n_params,
        size_bytes=serving.size_bytes,
        quantisation="",
        chat_template=template if isinstance(template, str) else None,
        n_threads=0,
        gpu_layers=0,
        slots=slots,
    )

"""``pairlab models``: the model files found on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.cli.context import CliContext, json_option, put, put_json, say

if TYPE_CHECKING:
    from engine.llama.found import FoundModel


@click.command("models")
@json_option
@click.pass_obj
def command(context: CliContext, *, as_json: bool) -> None:
    """List the GGUF files in the usual folders, in $PAIRLAB_MODELS, and the starter model."""
    from engine.llama import found, weights
    from tui.cli.model import model_in_use

    used = model_in_use(context.db)
    rows = [_row(each, used) for each in found.found()]
    if as_json:
        put_json({"models": rows, "searched": [str(folder) for folder in found.folders()]})
        return
    if not rows:
        say("No GGUF file found; name one with --model, or put its folder into $PAIRLAB_MODELS.")
        say(f"The starter model: {weights.STARTER_COMMAND}")
    for row in rows:
        mark = "*" if row["used"] else " "
        about = row["problem"] or f"{row['architecture']}, {row['quantisation']}"
        put(f"{mark} {row['size_bytes'] / 1e6:8.0f} MB  {row['path']}  ({about})")


def _row(each: FoundModel, used: Path | None) -> dict[str, Any]:
    header = each.header
    return {
        "path": str(each.path),
        "size_bytes": each.size,
        "used": used is not None and each.path.samefile(used),
        "architecture": header.architecture if header else None,
        "quantisation": header.quantisation if header else None,
        "context": (header.context or None) if header else None,
        "problem": each.problem or None,
    }

"""``pairlab models``: the model files found on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tui.cli.context import CliContext, json_option, put, put_json, say


@click.command("models")
@json_option
@click.pass_obj
def command(context: CliContext, *, as_json: bool) -> None:
    """List the GGUF files in the usual folders, in $PAIRLAB_MODELS, and the starter model."""
    from engine.llama import weights
    from tui.cli.model import model_in_use

    used = model_in_use(context.db)
    folders = weights.usual_folders(os.environ, Path.home(), Path.cwd())
    starter = weights.starter_model()
    files = [*weights.model_files(folders, Path.cwd()), *([starter] if starter else [])]
    rows = [_row(path, used) for path in files]
    if as_json:
        put_json({"models": rows, "searched": [str(folder) for folder in folders]})
        return
    if not rows:
        say("No GGUF file found; name one with --model, or put its folder into $PAIRLAB_MODELS.")
        say(f"The starter model: {weights.STARTER_COMMAND}")
    for row in rows:
        mark = "*" if row["used"] else " "
        about = row["problem"] or f"{row['architecture']}, {row['quantisation']}"
        put(f"{mark} {row['size_bytes'] / 1e6:8.0f} MB  {row['path']}  ({about})")


def _row(path: Path, used: Path | None) -> dict[str, Any]:
    from engine.errors import ModelFileError
    from engine.llama import weights

    row: dict[str, Any] = {
        "path": str(path),
        "size_bytes": path.stat().st_size,
        "used": used is not None and path.samefile(used),
        "architecture": None,
        "quantisation": None,
        "context": None,
        "problem": None,
    }
    try:
        header = weights.checked(path)
    except ModelFileError as error:
        return row | {"problem": str(error)}
    return row | {
        "architecture": header.architecture,
        "quantisation": header.quantisation,
        "context": header.context or None,
    }

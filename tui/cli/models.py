"""``pairlab models``: the model files found on this machine, and their conversion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.cli.context import CliContext, fail, json_option, put, put_json, say
from tui.cli.one_of import OneOf

CONVERT = "`pairlab models convert FILE` makes such a copy."
"""What to do about weights that are read anew for every token."""

if TYPE_CHECKING:
    from engine.llama.found import FoundModel


@click.group("models", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List the GGUF files in the usual folders, in $PAIRLAB_MODELS, and the starter model.

    The folders are those of Ollama, LM Studio, llama.cpp and Hugging Face, this one and ~/models.
    Adapters, projectors, encoders and vocabularies, which answer nothing, are left out. The memory
    told is that of weights and cache.

    `pairlab models convert` makes a copy of a file that is faster for several texts at once.
    """
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, as_json=as_json)


@command.command("convert")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to",
    type=OneOf(["q8_0", "q4_0"]),
    default="q8_0",
    show_default=True,
    help="How the weights are stored: q8_0 changes little in what the model writes; q4_0 is"
    " smaller and changes more.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The copy.  [default: beside FILE, named after --to]",
)
def convert(file: Path | None, to: str, out: Path | None) -> None:
    """Make a copy of FILE in weights that llama.cpp multiplies for several tokens at once.

    Q4_1, Q5_1, Q3_K and the IQ types but IQ4_NL have no such kernel on a processor; neither have
    Q5_K and Q6_K on x86, nor Q5_0 on ARM. FILE stays as it is; the copy names it and its SHA-256.

    Without FILE the starter model is converted, into the cache folder, where it is used in the
    place of the shipped file from then on; PAIRLAB_CONVERT=off uses the shipped file.
    """
    from engine.llama import conversion, weights

    if file is not None:
        say(
            conversion.convert(file, out or file.with_name(conversion.converted_name(file, to)), to)
        )
        return
    starter = weights.starter_model()
    if starter is None:
        fail(f"name a file; the starter model is not installed ({weights.STARTER_COMMAND})")
    used = conversion.in_use(starter)
    say(used.words or f"the starter model is loaded from {used.path}")


def _list(context: CliContext, *, as_json: bool) -> None:
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
        about = row["problem"] or f"{row['architecture']}, {row['quantisation']}{_taken(row)}"
        if row["copy"]:
            about += f"; loaded from its converted copy {row['copy']}"
        elif row["several_at_once"] is False:
            about += "; slower for several texts at once: see pairlab models convert --help"
        put(f"{mark} {row['size_bytes'] / 1e6:8.0f} MB  {_named(row)}  ({about})")


def _named(row: dict[str, Any]) -> str:
    """The path, or Ollama's name where the path says nothing."""
    same = row["path"].endswith(row["name"])
    return str(row["path"] if same else row["name"])


def _taken(row: dict[str, Any]) -> str:
    """What it takes of the memory: weights, and the cache for the texts."""
    from engine.llama.memory import told

    return f"; {told(row['memory_bytes'])} of memory" if row["memory_bytes"] else ""


def _row(each: FoundModel, used: Path | None) -> dict[str, Any]:
    from engine.llama import conversion
    from engine.llama.kernels import several_at_once

    header = each.header
    return {
        "path": str(each.path),
        "name": each.name,
        "size_bytes": each.size,
        "memory_bytes": each.needs,
        "used": used is not None and each.path.samefile(used),
        "architecture": header.architecture if header else None,
        "quantisation": header.quantisation if header else None,
        "context": (header.context or None) if header else None,
        "several_at_once": several_at_once(header) if header else None,
        "copy": str(conversion.copy_of(each.path)) if conversion.replaced(each.path) else None,
        "original": header.original if header else None,
        "problem": each.problem or None,
    }

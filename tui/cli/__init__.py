"""The command line: ``pairlab [--db FILE] [--as NAME] [COMMAND]``.

Data goes to stdout, narration and progress to stderr. Exit status: 0 done, 1 the work could not
be done (one line on stderr), 2 wrong usage, 3 done, but some input rows were refused.

Each command lives in a module of its own, found by name when it is asked for; what is heavy
(textual, sqlite-utils, scikit-learn, the engine) is imported inside the commands, so that
``pairlab --help`` answers at once.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource
from click.exceptions import NoSuchCommand

from engine import netlock
from engine.privacy import leave_no_traces
from tui.cli import output, suggested
from tui.cli.context import CliContext, default_annotator, report_failures
from tui.cli.examples import epilog

COMMANDS = {
    "new": "creates the project file",
    "import": "brings in prompts, pairs or labels",
    "remove": "takes prompts or pairs out again, by import, id or search",
    "purge": "takes the texts of prompts out of the file for good",
    "run": "proposes, criticises and revises whatever is pending",
    "propose": "the first step of run alone: candidates for prompts that lack them",
    "revise": "the second step of run alone: critiques and revisions of what was proposed",
    "attack": "wraps harmful prompts in attack styles, and tells what each achieves",
    "sycophancy": "asks questions with a wrong and a right opinion, and tells who is swayed",
    "judge": "lets a model say which answer of each pair is better",
    "pair": "makes pairs of any two answers of a prompt",
    "label": "gives one label without the app",
    "show": "the whole chain behind a prompt, a pair or a triplet",
    "agree": "agreement between annotators: kappa and what goes with it",
    "scores": "which model, temperature, principle or answer is preferred, on one scale",
    "certificate": "whether a model can judge these pairs, with every figure that says so",
    "principles": "what each principle votes, and whose labels it explains",
    "compare": "human against AI feedback: cost, speed, consistency, bias, who judges what",
    "evaluate": "harmlessness and helpfulness of the answers, before and after revision",
    "check": "what a model would learn that nobody meant to teach it",
    "export": "writes preference data for a trainer",
    "round": "gives pairs to several annotators, sealed until all have finished",
    "setting": "what all annotators of the project agree on: strength scale, hidden repeats,"
    " least time on an item, order of the queue, what run pairs",
    "attribute": "what you choose to state of yourself: language, culture, field",
    "guideline": "the annotation rules and their versions",
    "merge": "brings in the work of another project file",
    "report": "writes agreement, rulings and counts as a document: OUT.md Markdown, OUT.html one"
    " page with its pictures",
    "doctor": "says what is wrong here",
    "backup": "makes a safe copy of the project file",
    "restore": "goes back to a backup safely; the present file is put aside",
    "rescue": "takes what can be read of a damaged file into a new one",
    "encrypt": "puts the project under a passphrase",
    "decrypt": "makes an encrypted project a plain file again",
    "rekey": "changes the passphrase of an encrypted project",
    "models": "lists the model files found, and converts one to a faster kind",
    "keys": "lists the keys of every mode, and how to move them",
}
"""Name and one-line help of every command, in the order ``--help`` shows them."""


class _Commands(click.Group):
    """A group that imports a command's module only when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tui.cli.{cmd_name.replace('import', 'import_')}")
        command: click.Command = module.command
        command.epilog = epilog(cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:  # click knows only of commands that were imported
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        with report_failures():
            return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run a command line and end the process with its status.

        click's own messages repeat what was typed; so they leave by our door (:mod:`output`).
        """
        own_process = args is None
        if own_process:
            leave_no_traces()
            output.take_over()
            if _names_a_server(sys.argv[1:]):  # whose process starts when it is first needed
                netlock.postpone()
            else:
                netlock.lock()
        try:
            status = super().main(
                args, prog_name or "pairlab", complete_var, standalone_mode=False, **extra
            )
        except click.Abort:
            output.say("pairlab: stopped; what was stored stays stored")
            status = 1
        except click.ClickException as error:
            output.say_refused(error)
            status = error.exit_code
        except Exception:
            if not own_process:
                raise
            output.say_crashed()
            status = 1
        sys.exit(status if isinstance(status, int) else 0)


def _names_a_server(words: Sequence[str]) -> bool:
    """Whether a server is named, perhaps in a policy file: `run` locks when it has read it."""
    return any(word.partition("=")[0] in {"--endpoint", "--policy"} for word in words)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PAIRLAB_DB",
    default=Path("pairlab.db"),
    help="The project file.  [default: $PAIRLAB_DB, then ./pairlab.db]",
)
@click.option(
    "--as",
    "annotator",
    metavar="NAME",
    envvar="PAIRLAB_AS",
    default=None,
    help="Who labels and decides.  [default: $PAIRLAB_AS, then the login name]",
)
@click.option(
    "--key-file",
    "key_files",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    multiple=True,
    help="Holds the passphrase of an encrypted project; readable by you alone. Several are tried"
    " in turn.  [default: asked for]",
)
@click.option(
    "--model",
    metavar="GGUF",
    help="Who writes in the app.  [default: $PAIRLAB_MODEL, the last used, the starter]",
)
@click.option(
    "--endpoint",
    metavar="URL",
    multiple=True,
    help="An OpenAI-compatible server writes in the app; several share the work.",
)
@click.option("--allow-remote", is_flag=True, help="That server may be another machine.")
@click.option(
    "--api-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Holds the key the server wants; readable by you alone.  [default: $PAIRLAB_API_KEY]",
)
@click.option(
    "--also-here",
    is_flag=True,
    help="Open the app although another window is open under this name.",
)
@click.version_option(None, "-V", "--version", package_name="pairlab", prog_name="pairlab")
@click.pass_context
def main(
    ctx: click.Context,
    db: Path,
    annotator: str | None,
    *,
    key_files: tuple[Path, ...],
    model: str | None,
    endpoint: tuple[str, ...],
    allow_remote: bool,
    api_key_file: Path | None,
    also_here: bool,
) -> None:
    """Preference data you can defend, made at the keyboard, on a machine that never goes online.

    Without a command the app opens. Its keys and colours can be changed in
    ~/.config/pairlab/config.toml ($XDG_CONFIG_HOME is honoured): see `pairlab keys --help`.
    """
    named = ctx.get_parameter_source("db") is ParameterSource.COMMANDLINE
    suggested.stand_at(COMMANDS, db if named else None)
    ctx.obj = CliContext(db, default_annotator(annotator), key_files)
    if ctx.invoked_subcommand is None:
        from tui.cli.engines import ServerChoice
        from tui.cli.launch import ModelChoice, launch

        servers = ServerChoice(endpoint, allow_remote, api_key_file)
        launch(ctx.obj, ModelChoice(model, servers, also_here))
    elif also_here:
        raise click.UsageError("--also-here is for the app: it stands without a command")
    elif model or endpoint or allow_remote or api_key_file:
        raise click.UsageError(
            "--model, --endpoint, --allow-remote and --api-key-file stand behind the command,"
            " or without one"
        )
    else:
        from tui.cli import passphrase

        passphrase.prepare(key_files)

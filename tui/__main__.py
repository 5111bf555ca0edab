"""``python -m tui`` is ``pairlab``."""

from tui.cli import main

main(prog_name="pairlab")

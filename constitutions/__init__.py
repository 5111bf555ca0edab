"""Where the shipped constitutions, the guideline and the starter prompts are."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The folder of the data files, also where a wheel was installed."""
GUIDELINE = FOLDER / "guideline.md"
"""The annotation guideline, in Markdown."""
STARTER = FOLDER / "starter.jsonl"
"""The starter prompts, one JSON object a line: id, prompt, category, tags."""
ATTACKS = FOLDER / "sets" / "attacks.toml"
"""The attack styles."""
BAITS = FOLDER / "sets" / "baits.toml"
"""Questions with a right and a wrong opinion, for the flip test."""

"""Models that Ollama has pulled: files named after their SHA-256, with manifests that name them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from engine.llama.folders import is_file

_WEIGHTS: Final = "application/vnd.ollama.image.model"
_USUAL_HOST: Final = "registry.ollama.ai"
_USUAL_OWNER: Final = "library"
_MOST_MANIFESTS: Final = 5000
_DIGEST: Final = re.compile(r"sha256[:-][0-9a-f]{12,64}")


def folders(env: Mapping[str, str], home: Path) -> list[Path]:
    """Where Ollama keeps its models: of this user, and of the service on Linux."""
    own = env.get("OLLAMA_MODELS") or home / ".ollama" / "models"
    return [Path(own), Path("/usr/share/ollama/.ollama/models")]


def models(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of each model in a folder of Ollama's."""
    root = folder / "manifests"
    try:
        # host / owner / model / tag
        manifests = sorted(islice(root.glob("*/*/*/*"), _MOST_MANIFESTS))
    except OSError:
        return
    for manifest in manifests:
        for digest in _weights(manifest):
            # as it is kept today, and as it was before 0.1.40
            for name in (digest.replace(":", "-"), digest):
                if is_file(file := folder / "blobs" / name):
                    yield _name(manifest.relative_to(root)), file
                    break


def named(name: str, env: Mapping[str, str], home: Path) -> Path | None:
    """The file of a model by Ollama's name for it (``smollm:135m``), None where there is none."""
    wanted = {name, f"{name}:latest"}
    for folder in folders(env, home):
        for found, file in models(folder):
            if found in wanted:
                return file
    return None


def name_of(file: Path) -> str | None:
    """Ollama's name for a file; None where it is not one of Ollama's."""
    if file.parent.name != "blobs" or not _DIGEST.fullmatch(file.name):
        return None
    return next((name for name, blob in models(file.parent.parent) if blob == file), None)


def _name(manifest: Path) -> str:
    host, owner, model, tag = manifest.parts
    before = [] if host == _USUAL_HOST else [host]
    if before or owner != _USUAL_OWNER:
        before.append(owner)
    return "/".join([*before, f"{model}:{tag}"])


def _weights(manifest: Path) -> list[str]:
    """Digests of the weights; none where the file is not such a manifest."""
    if not is_file(manifest):
        return []
    try:
        layers = json.loads(manifest.read_text("utf-8"))["layers"]
        digests = [layer["digest"] for layer in layers if layer["mediaType"] == _WEIGHTS]
        return [digest for digest in digests if _DIGEST.fullmatch(digest)]
    except (OSError, ValueError, KeyError, TypeError):
        return []

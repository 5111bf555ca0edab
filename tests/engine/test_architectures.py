"""Models of random weights, one of each architecture, through the real host."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import llama_cpp
import pytest

from engine.api import Sampling
from engine.errors import EngineError, HostDied, ModelFileError, WritesNoText
from engine.llama import rwkv
from engine.llama.client import HostEngine
from engine.llama.fingerprint import sha256_of
from engine.llama.host import devices, library, loading, sizing
from engine.llama.host.binding import Context
from engine.llama.protocol import Load
from engine.llama.settings import HostSettings
from store.records import Message
from tests.engine import random_models
from tests.engine.spoiling import spoil
from tests.hosts import rested

pytest.importorskip("gguf")

ASKED = [Message("user", "Name two uses of a paper clip.")]
GREEDY = Sampling(temperature=0.0, max_tokens=8)
SETTINGS = HostSettings(n_threads=1, slots=4)


@asynccontextmanager
async def host(model: Path, settings: HostSettings = SETTINGS) -> AsyncIterator[HostEngine]:
    engine = HostEngine(model, settings, sha_cache=model.with_suffix(".json"))
    try:
        await engine.load()
        yield engine
    finally:
        await engine.shutdown()


async def greedy(engine: HostEngine, answers: int = 1) -> list[str]:
    generated = await engine.generate(ASKED, [GREEDY] * answers)
    assert all(answer.completion_tokens for answer in generated.finished)
    return [answer.text for answer in generated.finished]


@pytest.mark.parametrize("architecture", random_models.WRITES)
async def test_an_architecture_writes_and_weighs(tmp_path: Path, architecture: str) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", architecture)
    async with host(file) as engine:
        (alone,) = await greedy(engine)
        assert alone  # weights that come to no number write nothing
        assert await greedy(engine, 3) == [alone] * 3  # what shares a prompt reads the same
        weighed = await engine.choose(ASKED, ["yes", "no"])
        assert all(value < 0 for value in weighed)


async def test_a_mark_of_a_user_s_own_is_plain_characters_in_a_message(tmp_path: Path) -> None:
    """Files such as Command R's have the marks of their turns so."""
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    async with host(file) as engine:
        mark, letters = [
            (await engine.generate([Message("user", text)], [GREEDY])).prompt_tokens
            for text in ("x<|role|>x", "xxxxxxxxxx")
        ]
    assert mark >= letters  # more: this vocabulary's tokeniser begins each piece with a space


def test_a_state_is_copied_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """DeepSeek 4's cache ends the process where a range is named, were it all there is."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(llama_cpp, "llama_memory_seq_cp", lambda *given: asked.append(given[1:]))
    for whole_only in (True, False):
        context = object.__new__(Context)
        vars(context).update(lanes=False, _whole_only=whole_only, _memory=None)
        context.copy(1, 2, 7)
    assert asked == [(1, 2, -1, -1), (1, 2, 0, 7)]


async def test_labels_are_weighed_behind_a_thought(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    async with host(file) as engine:
        at_once, behind, spelled = [
            await engine.choose(ASKED, ["yes", "no"], **how)
            for how in (
                {"prefill": "So: "},
                {"prefill": "So: ", "thought": "It bends."},
                {"prefill": "<think>\nIt bends.\n</think>\n\nSo: "},
            )
        ]
        assert behind == pytest.approx(spelled)
        assert behind != pytest.approx(at_once)


def test_the_documents_name_what_was_tried() -> None:
    told = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
    rows = [row for row in told.splitlines() if "random weights of the architecture" in row]
    assert set(re.findall(r"`([^`]+)`", "".join(rows))) == set(random_models.WRITES)


@pytest.mark.parametrize("architecture", ["t5", "bert", "gemma-embedding"])
async def test_what_cannot_answer_is_refused_in_a_line(tmp_path: Path, architecture: str) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", architecture)
    with pytest.raises(WritesNoText) as caught:
        async with host(file):
            pass
    assert "\n" not in str(caught.value)


async def test_a_vocabulary_that_llama_cpp_would_read_for_ever_is_refused(tmp_path: Path) -> None:
    """RWKV's tokeniser takes nothing of a text that only begins like a token."""
    (file,) = random_models.write(tmp_path / "made.gguf", "llama", vocabulary="rwkv")
    with pytest.raises(ModelFileError, match="not RWKV's"):
        async with host(file):
            pass


@pytest.mark.parametrize(
    ("tokens", "ends"),
    [
        (["<s>", "<"], True),
        (["ab", "a", r"\n\n", r"\x0a"], True),
        (["ab"], False),
        ([r"\n\n"], False),
        (["\\\\", r"\'a", "'"], True),
        (["é", r"\xc3"], True),
        ([""], True),
    ],
)
def test_a_vocabulary_of_rwkv_has_each_first_byte_alone(*, tokens: list[str], ends: bool) -> None:
    assert rwkv.can_be_read(token.encode() for token in tokens) == ends


async def test_a_model_in_three_files_writes_as_the_same_in_one(tmp_path: Path) -> None:
    (whole,) = random_models.write(tmp_path / "whole.gguf", "llama")
    parts = random_models.write(tmp_path / "made.gguf", "llama", parts=3)
    assert len(parts) == 3
    parts = [part.rename(part.with_name(part.name.upper())) for part in parts]
    async with host(whole) as one, host(parts[1]) as three:
        assert await greedy(three) == await greedy(one)
        assert three.info is not None
        assert three.info.sha256 == sha256_of(parts[2], tmp_path / "again.json")


async def test_a_short_context_is_told_of_a_long_prompt(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama", context=128)
    async with host(file) as engine:
        assert engine.info is not None
        assert engine.info.n_ctx == 128
        await greedy(engine)
        with pytest.raises(EngineError, match="the context holds 128"):
            await engine.generate([Message("user", "word " * 60)], [GREEDY])


async def test_an_adapter_changes_what_is_written_and_the_fingerprint(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    lora = tmp_path / "tuned.gguf"
    random_models.write_lora(lora, strength=40.0)
    tuned = HostSettings(n_threads=1, slots=4, lora=str(lora))
    async with host(file) as plain, host(file, tuned) as other:
        assert await greedy(plain) != await greedy(other)
        assert plain.info is not None
        assert other.info is not None
        assert other.info.name == "made.gguf+tuned.gguf"
        assert other.info.sha256 != plain.info.sha256
    random_models.write_lora(lora, strength=1.0, width=32)
    for wrong, said in ((file, "no LoRA adapter"), (lora, "incorrect shape")):
        with pytest.raises(EngineError, match=rf"{wrong.name} cannot be applied: .*{said}"):
            async with host(file, replace(tuned, lora=str(wrong))):
                pass


async def test_weights_that_come_to_no_numbers_are_refused(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    spoil(file, "blk.1.ffn_down.weight", 0, 64 * 64)
    with pytest.raises(ModelFileError, match=r"made\.gguf: .*no numbers"):
        async with host(file):
            pass


@pytest.mark.parametrize("architecture", ["llama", "gemma3", "mamba"])
async def test_a_text_without_numbers_is_refused_and_the_next_is_written(
    tmp_path: Path, architecture: str
) -> None:
    """Only who reads a Z meets the weights that are spoilt, whoever is computed beside it."""
    (file,) = random_models.write(tmp_path / "made.gguf", architecture)
    spoil(file, "token_embd.weight", 64 * (len(random_models.SPECIAL) + ord("Z")), 64)
    bad = [Message("user", "Z")]
    async with host(file) as engine:
        before = await greedy(engine, 2)
        pid = engine.pid
        for refused in (
            engine.generate(bad, [GREEDY, replace(GREEDY, temperature=1.0)]),
            engine.choose(bad, ["yes", "no"]),
        ):
            beside = [asyncio.create_task(greedy(engine, 2)) for _ in range(3)]
            with pytest.raises(EngineError, match="no numbers"):
                await refused
            assert await asyncio.gather(*beside) == [before] * 3
            assert await greedy(engine, 2) == before
        assert engine.pid == pid


@pytest.mark.parametrize("how", ["another file", "written to"])
async def test_no_other_weights_write_under_the_name_of_the_first(tmp_path: Path, how: str) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    (other,) = random_models.write(tmp_path / "other.gguf", "qwen3")
    async with host(file) as engine:
        before = await greedy(engine)
        if how == "written to":
            spoil(file, "token_embd.weight", 0, 1)
            with pytest.raises(ModelFileError, match="was changed while it was in use"):
                await greedy(engine)
            return
        other.replace(file)
        assert await greedy(engine) == before  # it has the old one open
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(ModelFileError, match="holds other weights than before"):
                await greedy(engine)
            with suppress(ModelFileError):
                await engine.restart()


async def test_a_head_that_llama_cpp_gives_up_over_is_told_by_its_reason(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama", layers_told=0)
    engine = HostEngine(file, SETTINGS, log=tmp_path / "log", sha_cache=tmp_path / "sha.json")
    try:
        with pytest.raises(HostDied) as caught:
            await engine.load()
    finally:
        await engine.shutdown()
    assert re.match(r"made\.gguf: .*'llama-model\.cpp.*n_layer.* another model", str(caught.value))
    assert "memory" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (HostSettings(cache_type="q8_0"), r"no cache .* in q8_0 .* take --cache-type f16"),
        (HostSettings(gpu_layers=3), "without a GPU: leave --gpu-layers 3 out"),
        (HostSettings(main_gpu=1), "without a GPU: leave --main-gpu 1 out"),
        (HostSettings(split_mode="row"), "without a GPU: leave --split-mode row out"),
    ],
)
async def test_a_model_that_cannot_be_loaded_so_is_refused_in_a_line(
    tmp_path: Path, settings: HostSettings, said: str
) -> None:
    """The heads of the made model are too small for a quantised cache."""
    if "GPU" in said and llama_cpp.llama_supports_gpu_offload():
        pytest.skip("this build has a GPU")
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    with pytest.raises(EngineError, match=said) as caught:
        async with host(file, settings):
            pass
    assert "\n" not in str(caught.value)


async def test_attention_without_its_kernel_writes_the_same(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    on, off = (replace(SETTINGS, flash_attention=how) for how in ("on", "off"))
    async with host(file, on) as one, host(file, off) as other:
        assert await greedy(one, 3) == await greedy(other, 3)


async def test_more_than_a_hundred_texts_are_written_at_once(tmp_path: Path) -> None:
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    many = [[Message("user", f"Question {number}")] for number in range(120)]
    async with host(file, HostSettings(n_threads=1, slots=300, cells=16_384)) as engine:
        assert engine.info is not None
        assert engine.info.slots == 240
        alone = [await engine.generate(each, [GREEDY]) for each in (many[0], many[-1])]
        wanted = (engine.generate(each, [GREEDY]) for each in many)
        together = await asyncio.gather(*wanted)
        for one, same in zip(alone, (together[0], together[-1]), strict=True):
            assert one.finished[0].text == same.finished[0].text
        report = await rested(engine)
        # a run of the model for each token of one text at a time would be a thousand
        assert report.decodes < 300


@pytest.mark.parametrize(
    ("room", "taken"),
    [
        (600_000, (573_440, 140, True)),
        (200_000, (180_224, 44, True)),
        (100_000, (81_920, 256, False)),
        (50_000, (40_960, 256, False)),
        (30_000, (20_480, 64, False)),
    ],
)
def test_a_cache_is_as_large_as_the_memory_holds(
    monkeypatch: pytest.MonkeyPatch, room: int, taken: tuple[int, int, bool]
) -> None:
    """Lanes for 128 texts, then for fewer; then one cache for all."""

    def context(
        _model: object,
        cells: int,
        _threads: int,
        sequences: int,
        *,
        lanes: bool,
        at_once: int,
        **_options: str,
    ) -> tuple[int, int, bool]:
        assert at_once == 2048
        if cells > room:
            raise MemoryError("no room")
        return cells, sequences, lanes

    monkeypatch.setattr(loading, "Context", context)
    model: Any = None
    request = Load(1, "made.gguf")
    shared = [sizing.CacheSize(slots, 4096, 640 * slots) for slots in (128, 64, 32)]
    sizes = [*map(sizing.in_lanes, shared), *shared]
    assert loading._largest(request, model, sizes, 1, on_gpu=True)[0] == taken
    too_large = sizing.CacheSize(1, room + 1, room + 1)
    with pytest.raises(MemoryError):
        loading._largest(request, model, [too_large], 1, on_gpu=True)


@pytest.mark.parametrize(
    ("free", "cache_type", "slots"),
    [
        (None, "f16", [128, 64, 32]),
        (100e9, "f16", [128, 64, 32]),
        (60e9, "f16", [64, 32]),
        (60e9, "q8_0", [128, 64, 32]),
        (30e9, "f16", [32]),
        (20e9, "f16", []),
    ],
)
def test_lanes_leave_some_of_the_memory_of_a_gpu(
    free: int | None, cache_type: str, slots: list[int]
) -> None:
    """By a 7B model, whose cache takes 128 KiB a token: 128 lanes of 4,096 tokens take 75 GB."""
    header: Any = SimpleNamespace(size_bytes=int(7.7e9), cell_bytes=1 << 17)
    shared = [sizing.CacheSize(size, 4096, 640 * size) for size in (128, 64, 32)]
    fitting = sizing.lanes_that_fit(shared, header, cache_type, free)
    assert [size.slots for size in fitting] == slots
    assert all(size.lanes for size in fitting)


@pytest.mark.parametrize(
    ("kinds", "free"), [([0], None), ([1, 0], 10), ([1, 1, 2, 0], 21), ([2, 0], None)]
)
def test_the_memory_of_all_gpus_counts(
    monkeypatch: pytest.MonkeyPatch, kinds: list[int], free: int | None
) -> None:
    """That of the processor (0) and of a GPU that shares it (2) does not."""

    def memory(device: int, free: int, total: int) -> None:
        ctypes.c_size_t.from_address(free).value = 10 + device
        ctypes.c_size_t.from_address(total).value = 100

    monkeypatch.setattr(devices, "_count", lambda: len(kinds))
    monkeypatch.setattr(devices, "_get", lambda index: index)
    monkeypatch.setattr(devices, "_type", kinds.__getitem__)
    monkeypatch.setattr(devices, "_memory", memory)
    assert devices.free_on_gpus() == free


@pytest.mark.parametrize(("free", "lanes"), [(10**9, True), (1000, False)])
def test_that_lanes_are_given_up_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, lanes: bool
) -> None:
    """With a processor that passes for a GPU."""
    (file,) = random_models.write(tmp_path / "made.gguf", "llama")
    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: True)
    monkeypatch.setattr(loading, "_OWN_MEMORY", True)
    monkeypatch.setattr(devices, "free_on_gpus", lambda: free)
    loaded = loading.load(Load(1, str(file)), library.start())
    assert loaded.context.lanes == lanes
    assert ("they share one" in loaded.info.note) is not lanes
    loaded.context.free()
    loaded.model.free()

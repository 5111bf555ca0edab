#!/usr/bin/env bash
# What a GPU writes in a second: pairlab, llama-batched-bench and the plain loop, on a model of the
# shape of a 7B (Q8_0, random weights, made on the spot), and 128 chains. For a bare machine with
# nvcc and cmake; run it in the root of the repository.
#   tests/bench/gpu.sh           the GPU; a table in Markdown
#   tests/bench/gpu.sh --tiny    the same steps with a tiny shape, on the processor
# SOURCE=FILE.tar.gz is the source package of llama-cpp-python where there is no network, PYTHON the
# interpreter (with numpy, jinja2, diskcache and typing_extensions), OUT the folder to work in.
set -euo pipefail

out=${OUT:-.build/gpu}
python=${PYTHON:-python3}
version=0.3.36
if [ "${1:-}" = --tiny ]; then
    cuda=OFF shape=tiny sizes=1,8,48 tokens=16 cells=8192 chains=12 layers=0
else
    cuda=ON shape=7b sizes=1,8,16,32,64,128 tokens=128 cells=65536 chains=128 layers=999
fi

# stop WHAT [LOG]: say in the last line why this ends, after the end of a log
stop() {
    [ -z "${2:-}" ] || tail -20 "$2" >&2
    echo "gpu.sh: $1${2:+; all of its words are in $2}" >&2
    exit 1
}

for tool in cmake "$python" $([ $cuda = OFF ] || echo nvcc nvidia-smi); do
    command -v "$tool" >/dev/null || stop "$tool is not there"
done
if [ $cuda = ON ]; then
    said=$(nvcc --version 2>&1) || stop "nvcc does not run: ${said%%$'\n'*}"
    said=$(nvidia-smi --list-gpus 2>&1) || stop "there is no GPU to be used: ${said%%$'\n'*}"
fi
said=$("$python" -c 'import diskcache, jinja2, numpy, typing_extensions' 2>&1) ||
    stop "$python lacks a package (${said##*$'\n'}): install it, or name another with PYTHON"

mkdir -p "$out/source"
if [ ! -d "$out/source/vendor" ]; then
    if [ -z "${SOURCE:-}" ]; then
        "$python" -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$out" \
            "llama-cpp-python==$version"
        SOURCE=$(ls "$out"/llama_cpp_python-*.tar.gz)
    fi
    tar xzf "$SOURCE" -C "$out/source" --strip-components=1
fi

generator=$(command -v ninja >/dev/null && echo Ninja || echo "Unix Makefiles")
build=$out/build-$cuda
if [ ! -x "$build/bin/llama-batched-bench" ]; then
    echo "gpu.sh: building llama.cpp, CUDA $cuda; its words are in $build.log" >&2
    cmake -S "$out/source/vendor/llama.cpp" -B "$build" -G "$generator" \
        -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_CUDA=$cuda \
        -DCMAKE_CUDA_ARCHITECTURES=native -DLLAMA_CURL=OFF -DLLAMA_BUILD_SERVER=OFF \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF >"$build.log" 2>&1 ||
        stop "llama.cpp cannot be configured" "$build.log"
    cmake --build "$build" --target llama llama-batched-bench --parallel "$(nproc)" \
        >>"$build.log" 2>&1 || stop "llama.cpp cannot be built" "$build.log"
fi

model=$out/$shape.gguf
[ -s "$model" ] || "$python" - "$model" "$shape" <<'PYTHON'
import os
import struct
import sys

import numpy as np

path, shape = sys.argv[1:]
# width, layers, heads, heads of the cache, hidden, vocabulary: Mistral 7B, or nearly nothing
width, layers, heads, in_cache, hidden, vocab = {
    "7b": (4096, 32, 32, 8, 14336, 49152),
    "tiny": (128, 2, 4, 2, 256, 512),
}[shape]
tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
kinds = [2, 3, 3] + [6] * 256 + [1] * (vocab - len(tokens))
tokens += [f"\u2581w{number}" for number in range(vocab - len(tokens))]
template = (
    "{% for message in messages %}<s>{{ message.role }}: {{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant:{% endif %}"
)
U32, F32, TEXT, ARRAY, I32 = 4, 6, 8, 9, 5


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, kind, value):
    head = text(key) + struct.pack("<I", kind)
    if kind == TEXT:
        return head + text(value)
    if kind == ARRAY:
        inner, values = value
        form = {F32: "f", I32: "i"}.get(inner)
        packed = struct.pack(f"<{len(values)}{form}", *values) if form else b"".join(map(text, values))
        return head + struct.pack("<IQ", inner, len(values)) + packed
    return head + struct.pack("<f" if kind == F32 else "<I", value)


own = {
    "context_length": 8192,
    "embedding_length": width,
    "block_count": layers,
    "feed_forward_length": hidden,
    "attention.head_count": heads,
    "attention.head_count_kv": in_cache,
}
entries = [
    entry("general.architecture", TEXT, "llama"),
    entry("general.name", TEXT, f"random {shape}"),
    entry("general.file_type", U32, 7),
    *(entry(f"llama.{key}", U32, value) for key, value in own.items()),
    entry("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
    entry("tokenizer.chat_template", TEXT, template),
    entry("tokenizer.ggml.model", TEXT, "llama"),
    entry("tokenizer.ggml.tokens", ARRAY, (TEXT, tokens)),
    entry("tokenizer.ggml.scores", ARRAY, (F32, [0.0] * vocab)),
    entry("tokenizer.ggml.token_type", ARRAY, (I32, kinds)),
    entry("tokenizer.ggml.bos_token_id", U32, 1),
    entry("tokenizer.ggml.eos_token_id", U32, 2),
]
keys = width // heads * in_cache
shapes = {"token_embd": (width, vocab), "output_norm": (width,), "output": (width, vocab)}
for at in range(layers):
    for name, size in {
        "attn_norm": (width,),
        "attn_q": (width, width),
        "attn_k": (width, keys),
        "attn_v": (width, keys),
        "attn_output": (width, width),
        "ffn_norm": (width,),
        "ffn_gate": (width, hidden),
        "ffn_up": (width, hidden),
        "ffn_down": (hidden, width),
    }.items():
        shapes[f"blk.{at}.{name}"] = size
random = np.random.default_rng(0)
# blocks of Q8_0: a scale of two bytes and 32 weights, the same million of them again and again
blocks = np.zeros(1 << 16, np.dtype([("scale", "<f2"), ("weights", "i1", 32)]))
blocks["scale"] = 0.02 / 64
blocks["weights"] = random.integers(-127, 128, (len(blocks), 32))
blocks = blocks.tobytes()


def data(size):
    if len(size) == 1:
        return np.ones(size, np.float32).tobytes()
    wanted = size[0] * size[1] // 32 * 34
    return (blocks * (wanted // len(blocks) + 1))[:wanted]


told, offset = [], 0
for name, size in shapes.items():
    kind, length = (0, 4 * size[0]) if len(size) == 1 else (8, size[0] * size[1] // 32 * 34)
    told.append(text(f"{name}.weight") + struct.pack(f"<I{len(size)}Q", len(size), *size))
    told[-1] += struct.pack("<IQ", kind, offset)
    offset += -(-length // 32) * 32
head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(entries)) + b"".join(entries + told)
with open(path + ".part", "wb") as file:
    file.write(head + bytes(-len(head) % 32))
    for size in shapes.values():
        written = file.write(data(size))
        file.write(bytes(-written % 32))
os.replace(path + ".part", path)
PYTHON

echo "gpu.sh: llama-batched-bench" >&2
"$build/bin/llama-batched-bench" -m "$model" -c "$cells" -b 2048 -ub 512 -npp 32 -ntg "$tokens" \
    -npl "$sizes" -ngl "$layers" -fa on >"$out/batched.txt" 2>"$out/batched.log" ||
    stop "llama-batched-bench has failed" "$out/batched.log"

echo "gpu.sh: pairlab and the plain loop" >&2
LLAMA_CPP_LIB_PATH=$build/bin PYTHONPATH=$PWD:$out/source${PYTHONPATH:+:$PYTHONPATH} \
    "$python" - "$model" "$sizes" "$tokens" "$layers" "$chains" "$out" <<'PYTHON'
import asyncio
import subprocess
import sys
import time
from pathlib import Path

from engine.api import Sampling
from engine.llama.client import HostEngine
from engine.llama.settings import HostSettings
from store.records import Message
from tests.hosts import rested

model, *rest, folder = sys.argv[1:]
sizes = [int(size) for size in rest[0].split(",")]
tokens, layers, chains = map(int, rest[1:])
PLAIN = """
import sys, time, llama_cpp
model, layers, tokens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
llama = llama_cpp.Llama(model, n_ctx=4096, n_gpu_layers=layers, flash_attn=True, verbose=False)
llama.create_completion("warm", max_tokens=4)
started = time.perf_counter()
said = llama.create_completion("w1 w2 w3 w4", max_tokens=tokens, temperature=1.0, seed=1)
print(said["usage"]["completion_tokens"] / (time.perf_counter() - started))
"""


def asked(text):
    return [Message("user", text)]


def drawn(seed):
    return Sampling(max_tokens=tokens, temperature=1.0, top_k=40, seed=seed)


async def chain(engine, number):
    """Propose, critique, revise; returns how many tokens were written."""
    question, written = f"w{number} w{number + 7} w{number + 11}", 0
    text = ""
    for step in ("", "w5 w6 Criticise it.", "w5 w6 Write it anew."):
        made = await engine.generate(asked(f"{question} {text} {step}"), [drawn(number)])
        text, written = made.finished[0].text, written + made.finished[0].completion_tokens
    return written


async def measured():
    # of the same slots for all sizes: the host is started once
    slots = max(*sizes, 2)
    engine = HostEngine(
        Path(model),
        HostSettings(slots=slots, n_ctx=2048, gpu_layers=layers or None),
        log=Path(folder) / "host.log",
        sha_cache=Path(folder) / "sha256.json",
    )
    info = await engine.load()
    if layers and not info.gpu_layers:
        sys.exit(f"gpu.sh: the model host found no GPU; its words are in {folder}/host.log")
    ours = {}
    for size in sizes:
        await engine.generate(asked("w1 w2 w3"), [drawn(0)])
        started = time.perf_counter()
        made = await engine.generate(asked("w1 w2 w3 w4"), [drawn(n) for n in range(size)])
        written = sum(each.completion_tokens for each in made.finished)
        ours[size] = written / (time.perf_counter() - started)
    before = await rested(engine)
    started = time.perf_counter()
    written = sum(await asyncio.gather(*(chain(engine, number) for number in range(chains))))
    took = time.perf_counter() - started
    after = await rested(engine)
    needed, run = after.needed - before.needed, after.evaluated - before.evaluated
    await engine.shutdown()
    reused = max(0, needed + written - run)
    return info, ours, f"{written / took:,.0f} written tokens a second; {reused:,} of {needed:,} prompt tokens reused"


info, ours, chained = asyncio.run(measured())
batched = {}
for line in (Path(folder) / "batched.txt").read_text().splitlines():
    cells = [cell.strip() for cell in line.split("|")]
    # | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | T s | S t/s |
    if len(cells) == 12 and cells[1].isdigit():
        batched[int(cells[3])] = float(cells[8])
plain = float(
    subprocess.run(
        [sys.executable, "-c", PLAIN, model, str(layers), str(tokens)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.split()[-1]
)
print(f"{Path(model).name}, Q8_0, random weights; {info.gpu_layers} layers on the GPU, {info.slots} slots;")
print(f"tokens written a second, {tokens} an answer\n")
print("| answers at once | pairlab | llama-batched-bench | share | plain loop |")
print("|---|---|---|---|---|")
for size in sizes:
    share = ours[size] / batched[size]
    one = f"{plain:,.0f}" if size == 1 else ""
    print(f"| {size} | {ours[size]:,.0f} | {batched[size]:,.0f} | {share:.2f} | {one} |")
print(f"\n{chains} chains (propose, critique, revise): {chained}")
PYTHON

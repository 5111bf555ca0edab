#!/usr/bin/env bash
# Builds llama.cpp's own llama-batched-bench into .build, from the source the wheel was built from
# and with the same flags: a yardstick of the engine's bench. About 10 minutes on two cores.
#   tests/bench/build_batched_bench.sh [PYTHON]
set -euo pipefail

python=${1:-.venv-dev/bin/python}
out=.build/llama-batched-bench
[ -x "$out/llama-batched-bench" ] && exit 0

version=$("$python" -c 'from importlib.metadata import version; print(version("llama-cpp-python"))')
cxx=${CXX:-c++}
flags=
for flag in -mno-amx-tile -mno-amx-int8 -mno-amx-bf16; do
    if echo 'int main() { return 0; }' | "$cxx" -Werror "$flag" -x c++ -fsyntax-only - 2>/dev/null; then
        flags="$flags $flag"
    fi
done

mkdir -p "$out/source"
if ! ls "$out"/llama_cpp_python-*.tar.gz >/dev/null 2>&1; then
    "$python" -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$out" \
        "llama-cpp-python==$version"
fi
tar xzf "$out"/llama_cpp_python-*.tar.gz -C "$out/source" --strip-components=1

# cmake and ninja come along with the build where the system has none
if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
    "$python" -m venv "$out/tools"
    "$out/tools/bin/pip" install --quiet --disable-pip-version-check cmake ninja
    PATH=$PWD/$out/tools/bin:$PATH
fi

echo "pairlab: building llama-batched-bench (about 10 minutes on two cores)"
cmake -S "$out/source/vendor/llama.cpp" -B "$out/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_CURL=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    "-DCMAKE_C_FLAGS=${flags# }" "-DCMAKE_CXX_FLAGS=${flags# }" >"$out/build.log"
cmake --build "$out/build" --target llama-batched-bench >>"$out/build.log"
cp "$out/build/bin/llama-batched-bench" "$out/"

"""``python -m engine.llama.host.quantise SOURCE TARGET TYPE ORIGINAL SHA256``: a file converted.

TYPE is llama.cpp's number of a file type. ORIGINAL and SHA256 go into the head of TARGET, so that
it tells wherever it is copied which file it was made from. What went wrong is the last line of
stderr; TARGET may then be there in part.
"""

from __future__ import annotations

import ctypes
import os
import sys

import llama_cpp

from engine import netlock
from engine.llama.gguf import ORIGINAL, ORIGINAL_SHA256
from engine.llama.host import library

_STRING = 3  # LLAMA_KV_OVERRIDE_TYPE_STR
_LONGEST = 127


def main(source: str, target: str, file_type: str, original: str, sha256: str) -> None:
    """Convert; ends with status 1 where llama.cpp cannot."""
    netlock.lock()
    library.start()
    notes = (llama_cpp.llama_model_kv_override * 3)()  # the third, without a key, ends them
    for note, key, text in zip(
        notes, (ORIGINAL, ORIGINAL_SHA256), (original, sha256), strict=False
    ):
        note.tag, note.key = _STRING, key.encode()
        note.value.val_str = text.encode()[:_LONGEST].decode("utf-8", "ignore").encode()
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = int(file_type)
    params.allow_requantize = True
    params.kv_overrides = notes
    if llama_cpp.llama_model_quantize(
        os.fsencode(source), os.fsencode(target), ctypes.byref(params)
    ):
        sys.exit(library.complaint())


if __name__ == "__main__":
    main(*sys.argv[1:])

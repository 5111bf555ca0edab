"""llama.cpp through its C interface: a model, a context with one shared cache, a batch.

Everything else in the host speaks tokens and sequence numbers and does not see a pointer.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from engine.errors import BadRequest, ModelFileError
from engine.llama.host import library
from engine.llama.host.token_batch import Span, TokenBatch
from engine.llama.split import parts_of
from store import reasoning

OUTPUTS = 64
"""Positions of one batch that may have logits; more would reserve memory for nothing."""
BATCH = 2048
"""Tokens one call may carry."""
UBATCH = 512
"""Tokens llama.cpp computes at once; a call is aborted between and within these."""
SEQUENCES = 64
"""Sequence numbers: those being written and those kept for their prefix."""
MOST_SEQUENCES = 256
"""All that llama.cpp has, where none is needed to hold cells."""

_FLASH_ATTENTION = {
    "on": llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED,
    "auto": llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO,
}
_ABORTED = 2
_LONGEST_PIECE = 512
_NO_BOS = False  # the chat template writes it where the model wants it
_TEXT_ONLY = False  # control tokens have no text
_CONTROL = 8  # LLAMA_TOKEN_ATTR_CONTROL
_USER_DEFINED = 16  # LLAMA_TOKEN_ATTR_USER_DEFINED
_LIKE_A_MARK = re.compile(r"<[|｜].+>|<.+[|｜]>|\[/?[A-Z_]+\]|<(?:start|end)_of_\w+>")


class Model:
    """Weights and vocabulary of one GGUF file."""

    def __init__(
        self,
        path: str,
        gpu_layers: int,
        *,
        use_extra_bufts: bool,
        split_mode: str | None = None,
        main_gpu: int | None = None,
    ) -> None:
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.use_extra_bufts = use_extra_bufts
        if main_gpu is not None:
            params.main_gpu = main_gpu
            split_mode = split_mode or "none"  # with any other, all GPUs take part
        if split_mode is not None:
            params.split_mode = getattr(llama_cpp, f"LLAMA_SPLIT_MODE_{split_mode.upper()}")
        library.last_errors.clear()
        names = [os.fsencode(part) for part in parts_of(Path(path))]
        # by their names as they are: llama.cpp makes up others where only the first is given
        self.pointer = llama_cpp.llama_model_load_from_splits(
            (ctypes.c_char_p * len(names))(*names), len(names), params
        )
        if not self.pointer:
            raise ModelFileError(library.complaint())
        self._vocab = llama_cpp.llama_model_get_vocab(self.pointer)
        self.n_vocab: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.n_ctx_train: int = llama_cpp.llama_model_n_ctx_train(self.pointer)
        self.n_layer: int = llama_cpp.llama_model_n_layer(self.pointer)
        self.n_head: int = llama_cpp.llama_model_n_head(self.pointer)
        self.n_params: int = llama_cpp.llama_model_n_params(self.pointer)
        self.size_bytes: int = llama_cpp.llama_model_size(self.pointer)
        self.whole_only = bool(
            llama_cpp.llama_model_is_recurrent(self.pointer)
            or llama_cpp.llama_model_is_hybrid(self.pointer)
        )
        """A recurrent state cannot be cut back: only whole sequences are shared."""
        template = llama_cpp.llama_model_chat_template(self.pointer, None)
        self.chat_template: str | None = template.decode("utf-8", "replace") if template else None
        self._pieces: list[bytes | None] = [None] * self.n_vocab

    @property
    def vocab(self) -> Any:
        """The vocabulary, as samplers want it."""
        return self._vocab

    @property
    def quantisation(self) -> str:
        """How most of the weights are stored: ``Q4_1``, ``Q4_K_M`` ..."""
        buffer = ctypes.create_string_buffer(128)
        llama_cpp.llama_model_desc(self.pointer, buffer, len(buffer))
        # "llama 134M Q4_1", "llama 8B Q4_K - Medium"
        kind = buffer.value.decode("utf-8", "replace").split(" ", 2)[-1]
        name, _, size = kind.partition(" - ")
        return f"{name}_{size[0]}" if size else name

    @property
    def bos(self) -> int | None:
        """The token that every text is to begin with; None where the vocabulary wants none."""
        token: int = llama_cpp.llama_vocab_bos(self._vocab)
        wanted = token >= 0 and llama_cpp.llama_vocab_get_add_bos(self._vocab)
        return token if wanted else None

    def special(self, which: str) -> str:
        """Text of the ``bos`` or ``eos`` token, empty where there is none."""
        token: int = getattr(llama_cpp, f"llama_vocab_{which}")(self._vocab)
        if token < 0:
            return ""
        text: bytes = llama_cpp.llama_vocab_get_text(self._vocab, token)
        return text.decode("utf-8", "replace")

    def tokenise(self, text: str, *, special: bool) -> list[int]:
        """Tokens of ``text``; ``special`` reads control tokens (chat templates) as such."""
        data = text.encode("utf-8", "replace")
        # a token is at least one byte, but where a tokeniser writes a space with three
        size = len(data) + 16
        for _ in range(2):
            tokens = (ctypes.c_int32 * size)()
            count = llama_cpp.llama_tokenize(
                self._vocab, data, len(data), tokens, size, _NO_BOS, special
            )
            if count >= 0:
                return list(tokens[:count])
            size = min(-count, 4 * len(data) + 16)
        raise BadRequest("the text cannot be read as tokens")

    def piece(self, token: int) -> bytes:
        """Bytes of a token; control tokens have none, but for the marks of reasoning."""
        known = self._pieces[token]
        if known is None:
            buffer = ctypes.create_string_buffer(_LONGEST_PIECE)
            size = llama_cpp.llama_token_to_piece(
                self._vocab, token, buffer, len(buffer), 0, _TEXT_ONLY
            )
            known = buffer.raw[: max(0, size)] or self._mark(token)
            self._pieces[token] = known
        return known

    def _mark(self, token: int) -> bytes:
        text: bytes = llama_cpp.llama_vocab_get_text(self._vocab, token) or b""
        mark = reasoning.shown(text.decode("utf-8", "replace"), self.chat_template or "")
        return text if mark else b""

    def control_texts(self) -> list[str]:
        """How control tokens are written: what must not be read as one inside a message.

        Some files have marks of turns as tokens of a user's own (Command R), as others have the
        tags of HTML: those count that are written like marks.
        """
        found = []
        for token in range(self.n_vocab):
            kind = llama_cpp.llama_vocab_get_attr(self._vocab, token)
            if kind & (_CONTROL | _USER_DEFINED):
                text = llama_cpp.llama_vocab_get_text(self._vocab, token) or b""
                written = text.decode("utf-8", "replace")
                if written and (kind & _CONTROL or _LIKE_A_MARK.fullmatch(written)):
                    found.append(written)
        return found

    def ends(self, token: int) -> bool:
        """Whether the model says with this token that it is done."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def adapter(self, path: str) -> Any:
        """A LoRA adapter read from a file, to be given to a context.

        Raises:
            ModelFileError: it is none, or none for this model.
        """
        library.last_errors.clear()
        adapter = llama_cpp.llama_adapter_lora_init(self.pointer, os.fsencode(path))
        if not adapter:
            raise ModelFileError(library.complaint())
        return adapter

    def free(self) -> None:
        """Give the weights back."""
        llama_cpp.llama_model_free(self.pointer)


class Context:
    """The cache, and the call that runs the model.

    The cache is one for all sequences, or in *lanes*: of as many cells for each. In one cache
    sequences share the cells of a common beginning, and each token passes over the cells of all
    others: on a GPU that makes 128 answers a third slower (measured). Lanes share by copying, and
    llama.cpp runs those together whose numbers follow each other without a gap.
    """

    def __init__(
        self,
        model: Model,
        cells: int,
        n_threads: int,
        sequences: int = SEQUENCES,
        *,
        lanes: bool = False,
        at_once: int = UBATCH,
        cache_type: str = "f16",
        flash_attention: str = "auto",
    ) -> None:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = cells
        params.n_batch = min(BATCH, cells)
        params.n_ubatch = min(at_once, cells)
        params.n_seq_max = sequences
        params.n_outputs_max = max(OUTPUTS, sequences)
        params.n_outputs_max_per_seq = OUTPUTS
        params.n_threads = params.n_threads_batch = n_threads
        params.kv_unified = not lanes
        params.type_k = params.type_v = getattr(llama_cpp, f"GGML_TYPE_{cache_type.upper()}")
        params.flash_attn_type = _FLASH_ATTENTION[flash_attention]
        library.last_errors.clear()
        self.pointer = llama_cpp.llama_init_from_model(model.pointer, params)
        if not self.pointer:
            raise MemoryError(library.complaint())
        self.sequences = sequences
        self.lanes = lanes
        self.cells: int = llama_cpp.llama_n_ctx(self.pointer)
        self._memory = llama_cpp.llama_get_memory(self.pointer)
        self._n_vocab = model.n_vocab
        self._whole_only = model.whole_only
        self._most_outputs: int = params.n_outputs_max
        self._logits: npt.NDArray[np.float32] | None = None
        self._batch = TokenBatch(params.n_batch)
        self._stop = _StopFlag(self.pointer)

    def apply(self, adapter: Any) -> None:
        """Compute with an adapter from now on."""
        adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
        scales = (ctypes.c_float * 1)(1.0)
        llama_cpp.llama_set_adapters_lora(self.pointer, adapters, 1, scales)

    def use_threads(self, count: int) -> None:
        """Compute with so many threads from the next :meth:`decode` on."""
        llama_cpp.llama_set_n_threads(self.pointer, count, count)

    def interrupt(self) -> None:
        """Make the running :meth:`decode`, or the next, come back at once (any thread)."""
        self._stop.set(raised=True)

    def allow(self) -> None:
        """Take an :meth:`interrupt` back."""
        self._stop.set(raised=False)

    def decode(self, spans: Sequence[Span]) -> bool:
        """Run the model; False when interrupted.

        Raises:
            RuntimeError: llama.cpp could not.
        """
        self.prepare(spans)
        return self.run()

    def prepare(self, spans: Sequence[Span]) -> None:
        """Fill the batch of the next :meth:`run`; the run before it may still be computed."""
        self._batch.fill(spans)

    def run(self, at: Sequence[int] = (), tokens: Sequence[int] = ()) -> bool:
        """Run the model over what was prepared; False when interrupted.

        Args:
            at: which tokens of the batch were not known when it was prepared.
            tokens: those tokens.

        Raises:
            RuntimeError: llama.cpp could not.
        """
        batch = self._batch.with_tokens(at, tokens)
        code: int = llama_cpp.llama_decode(self.pointer, batch)
        if code == _ABORTED:
            return False
        if code:
            raise RuntimeError(
                f"llama_decode came back with {code}: {'; '.join(library.last_errors)}"
            )
        return True

    def all_logits(self, outputs: int) -> npt.NDArray[np.float32]:
        """The first so many rows of logits of the last run, in the order of its tokens.

        Waits for them; after it any thread may read them, until the next decode.
        """
        address = ctypes.addressof(llama_cpp.llama_get_logits(self.pointer).contents)
        if self._logits is None or self._logits.ctypes.data != address:
            shape = self._most_outputs, self._n_vocab
            rows = ctypes.cast(address, ctypes.POINTER(ctypes.c_float))
            self._logits = np.ctypeslib.as_array(rows, shape=shape)
        return self._logits[:outputs]

    def logits(self, index: int) -> npt.NDArray[np.float32]:
        """Logits of the batch's token ``index``; valid until the next decode."""
        row = llama_cpp.llama_get_logits_ith(self.pointer, index)
        return np.ctypeslib.as_array(row, shape=(self._n_vocab,))

    def copy(self, source: int, target: int, length: int) -> None:
        """Let the empty ``target`` begin with the first ``length`` tokens of ``source``.

        Copies nothing in one cache; a whole lane, with the next run, where there are lanes.
        """
        if not (self.lanes or self._whole_only):
            llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, length)
            return
        # a part of a state cannot be copied: some of llama.cpp's caches end the process over it
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        if self.lanes:
            self.cut(target, length)

    def forget(self, sequence: int) -> None:
        """Empty a sequence."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def cut(self, sequence: int, length: int) -> None:
        """Keep only the first ``length`` tokens of a sequence."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, length, -1)

    def vacate(self, sequence: int, start: int, end: int) -> None:
        """Take the positions from ``start`` to before ``end`` out of a sequence."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, start, end)

    def state(self, sequence: int) -> bytes:
        """A sequence as llama.cpp saves it."""
        size: int = llama_cpp.llama_state_seq_get_size(self.pointer, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written: int = llama_cpp.llama_state_seq_get_data(self.pointer, buffer, size, sequence)
        return bytes(buffer[:written])

    def restore(self, sequence: int, state: bytes) -> bool:
        """Put a saved sequence in the place of what there is of it; False if that failed."""
        data = ctypes.cast(ctypes.c_char_p(state), ctypes.POINTER(ctypes.c_uint8))
        return bool(llama_cpp.llama_state_seq_set_data(self.pointer, data, len(state), sequence))

    def length(self, sequence: int) -> int:
        """Tokens a sequence holds."""
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def free(self) -> None:
        """Give the cache back."""
        llama_cpp.llama_free(self.pointer)


class _StopFlag:
    """Tells llama.cpp to stop, without a Python call for each node of its graph.

    The abort callback takes a pointer and says true or false. libc's ``strlen`` is such a
    function: 0 for an empty string and 1 for one of one character. So setting one byte stops the
    computation, and asking costs nothing.
    """

    def __init__(self, context: Any) -> None:
        self._byte = ctypes.create_string_buffer(2)
        libc = ctypes.CDLL(None) if sys.platform != "win32" else ctypes.cdll.msvcrt
        callback = ctypes.cast(libc.strlen, llama_cpp.ggml_abort_callback)
        llama_cpp.llama_set_abort_callback(context, callback, ctypes.addressof(self._byte))
        self._keep = callback

    def set(self, *, raised: bool) -> None:
        self._byte[0] = b"\1" if raised else b"\0"

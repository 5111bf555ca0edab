"""Tiny model files with random weights: the tensors of an architecture, none of its sense."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

TEMPLATE: Final = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
WRITES: Final = ("llama", "qwen3", "gemma3", "phi3", "mamba", "rwkv7", "gpt-oss")
"""Architectures of which :func:`write` makes a model that llama.cpp loads."""
_WIDTH, _HEADS, _HEADS_KV, _HEAD, _HIDDEN, _EXPERTS = 64, 4, 2, 16, 64, 4
_LAYERS: Final = 2
SPECIAL: Final = ("<unk>", "<s>", "</s>", "<|role|>")
_VOCAB: Final = len(SPECIAL) + 256
_Q, _KV = _HEADS * _HEAD, _HEADS_KV * _HEAD
_SEPARATE: Final[dict[str, tuple[int, ...]]] = {
    "attn_norm.weight": (_WIDTH,),
    "attn_q.weight": (_WIDTH, _Q),
    "attn_k.weight": (_WIDTH, _KV),
    "attn_v.weight": (_WIDTH, _KV),
    "attn_output.weight": (_Q, _WIDTH),
}
_DENSE: Final[dict[str, tuple[int, ...]]] = {
    "ffn_norm.weight": (_WIDTH,),
    "ffn_gate.weight": (_WIDTH, _HIDDEN),
    "ffn_up.weight": (_WIDTH, _HIDDEN),
    "ffn_down.weight": (_HIDDEN, _WIDTH),
}
_RANK: Final = 8
_RWKV_VECTORS: Final = ("w0", "a0", "v0", "k_k", "k_a", "r_k")
_NORMED: Final = {"attn_q_norm.weight": (_HEAD,), "attn_k_norm.weight": (_HEAD,)}
_LAYER: Final[dict[str, dict[str, tuple[int, ...]]]] = {
    "llama": _SEPARATE | _DENSE,
    "qwen3": _SEPARATE | _DENSE | _NORMED,
    "gemma3": _SEPARATE
    | _DENSE
    | _NORMED
    | {"post_attention_norm.weight": (_WIDTH,), "post_ffw_norm.weight": (_WIDTH,)},
    "phi3": {
        "attn_norm.weight": (_WIDTH,),
        "attn_qkv.weight": (_WIDTH, _Q + 2 * _KV),
        "attn_output.weight": (_Q, _WIDTH),
        "ffn_norm.weight": (_WIDTH,),
        "ffn_up.weight": (_WIDTH, 2 * _HIDDEN),
        "ffn_down.weight": (_HIDDEN, _WIDTH),
    },
    "mamba": {
        "attn_norm.weight": (_WIDTH,),
        "ssm_in.weight": (_WIDTH, 4 * _WIDTH),
        "ssm_conv1d.weight": (4, 2 * _WIDTH),
        "ssm_conv1d.bias": (2 * _WIDTH,),
        "ssm_x.weight": (2 * _WIDTH, 4 + 2 * 16),
        "ssm_dt.weight": (4, 2 * _WIDTH),
        "ssm_dt.bias": (2 * _WIDTH,),
        "ssm_a": (16, 2 * _WIDTH),
        "ssm_d": (2 * _WIDTH,),
        "ssm_out.weight": (2 * _WIDTH, _WIDTH),
    },
    "rwkv7": {
        **{
            f"{name}.{kind}": (_WIDTH,)
            for name in ("attn_norm", "attn_norm_2", "time_mix_ln")
            for kind in ("weight", "bias")
        },
        **{f"time_mix_{name}.weight": (_WIDTH,) for name in _RWKV_VECTORS},
        **{f"time_mix_{name}1.weight": (_WIDTH, _RANK) for name in "wavg"},
        **{f"time_mix_{name}2.weight": (_RANK, _WIDTH) for name in "wavg"},
        **{
            f"time_mix_{name}.weight": (_WIDTH, _WIDTH)
            for name in ("key", "value", "receptance", "output")
        },
        "time_mix_lerp_fused.weight": (_WIDTH, 1, 1, 6),
        "channel_mix_lerp_k.weight": (_WIDTH, 1, 1),
        "channel_mix_key.weight": (_WIDTH, _HIDDEN),
        "channel_mix_value.weight": (_HIDDEN, _WIDTH),
    },
    "gpt-oss": _SEPARATE
    | {
        "attn_q.bias": (_Q,),
        "attn_k.bias": (_KV,),
        "attn_v.bias": (_KV,),
        "attn_output.bias": (_WIDTH,),
        "post_attention_norm.weight": (_WIDTH,),
        "attn_sinks.weight": (_HEADS,),
        "ffn_gate_inp.weight": (_WIDTH, _EXPERTS),
        "ffn_gate_inp.bias": (_EXPERTS,),
        "ffn_gate_exps.weight": (_WIDTH, _HIDDEN, _EXPERTS),
        "ffn_gate_exps.bias": (_HIDDEN, _EXPERTS),
        "ffn_up_exps.weight": (_WIDTH, _HIDDEN, _EXPERTS),
        "ffn_up_exps.bias": (_HIDDEN, _EXPERTS),
        "ffn_down_exps.weight": (_HIDDEN, _WIDTH, _EXPERTS),
        "ffn_down_exps.bias": (_WIDTH, _EXPERTS),
    },
}


def write(
    path: Path,
    architecture: str,
    *,
    context: int = 512,
    parts: int = 1,
    layers_told: int = _LAYERS,
) -> list[Path]:
    """Write a model and return its files.

    Args:
        path: the file; its name gets the number of the part where there are several.
        architecture: as llama.cpp names it; of one that is not in :data:`WRITES` there is the
            head, and the tensors are those of llama.
        context: tokens it says it was trained for.
        parts: into how many files it is split.
        layers_told: how many layers it says it has.
    """
    layer = _LAYER.get(architecture, _LAYER["llama"])
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (_WIDTH, _VOCAB),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (_WIDTH, _VOCAB),
    }
    if architecture == "rwkv7":
        norms = ("output_norm.bias", "token_embd_norm.weight", "token_embd_norm.bias")
        shapes |= dict.fromkeys(norms, (_WIDTH,))
    shapes |= {f"blk.{at}.{name}": layer[name] for at in range(_LAYERS) for name in layer}
    keys = _model_keys(context) | {"block_count": layers_told}
    return _written(path, architecture, shapes, keys, parts)


def write_lora(path: Path, strength: float, width: int = _WIDTH) -> None:
    """Write an adapter for a llama of such a width; ``strength`` scales what it adds."""
    shapes = {
        "blk.0.attn_q.weight.lora_a": (width, 4),
        "blk.0.attn_q.weight.lora_b": (4, _Q),
        "blk.0.ffn_down.weight.lora_a": (_HIDDEN, 4),
        "blk.0.ffn_down.weight.lora_b": (4, _WIDTH),
    }
    keys = {"general.type": "adapter", "adapter.type": "lora", "adapter.lora.alpha": strength}
    _written(path, "llama", shapes, keys, 1)


def _model_keys(context: int) -> dict[str, Any]:
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    return {
        "context_length": context,
        "embedding_length": _WIDTH,
        "block_count": _LAYERS,
        "feed_forward_length": _HIDDEN,
        "attention.head_count": _HEADS,
        "attention.head_count_kv": _HEADS_KV,
        "attention.key_length": _HEAD,
        "attention.value_length": _HEAD,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.chat_template": TEMPLATE,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [*SPECIAL, *byte_tokens],
        "tokenizer.ggml.scores": [0.0] * _VOCAB,
        "tokenizer.ggml.token_type": [2, 3, 3, 4] + [6] * 256,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }


_BESIDE: Final[Mapping[str, Mapping[str, Any]]] = {
    "gemma3": {"attention.sliding_window": 32},
    "gpt-oss": {
        "attention.sliding_window": 32,
        "expert_count": _EXPERTS,
        "expert_used_count": 2,
        "expert_feed_forward_length": _HIDDEN,
    },
    "rwkv7": {
        "attention.head_count": 0,
        "attention.head_count_kv": 0,
        "attention.layer_norm_epsilon": 1e-5,
        "wkv.head_size": _WIDTH,  # the kernel is made for 64
        "attention.decay_lora_rank": _RANK,
        "attention.iclr_lora_rank": _RANK,
        "attention.value_residual_mix_lora_rank": _RANK,
        "attention.gate_lora_rank": _RANK,
        "token_shift_count": 2,
    },
    "mamba": {
        "attention.head_count": 0,
        "attention.head_count_kv": 0,
        "feed_forward_length": 0,
        "ssm.conv_kernel": 4,
        "ssm.inner_size": 2 * _WIDTH,
        "ssm.state_size": 16,
        "ssm.time_step_rank": 4,
    },
}
"""Keys of an architecture that others do not have, or have otherwise."""


def _written(
    path: Path,
    architecture: str,
    shapes: Mapping[str, tuple[int, ...]],
    keys: Mapping[str, Any],
    parts: int,
) -> list[Path]:
    from gguf import GGUFWriter

    per_part = -(-len(shapes) // parts) if parts > 1 else 0
    writer = GGUFWriter(path, architecture, split_max_tensors=per_part)
    for key, value in (dict(keys) | dict(_BESIDE.get(architecture, {}))).items():
        own = key.startswith(("general.", "tokenizer.", "adapter."))
        _put(writer, key if own else f"{architecture}.{key}", value)
    random = np.random.default_rng(0)
    for name, shape in shapes.items():
        # numpy names the dimensions the other way round
        weights = random.normal(0, 0.3, shape[::-1]).astype(np.float32)
        if name.endswith((".ssm_a", ".time_mix_w0.weight")):
            weights = -abs(weights)  # a state that decays
        elif name.endswith(("norm.weight", "norm_2.weight", "ln.weight")):
            weights += 1
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sorted(path.parent.glob(f"{path.stem}*.gguf"))


def _put(writer: Any, key: str, value: Any) -> None:
    if isinstance(value, str):
        writer.add_string(key, value)
    elif isinstance(value, list):
        writer.add_array(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_uint32(key, value)

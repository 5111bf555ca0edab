"""One llama.cpp sampler chain an answer."""

from __future__ import annotations

from typing import Any

import llama_cpp

from engine.api import Sampling
from engine.errors import BadRequest
from engine.llama.host.binding import Context, Model

_LOOK_BACK = 64
"""Tokens a repetition penalty looks back over."""
_SEEDS = 0xFFFF_FFFF
"""llama.cpp's seeds are 32 bits wide, and all ones would mean "any"."""


class Sampler:
    """Draws the tokens of one answer, reproducibly."""

    def __init__(self, model: Model, sampling: Sampling, prompt: list[int]) -> None:
        self._model = model
        self.penalises = sampling.repeat_penalty != 1
        """Whether it must :meth:`accept` what was drawn with :attr:`chain`."""
        self.enough = _enough(sampling)
        """How many of the likeliest tokens decide what is drawn; 0: all may."""
        params = llama_cpp.llama_sampler_chain_default_params()
        params.no_perf = True
        self.chain = llama_cpp.llama_sampler_chain_init(params)
        """Address of llama.cpp's sampler."""
        self._add_penalties(sampling, prompt)
        self._add_grammar(sampling)
        if sampling.temperature <= 0:
            self._add(llama_cpp.llama_sampler_init_greedy())
        else:
            self._add_distribution(sampling)

    def draw(self, context: Context, index: int) -> int:
        """Draw from the logits of the batch's token ``index``."""
        return int(llama_cpp.llama_sampler_sample(self.chain, context.pointer, index))

    def accept(self, token: int) -> None:
        """Learn what was drawn with :attr:`chain`."""
        llama_cpp.llama_sampler_accept(self.chain, token)

    def free(self) -> None:
        """Give the chain back; it cannot draw any more."""
        if self.chain:
            llama_cpp.llama_sampler_free(self.chain)
            self.chain = None

    def _add(self, sampler: Any) -> None:
        llama_cpp.llama_sampler_chain_add(self.chain, sampler)

    def _add_penalties(self, sampling: Sampling, prompt: list[int]) -> None:
        if sampling.repeat_penalty == 1:
            return
        penalties = llama_cpp.llama_sampler_init_penalties(
            self._model.n_vocab, _LOOK_BACK, sampling.repeat_penalty, 0.0, 0.0
        )
        # as llama.cpp's own programs do, the end of the prompt counts as already said
        for token in prompt[-_LOOK_BACK:]:
            llama_cpp.llama_sampler_accept(penalties, token)
        self._add(penalties)

    def _add_grammar(self, sampling: Sampling) -> None:
        if sampling.grammar is None:
            return
        grammar = llama_cpp.llama_sampler_init_grammar(
            self._model.vocab, sampling.grammar.encode(), b"root"
        )
        if not grammar:
            self.free()
            raise BadRequest("the grammar cannot be read: it must be GBNF with a rule named root")
        self._add(grammar)

    def _add_distribution(self, sampling: Sampling) -> None:
        if sampling.top_k > 0:
            self._add(llama_cpp.llama_sampler_init_top_k(sampling.top_k))
        if sampling.top_p < 1:
            self._add(llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1))
        if sampling.min_p > 0:
            self._add(llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1))
        self._add(llama_cpp.llama_sampler_init_temp(sampling.temperature))
        self._add(llama_cpp.llama_sampler_init_dist(sampling.seed % _SEEDS))


def _enough(sampling: Sampling) -> int:
    if sampling.grammar is not None or sampling.repeat_penalty < 1:
        return 0
    wanted = sampling.top_k if sampling.temperature > 0 else 1
    # a penalty makes tokens less likely: those behind them may move up
    return wanted and wanted + (_LOOK_BACK if sampling.repeat_penalty > 1 else 0)

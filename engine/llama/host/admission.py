"""Makes jobs of requests: renders, counts tokens, refuses what cannot be done."""

from __future__ import annotations

import itertools

from engine.api import Sampling, Urgency
from engine.errors import BadRequest, PromptTooLong
from engine.llama.host.jobs import GenerateJob, Job, RunningAnswer, ScoreJob
from engine.llama.host.loading import LoadedModel
from engine.llama.host.sampling import Sampler
from engine.llama.host.text import AnswerText
from engine.llama.protocol import Choose, Count, Generate, Weigh
from store.reasoning import opened


class Admission:
    """Knows the model's vocabulary and template, and the order requests came in."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        self._orders = itertools.count()

    def job(self, request: Generate | Choose | Weigh) -> Job:
        """The work a request means.

        Raises:
            BadRequest: it makes no sense.
            PromptTooLong: prompt and answer do not fit one sequence.
        """
        if isinstance(request, Generate):
            return self._writing(request)
        if isinstance(request, Choose):
            return self._weighing(request, request.answers, request.prefill, single=False)
        return self._weighing(request, (request.completion,), "", single=True)

    def count(self, request: Count) -> tuple[int, ...]:
        """Tokens of each text."""
        model = self._loaded.model
        return tuple(len(model.tokenise(text, special=False)) for text in request.texts)

    def _writing(self, request: Generate) -> GenerateJob:
        if not request.choices:
            raise BadRequest("no answer was asked for: give at least one sampling")
        if any(sampling.max_tokens < 1 for sampling in request.choices):
            raise BadRequest("max_tokens must be at least 1")
        rendered, prompt = self._prompt(request, request.prefill)
        most = max(sampling.max_tokens for sampling in request.choices)
        self._check(len(prompt), most)
        thinks = self._loaded.template.thinks and not request.prefill
        room = self._loaded.info.n_ctx - len(prompt) - most if thinks else 0
        job = GenerateJob(
            request.id, Urgency(request.urgency), next(self._orders), prompt, rendered
        )
        for choice, sampling in enumerate(request.choices):
            answer = self._answer(choice, sampling, prompt, rendered)
            answer.allowance = max(0, min(sampling.thinking_tokens, room))
            job.waiting.append(answer)
        job.unfinished = len(request.choices)
        job.single = job.unfinished == 1
        return job

    def _answer(
        self, choice: int, sampling: Sampling, prompt: list[int], rendered: str
    ) -> RunningAnswer:
        sampler = Sampler(self._loaded.model, sampling, prompt)
        text = AnswerText(sampling.stop, thinking=opened(rendered) is not None)
        return RunningAnswer(choice, sampling, text, sampler)

    def _weighing(
        self,
        request: Choose | Weigh,
        texts: tuple[str, ...],
        prefill: str,
        *,
        single: bool,
    ) -> ScoreJob:
        if not texts or any(not text for text in texts):
            raise BadRequest("an empty answer cannot be weighed")
        rendered, prompt = self._prompt(request, prefill)
        model = self._loaded.model
        # apart from the prompt: just so the model would write them after it
        continuations = [model.tokenise(text, special=False) for text in texts]
        if not all(continuations):
            raise BadRequest("an answer without tokens cannot be weighed")
        self._check(len(prompt), max(map(len, continuations)))
        return ScoreJob(
            request.id,
            Urgency(request.urgency),
            next(self._orders),
            prompt,
            rendered,
            continuations=continuations,
            sums=[0.0] * len(continuations),
            single=single,
        )

    def _prompt(self, request: Generate | Choose | Weigh, prefill: str) -> tuple[str, list[int]]:
        if request.urgency not in Urgency.__members__.values():
            raise BadRequest(f"there is no urgency {request.urgency}")
        answers_at_once = bool(prefill) or not isinstance(request, Generate)
        rendered, prompt = self._loaded.template.prompt(
            request.messages,
            prefill,
            answers_at_once=answers_at_once,
            thought=request.thought if isinstance(request, Choose) else "",
        )
        if not prompt:
            raise BadRequest("the prompt is empty")
        return rendered, prompt

    def _check(self, prompt: int, answer: int) -> None:
        limit = self._loaded.info.n_ctx
        if prompt + answer > limit:
            raise PromptTooLong(prompt + answer, limit)

"""What can go wrong with a model; each message is one line: what happened, what to do."""

from __future__ import annotations


class EngineError(Exception):
    """Anything that keeps a model from doing what was asked."""


class NoModel(EngineError):
    """No model file was named and none was found."""


class ModelFileError(EngineError):
    """The model file cannot be used: missing, cut short, not a GGUF, no chat template."""


class WritesNoText(ModelFileError):
    """The file is no model that answers: an encoder, a projector, an adapter, a vocabulary."""


class HostDied(EngineError):
    """The model host went away before it had answered."""


class PromptTooLong(EngineError):
    """A prompt does not fit the context; it is refused, never cut."""

    def __init__(self, needed: int = 0, limit: int = 0) -> None:
        numbers = f"needs {needed} tokens with its answer, the context holds {limit}"
        super().__init__(
            f"the prompt {numbers if limit else 'and its answer do not fit the context'}: "
            "shorten the prompt, lower --max-tokens or load the model with a larger context"
        )
        self.needed = needed
        """Tokens of the prompt and the answer's budget together; 0 where they are not told."""
        self.limit = limit
        """Tokens the context holds for one sequence."""


class BadRequest(EngineError):
    """The engine was asked for something that makes no sense."""


class NothingUsable(EngineError):
    """Every attempt at a text was refused by a detector; the attempts are stored, no text is."""

    def __init__(self, message: str, *, worth_retrying: bool) -> None:
        super().__init__(message)
        self.worth_retrying = worth_retrying
        """Whether other seeds may do better in the same run."""


class EndpointError(EngineError):
    """The server behind ``--endpoint`` refused, timed out or broke off."""


class NoMoreRequests(EngineError):
    """Nothing that is still to be asked of the server can end better."""


class BudgetSpent(NoMoreRequests):
    """What the servers may take is used up."""


class NoLogprobs(NoMoreRequests):
    """The server tells no log-probabilities, and what was asked is read from them."""


class AskedToWait(EndpointError, NoMoreRequests):
    """The only server there is wants to be left alone for longer than is waited."""


class ConstitutionError(EngineError):
    """A constitution cannot be read, or a principle was asked for that it does not have."""

"""What can go wrong with a language model, told apart by what to do next.

ModelError
├── ModelUnavailable      no connection, a time-out, overload, a server error
│   └── NoPoolLeft        no pool takes calls now, or each one that was asked failed
├── ModelRefused          token, address or model name is wrong: an operator must look
│   ├── PromptRefused     the request itself is refused: too long, or the server has no template for it
│   └── OtherModel        it answers in another model's name, and MODEL_NAME_STRICT is on
└── NoAnswer              it answered nothing that may be shown; another server of the same model would not either

`retry_elsewhere` says whether another pool is asked; `counts` whether the pool is blamed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatbot.errors import ChatbotError


class Outcome(StrEnum):
    """What became of asking one pool."""

    ANSWERED = "answered"
    FAILED = "failed"
    RESTS = "rests"  #: open, so it was not asked
    FULL = "full"  #: as many calls under way as it may have
    TOO_LATE = "too_late"  #: the others had used the time up
    LOST = "lost"  #: another pool, asked because this one was late, was quicker


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One pool of those that were tried for a reply."""

    pool: str  #: its name
    outcome: Outcome
    error: str = ""  #: in our own words
    milliseconds: float = 0.0


class ModelError(ChatbotError):
    """Base of a model's errors. Messages name the kind of failure, never prompt or answer."""

    retry_elsewhere: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    cure: ClassVar[Promise | str] = ""

    #: The pools that were tried, where there are pools.
    asked: Sequence[Asked] = ()


class ModelUnavailable(ModelError):
    """The server cannot answer now."""

    cure = _("Look whether the server runs, can be reached from here, and has room for more calls.")


class NoPoolLeft(ModelUnavailable):
    """No pool takes calls now, or each one that was asked failed."""


class ModelRefused(ModelError):
    """The server understood and refused: address, model name or token."""

    cure = _("Correct the address, the model's name, or the token or key.")


class PromptRefused(ModelRefused):
    """The request itself is refused. If another pool takes it, this one is to blame; if none does, the request is."""

    counts = False
    cure = _("Look at the server's log: its context may be too short, or it lacks a chat template.")


class OtherModel(ModelRefused):
    """The server answers in another model's name."""

    cure = _("Correct the model's name to the one that the server answers with, or switch MODEL_NAME_STRICT off.")


class NoAnswer(ModelError):
    """The reply is empty once hidden reasoning is taken away."""

    retry_elsewhere = False
    counts = False
    cure = _("Give it more tokens an answer, or start the server with a parser for its hidden reasoning.")

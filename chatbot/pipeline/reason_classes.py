"""From the reason of a decision to its class: what queues are chosen by."""

from collections.abc import Mapping, Sequence
from typing import Final

from chatbot.pipeline.decide import Reason
from sessions_app.reason_classes import ReasonClass

_CLASSES: Final[Mapping[Reason, ReasonClass]] = {
    Reason.WORD_HEARD: ReasonClass.SENSITIVE_RULE,
    Reason.WORD_SAID: ReasonClass.SENSITIVE_RULE,
    Reason.CUSTOMER_ASKED: ReasonClass.CUSTOMER_ASKED,
    Reason.UNHAPPY: ReasonClass.UNHAPPY,
    Reason.TRIGGER_RULE: ReasonClass.RULE,
    Reason.CHOICE_OFFERED: ReasonClass.RULE,
    Reason.ONLY_ATTACHMENT: ReasonClass.UNSUPPORTED,
    Reason.TOO_LONG: ReasonClass.UNSUPPORTED,
    Reason.PERSONAL_DATA: ReasonClass.POLICY,
    Reason.ALWAYS_REVIEW: ReasonClass.POLICY,
    Reason.HOLDOUT: ReasonClass.POLICY,
    Reason.NOT_IN_SHARE: ReasonClass.POLICY,
    Reason.KNOWLEDGE_MISSING: ReasonClass.KNOWLEDGE_MISSING,
    Reason.GIVES_ORDERS: ReasonClass.INJECTION,
    Reason.ASKED_BACK: ReasonClass.CLARIFICATION,
    Reason.MODEL_FAILED: ReasonClass.FAILURE,
    Reason.TURN_FAILED: ReasonClass.FAILURE,
}


def class_of(reasons: Sequence[Reason]) -> ReasonClass:
    """Of the deciding reason, which stands first; doubts about the draft are all one class."""
    return _CLASSES.get(reasons[0], ReasonClass.LOW_CONFIDENCE) if reasons else ReasonClass.LOW_CONFIDENCE

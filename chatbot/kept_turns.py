"""A past turn as a question of an evaluation set: the customer's words masked, for the same kind of customer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chatbot.models import Turn
from chatbot.personal_data import masking_policy
from chatbot.pipeline.retrieve import Rewritten
from chatbot.rules.masking.masker import masker_for
from knowledge.audience import Audience
from knowledge.caches.environment import environment
from knowledge.conf import KNOWN_QUESTION_MAX_CHARACTERS
from knowledge.models import KnownQuestion, QuestionSet
from knowledge.question_sets import add_question


@dataclass(frozen=True, slots=True, kw_only=True)
class ToKeep:
    """What would be stored of a turn; nothing in it names the customer."""

    question: str
    earlier: str  #: what a follow-up refers to; '' for a question that stands alone
    language: str
    audience: Audience
    articles: tuple[tuple[int, str, bool], ...]  #: id, title, whether the draft rests on it; in the order found


def to_keep(turn: Turn) -> ToKeep:
    """`turn` with its conversation's customer loaded."""
    customer = turn.conversation.customer
    earlier = _earlier(turn)
    masker = masker_for(
        [turn.question, earlier], policy=masking_policy(), known_names=[customer.name] if customer.name else []
    )
    wanted = environment().attributes
    found: dict[int, tuple[str, bool]] = {}
    for row in (turn.trace.get("retrieval") or {}).get("passages", []):
        title, cited = found.get(row["article_id"], (row["title"], False))
        found[row["article_id"]] = (title, cited or row["cited"])
    return ToKeep(
        question=masker.mask(turn.question)[:KNOWN_QUESTION_MAX_CHARACTERS],
        earlier=masker.mask(earlier)[:KNOWN_QUESTION_MAX_CHARACTERS],
        language=str(turn.trace.get("language") or ""),
        # Of the attributes only those that some article asks for: the others may be personal.
        audience=Audience(
            tier=customer.tier or None,
            attributes={name: str(value) for name, value in customer.attributes.items() if name in wanted},
        ),
        articles=tuple((number, title, cited) for number, (title, cited) in found.items()),
    )


def keep_turn(
    turn: Turn, question_set: QuestionSet, *, article_ids: Iterable[int], expects: KnownQuestion.Expects
) -> tuple[KnownQuestion, bool]:
    """As `add_question`, whose errors it raises."""
    kept = to_keep(turn)
    return add_question(
        question_set,
        kept.question,
        earlier=kept.earlier,
        language=kept.language,
        audience=kept.audience,
        article_ids=article_ids,
        expects=expects,
        origin=f"turn {turn.pk}",
    )


def _earlier(turn: Turn) -> str:
    """The question before, where the turn was searched for together with it."""
    retrieval: dict[str, Any] = turn.trace.get("retrieval") or {}
    if not retrieval.get("rewritten_by", Rewritten.NOT.value):
        return ""
    before = Turn.objects.filter(conversation_id=turn.conversation_id, pk__lt=turn.pk).exclude(question="")
    return before.order_by("-pk").values_list("question", flat=True).first() or ""

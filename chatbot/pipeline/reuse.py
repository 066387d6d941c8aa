"""An answer that was sent or approved before, for the same or nearly the same question; and keeping one for the next.

What is kept is told to others. So nothing is kept of a conversation that may hold a detail of a person, nor what a
model wrote with an earlier talk before it; and a follow-up is never kept, for it leans on another.
"""

import hashlib
import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import DatabaseError

from chatbot.llm.prompts import Manner
from chatbot.model_pools import writer
from chatbot.models import Turn
from chatbot.pipeline.decide import Decision, Reason
from chatbot.pipeline.follow_up import Dependence, dependence_of
from chatbot.pipeline.generate import EXTRACTIVE, Draft
from chatbot.pipeline.retrieve import Found, Rewritten
from chatbot.pipeline.understand import Understanding
from chatbot.rules.personal_detail import holds_personal_detail
from chatbot.trying.variant import is_rehearsal
from knowledge.caches.answers import Match, Recalled, forget_all, forget_article, keep, recall
from knowledge.caches.kept import Origin
from knowledge.caches.passages import passages_of_chunks
from knowledge.retrieval import Audience, Passage
from sessions_app.models import Author, Message, ReviewItem
from sessions_app.snapshots import ConversationSnapshot

logger = logging.getLogger(__name__)

#: What is left of the confidence where the question is only nearly the same: measured wrong hits, and a little more.
NEAR_SHARE = 0.97
#: Earlier messages of a reviewed conversation that are looked at for personal details.
_MESSAGES = 50


def manner_key(manner: Manner) -> str:
    """Changes with who writes the answers, and how: what was written in one manner is not given in another."""
    return hashlib.sha256(f"{writer() or EXTRACTIVE}\n{manner!r}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def answer_given_before(understanding: Understanding, view: ConversationSnapshot, *, manner: str) -> Recalled | None:
    """None for a follow-up, for a question that the bot read in part, and where attachments belong to it.

    ANSWER_CACHE switched off, or nobody waiting for the answer: always None.
    """
    question = understanding.question
    if not settings.ANSWER_CACHE or is_rehearsal() or understanding.is_cut or understanding.has_attachment:
        return None
    if view.history and dependence_of(question) is not Dependence.NONE:
        return None
    return recall(question, audience=_audience(view), language=understanding.language, manner=manner)


def confidence_of(recalled: Recalled) -> float:
    """0..1."""
    return recalled.kept.confidence * (NEAR_SHARE if recalled.match is Match.NEAR else 1.0)


def keep_sent(
    understanding: Understanding,
    view: ConversationSnapshot,
    found: Found | None,
    draft: Draft,
    decision: Decision,
    *,
    manner: str,
    milliseconds: float,
) -> bool:
    """Keeps what was just sent, if it may be told to others. Never raises: nothing is owed to the next customer."""
    if decision.reasons[:1] != (Reason.CONFIDENT,) or found is None or found.rewritten is not Rewritten.NOT:
        return False
    if not settings.ANSWER_CACHE or understanding.is_cut or understanding.has_attachment or draft.failure:
        return False
    if view.history and draft.answerer != EXTRACTIVE:
        return False
    said = [row.text for row in view.history if row.author == Author.CUSTOMER]
    said += [view.question, understanding.question]
    return _kept(
        understanding.question,
        draft.text,
        audience=_audience(view),
        language=understanding.language,
        manner=manner,
        cited=draft.cited,
        said=said,
        names=(view.customer_name,),
        origin=Origin.SENT,
        confidence=decision.confidence,
        milliseconds=milliseconds,
    )


def keep_reviewed(item: ReviewItem) -> bool:
    """Keeps what a person approved or wrote for a held draft, under the same conditions. Never raises.

    Not where there was no draft, because no article answers: the person's words rest on none then, so no change of an
    article, and no new one, would ever take them back.
    """
    if not item.draft.strip():
        return False
    turn = Turn.objects.filter(review_item=item).select_related("conversation__customer").first()
    retrieval = (turn.trace.get("retrieval") or {}) if turn else {}
    if turn is None or retrieval.get("rewritten_by") or turn.question != item.question:
        return False
    conversation, customer = turn.conversation, turn.conversation.customer
    chunk_ids = [row["chunk_id"] for row in retrieval.get("passages", []) if row.get("cited")]
    said = list(
        Message.objects.filter(conversation=conversation, author=Author.CUSTOMER)
        .order_by("-sent_at")
        .values_list("text", flat=True)[:_MESSAGES]
    )
    if len(said) != 1 or said[0].strip() != item.question.strip():
        return False  # what the person answered may be spread over several messages
    return _kept(
        item.question,
        item.answer,
        audience=Audience(tier=customer.tier or None, attributes=dict(customer.attributes)),
        language=turn.trace.get("language", ""),
        manner=turn.trace.get("manner", ""),
        cited=passages_of_chunks(chunk_ids),
        said=said,
        names=(customer.name,),
        origin=Origin.REVIEWED,
        confidence=1.0,
        milliseconds=(turn.own_milliseconds or 0.0) + (turn.model_milliseconds or 0.0),
    )


def forget_of_turn(turn: Turn | None) -> None:
    """What was kept of an answer that proved wrong, or was taken back, is not given again. Never raises."""
    passages = ((turn.trace.get("retrieval") or {}) if turn else {}).get("passages", [])
    articles = {row.get("article_id") for row in passages if row.get("cited")} - {None}
    for article_id in articles:
        forget_article(article_id)
    if not articles:
        forget_all()


def _kept(
    question: str,
    answer: str,
    *,
    audience: Audience,
    language: str,
    manner: str,
    cited: Sequence[Passage],
    said: Sequence[str],
    names: Sequence[str],
    origin: Origin,
    confidence: float,
    milliseconds: float,
) -> bool:
    public = "\n".join(f"{one.article_title}\n{one.heading_path}\n{one.text}" for one in cited)
    links = [one.article_url for one in cited if one.article_url]
    told = answer
    for link in links:
        told = told.replace(link, "")
    if any(holds_personal_detail(text, names=names, public=public) for text in (*said, told)):
        return False
    try:
        return keep(
            question,
            answer,
            audience=audience,
            language=language,
            manner=manner,
            cited=cited,
            origin=origin,
            confidence=confidence,
            milliseconds=milliseconds,
        )
    except DatabaseError:
        logger.warning("answer not kept", extra={"action": "answer_not_kept"})
        return False


def _audience(view: ConversationSnapshot) -> Audience:
    return Audience(tier=view.customer_tier or None, attributes=dict(view.customer_attributes))

"""Histories of conversations as rows, and what came of each worked out a second time: slowly, in plain Python."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, log
from typing import Any

import pytest

from analytics.models import ModelReading
from chatbot.models import Delivery, IntentCheck, SurveyInvitation, Turn
from chatbot.rules.unhappy import mood_of
from sessions_app.models import Conversation, Customer, Handoff, Message, ReviewItem

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)  # the day on which Europe's clocks go forward
QUIET, FIRST_CONTACT, DURABLE = timedelta(hours=24), timedelta(hours=72), timedelta(days=7)
SPEAKERS = ("customer", "bot", "teammate", "other_bot")


@dataclass(frozen=True)
class Part:
    """One thing that happened, `at` before NOW."""

    what: str  #: one of those that `add` knows
    at: timedelta


def written(parts: list[Part], *, rating: int | None = None, state: str = "bot", language: str = "en") -> Conversation:
    """Rows for the parts, in the given order, whatever their times say."""
    customer = Customer.objects.create(workspace="app", external_id=f"c{Customer.objects.count()}", tier="pro")
    conversation = Conversation.objects.create(
        workspace="app",
        external_id=f"v{Conversation.objects.count()}",
        customer=customer,
        rating=rating,
        state=state,
        language=language,
        updated_at=NOW,
    )
    for number, part in enumerate(parts):
        add(conversation, part, number)
    return conversation


def add(conversation: Conversation, part: Part, number: int) -> None:
    moment = NOW - part.at

    def message(author: str, effect: str = "", text: str = "") -> Message:
        return Message.objects.create(
            conversation=conversation, external_id=f"p{number}", author=author, sent_at=moment, effect=effect,
            text=text,
            unhappiness=mood_of(text).score if author == "customer" else 0.0,  # as intake does
        )  # fmt: skip

    match part.what:
        case "customer" | "bot" | "teammate":
            message(part.what, text="That is not ridiculously much" if part.what == "customer" else "ridiculous!!!")
        case "angry":
            message("customer", text=("This is RIDICULOUS", "你们太差了", "GIVE ME AN ANSWER!!!")[number % 3])
        case "closed":
            message("event", "closed")
        case "answered" | "held" | "handed_over" | "silent" | "thanked" | "labelled":
            turn = Turn.objects.create(
                conversation=conversation,
                last_message=message("note"),
                outcome="silent" if part.what in ("thanked", "labelled") else part.what,
                reasons=["thanks"] if part.what == "thanked" else [],
                intent="refund" if number % 3 else "",
                question=("How? ", "how", "Why?", "")[number % 4],
                tokens_read=10,
                tokens_written=3,
                due_at=moment,
                started_at=moment,
                finished_at=moment,
            )
            if part.what == "labelled":
                verdict = ("right", "wrong", "unclear", "")[number % 4]
                IntentCheck.objects.create(
                    turn=turn, guess="refund", intent="refund" if verdict == "right" else "", lot=0.5, drawn_at=moment,
                    verdict=verdict, decided_at=moment,
                )  # fmt: skip
        case "approved" | "rejected" | "taken":
            ReviewItem.objects.create(
                conversation=conversation, question="q", confidence=0.5, threshold=0.85, status=part.what,
                kind="handover" if part.what == "taken" else "draft",
                created_at=moment, decided_at=moment,
            )  # fmt: skip
        case "scored" | "asked":
            _survey(conversation, number, moment, score=number % 11 if part.what == "scored" else None)
        case "read":
            ModelReading.objects.update_or_create(
                conversation=conversation, defaults={"rating": number % 5 + 1, "status": "read", "asked_at": moment}
            )
        case "handoff":
            Handoff.objects.create(conversation=conversation, reason="rule", created_at=moment)
        case "sent":
            Delivery.objects.create(
                conversation=conversation,
                key=f"{conversation.pk}:{number}",
                kind="reply",
                status="sent",
                sent_at=moment,
            )


def _survey(conversation: Conversation, number: int, moment: datetime, *, score: int | None) -> None:
    """The question, the customer's score and our thanks, as they stand in the thread; or the question alone."""
    calls = [
        Delivery.objects.create(
            conversation=conversation, key=f"s{conversation.pk}:{number}:{kind}", kind=kind, status="sent",
            sent_at=moment, external_id=f"{kind}{number}",
        )
        for kind in (("survey", "survey_thanks") if score is not None else ("survey",))
    ]  # fmt: skip
    said = [
        Message.objects.create(
            conversation=conversation, external_id=external_id, author=author, effect=effect, sent_at=moment, text=text
        )
        for external_id, author, effect, text in (
            (f"survey{number}", "bot", "", "How likely?"),
            (f"score{number}", "customer", "survey", "RIDICULOUS"),
            (f"survey_thanks{number}", "bot", "", "Thanks!"),
        )[: 3 if score is not None else 1]
    ]
    SurveyInvitation.objects.create(
        conversation=conversation,
        customer_id=conversation.customer_id,
        delivery=calls[0],
        thanks=calls[-1] if score is not None else None,
        was_closed=False,
        asked_at=moment,
        score=score,
        answered_at=None if score is None else moment,
        message=said[-1],
    )


def slowly(conversation: Conversation, now: datetime) -> dict[str, Any] | None:
    """The outcome by the words of its definitions; None while no customer has spoken."""
    invitations = sorted(conversation.survey_invitations.all(), key=lambda one: (one.asked_at, one.pk))
    own = {call.external_id for one in invitations for call in (one.delivery, one.thanks) if call is not None}
    messages = sorted(
        (one for one in conversation.messages.all() if one.effect != "survey" and one.external_id not in own),
        key=lambda one: (one.sent_at, one.pk),
    )
    scores = [one.score for one in invitations if one.score is not None]
    heard = [one for one in messages if one.author == "customer"]
    if not heard:
        return None
    started = heard[0].sent_at
    reopened = []
    for before, after in pairwise(heard):
        between = messages[messages.index(before) + 1 : messages.index(after)]
        spoken = [one.sent_at for one in messages[: messages.index(after)] if one.author in SPEAKERS]
        if any(one.effect == "closed" for one in between) or after.sent_at - max(spoken) > QUIET:
            reopened.append(after.sent_at)
    since = [one for one in messages if one.sent_at >= started]
    people = [one.sent_at for one in since if one.author == "teammate"]
    responses = [one.sent_at for one in since if one.author in ("bot", "teammate")]
    turns = sorted(conversation.turns.all(), key=lambda one: (one.started_at, one.pk))
    acting = [one for one in turns if one.outcome in ("answered", "held", "handed_over")]
    answered = [one.finished_at for one in turns if one.outcome == "answered"]
    thanked = [one.finished_at for one in turns if "thanks" in one.reasons]
    handed = [one.created_at for one in conversation.handoffs.all()]
    items = list(conversation.review_items.all())
    touched = [one for one in items if one.status not in ("waiting", "superseded")]
    decided = [
        one for one in items if one.kind == "draft" and one.status in ("approved", "edited", "rejected", "answered")
    ]
    sent = [one.sent_at for one in conversation.deliveries.all() if one.kind == "reply" and one.status == "sent"]
    may_be = bool(
        acting and acting[-1].outcome == "answered" and not people and not handed
        and conversation.state not in ("review", "person")
    )  # fmt: skip
    last_word = max([heard[-1].sent_at, *answered])
    disturbed = sorted([*people, *handed, *reopened])
    first_contact = None
    if acting and now >= started + FIRST_CONTACT:
        first_contact = bool(answered) and not (disturbed and disturbed[0] < started + FIRST_CONTACT)

    def settled(after: timedelta) -> bool | None:
        if not acting or now < started + after or (may_be and now < last_word + after):
            return None
        return may_be

    asked = [one.question.strip(" .!?").lower() for one in acting if one.question]
    intents = [one.intent for one in acting if one.intent]
    asked_again = max(len(asked) - len(set(asked)), len(intents) - len(set(intents)))
    angry = any(word in one.text for one in heard for word in ("RIDICULOUS", "太差", "GIVE ME"))
    rating = getattr(ModelReading.objects.filter(conversation=conversation).first(), "rating", None)
    score = None
    if conversation.state == "closed" or now >= last_word + QUIET:
        wait = 1.0
        if sent or people:
            seconds = max(0.0, (min([*sent, *people]) - started).total_seconds())
            wait = min(1.0, log(1 + seconds / 60) / log(1441))
        odds = 1.4 - 2.0 * min(asked_again, 3) / 3 - 1.5 * angry - 1.5 * wait - 0.7 * bool(handed)
        odds += 2.0 * bool(thanked) - 1.2 * min(len(reopened), 2) / 2
        odds += 0.75 * (rating - 3) if rating else 0.0
        score = 100 * exp(odds) / (1 + exp(odds))

    labels = [one.check_of_intent.verdict for one in turns if hasattr(one, "check_of_intent")]
    rated_well = conversation.rating is not None and conversation.rating >= 4
    said_thanks = bool(answered) and bool(thanked) and max(thanked) >= max(answered)
    answers = [*sent, *people]
    return {
        "started_at": started,
        "is_involved": bool(acting),
        "is_answered": bool(answered),
        "is_handed_over": bool(handed),
        "has_person": bool(people or touched),
        "customer_messages": len(heard),
        "reopenings": len(reopened),
        "drafts_decided": len(decided),
        "drafts_unchanged": sum(one.status == "approved" for one in decided),
        "intents_labelled": sum(one in ("right", "wrong") for one in labels),
        "intents_right": labels.count("right"),
        "first_response_seconds": (min(responses) - started).total_seconds() if responses else None,
        "first_answer_seconds": max(0.0, (min(answers) - started).total_seconds()) if answers else None,
        "is_first_contact": first_contact,
        "is_assumed": may_be and (conversation.state == "closed" or now >= last_word + QUIET),
        "is_confirmed": may_be and (rated_well or said_thanks),
        "is_verified": settled(FIRST_CONTACT),
        "is_durable": settled(DURABLE),
        "is_surveyed": bool(invitations),
        "nps": scores[-1] if scores else None,
        "tokens_read": 10 * len(turns),
        "is_angry": angry,
        "is_thanked": bool(thanked),
        "asked_again": asked_again,
        "model_rating": rating,
        "score": None if score is None else pytest.approx(score),
    }

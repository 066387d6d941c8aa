"""The outbox emptied: each call reaches Intercom effectively once, and nothing is said over a person.

Intercom has no idempotency key. A row is therefore marked SENDING, and committed, before its call leaves; one found in
that state later is looked up in the conversation before it may be sent again. The caller holds the conversation's lock.
"""

import html
import logging
import random
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from chatbot.conf import DELIVERY_HOURS, DELIVERY_LOOK_BACK_SECONDS, DELIVERY_ORPHAN_SECONDS, DELIVERY_RETRY_SECONDS
from chatbot.errors import PayloadError, UnknownWorkspace
from chatbot.intake import record_conversation, record_own_answer
from chatbot.intercom.bodies import comparable, plain_text
from chatbot.intercom.client import IntercomClient
from chatbot.intercom.errors import IntercomError, NotFound, OutcomeUnknown, RateLimited, Refused
from chatbot.intercom.payloads import OwnMarks, is_own, is_person_assigned, moment, newest_own_part, parts_of
from chatbot.models import Delivery, Turn, Workspace
from chatbot.pipeline.guard import outgoing
from chatbot.signals import delivery_finished
from chatbot.survey.sending import close_again, why_not_sent
from chatbot.workspaces import client_of, learn_package_code, own_marks, workspace_named
from sessions_app.handoff import hand_over
from sessions_app.models import Author, Conversation, Effect, Handoff, Message
from sessions_app.statements import Columns, run
from sessions_app.states import State

logger = logging.getLogger(__name__)

#: Statuses by which Intercom says that a token or a right is wrong: an operator can mend that, so we keep trying.
_MENDABLE = frozenset({401, 402, 403})

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How far the outbox of one conversation came."""

    sent: int
    next_attempt_at: datetime | None  #: when to come back; None if nothing is left
    superseded: bool  #: a newer message of the customer is waiting for a turn


def deliver(conversation: Conversation) -> Receipt:
    """Send what waits for `conversation`, in order; stops at the first call that must be tried later."""
    sent, superseded = 0, False
    waiting = _waiting(conversation)
    if not waiting:
        return Receipt(sent=0, next_attempt_at=None, superseded=False)
    if waiting[0].next_attempt_at > timezone.now():
        return Receipt(sent=0, next_attempt_at=waiting[0].next_attempt_at, superseded=False)
    try:
        workspace = workspace_named(conversation.workspace)
        client = client_of(workspace)
        seen = _looked_at(conversation, workspace, client)
        known_ids = _part_ids(seen)
    except (UnknownWorkspace, IntercomError, PayloadError) as error:
        return Receipt(sent=0, next_attempt_at=_later(waiting[0], error, was_called=False), superseded=False)
    own = own_marks(workspace)
    for delivery in waiting:
        if delivery.next_attempt_at > timezone.now():
            # Later ones wait for it too: what a colleague may still take back has not been said yet.
            return Receipt(sent=sent, next_attempt_at=delivery.next_attempt_at, superseded=superseded)
        try:
            if delivery.status == Delivery.Status.SENDING and (part_id := _found(delivery, seen, own)) is not None:
                _close(delivery, Delivery.Status.SENT, external_id=part_id)
                sent += 1
                continue
            if (why := _withheld(delivery, conversation, seen, own)) is not None:
                superseded = superseded or why == _NEWER_MESSAGE
                _withhold(delivery, why)
                continue
            if (why := _stopped(delivery)) is not None:
                _stop(delivery, conversation, why)
                continue
            answer = _called(delivery, conversation, workspace, client)
        except IntercomError as error:
            return Receipt(sent=sent, next_attempt_at=_later(delivery, error, was_called=True), superseded=superseded)
        if answer is None:
            continue
        if delivery.kind == Delivery.Kind.TAG:
            _close(delivery, Delivery.Status.SENT)
            sent += 1
            continue
        seen = answer
        _sent(delivery, conversation, workspace, answer, known_ids=known_ids)
        known_ids |= _part_ids(answer)
        sent += 1
    return Receipt(sent=sent, next_attempt_at=None, superseded=superseded)


_DELIVERY = Columns(Delivery)
_TURN = Columns(Turn, "id", "last_message", "review_item", "outcome", "started_at")
_QUESTION = Columns(Message, "id", "sent_at")
_WAITING = f"""
    SELECT {_DELIVERY.of("delivery")}, {_TURN.of("turn")}, {_QUESTION.of("question")}
    FROM chatbot_delivery AS delivery
    LEFT JOIN chatbot_turn AS turn ON turn.id = delivery.turn_id
    LEFT JOIN sessions_app_message AS question
        ON question.id = COALESCE(delivery.after_message_id, turn.last_message_id)
    WHERE delivery.conversation_id = %s AND delivery.status IN ('pending', 'sending')
    ORDER BY delivery.id
"""  # noqa: S608  built from constants: the names of columns


def _waiting(conversation: Conversation) -> list[Delivery]:
    """What is left to send, oldest first, each with its turn and the question of that."""
    found = []
    for values in run(_WAITING, [conversation.pk]):
        delivery = _DELIVERY.row(values[: len(_DELIVERY)])
        question = _QUESTION.row(values[-len(_QUESTION) :])
        if delivery.turn_id is not None:
            delivery.turn = _TURN.row(values[len(_DELIVERY) : -len(_QUESTION)])
            delivery.turn.last_message = question
        if delivery.after_message_id is not None:
            delivery.after_message = question
        found.append(delivery)
    return found


# Before a call ------------------------------------------------------------------------------------------------------

_PERSON_SPOKE = "a person has taken over"
_NEWER_MESSAGE = "the customer wrote on"


def _looked_at(conversation: Conversation, workspace: Workspace, client: IntercomClient) -> Json:
    """The conversation as Intercom has it now; parts that no webhook brought are recorded on the way."""
    item = client.conversation(conversation.external_id)
    ids = _part_ids(item)
    known = {row[0] for row in run(_KNOWN, [conversation.pk, list(ids)])} if ids else set()
    if ids - known or is_person_assigned(item, own_marks(workspace)):
        record_conversation(workspace, item)
    return item


_KNOWN = "SELECT external_id FROM sessions_app_message WHERE conversation_id = %s AND external_id = ANY(%s)"


def _part_ids(item: Json) -> set[str]:
    return {str(part.get("id")) for part in parts_of(item)}


def _withheld(delivery: Delivery, conversation: Conversation, item: Json, own: OwnMarks) -> str | None:
    """Why this call must not be made any more; None if it may."""
    if delivery.kind in (Delivery.Kind.NOTE, Delivery.Kind.TAG, Delivery.Kind.UNASSIGN):
        return None  # people read notes and tags, whoever holds the conversation; giving it back is a person's word
    if delivery.kind in Delivery.OF_SURVEY:
        return why_not_sent(delivery, conversation)
    question = delivery.after_message or (delivery.turn.last_message if delivery.turn else None)
    asked = [None, None, None] if question is None else [question.sent_at, question.sent_at, question.pk]
    state, person_spoke, customer_waits = run(_STANDING, [*asked, conversation.pk])[0]
    if state == State.CLOSED or (
        state == State.PERSON and not (_belongs_to_handover(delivery) or _is_by_holder(delivery))
    ):
        return _PERSON_SPOKE
    if is_person_assigned(item, own) or person_spoke:
        return _PERSON_SPOKE
    supersedable = (
        delivery.kind == Delivery.Kind.REPLY and delivery.turn is not None and delivery.turn.review_item_id is None
    )
    if supersedable and delivery.status == Delivery.Status.PENDING and customer_waits:
        return _NEWER_MESSAGE
    return None


def _belongs_to_handover(delivery: Delivery) -> bool:
    """People hold the conversation because we gave it to them: saying so, and assigning it, is part of giving."""
    return (
        delivery.kind in (Delivery.Kind.HANDOFF, Delivery.Kind.ASSIGN)
        and delivery.turn is not None
        and Handoff.objects.filter(
            conversation_id=delivery.conversation_id, created_at__gte=delivery.turn.started_at
        ).exists()
    )


def _is_by_holder(delivery: Delivery) -> bool:
    """A colleague writes at the desk in a conversation that people hold: the words are a person's own, not a draft."""
    return delivery.written_by_id is not None and delivery.turn_id is None


# Who holds the conversation; whether teammates wrote after the question (their clock has whole seconds, and within one
# arrival decides); whether the customer waits for a turn.
_STANDING = """
    SELECT conversation.state,
           EXISTS (SELECT FROM sessions_app_message AS message
                   WHERE message.conversation_id = conversation.id AND message.author = 'teammate'
                   AND (message.sent_at > %s::timestamptz
                        OR message.sent_at = %s::timestamptz AND message.id > %s::bigint)),
           EXISTS (SELECT FROM sessions_app_message AS message
                   WHERE message.conversation_id = conversation.id AND message.author = 'customer'
                   AND message.handled_at IS NULL)
    FROM sessions_app_conversation AS conversation WHERE conversation.id = %s
"""


def _withhold(delivery: Delivery, why: str) -> None:
    with transaction.atomic():
        _close(delivery, Delivery.Status.WITHHELD, error=why)
        turn = delivery.turn
        if turn is None or delivery.kind != Delivery.Kind.REPLY:
            return
        if why == _NEWER_MESSAGE:
            # The next turn answers the old words and the new ones together. It may be this one again (a message that
            # was sent earlier and came later), so its key must be free.
            Delivery.objects.filter(pk=delivery.pk).update(key=f"{delivery.key}:withheld:{delivery.pk}")
            Message.objects.filter(pk__in=turn.trace.get("message_ids", []), author=Author.CUSTOMER).update(
                handled_at=None
            )
            Conversation.objects.filter(pk=delivery.conversation_id, reply_due_at=None).update(
                reply_due_at=timezone.now()
            )
            turn.outcome = Turn.Outcome.SUPERSEDED
        else:
            turn.outcome = Turn.Outcome.SILENT
        turn.save(update_fields=["outcome"])


_STOPPED = "a rule about what the bot says stops these words"


def _stopped(delivery: Delivery) -> str | None:
    """The last look before the bot's own words leave: a rule may be younger than they are. People may send anything."""
    is_of_a_person = delivery.written_by_id is not None or (
        delivery.turn is not None and delivery.turn.review_item_id is not None
    )
    if delivery.kind not in Delivery.PUBLIC or is_of_a_person:
        return None
    verdict = outgoing(plain_text(delivery.body))
    return _STOPPED if verdict.decisive is not None or not verdict.is_complete else None


def _stop(delivery: Delivery, conversation: Conversation, why: str) -> None:
    """Nothing is said, and a person takes over who knows why."""
    with transaction.atomic():
        _close(delivery, Delivery.Status.WITHHELD, error=why)
        conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if delivery.kind == Delivery.Kind.REPLY and conversation.state in (State.BOT, State.REVIEW):
            hand_over(
                conversation,
                reason=Handoff.Reason.RULE,
                packet={"wanted": delivery.turn.question if delivery.turn else "", "stopped": why},
            )
    logger.warning("reply stopped by a rule", extra={"action": "reply_stopped", "delivery_id": delivery.pk})


def _found(delivery: Delivery, item: Json, own: OwnMarks) -> str | None:
    """The part that an earlier try left behind, if it did; "" for an assignment, which has no words to compare."""
    if delivery.kind == Delivery.Kind.TAG:
        return None  # putting it on twice changes nothing
    if delivery.kind == Delivery.Kind.UNASSIGN:
        return None if is_person_assigned(item, own) else ""
    if delivery.kind == Delivery.Kind.CLOSE:
        return "" if item.get("state") == "closed" else None
    if delivery.kind == Delivery.Kind.ASSIGN:
        return "" if str(item.get("team_assignee_id") or "") == delivery.body else None
    wanted = comparable(delivery.body)
    # A delivery that staff send again counts as new, but what its first try left behind is as old as its turn.
    begun = min(delivery.created_at, delivery.turn.started_at) if delivery.turn else delivery.created_at
    earliest = begun - timedelta(seconds=DELIVERY_LOOK_BACK_SECONDS)
    taken = set(
        Delivery.objects.filter(conversation_id=delivery.conversation_id)
        .exclude(pk=delivery.pk)
        .exclude(external_id="")
        .values_list("external_id", flat=True)
    )
    for part in parts_of(item):
        sent_at = moment(part.get("created_at"))
        author = part.get("author")
        by_us = is_own(part, own) or (isinstance(author, Mapping) and str(author.get("id")) == own.admin_id)
        part_id = str(part.get("id"))
        if (
            by_us
            and part_id not in taken
            and comparable(part.get("body")) == wanted
            and sent_at
            and sent_at >= earliest
        ):
            return part_id
    return None


# The call -----------------------------------------------------------------------------------------------------------


# Nothing comes back where a colleague has just taken it back.
_MARK_SENDING = """
    UPDATE chatbot_delivery SET status = 'sending', attempts = %s, next_attempt_at = %s
    WHERE id = %s AND status IN ('pending', 'sending') RETURNING id
"""


def _called(
    delivery: Delivery, conversation: Conversation, workspace: Workspace, client: IntercomClient
) -> Json | None:
    """Intercom's answer; None if the call was taken back before it left."""
    delivery.status = Delivery.Status.SENDING
    delivery.attempts += 1
    # For whoever finds the row if we die now; an answer that comes replaces it.
    delivery.next_attempt_at = timezone.now() + timedelta(seconds=DELIVERY_ORPHAN_SECONDS)
    if not run(_MARK_SENDING, [delivery.attempts, delivery.next_attempt_at, delivery.pk]):
        return None
    target, admin_id = conversation.external_id, workspace.bot_admin_id
    match delivery.kind:
        case Delivery.Kind.NOTE:
            return client.note(target, admin_id=admin_id, body=delivery.body)
        case Delivery.Kind.TAG:
            return client.tag(target, admin_id=admin_id, name=delivery.body)
        case Delivery.Kind.ASSIGN:
            return client.assign_to_team(target, admin_id=admin_id, team_id=delivery.body)
        case Delivery.Kind.UNASSIGN:
            return client.unassign(target, admin_id=admin_id)
        case Delivery.Kind.CLOSE:
            return client.close(target, admin_id=admin_id)
        case _:
            return client.reply(target, admin_id=admin_id, body=delivery.body)


def _sent(
    delivery: Delivery, conversation: Conversation, workspace: Workspace, answer: Json, *, known_ids: Set[str]
) -> None:
    """The call was carried out: note the part it made and record it in the thread, whoever reports it first."""
    part_id = ""
    if delivery.kind not in (Delivery.Kind.ASSIGN, Delivery.Kind.UNASSIGN, Delivery.Kind.CLOSE):
        part = newest_own_part(answer, OwnMarks(admin_id=workspace.bot_admin_id)) or {}
        part_id = str(part.get("id") or "")
        learn_package_code(workspace, str(part.get("app_package_code") or ""))
    # First that it was sent: whoever comes after a crash here must not say it again. The part itself would come back.
    _close(delivery, Delivery.Status.SENT, external_id=part_id)
    if delivery.kind == Delivery.Kind.SURVEY and conversation.state == State.CLOSED and answer.get("state") == "open":
        close_again(delivery)
    try:
        record_own_answer(conversation, workspace, answer, known_ids=known_ids)
    except PayloadError:
        # It has left all the same; its webhook, or the reconciling poll, brings it into the thread.
        logger.warning("answer not understood", extra={"action": "answer_not_understood", "delivery_id": delivery.pk})
    if part_id and delivery.kind in Delivery.OF_SURVEY:
        Message.objects.filter(conversation=conversation, external_id=part_id).update(effect=Effect.SURVEY)


# After a call -------------------------------------------------------------------------------------------------------


_MARK_CLOSED = "UPDATE chatbot_delivery SET status = %s, external_id = %s, error = %s, sent_at = %s WHERE id = %s"


def _close(delivery: Delivery, status: Delivery.Status, *, external_id: str = "", error: str = "") -> None:
    delivery.status = status
    delivery.external_id = external_id
    delivery.error = error
    delivery.sent_at = timezone.now() if status == Delivery.Status.SENT else None
    run(_MARK_CLOSED, [delivery.status, delivery.external_id, delivery.error, delivery.sent_at, delivery.pk])
    delivery_finished.send(sender=Delivery, delivery=delivery)


def _later(delivery: Delivery, error: Exception, *, was_called: bool) -> datetime | None:
    """Note what happened; when to try again, or None if this delivery is given up.

    An outage of Intercom must lose nothing: what may still succeed is tried for DELIVERY_HOURS.
    """
    delivery.error = str(error)
    if isinstance(error, Refused) and error.status not in _MENDABLE:
        return _given_up(delivery, is_gone=isinstance(error, NotFound))
    if delivery.created_at < timezone.now() - timedelta(hours=DELIVERY_HOURS):
        return _given_up(delivery, is_gone=False)
    if was_called and not isinstance(error, OutcomeUnknown):
        delivery.status = Delivery.Status.PENDING  # it surely was not carried out; else the next try looks first
    if isinstance(error, RateLimited):
        # Jitter, so that workers do not all come back at once.
        delivery.next_attempt_at = error.until + timedelta(seconds=random.uniform(0.05, 0.5))  # noqa: S311  # no secret
    else:
        delivery.attempts += 0 if was_called else 1
        pause = DELIVERY_RETRY_SECONDS[min(delivery.attempts, len(DELIVERY_RETRY_SECONDS)) - 1]
        delivery.next_attempt_at = timezone.now() + timedelta(seconds=pause * random.uniform(1.0, 1.25))  # noqa: S311
    delivery.save(update_fields=["status", "attempts", "next_attempt_at", "error"])
    logger.warning(
        "delivery postponed",
        extra={"action": "delivery_postponed", "delivery_id": delivery.pk, "error": type(error).__name__},
    )
    return delivery.next_attempt_at


def _given_up(delivery: Delivery, *, is_gone: bool) -> datetime | None:
    """People must know of a customer who got no answer, here and, unless the conversation `is_gone`, in Intercom.

    The rest of the outbox goes on at once.
    """
    with transaction.atomic():
        _close(delivery, Delivery.Status.FAILED, error=delivery.error)
        conversation = Conversation.objects.select_for_update().get(pk=delivery.conversation_id)
        if delivery.kind == Delivery.Kind.REPLY and conversation.state in (State.BOT, State.REVIEW):
            hand_over(
                conversation,
                reason=Handoff.Reason.BOT_FAILED,
                packet={"wanted": delivery.turn.question if delivery.turn else "", "delivery_error": delivery.error},
            )
            if not is_gone:
                _tell_team(delivery, conversation)
    logger.error("delivery given up", extra={"action": "delivery_failed", "delivery_id": delivery.pk})
    has_more = Delivery.objects.filter(
        conversation_id=delivery.conversation_id, status__in=[Delivery.Status.PENDING, Delivery.Status.SENDING]
    ).exists()
    return timezone.now() if has_more else None


def _tell_team(delivery: Delivery, conversation: Conversation) -> None:
    """A note with what the customer should have read, and the assignment to the team for handovers."""
    note = (
        "<p><b>Handrail could not send its answer; the customer has got none.</b> "
        f"{html.escape(delivery.error, quote=False)}</p><p><b>The answer was:</b></p>{delivery.body}"
    )
    calls = {Delivery.Kind.NOTE: note, Delivery.Kind.ASSIGN: workspace_named(conversation.workspace).handoff_team_id}
    Delivery.objects.bulk_create(
        [
            Delivery(
                key=f"failed:{delivery.pk}:{kind}", conversation=conversation, turn=delivery.turn, kind=kind, body=body
            )
            for kind, body in calls.items()
            if body
        ],
        ignore_conflicts=True,
    )

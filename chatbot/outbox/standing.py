"""Before a call: how the conversation stands in Intercom and here, and whether these words may still be said."""

from collections.abc import Mapping
from typing import Any

from chatbot.intake import record_conversation
from chatbot.intercom.bodies import plain_text
from chatbot.intercom.client import IntercomClient
from chatbot.intercom.payloads import OwnMarks, is_person_assigned, parts_of
from chatbot.models import Delivery, Workspace
from chatbot.pipeline.guard import outgoing
from chatbot.survey.sending import why_not_sent
from chatbot.workspaces import own_marks
from sessions_app.models import Conversation, Handoff
from sessions_app.statements import run
from sessions_app.states import State

Json = Mapping[str, Any]


_PERSON_SPOKE = "a person has taken over"
NEWER_MESSAGE = "the customer wrote on"


def looked_at(conversation: Conversation, workspace: Workspace, client: IntercomClient) -> Json:
    """The conversation as Intercom has it now; parts that no webhook brought are recorded on the way."""
    item = client.conversation(conversation.external_id)
    ids = part_ids(item)
    known = {row[0] for row in run(_KNOWN, [conversation.pk, list(ids)])} if ids else set()
    if ids - known or is_person_assigned(item, own_marks(workspace)):
        record_conversation(workspace, item)
    return item


_KNOWN = "SELECT external_id FROM sessions_app_message WHERE conversation_id = %s AND external_id = ANY(%s)"


def part_ids(item: Json) -> set[str]:
    return {str(part.get("id")) for part in parts_of(item)}


def why_withheld(delivery: Delivery, conversation: Conversation, item: Json, own: OwnMarks) -> str | None:
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
        return NEWER_MESSAGE
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


_STOPPED = "a rule about what the bot says stops these words"


def why_stopped(delivery: Delivery) -> str | None:
    """The last look before the bot's own words leave: a rule may be younger than they are. People may send anything."""
    is_of_a_person = delivery.written_by_id is not None or (
        delivery.turn is not None and delivery.turn.review_item_id is not None
    )
    if delivery.kind not in Delivery.PUBLIC or is_of_a_person:
        return None
    verdict = outgoing(plain_text(delivery.body))
    return _STOPPED if verdict.decisive is not None or not verdict.is_complete else None

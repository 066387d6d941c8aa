"""The call itself, marked before it leaves and noted when it was carried out."""

import logging
from collections.abc import Mapping, Set
from datetime import timedelta
from typing import Any

from django.utils import timezone

from chatbot.conf import DELIVERY_ORPHAN_SECONDS
from chatbot.errors import PayloadError
from chatbot.intake import record_own_answer
from chatbot.intercom.client import IntercomClient
from chatbot.intercom.payloads import OwnMarks, newest_own_part
from chatbot.models import Delivery, Workspace
from chatbot.outbox.ending import close
from chatbot.survey.sending import close_again
from chatbot.workspaces import learn_package_code
from sessions_app.models import Conversation, Effect, Message
from sessions_app.statements import run
from sessions_app.states import State

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]


# Nothing comes back where a colleague has just taken it back.
_MARK_SENDING = """
    UPDATE chatbot_delivery SET status = 'sending', attempts = %s, next_attempt_at = %s
    WHERE id = %s AND status IN ('pending', 'sending') RETURNING id
"""


def called(delivery: Delivery, conversation: Conversation, workspace: Workspace, client: IntercomClient) -> Json | None:
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


def note_sent(
    delivery: Delivery, conversation: Conversation, workspace: Workspace, answer: Json, *, known_ids: Set[str]
) -> None:
    """The call was carried out: note the part it made and record it in the thread, whoever reports it first."""
    part_id = ""
    if delivery.kind not in (Delivery.Kind.ASSIGN, Delivery.Kind.UNASSIGN, Delivery.Kind.CLOSE):
        part = newest_own_part(answer, OwnMarks(admin_id=workspace.bot_admin_id)) or {}
        part_id = str(part.get("id") or "")
        learn_package_code(workspace, str(part.get("app_package_code") or ""))
    # First that it was sent: whoever comes after a crash here must not say it again. The part itself would come back.
    close(delivery, Delivery.Status.SENT, external_id=part_id)
    if delivery.kind == Delivery.Kind.SURVEY and conversation.state == State.CLOSED and answer.get("state") == "open":
        close_again(delivery)
    try:
        record_own_answer(conversation, workspace, answer, known_ids=known_ids)
    except PayloadError:
        # It has left all the same; its webhook, or the reconciling poll, brings it into the thread.
        logger.warning("answer not understood", extra={"action": "answer_not_understood", "delivery_id": delivery.pk})
    if part_id and delivery.kind in Delivery.OF_SURVEY:
        Message.objects.filter(conversation=conversation, external_id=part_id).update(effect=Effect.SURVEY)

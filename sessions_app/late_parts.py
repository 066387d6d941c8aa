"""A part that comes late finds its place: the thread is read again as if all had come in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from sessions_app.conversations import Event, HolderChange, move, supersede_drafts, unhandled
from sessions_app.models import Author, Conversation, Effect, Message
from sessions_app.states import State


def note_late_assignee(conversation: Conversation, event: Event) -> None:
    """Who is assigned, unless a newer assignment of the same kind is known."""
    if not isinstance(event, HolderChange):
        return
    newer = set(
        Message.objects.filter(conversation=conversation, author=Author.EVENT, sent_at__gt=event.sent_at).values_list(
            "effect", flat=True
        )
    )
    if event.admin_id is not None and not newer & {Effect.PERSON, Effect.BOT}:
        conversation.assigned_admin_id = event.admin_id
    if event.team_id is not None and Effect.TEAM not in newer:
        conversation.assigned_team_id = event.team_id


def replay(conversation: Conversation, fresh: Sequence[Message], *, pause_seconds: float) -> None:
    """A part came late: read the whole thread again in the sender's order, so that it ends as if all had come in time.

    `fresh` are the parts that are new; all are stored. What we decided ourselves since the newest part (a handover, a
    rejected draft) stands.
    """
    now = timezone.now()
    rows = list(Message.objects.filter(conversation=conversation).exclude(author=Author.NOTE).order_by("sent_at", "id"))
    holder, held_since, waiting = _told(rows)
    decided_by_us = conversation.holder_event_at is not None and (
        held_since is None or conversation.holder_event_at > held_since
    )
    if decided_by_us and conversation.state == State.PERSON:
        holder, waiting = State.PERSON, []
    bot_spoke_at = max((row.sent_at for row in rows if row.author == Author.BOT), default=None)
    wanted = {row.pk for row in waiting}
    forgotten = [
        row.pk
        for row in waiting
        if row.handled_at is not None
        and conversation.state != State.REVIEW  # its draft covers them
        and (bot_spoke_at is None or bot_spoke_at < row.sent_at)
    ]
    Message.objects.filter(pk__in=forgotten).update(handled_at=None)
    needless = [
        row.pk for row in rows if row.author == Author.CUSTOMER and row.handled_at is None and row.pk not in wanted
    ]
    Message.objects.filter(pk__in=needless).update(handled_at=now)
    if held_since is not None:
        conversation.holder_event_at = max(filter(None, (conversation.holder_event_at, held_since)))
    if holder == State.BOT:
        if conversation.state in (State.PERSON, State.CLOSED):
            move(conversation, State.BOT)
    else:
        move(conversation, holder)
        supersede_drafts(conversation, now)
    if not unhandled(conversation.pk):
        conversation.reply_due_at = None
    elif conversation.reply_due_at is None or any(row.pk in wanted for row in fresh):
        conversation.reply_due_at = now + timedelta(seconds=pause_seconds)


def _told(rows: Sequence[Message]) -> tuple[State, datetime | None, list[Message]]:
    """What the thread says by itself: who holds the conversation, since when, and which questions wait for the bot."""
    holder, since = State.BOT, None
    waiting: list[Message] = []
    for row in rows:
        match row.effect:
            case Effect.PERSON | Effect.CLOSED:
                holder, since, waiting = State(row.effect), row.sent_at, []
            case Effect.BOT:
                holder, since = State.BOT, row.sent_at
            case Effect.ANSWERED:
                waiting = []
            case Effect.SURVEY:
                pass  # a score moves nothing
            case _ if row.author == Author.CUSTOMER:
                holder = State.BOT if holder == State.CLOSED else holder
                if holder == State.BOT:
                    waiting.append(row)
    return holder, since, waiting

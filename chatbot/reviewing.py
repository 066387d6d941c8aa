"""A person's word about what waits, carried out: the answer goes into the outbox, or people keep the conversation."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.intercom.bodies import plain_text
from chatbot.intercom.reply_html import reply_html
from chatbot.learning.edits import keep_edit
from chatbot.models import Delivery, Turn, Workspace
from chatbot.pipeline.guard import outgoing
from chatbot.pipeline.reuse import keep_reviewed
from sessions_app import audit, reviews
from sessions_app.claims import check_free
from sessions_app.models import AuditEntry, Conversation, Handoff, Message, ReviewItem
from sessions_app.reason_classes import ReasonClass
from sessions_app.states import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: An answer longer than this is refused rather than cut.
ANSWER_CHARACTERS = 10_000
#: Why something was done, and notes to colleagues.
NOTE_CHARACTERS = 2_000

Status, Kind, Action = ReviewItem.Status, ReviewItem.Kind, AuditEntry.Action


class EmptyAnswer(ValueError):
    """There are no words to send."""


class AnswerTooLong(ValueError):
    """More than ANSWER_CHARACTERS characters."""


class NoDraft(ValueError):
    """People hold the conversation: there is no draft of the bot's to decide about."""


class SensitiveAnswer(ValueError):
    """Rules about what the bot says match the answer. A person may send it all the same, knowing that."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        super().__init__(
            _("Rules for sensitive words match: %(words)s. Change the answer, or send it as it is.")
            % {"words": ", ".join(f"“{word}”" for word in words)}
        )


def approve(
    item_id: int, *, user: "User", answer: str, is_warned: bool = False, undo_seconds: float = 0.0
) -> ReviewItem:
    """Send `answer` (Markdown): the draft as it is, as the person has changed it, or a person's own words.

    It leaves after `undo_seconds`, in which `taking_back.undo` still can stop it.
    Raises `AlreadyDecided`, `HeldByAnother`, `EmptyAnswer`, `AnswerTooLong`, and `SensitiveAnswer` unless the person
    `is_warned`. The caller enqueues the conversation after the commit.
    """
    answer, body = checked_answer(answer, is_warned=is_warned)
    with transaction.atomic():
        kind, draft = ReviewItem.objects.values_list("kind", "draft").get(pk=item_id)
        if kind == Kind.HANDOVER:
            return _answered(item_id, user=user, answer=answer, body=body, undo_seconds=undo_seconds)
        status = Status.APPROVED if answer == draft.strip() else Status.EDITED
        item = reviews.decide(item_id, status=status, user=user, answer=answer)
        _send(item, body, user=user, undo_seconds=undo_seconds)
        audit.note(Action.APPROVED if status == Status.APPROVED else Action.EDITED, user=user, item=item)
        keep_edit(item)
        transaction.on_commit(partial(keep_reviewed, item), robust=True)
    return item


def ask(item_id: int, *, user: "User", question: str, is_warned: bool = False, undo_seconds: float = 0.0) -> ReviewItem:
    """Ask the customer back; their answer is read together with the first question. Raises as `approve`; `NoDraft`."""
    question, body = checked_answer(question, is_warned=is_warned)
    with transaction.atomic():
        _check_draft(item_id, _("A colleague has this conversation: send your question as an answer."))
        item = reviews.decide(item_id, status=Status.ASKED, user=user, answer=question)
        _send(item, body, user=user, undo_seconds=undo_seconds)
        audit.note(Action.ASKED, user=user, item=item)
    return item


def reject(
    item_id: int, *, user: "User", note: str, answer: str = "", is_warned: bool = False, undo_seconds: float = 0.0
) -> ReviewItem:
    """The draft was wrong. With an `answer` of the person's own, that is sent and the bot goes on afterwards.

    Without one nothing is sent; people hold the conversation from now on, and its team is told why. Raises as
    `approve`, and `NoDraft`.
    """
    body = ""
    if answer.strip():
        answer, body = checked_answer(answer, is_warned=is_warned)
    with transaction.atomic():
        _check_draft(item_id, _("A colleague has this conversation: there is no draft to reject."))
        item = reviews.decide(item_id, status=Status.REJECTED, user=user, note=cleaned_note(note), answer=answer)
        audit.note(Action.REJECTED, user=user, item=item, with_answer=bool(body))
        if body:
            _send(item, body, user=user, undo_seconds=undo_seconds)
            return item
        reviews.open_handover(
            item.conversation,
            question=item.question,
            reason_class=ReasonClass(item.reason_class),
            reasons=item.reasons,
            keep=item,
        )
        Handoff.objects.create(
            conversation=item.conversation,
            reason=Handoff.Reason.REVIEW_REJECTED,
            reason_class=item.reason_class,
            packet={
                "wanted": item.question,
                "rejected_draft": item.draft,
                "why": item.decision_note,
                "stopped": item.reasons,
            },
        )
        assign_to_team(item)
    return item


def _check_draft(item_id: int, why: str) -> None:
    if ReviewItem.objects.filter(pk=item_id, kind=Kind.HANDOVER).exists():
        raise NoDraft(why)


def checked_answer(answer: str, *, is_warned: bool) -> tuple[str, str]:
    """`answer` cleaned, and as HTML. Raises `EmptyAnswer`, `AnswerTooLong`, `SensitiveAnswer`."""
    answer = answer.replace("\r\n", "\n").replace("\x00", "").strip()
    body = reply_html(answer)
    if not body:
        raise EmptyAnswer(_("The answer is empty; write one, or reject the draft."))
    if len(answer) > ANSWER_CHARACTERS:
        counts = {"count": len(answer), "limit": ANSWER_CHARACTERS}
        raise AnswerTooLong(_("The answer has %(count)d characters; %(limit)d fit.") % counts)
    if not is_warned and (words := sensitive_words(answer)):
        raise SensitiveAnswer(words)
    return answer, body


def cleaned_note(note: str) -> str:
    return note.replace("\x00", "").strip()[:NOTE_CHARACTERS]


def sensitive_words(answer: str) -> tuple[str, ...]:
    """The pieces of `answer`, and of what a customer would see of it, that rules about the bot's words match."""
    seen = plain_text(reply_html(answer))
    return tuple(dict.fromkeys(text[hit.start : hit.end] for text in (answer, seen) for hit in outgoing(text).hits))


def reply_key(item: ReviewItem) -> str:
    """Of the call that carries the words decided for `item`: one at most."""
    return f"review:{item.pk}:reply"


def newest_message(conversation: Conversation) -> Message | None:
    return Message.objects.filter(conversation=conversation).order_by("-sent_at", "-pk").first()


def assign_to_team(item: ReviewItem) -> None:
    """In Intercom, the conversation goes to the team of its queue, else to that for handovers.

    Only our own row is asked: a workspace that is no longer connected keeps nobody from deciding.
    """
    connected = Workspace.objects.filter(app_id=item.conversation.workspace).values_list("handoff_team_id", flat=True)
    team = item.queue.intercom_team_id or connected.first()
    if team:
        Delivery.objects.create(
            key=f"review:{item.pk}:assign",
            conversation=item.conversation,
            turn=turn_of(item),
            kind=Delivery.Kind.ASSIGN,
            body=team,
        )


def turn_of(item: ReviewItem) -> Turn | None:
    return Turn.objects.filter(review_item=item).first()


def _answered(item_id: int, *, user: "User", answer: str, body: str, undo_seconds: float) -> ReviewItem:
    """A person's own words in a conversation that people hold, which stays with this person."""
    item = reviews.locked_item(item_id)
    check_free(item, user=user)
    reviews.settle(item, status=Status.ANSWERED, user=user, answer=answer)
    reviews.give(item.conversation, State.PERSON, holder=user)
    _send(item, body, user=user, undo_seconds=undo_seconds)
    audit.note(Action.ANSWERED, user=user, item=item)
    return item


def _send(item: ReviewItem, body: str, *, user: "User", undo_seconds: float) -> None:
    is_own = item.kind == Kind.HANDOVER
    Delivery.objects.create(
        key=reply_key(item),
        conversation=item.conversation,
        turn=None if is_own else turn_of(item),
        kind=Delivery.Kind.REPLY,
        body=body,
        written_by=user,
        after_message=newest_message(item.conversation) if is_own else None,
        next_attempt_at=timezone.now() + timedelta(seconds=undo_seconds),
    )

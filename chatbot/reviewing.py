"""A person's word about a held draft, carried out: the answer goes into the outbox, or people keep the conversation."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.intercom.bodies import plain_text
from chatbot.intercom.reply_html import reply_html
from chatbot.models import Delivery, Turn
from chatbot.pipeline.guard import outgoing
from chatbot.pipeline.reuse import keep_reviewed
from chatbot.workspaces import workspace_named
from sessions_app import reviews
from sessions_app.models import Handoff, ReviewItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: An answer longer than this is refused rather than cut.
ANSWER_CHARACTERS = 10_000


class EmptyAnswer(ValueError):
    """There are no words to send."""


class AnswerTooLong(ValueError):
    """More than ANSWER_CHARACTERS characters."""


class SensitiveAnswer(ValueError):
    """Rules about what the bot says match the answer. A person may send it all the same, knowing that."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        super().__init__(
            _("Rules for sensitive words match: %(words)s. Change the answer, or send it as it is.")
            % {"words": ", ".join(f"“{word}”" for word in words)}
        )


def approve(item_id: int, *, user: "User", answer: str, is_warned: bool = False) -> ReviewItem:
    """Send `answer` (Markdown): the draft as it is, or as the person has changed it.

    Raises `AlreadyDecided`, `EmptyAnswer`, `AnswerTooLong`, and `SensitiveAnswer` unless the person `is_warned`.
    The caller enqueues the conversation after the commit.
    """
    answer = answer.replace("\r\n", "\n").replace("\x00", "").strip()
    body = reply_html(answer)
    if not body:
        raise EmptyAnswer(_("The answer is empty; write one, or reject the draft."))
    if len(answer) > ANSWER_CHARACTERS:
        counts = {"count": len(answer), "limit": ANSWER_CHARACTERS}
        raise AnswerTooLong(_("The answer has %(count)d characters; %(limit)d fit.") % counts)
    if not is_warned and (words := sensitive_words(answer)):
        raise SensitiveAnswer(words)
    with transaction.atomic():
        draft = ReviewItem.objects.values_list("draft", flat=True).get(pk=item_id)
        status = ReviewItem.Status.APPROVED if answer == draft.strip() else ReviewItem.Status.EDITED
        item = reviews.decide(item_id, status=status, user=user, answer=answer)
        Delivery.objects.create(
            key=f"review:{item.pk}:reply",
            conversation=item.conversation,
            turn=_turn_of(item),
            kind=Delivery.Kind.REPLY,
            body=body,
        )
        transaction.on_commit(partial(keep_reviewed, item), robust=True)
    return item


def sensitive_words(answer: str) -> tuple[str, ...]:
    """The pieces of `answer`, and of what a customer would see of it, that rules about the bot's words match."""
    seen = plain_text(reply_html(answer))
    return tuple(dict.fromkeys(text[hit.start : hit.end] for text in (answer, seen) for hit in outgoing(text).hits))


def reject(item_id: int, *, user: "User", note: str) -> ReviewItem:
    """Nothing is sent; people hold the conversation from now on, and its team is told why. Raises `AlreadyDecided`."""
    with transaction.atomic():
        item = reviews.decide(
            item_id, status=ReviewItem.Status.REJECTED, user=user, note=note.replace("\x00", "").strip()
        )
        Handoff.objects.create(
            conversation=item.conversation,
            reason=Handoff.Reason.REVIEW_REJECTED,
            packet={"wanted": item.question, "rejected_draft": item.draft, "why": item.decision_note},
        )
        team = workspace_named(item.conversation.workspace).handoff_team_id
        if team:
            Delivery.objects.create(
                key=f"review:{item.pk}:assign",
                conversation=item.conversation,
                turn=_turn_of(item),
                kind=Delivery.Kind.ASSIGN,
                body=team,
            )
    return item


def _turn_of(item: ReviewItem) -> Turn | None:
    return Turn.objects.filter(review_item=item).first()

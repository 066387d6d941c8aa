"""What trigger rules would do to a given message, and would have done to yesterday's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from chatbot.rules.language import language_of
from chatbot.rules.triggers.routing import Facts, Route, Router, Trigger
from sessions_app.models import Author, Message

#: A look at yesterday ends here, and says so.
MESSAGES = 2_000
EXAMPLES = 3


@dataclass(slots=True, kw_only=True)
class Row:
    """One rule on a day's messages."""

    trigger: Trigger
    applied: int = 0
    decided: int = 0
    examples: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yesterday:
    day: datetime
    looked_at: int
    is_whole: bool
    rows: tuple[Row, ...]
    undecided: int  #: messages that no rule decided about


def facts_given(
    *,
    text: str,
    tier: str,
    attributes: Mapping[str, str],
    channel: str,
    language: str,
    intent: str,
    now: datetime,
    is_first: bool,
    has_attachment: bool,
) -> Facts:
    """A made-up message; its language is told from its words where none is given."""
    return Facts(
        text=text, tier=tier, attributes=attributes, channel=channel, language=language or language_of(text),
        intent=intent, now=now, is_first=is_first, has_attachment=has_attachment,
    )  # fmt: skip


def yesterday(router: Router) -> Yesterday:
    """Customers' messages of yesterday, in the team's time zone, newest first; one message is one question here."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    begun = today - timedelta(days=1)
    earlier = Message.objects.filter(
        conversation=OuterRef("conversation"), author=Author.CUSTOMER, sent_at__lt=OuterRef("sent_at")
    )
    messages = list(
        Message.objects.filter(
            author=Author.CUSTOMER, sent_at__gte=begun, sent_at__lt=today, conversation__updated_at__gte=begun
        )
        .select_related("conversation__customer")
        .annotate(has_earlier=Exists(earlier))
        .order_by("-sent_at", "-pk")[: MESSAGES + 1]
    )
    rows = {trigger.id: Row(trigger=trigger) for trigger in router.triggers}
    undecided = 0
    for message in messages[:MESSAGES]:
        routed = router.route(_facts(message))
        undecided += routed.decided_by is None
        for trigger in routed.applied:
            row = rows[trigger.id]
            row.applied += 1
            row.decided += trigger.route != Route.CONTINUE
            if len(row.examples) < EXAMPLES:
                row.examples.append(message)
    return Yesterday(
        day=begun,
        looked_at=min(len(messages), MESSAGES),
        is_whole=len(messages) <= MESSAGES,
        rows=tuple(rows.values()),
        undecided=undecided,
    )


def _facts(message: Message) -> Facts:
    conversation = message.conversation
    return Facts(
        text=message.text,
        tier=conversation.customer.tier,
        attributes=conversation.customer.attributes,
        channel=conversation.channel,
        language=language_of(message.text) or conversation.language,
        now=message.sent_at,
        is_first=not message.has_earlier,  # type: ignore[attr-defined]  # annotated above
        has_attachment=bool(message.attachments),
    )

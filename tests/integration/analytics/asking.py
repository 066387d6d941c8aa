"""Questions that customers asked the bot, as rows; what came of them; all quickly made."""

from datetime import datetime, timedelta

from django.utils import timezone

from chatbot.models import Turn
from sessions_app.models import Conversation, Customer, Message, ReviewItem


def asked(
    text: str,
    *,
    by: str = "",
    outcome: str = "answered",
    reason: str = "confident",
    days_ago: float = 1,
    answer: str = "",
    status: str = "edited",
    name: str = "",
    language: str = "en",
) -> Turn:
    """One question in a conversation of its own; with `answer`, a person answered it at the desk an hour later."""
    moment = timezone.now() - timedelta(days=days_ago)
    number = Conversation.objects.count()
    customer, _ = Customer.objects.get_or_create(
        workspace="app", external_id=by or f"c{number}", defaults={"name": name}
    )
    conversation = Conversation.objects.create(
        workspace="app", external_id=f"v{number}", customer=customer, language=language, created_at=moment
    )
    message = Message.objects.create(
        conversation=conversation, external_id="1", author="customer", text=text, sent_at=moment
    )
    turn = Turn.objects.create(
        conversation=conversation,
        last_message=message,
        question=text,
        outcome=outcome,
        reasons=[reason],
        trace={"language": language},
        due_at=moment,
        started_at=moment,
        finished_at=moment,
    )
    if answer:
        answered(turn, answer, at=moment + timedelta(hours=1), status=status)
    return turn


def unanswered(text: str, *, by: str = "", days_ago: float = 1, answer: str = "", name: str = "") -> Turn:
    return asked(text, by=by, outcome="held", reason="knowledge_missing", days_ago=days_ago, answer=answer, name=name)


def answered(turn: Turn, answer: str, *, at: datetime, status: str = "edited") -> ReviewItem:
    return ReviewItem.objects.create(
        conversation=turn.conversation, question=turn.question, answer=answer, status=status,
        confidence=0.2, threshold=0.85, created_at=at, decided_at=at,
    )  # fmt: skip


CARDS = (
    "My card has not arrived yet",
    "When will my new card arrive?",
    "I am still waiting for my card to arrive",
    "How long until my card arrives?",
)
RATES = (
    "What exchange rate do you use?",
    "Which exchange rate will I get?",
    "How is the exchange rate set?",
    "What is the exchange rate today?",
)
RETURNS = ("请问怎么退货？", "我想退货", "退货要怎么办理", "我要办理退货，可以吗")
INVOICES = ("能开发票吗", "发票什么时候开", "我要一张发票", "请问发票抬头怎么改")
PARROTS = (
    "Can my parrot fly with your airline?",
    "Do you take parrots on the plane?",
    "May I bring a parrot on my flight?",
)

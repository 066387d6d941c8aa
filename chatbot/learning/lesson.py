"""A question with its good answer, from wherever a person gave it: what the bot can be taught."""

from dataclasses import dataclass

from chatbot.models import AnswerCheck, Turn
from sessions_app.models import Conversation, ReviewItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    question: str
    answer: str  #: Markdown; may be empty, then there is nothing to learn
    conversation: Conversation
    turn: Turn | None  #: the bot's own try
    scenario: str
    key: str  #: the same for the same lesson, such as "desk-17"
    item: ReviewItem | None = None  #: of the desk, where it comes from there


def lesson_of_item(item: ReviewItem) -> Lesson:
    """What was answered at the desk; a question back is no answer."""
    return Lesson(
        question=item.question,
        answer="" if item.status == ReviewItem.Status.ASKED else item.answer,
        conversation=item.conversation,
        turn=getattr(item, "turn", None),
        scenario=item.scenario,
        key=f"desk-{item.pk}",
        item=item,
    )


def lesson_of_check(check: AnswerCheck) -> Lesson:
    """What the bot should have said."""
    return Lesson(
        question=check.turn.question,
        answer=check.better,
        conversation=check.turn.conversation,
        turn=check.turn,
        scenario=check.turn.scenario,
        key=f"check-{check.pk}",
    )

"""Is the customer unhappy? Signs in the words, and what was asked and answered before; enough of them hand over."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chatbot.pipeline.decide import Action, Decision, Reason
from chatbot.pipeline.understand import cleaned
from chatbot.rules.person_wanted import wants_person
from chatbot.rules.same_question import is_latin, same_by_words
from chatbot.rules.small_talk import small_talk
from chatbot.rules.unhappy import Mood, Seen, circling, wished_before
from chatbot.steering import steering
from knowledge.caches.environment import environment
from knowledge.errors import EmbeddingUnavailable
from knowledge.question_vectors import question_vector
from sessions_app.context import ContextMessage, since_people
from sessions_app.models import Author
from sessions_app.snapshots import ConversationSnapshot
from sessions_app.states import State

#: Cosine similarity from which two messages ask the same; docs/explanation/unhappy-customers.md says how often it errs.
SAME_QUESTION = 0.85
#: Earlier questions that are compared, the newest: each may cost one call of the embedder.
COMPARED = 4
#: Shorter messages ("yes", "2") answer a question of ours; that they come again means nothing.
_SHORTEST = 8
_SHORTEST_HAN = 4


def with_what_was_before(mood: Mood, view: ConversationSnapshot, *, hide: Callable[[str], str]) -> Mood:
    """`mood` with what this conversation adds to it. `hide` masks what no embedder may see.

    A customer whose draft still waits for a person asks again because nobody has answered: that is no circle.
    """
    if view.state == State.REVIEW or not any(row.author == Author.CUSTOMER for row in view.history):
        return mood
    recent = since_people(view.conversation_id)
    earlier = _answered(row for row in view.history if row.author != Author.CUSTOMER or row.message_id in recent)
    if not earlier:
        return mood
    signs: list[Seen] = list(circling(_times_asked(view.question, earlier[-COMPARED:], hide=hide)))
    if any(wants_person(text) for text in earlier):
        signs.append(wished_before())
    return mood.with_signs(signs)


def decided_by_mood(mood: Mood, *, threshold: float) -> Decision | None:
    """Hand over, if the team wants that and the signs suffice."""
    known = steering()
    if not known.hands_over_unhappy or not mood.signs or mood.score < known.unhappy_from:
        return None
    return Decision(action=Action.HAND_OVER, reasons=(Reason.UNHAPPY,), confidence=0.0, threshold=threshold)


def mood_trace(mood: Mood) -> dict[str, Any] | None:
    """JSON; None for a customer who gave no sign."""
    if not mood.signs:
        return None
    return {
        "score": round(mood.score, 2),
        "from": steering().unhappy_from,
        "signs": [{"sign": one.sign.value, "weight": one.weight, "words": one.words} for one in mood.signs],
    }


def _answered(rows: Iterable[ContextMessage]) -> list[str]:
    """What the customer asked in one go, where somebody answered it; oldest first."""
    asked: list[str] = []
    open_words: list[str] = []
    for row in rows:
        if row.author == Author.CUSTOMER:
            open_words.append(row.text)
        elif open_words:
            asked.append("\n".join(open_words))
            open_words = []
    return asked


def _times_asked(question: str, earlier: Sequence[str], *, hide: Callable[[str], str]) -> int:
    """How many of `earlier` ask what `question` asks."""
    now = cleaned(question)
    before = [text for text in map(cleaned, earlier) if _asks(text)]
    if not _asks(now):
        return 0
    same = [same_by_words(text, now) for text in before]
    embedder = environment().embedder
    if all(same) or not embedder or not is_latin(now):
        return sum(same)
    try:
        mine = question_vector(embedder, hide(now))
        return sum(
            is_same or (is_latin(text) and float(mine @ question_vector(embedder, hide(text))) >= SAME_QUESTION)
            for is_same, text in zip(same, before, strict=True)
        )
    except EmbeddingUnavailable:
        return sum(same)


def _asks(text: str) -> bool:
    shortest = _SHORTEST if is_latin(text) else _SHORTEST_HAN
    return len(text.strip()) >= shortest and small_talk(text) is None

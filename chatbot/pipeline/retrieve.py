"""What the knowledge base has for this customer; what it has for colleagues is set aside."""

from dataclasses import dataclass, replace

from chatbot.pipeline.understand import Understanding
from chatbot.rules.staff_text import is_for_staff
from knowledge.retrieval import Audience, Passage, Retrieval, search
from sessions_app.snapshots import ConversationSnapshot

PASSAGES = 8
SEARCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Passages that may be quoted, best first, and those that are written for colleagues."""

    retrieval: Retrieval
    set_aside: tuple[Passage, ...]


def retrieve(
    understanding: Understanding, view: ConversationSnapshot, *, collections: tuple[str, ...] | None = None
) -> Found:
    """Raises `QuestionTooLong`, `EmbeddingUnavailable` and `SearchTimedOut`. `collections`: None means all."""
    whole = search(
        understanding.question,
        audience=Audience(tier=view.customer_tier or None, attributes=dict(view.customer_attributes)),
        language=understanding.language or None,
        limit=PASSAGES,
        collections=collections,
        timeout_seconds=SEARCH_SECONDS,
    )
    # An article that speaks to colleagues in one place does so in others, too, less plainly.
    staff_articles = {
        passage.article_id for passage in whole.passages if is_for_staff(passage.text, title=passage.article_title)
    }
    return Found(
        retrieval=replace(
            whole, passages=tuple(passage for passage in whole.passages if passage.article_id not in staff_articles)
        ),
        set_aside=tuple(passage for passage in whole.passages if passage.article_id in staff_articles),
    )

"""What the knowledge base has for this customer; what it has for colleagues is set aside."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from chatbot.llm.model import TextModel
from chatbot.llm.rewriting import complete_question
from chatbot.pipeline.closest import closest_first
from chatbot.pipeline.evidence import FIELD
from chatbot.pipeline.follow_up import Dependence, dependence_of, joined, topic_of
from chatbot.pipeline.understand import Understanding
from chatbot.prompts.templates import PromptText
from chatbot.rules.staff_text import is_for_staff
from chatbot.trying.variant import variant
from knowledge.closeness import Closeness
from knowledge.ranking import weights_of
from knowledge.retrieval import VECTORS_UNAVAILABLE, Audience, Passage, Retrieval, search
from knowledge.search_settings import SearchSettings
from sessions_app.context import ContextMessage
from sessions_app.snapshots import ConversationSnapshot

PASSAGES = 8
SEARCH_SECONDS = 5.0
#: A question of few words whose best passage scores less than this is searched for together with what was asked before.
WEAK_SCORE: Final = 0.45


class Rewritten(StrEnum):
    """How the text that was searched for came about."""

    NOT = ""
    BY_WORDS = "words"  #: the earlier question's words were borrowed
    BY_MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Passages that may be quoted, best first, and those that are written for colleagues."""

    retrieval: Retrieval  #: its `question` is what was searched for
    set_aside: tuple[Passage, ...]
    field: tuple[Passage, ...] = ()  #: all that the question brought up, for comparing: the passages and those behind
    closeness: Mapping[int, Closeness] = dataclasses.field(
        default_factory=dict
    )  #: of the first few of the field, by `chunk_id`
    is_read: bool = True  #: whether the embedder read the question, so that similarities tell something
    rewritten: Rewritten = Rewritten.NOT
    model_milliseconds: float = 0.0  #: that the model took to complete the question


def retrieve(
    understanding: Understanding,
    view: ConversationSnapshot,
    *,
    model: TextModel | None = None,
    collections: tuple[str, ...] | None = None,
    hide: Callable[[str], str] = lambda question: question,
    prompt: PromptText | None = None,
) -> Found:
    """A follow-up is searched for together with what it refers to; `model`, if given, completes it, bounded in time.

    Raises `QuestionTooLong`, `EmbeddingUnavailable` and `SearchTimedOut`. `collections`: None means all.
    `hide` takes personal data out of what is searched for: an embedding server may stand elsewhere. `prompt` tells the
    model how to complete a follow-up; None: as Handrail does.
    """

    def found(question: str) -> Retrieval:
        return search(
            hide(question),
            audience=Audience(tier=view.customer_tier or None, attributes=dict(view.customer_attributes)),
            language=understanding.language or None,
            limit=FIELD,
            collections=collections,
            timeout_seconds=SEARCH_SECONDS,
            settings=SearchSettings(embedder=variant().embedder),
        )

    whole, rewritten, model_milliseconds = search_completed(
        understanding.question, view.history, model=model, find=found, prompt=prompt
    )
    return replace(_without_staff_text(whole), rewritten=rewritten, model_milliseconds=model_milliseconds)


def search_completed(
    question: str,
    history: Sequence[ContextMessage],
    *,
    model: TextModel | None,
    find: Callable[[str], Retrieval],
    prompt: PromptText | None = None,
) -> tuple[Retrieval, Rewritten, float]:
    """What `find` finds for `question`, together with what it refers to if it is a follow-up; how it was completed.

    Last, the milliseconds that the model took. Raises what `find` raises.
    """
    dependence = dependence_of(question) if history else Dependence.NONE
    whole = None if dependence is Dependence.CERTAIN else find(question)
    rewritten, model_milliseconds = Rewritten.NOT, 0.0
    if whole is None or (dependence is Dependence.POSSIBLE and _is_weak(whole)):
        started = time.perf_counter()
        complete, rewritten = _completed(question, history, model, prompt)
        model_milliseconds = (time.perf_counter() - started) * 1000 if model is not None else 0.0
        if whole is None or rewritten is not Rewritten.NOT:
            whole = find(complete)
    return whole, rewritten, model_milliseconds


def _is_weak(retrieval: Retrieval) -> bool:
    return not retrieval.passages or retrieval.passages[0].score < WEAK_SCORE


def _completed(
    question: str, history: Sequence[ContextMessage], model: TextModel | None, prompt: PromptText | None
) -> tuple[str, Rewritten]:
    if model is not None:
        complete = complete_question(question, history, model=model, prompt=prompt)
        if complete:
            return complete, Rewritten.NOT if complete == question else Rewritten.BY_MODEL
    topic = topic_of(history)
    return joined(question, topic), Rewritten.BY_WORDS if topic else Rewritten.NOT


def _without_staff_text(whole: Retrieval) -> Found:
    # An article that speaks to colleagues in one place does so in others, too, less plainly.
    staff_articles = {
        passage.article_id
        for passage in whole.passages[:PASSAGES]
        if is_for_staff(passage.text, title=passage.article_title)
    }
    best = {passage.chunk_id for passage in whole.passages[:PASSAGES]}
    ordered = closest_first(
        whole.question, tuple(passage for passage in whole.passages if passage.article_id not in staff_articles)
    )
    field = ordered.passages
    return Found(
        retrieval=replace(whole, passages=tuple(passage for passage in field if passage.chunk_id in best)),
        set_aside=tuple(passage for passage in whole.passages[:PASSAGES] if passage.article_id in staff_articles),
        field=field,
        closeness=ordered.closeness,
        is_read=VECTORS_UNAVAILABLE not in whole.notes and weights_of(whole.embedder).reads(whole.question),
    )

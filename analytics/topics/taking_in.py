"""From the bot's turns to questions: masked, with the vector of their meaning, a batch at a time."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.models import AskedQuestion, Gap, Topic, TopicRun
from analytics.topics.grouping import Matrix
from analytics.topics.signs import reads_sign_by_sign, sign_vectors
from chatbot.models import Turn
from chatbot.personal_data import masking_policy
from chatbot.pipeline.decide import Reason
from chatbot.pipeline.meaning import Meaning
from chatbot.pipeline.reason_classes import class_of
from chatbot.rules.masking.masker import Masker, masker_for
from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedders import embedder_named
from sessions_app.reason_classes import ReasonClass

#: Questions that are read and stored in one transaction: about a second of work.
BATCH: Final = 256
TEXT_CHARACTERS: Final = 500
#: Of a question that speaks for its gap, or for a topic whose words tell nothing yet.
GAP_TITLE_CHARACTERS: Final = 300
TOPIC_NAME_CHARACTERS: Final = 60
#: Where all the words were redacted.
NAMELESS: Final = "…"
#: Days that are looked back for questions not taken in: what the pages show, and as many before.
LOOK_BACK: Final = timedelta(days=180)
#: A turn becomes obsolete within seconds; what was redacted while it was being read is found so much later.
_CHECKED_AGAIN: Final = timedelta(days=7)
#: Turns with these reasons hold no question.
_NO_QUESTION: Final = (
    Reason.GREETING,
    Reason.THANKS,
    Reason.NOTHING_ASKED,
    Reason.ONLY_ATTACHMENT,
    Reason.GIVES_ORDERS,
)
_UNANSWERED: Final = frozenset({ReasonClass.KNOWLEDGE_MISSING, ReasonClass.LOW_CONFIDENCE})
_FINISHED: Final = (Turn.Outcome.ANSWERED, Turn.Outcome.HELD, Turn.Outcome.HANDED_OVER, Turn.Outcome.SILENT)
#: Fewer letters mean nothing to an embedder.
_LEAST_LETTERS: Final = 2


def questions_asked() -> QuerySet[Turn]:
    """The turns that count as a question of a customer."""
    no_question = Q()
    for reason in _NO_QUESTION:
        no_question |= Q(reasons__contains=[reason.value])
    turns = Turn.objects.filter(outcome__in=_FINISHED, finished_at__isnull=False).exclude(question="")
    return turns.exclude(no_question)


def waiting() -> QuerySet[Turn]:
    """Those of LOOK_BACK not taken in yet, oldest first."""
    since = timezone.now() - LOOK_BACK
    return questions_asked().filter(started_at__gte=since, asked__isnull=True).order_by("pk")


def take_in_batch(*, after: int) -> list[int]:
    """Takes in the oldest that wait after this turn; returns their keys. Raises `EmbeddingUnavailable`."""
    turns = list(waiting().filter(pk__gt=after).select_related("conversation__customer")[:BATCH])
    if not turns:
        return []
    languages = [_base(turn.trace.get("language") or turn.conversation.language) for turn in turns]
    rows = [
        AskedQuestion(
            turn=turn,
            conversation_id=turn.conversation_id,
            customer_id=turn.conversation.customer_id,
            asked_at=turn.started_at,
            language=language,
            text=meaning.masked[:TEXT_CHARACTERS],
            vector=meaning.vector,
            is_unanswered=_is_unanswered(turn),
        )
        for turn, meaning, language in zip(turns, _meanings(turns, languages), languages, strict=True)
    ]
    with transaction.atomic():
        AskedQuestion.objects.bulk_create(rows, ignore_conflicts=True)
        TopicRun.objects.update_or_create(pk=1, defaults={"is_due": True, "noted_at": timezone.now()})
    return [turn.pk for turn in turns]


def let_go() -> int:
    """Questions whose turn became obsolete go; the words of those that were redacted go. How many rows that were."""
    lately = AskedQuestion.objects.filter(asked_at__gte=timezone.now() - _CHECKED_AGAIN)
    gone, _ = lately.filter(turn__outcome=Turn.Outcome.SUPERSEDED).delete()
    return gone + forget_words(lately.filter(turn__question="").exclude(text=""))


def forget_words(rows: QuerySet[AskedQuestion]) -> int:
    """The words and their meaning, also where a topic or gap speaks by them; that one asked stays counted."""
    for row in rows.exclude(text=""):
        _let_another_speak(row)
    return rows.update(text="", vector=None)


def _let_another_speak(row: AskedQuestion) -> None:
    """A name made of these words is made of another question's; nameless where there is none."""
    others = AskedQuestion.objects.exclude(pk=row.pk).exclude(text="").order_by("-pk")
    for gap in Gap.objects.filter(title__iexact=row.text[:GAP_TITLE_CHARACTERS]):
        gap.title = (others.filter(gap=gap).values_list("text", flat=True).first() or NAMELESS)[:GAP_TITLE_CHARACTERS]
        gap.save(update_fields=["title"])
    for topic in Topic.objects.filter(name__iexact=row.text[:TOPIC_NAME_CHARACTERS]):
        other = others.filter(topic=topic).values_list("text", flat=True).first()
        topic.name = (other or NAMELESS)[:TOPIC_NAME_CHARACTERS]
        topic.save(update_fields=["name"])


def as_matrix(rows: Iterable[bytes | memoryview], *, kind: str) -> Matrix:
    """Stored vectors to rows of length 1; `kind` is numpy's name of their numbers."""
    found = np.stack([np.frombuffer(row, dtype=kind).astype(np.float32) for row in rows])
    unit: Matrix = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return unit


def _meanings(turns: Sequence[Turn], languages: Sequence[str]) -> list[Meaning]:
    """As the turns kept them; those that ended before they were masked, or mean nothing to MiniLM, are read now."""
    found = [
        Meaning(masked=turn.masked_question, vector=bytes(turn.meaning) if turn.meaning else None)
        if turn.masked_question and not reads_sign_by_sign(language)
        else None
        for turn, language in zip(turns, languages, strict=True)
    ]
    unread = [number for number, meaning in enumerate(found) if meaning is None]
    maskers = {number: _masker(turns[number]) for number in unread}
    hidden = [maskers[number].hide(_searched_for(turns[number]))[:TEXT_CHARACTERS] for number in unread]
    vectors = dict(zip(unread, vectors_of(hidden, [languages[number] for number in unread]), strict=True))
    return [
        meaning
        or Meaning(masked=" ".join(maskers[number].mask(turns[number].question).split()), vector=vectors[number])
        for number, meaning in enumerate(found)
    ]


def _masker(turn: Turn) -> Masker:
    name = turn.conversation.customer.name
    said = [turn.question, _searched_for(turn)]
    return masker_for(said, policy=masking_policy(), known_names=[name] if name else [])


def _searched_for(turn: Turn) -> str:
    """A follow-up means little alone: what was searched for holds what it follows."""
    retrieval: dict[str, Any] = turn.trace.get("retrieval") or {}
    return str(retrieval.get("searched_for") or turn.question)


def _is_unanswered(turn: Turn) -> bool:
    """Held or handed over because the bot did not know, or was not sure enough."""
    if turn.outcome not in (Turn.Outcome.HELD, Turn.Outcome.HANDED_OVER) or not turn.reasons:
        return False
    try:
        return class_of([Reason(turn.reasons[0])]) in _UNANSWERED
    except ValueError:  # a reason of a later or earlier version
        return False


def _base(language: str) -> str:
    return language.split("-")[0].lower()[:16]


def vectors_of(texts: Sequence[str], languages: Sequence[str]) -> list[bytes | None]:
    """As they are stored. None where nothing was said that means anything. Raises `EmbeddingUnavailable`.

    The local embedder's, whatever answers searches: groups must not change their nature with it. Of signs, in
    languages that it cannot read.
    """
    told = [number for number, text in enumerate(texts) if sum(map(str.isalpha, text)) >= _LEAST_LETTERS]
    by_signs = [number for number in told if reads_sign_by_sign(languages[number])]
    by_meaning = [number for number in told if not reads_sign_by_sign(languages[number])]
    found: list[bytes | None] = [None] * len(texts)
    for number, vector in zip(by_signs, sign_vectors([texts[number] for number in by_signs]), strict=True):
        found[number] = vector.astype("<f2").tobytes() if vector.any() else None
    if by_meaning:
        vectors = embedder_named(DEFAULT_EMBEDDER).embed_passages([texts[number] for number in by_meaning])
        for number, vector in zip(by_meaning, vectors, strict=True):
            found[number] = vector.astype("<f2").tobytes()
    return found

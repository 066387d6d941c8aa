"""Bringing topics and gaps up to date: in the background, a bounded piece at a time, safe to run twice.

A run with nothing new changes nothing. Questions are taken in a batch a transaction; then all are grouped in one
transaction that also says that it is done, so a crash anywhere loses nothing and repeats nothing.
"""

import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from analytics.gaps.drafts import refresh_drafts
from analytics.models import AskedQuestion, Gap, Topic, TopicRun
from analytics.topics.grouping import BY_MEANING, LOOSE, WINDOW, Grouping, Matrix, group, no_centres
from analytics.topics.naming import name_of, shared_terms, telling
from analytics.topics.rereading import read_anew
from analytics.topics.signs import BY_SIGNS, reads_sign_by_sign
from analytics.topics.taking_in import (
    GAP_TITLE_CHARACTERS,
    TOPIC_NAME_CHARACTERS,
    as_matrix,
    let_go,
    take_in_batch,
    waiting,
)
from knowledge.errors import EmbeddingUnavailable

logger = logging.getLogger(__name__)

#: Seconds after which a task stops; the next one goes on.
TASK_SECONDS: Final = 60.0
#: Newest questions of a topic that name it.
_NAMING_QUESTIONS: Final = 300
#: Words that are shown of a topic.
_SHOWN_WORDS: Final = 12
_LOCK: Final = 7_301_002
_READ: Final = ("turn_id", "customer_id", "vector", "text", "asked_at", "topic_id", "gap_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    questions: int  #: taken in by this run
    is_done: bool  #: False: time ran out, or another process is at it; run again


def bring_up_to_date(*, seconds: float = TASK_SECONDS) -> Brought:
    """Takes in what was asked, and groups it. One process at a time. Raises `EmbeddingUnavailable`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return Brought(questions=0, is_done=False)
        try:
            return _bring(time.monotonic() + seconds)
        except EmbeddingUnavailable as error:
            _note(problem=str(error)[:300])
            raise
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _bring(until: float) -> Brought:
    if let_go():
        _note(is_due=True)
    total, taken, last = waiting().count(), 0, 0
    if total:
        _note(done=0, total=total, problem="")
    while batch := take_in_batch(after=last):
        taken, last = taken + len(batch), batch[-1]
        _note(done=taken, total=max(total, taken))
        if time.monotonic() > until:
            return Brought(questions=taken, is_done=False)
    if TopicRun.objects.filter(pk=1, is_due=True).exists():
        regroup()
    refresh_drafts()
    moment = timezone.now()
    _note(finished_at=moment, noted_at=moment, problem="")
    return Brought(questions=taken, is_done=True)


def _note(**values: Any) -> None:
    TopicRun.objects.update_or_create(pk=1, defaults={"noted_at": timezone.now(), **values})


def regroup() -> None:
    """Topics, gaps and the topics' names anew from the newest questions; older ones stay where they are."""
    with transaction.atomic():
        for language in AskedQuestion.objects.order_by("language").values_list("language", flat=True).distinct():
            if reads_sign_by_sign(language):
                read_anew(language)
            _group_topics(language)
            _group_gaps(language)
        TopicRun.objects.update_or_create(pk=1, defaults={"is_due": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """The newest questions, oldest first, and how they fall."""

    rows: list[dict[str, Any]]
    vectors: Matrix  #: of the rows
    grouping: Grouping


def _grouped(language: str, homes: list[Any], *, only: dict[str, Any], least: tuple[int, int]) -> _Window | None:
    asked = AskedQuestion.objects.filter(language=language, vector__isnull=False, **only)
    rows = list(asked.order_by("-turn_id").values(*_READ)[:WINDOW])
    if not rows:
        return None
    rows.reverse()
    vectors = as_matrix((row["vector"] for row in rows), kind="<f2")
    centres = as_matrix((home.centre for home in homes), kind="<f4") if homes else no_centres(vectors.shape[1])
    people = [row["customer_id"] for row in rows]
    closeness = BY_SIGNS if reads_sign_by_sign(language) else BY_MEANING
    grouping = group(vectors, people, centres, least_questions=least[0], least_people=least[1], closeness=closeness)
    return _Window(rows=rows, vectors=vectors, grouping=grouping)


def _group_topics(language: str) -> None:
    topics = list(Topic.objects.filter(language=language).order_by("pk").select_for_update())
    window = _grouped(language, topics, only={}, least=(3, 2))
    if window is None:
        return
    members = _members(window)
    topics += [
        Topic(language=language, created_at=members[number][0]["asked_at"])
        for number in range(len(topics), len(window.grouping.centres))
    ]
    _keep_centres(topics, window)
    homes = {number: topic.merged_into_id or topic.pk for number, topic in enumerate(topics)}
    touched = _place(window, homes, field="topic_id")
    _name(language, touched)


def _group_gaps(language: str) -> None:
    gaps = list(Gap.objects.filter(language=language).order_by("pk").select_for_update())
    window = _grouped(language, gaps, only={"is_unanswered": True}, least=(2, 1))
    if window is None:
        return
    members = _members(window)
    for number in range(len(gaps), len(window.grouping.centres)):
        speaks = _most_typical(window, number)
        gaps.append(
            Gap(language=language, created_at=members[number][0]["asked_at"], title=speaks[:GAP_TITLE_CHARACTERS])
        )
    _keep_centres(gaps, window)
    _place(window, {number: gap.pk for number, gap in enumerate(gaps)}, field="gap_id")


def _members(window: _Window) -> dict[int, list[dict[str, Any]]]:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for label, row in zip(window.grouping.labels, window.rows, strict=True):
        found[label].append(row)
    # A new group may have lost all its questions to its neighbours by the end.
    return defaultdict(lambda: window.rows[-1:], found)


def _keep_centres(homes: list[Any], window: _Window) -> None:
    for home, centre in zip(homes, window.grouping.centres, strict=True):
        told = centre.astype("<f4").tobytes()
        if home.pk is None or bytes(home.centre) != told:
            home.centre = told
            home.save()


def _place(window: _Window, homes: dict[int, int], *, field: str) -> set[int]:
    """Stores where each question belongs; returns the groups that got or lost one."""
    moved: defaultdict[int | None, list[int]] = defaultdict(list)
    touched: set[int] = set()
    for label, row in zip(window.grouping.labels, window.rows, strict=True):
        home = None if label == LOOSE else homes[label]
        if row[field] != home:
            moved[home].append(row["turn_id"])
            touched |= {one for one in (home, row[field]) if one is not None}
    for home, turns in moved.items():
        AskedQuestion.objects.filter(pk__in=turns).update(**{field: home})
    return touched


def _most_typical(window: _Window, number: int) -> str:
    """The words of the question nearest to a centre."""
    cosines = window.vectors @ window.grouping.centres[number]
    text = str(window.rows[int(cosines.argmax())]["text"])
    return text[:1].upper() + text[1:]


def _name(language: str, touched: set[int]) -> None:
    """Words, and with them the name, of the topics that changed."""
    for topic in Topic.objects.filter(pk__in=touched):
        asked = topic.questions.exclude(text="").order_by("-turn_id").values_list("customer_id", "text")
        topic.terms = shared_terms(asked[:_NAMING_QUESTIONS], language=language)
        topic.save(update_fields=["terms"])
    known = {topic.pk: topic for topic in Topic.objects.filter(language=language, merged_into__isnull=True)}
    found = telling({number: topic.terms for number, topic in known.items()})
    for number in sorted(touched & set(known)):
        topic = known[number]
        topic.words = found[number][:_SHOWN_WORDS]
        if not topic.is_renamed:
            newest = topic.questions.exclude(text="").order_by("-turn_id").values_list("text", flat=True).first()
            topic.name = name_of(topic.words, otherwise=topic.name or (newest or "")[:TOPIC_NAME_CHARACTERS])
        topic.save(update_fields=["words", "name"])


def is_running(run: TopicRun | None, now: datetime) -> bool:
    """Whether a run gave a sign of life within a minute and is not finished."""
    if run is None or run.noted_at is None:
        return False
    return (run.finished_at is None or run.noted_at > run.finished_at) and (now - run.noted_at).total_seconds() < 60

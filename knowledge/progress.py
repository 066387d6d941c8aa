"""Where each article stands between being saved and being found."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.db.models import F
from django.utils import timezone

from knowledge.models import Article, ArticleStatus, IndexingProgress

#: Seconds between two notes of one article: people look, and a row is written each time.
NOTE_SECONDS: Final = 0.5
#: Seconds without a note after which an indexing counts as broken off; the sweep begins it again.
SILENT_SECONDS: Final = 120


class IndexState(StrEnum):
    NOT_PUBLISHED = "not_published"
    WAITING = "waiting"
    WORKING = "working"
    FAILED = "failed"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    state: IndexState
    done: int = 0  #: chunks; 0 unless WORKING
    total: int = 0  #: chunks; 0 unless WORKING
    problem: str = ""  #: '' unless FAILED
    is_older_found: bool = False  #: an earlier version is found until this one is ready


def index_statuses(article_ids: Sequence[int]) -> dict[int, IndexStatus]:
    """By article; ids of articles that are gone are left out. One query."""
    rows = Article.objects.filter(pk__in=article_ids).select_related("indexing").defer("body")
    return {article.pk: status_of(article) for article in rows}


def status_of(article: Article) -> IndexStatus:
    """Of an article that was read with `select_related("indexing")`; else that is one more query."""
    progress: IndexingProgress | None = getattr(article, "indexing", None)
    older = bool(article.content_hash)
    if article.status != ArticleStatus.PUBLISHED:
        return IndexStatus(state=IndexState.NOT_PUBLISHED)
    if article.indexed_at is not None and article.indexed_at >= article.updated_at:
        return IndexStatus(state=IndexState.READY)
    if progress is not None and progress.problem:
        return IndexStatus(state=IndexState.FAILED, problem=progress.problem, is_older_found=older)
    if progress is not None and progress.updated_at > timezone.now() - timedelta(seconds=SILENT_SECONDS):
        return IndexStatus(state=IndexState.WORKING, done=progress.done, total=progress.total, is_older_found=older)
    return IndexStatus(state=IndexState.WAITING, is_older_found=older)


def progress_of(article_id: int) -> Callable[[int, int], None]:
    """A function that is told (done, total) chunks and notes it, twice a second at most."""
    noted = 0.0

    def note(done: int, total: int) -> None:
        nonlocal noted
        if time.monotonic() - noted >= NOTE_SECONDS:
            noted = time.monotonic()
            IndexingProgress.objects.update_or_create(
                article_id=article_id, defaults={"done": done, "total": total, "problem": ""}
            )

    return note


def note_problem(article_id: int, problem: str) -> None:
    """The indexing failed; it is tried again. Nothing is noted of an article that is gone."""
    if Article.objects.filter(pk=article_id).exists():
        IndexingProgress.objects.update_or_create(article_id=article_id, defaults={"problem": problem})


def forget_progress(article_id: int) -> None:
    IndexingProgress.objects.filter(article_id=article_id).delete()


def unfinished() -> int:
    """How many published articles are not found yet as they are now."""
    return Article.objects.filter(status=ArticleStatus.PUBLISHED).exclude(indexed_at__gte=F("updated_at")).count()

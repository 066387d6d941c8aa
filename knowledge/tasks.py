"""Celery's edge of this app: an id in, one domain call. Every task may run twice without harm."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError as BrokerUnavailable

from knowledge import approved, duplicates, filling, ingestion, models, progress, reading_ahead
from knowledge.conf import FILL_TASK_SECONDS, READ_AHEAD_SECONDS
from knowledge.errors import ArticleChanging, EmbeddingUnavailable
from knowledge.importing import runs

logger = logging.getLogger(__name__)

#: Articles one sweep looks after.
SWEPT_ARTICLES = 200
#: Articles that are compared in one go, and seconds after which a task leaves the rest to the next.
COMPARED_ARTICLES = 100
COMPARE_TASK_SECONDS = 30.0


@shared_task(
    autoretry_for=(EmbeddingUnavailable, ArticleChanging), retry_backoff=5, retry_backoff_max=300, max_retries=5
)
def refresh_article(article_id: int) -> None:
    """Indexes one article again; nothing is done for one that is gone or unchanged."""
    article = models.Article.objects.filter(pk=article_id).first()
    if article is None:
        return
    try:
        ingestion.refresh_article(article, on_chunks=progress.progress_of(article_id))
    except (EmbeddingUnavailable, ArticleChanging) as error:
        progress.note_problem(article_id, str(error))
        raise
    progress.forget_progress(article_id)


@shared_task
def sweep_articles() -> int:
    """Indexes published articles whose own task got lost; returns how many were looked at. For the clock (beat).

    Vectors of approved answers are filled in the same round.
    """
    late = models.Article.objects.filter(
        Q(indexed_at__isnull=True) | Q(indexed_at__lt=F("updated_at")), status=models.ArticleStatus.PUBLISHED
    )
    ids = list(late.order_by("updated_at").values_list("pk", flat=True)[:SWEPT_ARTICLES])
    ingestion.index_articles(ids)
    approved.fill_vectors()
    return len(ids)


@shared_task(autoretry_for=(EmbeddingUnavailable,), retry_backoff=5, retry_backoff_max=300, max_retries=5)
def fill_embedder(embedder_id: int) -> None:
    """Goes on filling one embedder for a while, then hands over to a new task."""
    if not filling.fill(embedder_id, seconds=FILL_TASK_SECONDS):
        fill_embedder.delay(embedder_id)


@shared_task
def remove_embedder(embedder_id: int) -> None:
    """Removes one that is marked for it, with its vectors."""
    filling.remove(embedder_id)


@shared_task
def sweep_embedders() -> None:
    """Goes on with embedders whose own task got lost; nothing is done twice. For the clock (beat)."""
    unfinished = filling.unfinished()
    for embedder_id in unfinished[models.EmbedderState.FILLING]:
        fill_embedder.delay(embedder_id)
    for embedder_id in unfinished[models.EmbedderState.REMOVING]:
        remove_embedder.delay(embedder_id)


def enqueue_embedders() -> None:
    """Starts what filling and removing there is once the transaction is committed; else the sweep does it later."""

    def send() -> None:
        try:
            sweep_embedders.delay()
        except BrokerUnavailable:
            logger.warning("filling left to the sweep", extra={"action": "fill_enqueue_failed"})

    transaction.on_commit(send)


@shared_task
def run_import(run_id: int) -> None:
    """One import, from its beginning or from where its last worker died."""
    runs.work_on(run_id)


@shared_task(expires=120)
def tend_imports() -> None:
    """For the clock: takes up imports that nobody works on, starts those that are due again, forgets old reports."""
    for run_id in runs.abandoned():
        enqueue_import(run_id)
    for run in runs.due_again(timedelta(seconds=settings.ARTICLE_SYNC_SECONDS)):
        enqueue_import(runs.again(run, user=None).pk)
    runs.forget_old()


def enqueue_import(run_id: int) -> None:
    """Starts a run once the transaction is committed. Without a broker the clock does it later."""

    def send() -> None:
        try:
            run_import.delay(run_id)
        except BrokerUnavailable:
            logger.warning("import left to the clock", extra={"action": "import_enqueue_failed"})

    transaction.on_commit(send)


def enqueue_refresh(article_ids: Sequence[int]) -> None:
    """Starts the indexing once the transaction is committed. Without a broker the sweep does it later."""

    def send() -> None:
        try:
            for article_id in article_ids:
                refresh_article.delay(article_id)
        except BrokerUnavailable:
            logger.warning("indexing left to the sweep", extra={"action": "index_enqueue_failed"})

    transaction.on_commit(send)


@shared_task(autoretry_for=(EmbeddingUnavailable,), retry_backoff=5, retry_backoff_max=300, max_retries=5)
def embed_approved_answer(answer_id: int) -> None:
    """Makes the vectors of its wordings that are missing. Until then the same words match."""
    approved.fill_vectors([answer_id])


def enqueue_approved_answer(answer_id: int) -> None:
    """Once the transaction is committed. Without a broker the sweep does it later."""

    def send() -> None:
        try:
            embed_approved_answer.delay(answer_id)
        except BrokerUnavailable:
            logger.warning("vectors left to the sweep", extra={"action": "approved_enqueue_failed"})

    transaction.on_commit(send)


@shared_task(expires=60)
def read_passages_ahead() -> int:
    """Reads passages word by word that nobody has read yet, for a while; returns how many. For the clock (beat)."""
    return reading_ahead.read_ahead(seconds=READ_AHEAD_SECONDS)


@shared_task(expires=60)
def compare_articles() -> int:
    """Looks for near-duplicates of articles that have changed, for a while; returns how many. For the clock (beat)."""
    started = time.monotonic()
    done = 0
    while time.monotonic() - started < COMPARE_TASK_SECONDS:
        ids = list(duplicates.uncompared().values_list("pk", flat=True)[:COMPARED_ARTICLES])
        if not ids:
            break
        duplicates.compare(ids)
        done += len(ids)
    return done

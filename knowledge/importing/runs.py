"""A run from its beginning to its end, by any worker: it may die at any item, and the next one goes on.

Every item is stored together with its line of the report and the run's counts, in one transaction. A worker claims a
run by raising `attempt`; one that finds another number there has been replaced and stops.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import models as fields
from django.db import transaction
from django.utils import timezone

from knowledge import models
from knowledge.errors import EmbeddingUnavailable, SourceUnavailable
from knowledge.importing.drafts import ArticleDraft, ReadItem
from knowledge.importing.running import Told, origin_for, store_item, without_duplicates
from knowledge.importing.sources import Source, open_source
from knowledge.importing.storing import Importer, Outcome, archive
from knowledge.ingestion import index_articles

logger = logging.getLogger(__name__)

#: Seconds without a sign of life after which a run is taken for abandoned: longer than any one item may take.
ABANDONED_SECONDS: Final = 240.0
#: Times that a run is taken up before it is given up: it may be what kills its workers.
ATTEMPTS_MAX: Final = 5
#: Finished runs that are kept, with their reports.
KEPT_RUNS: Final = 200
#: Articles missing from a source that one run asks about.
ASKED_WHETHER_GONE: Final = 500

_COUNTS: Final = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.UNCHANGED: "unchanged",
    Outcome.CONFLICT: "conflicts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that somebody sent."""

    name: str
    content: bytes


class _Stop(Exception):
    """The run is cancelled, or another worker has it."""


def ask_for(run: models.ImportRun, uploads: Sequence[Upload] = ()) -> models.ImportRun:
    """Stores a run that is to be done, with its files; the caller enqueues it."""
    with transaction.atomic():
        run.save()
        for upload in uploads:
            models.ImportUpload.objects.create(run=run, name=upload.name[:500], content=upload.content)
    return run


def again(run: models.ImportRun, *, user: User | None) -> models.ImportRun:
    """The same once more, for a source that is not files."""
    copied = ("kind", "address", "collection", "status", "visibility", "language", "tiers", "overwrite", "keep_fresh")
    return ask_for(models.ImportRun(started_by=user, **{name: getattr(run, name) for name in copied}))


def cancel(run: models.ImportRun) -> bool:
    """What is stored stays. Returns whether there was something to cancel."""
    return bool(
        models.ImportRun.objects.filter(pk=run.pk, state__in=models.ImportRun.OPEN).update(cancel_requested=True)
    )


def work_on(run_id: int) -> None:
    """Does the run, or what is left of it. Harmless where another worker is at it."""
    run = _claimed(run_id)
    if run is None:
        return
    try:
        _import(run)
        _index(run)
    except _Stop:
        run.refresh_from_db()
        if run.cancel_requested:
            # What was stored and published is indexed by the sweep.
            _end(run, models.ImportRun.State.CANCELLED, "")
        return
    except SourceUnavailable as error:
        _end(run, models.ImportRun.State.FAILED, str(error))
    except EmbeddingUnavailable as error:
        # Stored they are; the sweep indexes them when it can.
        _end(run, models.ImportRun.State.DONE, f"The articles are stored but cannot be found yet: {error}")
    except Exception as error:  # a surprise must end the run with a word, not leave it open for ever
        logger.exception("import failed", extra={"action": "import_failed", "run": run.pk})
        _end(run, models.ImportRun.State.FAILED, f"unexpected {type(error).__name__}; please report it")
    else:
        _end(run, models.ImportRun.State.DONE, "")


def abandoned() -> list[int]:
    """Ids of open runs that nobody is working on; those that were taken up too often end here."""
    quiet = timezone.now() - timedelta(seconds=ABANDONED_SECONDS)
    lost = models.ImportRun.objects.filter(state__in=models.ImportRun.OPEN).filter(
        fields.Q(beat_at__lt=quiet)
        | fields.Q(beat_at__isnull=True, created_at__lt=timezone.now() - timedelta(seconds=30))
    )
    for run in lost.filter(attempt__gte=ATTEMPTS_MAX):
        _end(run, models.ImportRun.State.FAILED, f"its worker died {ATTEMPTS_MAX} times; look at the last place read")
    return list(lost.filter(attempt__lt=ATTEMPTS_MAX).order_by("pk").values_list("pk", flat=True))


def due_again(period: timedelta) -> list[models.ImportRun]:
    """The newest run of each source that is kept up to date, where it began longer ago than `period`."""
    newest = (
        models.ImportRun.objects.exclude(kind=models.ImportRun.Kind.FILES)
        .order_by("kind", "address", "-id")
        .distinct("kind", "address")
    )
    return [run for run in newest if run.keep_fresh and not run.is_open and run.created_at < timezone.now() - period]


def kept_fresh(kind: str, address: str) -> models.ImportRun | None:
    """The run whose wishes hold for what this source tells of itself, or None where it is not kept up to date."""
    newest = models.ImportRun.objects.filter(kind=kind, address=address).order_by("-id").first()
    return newest if newest is not None and newest.keep_fresh else None


def forget_old() -> None:
    """Reports of runs long ago; articles stay."""
    kept = list(models.ImportRun.objects.order_by("-id").values_list("pk", flat=True)[:KEPT_RUNS])
    if len(kept) == KEPT_RUNS:
        models.ImportRun.objects.filter(pk__lt=kept[-1]).exclude(state__in=models.ImportRun.OPEN).delete()


def importer_of(run: models.ImportRun) -> Importer:
    return Importer(reason=f"import #{run.pk} from {run.address or run.kind}", user=run.started_by)


# One run ----------------------------------------------------------------------------------------------------------


def _claimed(run_id: int) -> models.ImportRun | None:
    now = timezone.now()
    with transaction.atomic():
        run = models.ImportRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None or not run.is_open:
            return None
        if run.beat_at is not None and run.beat_at > now - timedelta(seconds=ABANDONED_SECONDS):
            return None
        if run.attempt:
            # What could not be stored leaves no trace but its line: it will be told again.
            run.lines.filter(outcome=models.ImportLine.Outcome.FAILED).delete()
            run.failed = 0
        run.attempt += 1
        run.beat_at, run.state = now, models.ImportRun.State.READING
        run.save()
    return run


def _import(run: models.ImportRun) -> None:
    def on_total(count: int) -> None:
        _update(run, total=count)

    importer = importer_of(run)
    with open_source(run, on_total) as source:
        for item in without_duplicates(source.items()):
            if run.attempt > 1 and _is_done(run, source, item):
                continue
            _import_item(run, source, item, importer)
        if run.keep_fresh:
            _archive_gone(run, source, importer)


def _import_item(run: models.ImportRun, source: Source, item: ReadItem, importer: Importer) -> None:
    with transaction.atomic():
        told = store_item(item, origin=origin_for(source.origin(), item), importer=importer, overwrite=run.overwrite)
        _note(run, told)
        _update(run, position=fields.F("position") + 1, **{_count(told): fields.F(_count(told)) + 1})


def _count(told: Told) -> str:
    return _COUNTS[told.stored.outcome] if told.stored is not None else "failed"


def _note(run: models.ImportRun, told: Told) -> None:
    stored, problem = told.stored, told.problem
    if stored is not None and stored.outcome is Outcome.UNCHANGED:
        return
    models.ImportLine.objects.create(
        run=run,
        outcome=stored.outcome.value if stored is not None else models.ImportLine.Outcome.FAILED,
        place=told.item.place,
        field=problem.field[:100] if problem is not None else "",
        words=problem.problem if problem is not None else told.note,
        article_id=stored.article_id if stored is not None else None,
    )


def _is_done(run: models.ImportRun, source: Source, item: ReadItem) -> bool:
    """Whether the worker before us had stored this item already."""
    return (
        isinstance(item, ArticleDraft)
        and models.ArticleSource.objects.filter(
            origin=origin_for(source.origin(), item), external_id=item.external_id, seen_at__gte=run.created_at
        ).exists()
    )


def _archive_gone(run: models.ImportRun, source: Source, importer: Importer) -> None:
    """What this source had once and does not list any more, if it confirms that: a list may shift while it is read."""
    missing = models.ArticleSource.objects.filter(origin=source.origin(), seen_at__lt=run.created_at).exclude(
        article__status=models.ArticleStatus.ARCHIVED
    )
    for row in missing.order_by("seen_at")[:ASKED_WHETHER_GONE]:
        _update(run)
        if source.is_gone(row.external_id):
            archive_told(run, row, importer)


def archive_told(run: models.ImportRun, row: models.ArticleSource, importer: Importer) -> None:
    with transaction.atomic():
        if archive(row, importer=importer):
            models.ImportLine.objects.create(
                run=run, outcome=models.ImportLine.Outcome.ARCHIVED, place=row.place, article_id=row.article_id
            )
            _update(run, archived=fields.F("archived") + 1)


def _index(run: models.ImportRun) -> None:
    article_ids = _stored_ids(run)
    _update(run, state=models.ImportRun.State.INDEXING, to_index=len(article_ids), indexed=0)
    index_articles(article_ids, on_articles=lambda count: _update(run, indexed=fields.F("indexed") + count))


def _stored_ids(run: models.ImportRun) -> list[int]:
    lines = run.lines.filter(
        outcome__in=(models.ImportLine.Outcome.CREATED, models.ImportLine.Outcome.UPDATED),
        article__status=models.ArticleStatus.PUBLISHED,
    )
    return list(lines.order_by("article_id").values_list("article_id", flat=True).distinct())


def _update(run: models.ImportRun, **changes: object) -> None:
    """Writes and gives a sign of life. Raises `_Stop` where the run is not ours any more."""
    mine = models.ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, cancel_requested=False)
    now: datetime = timezone.now()
    if not mine.update(beat_at=now, **changes):
        raise _Stop


def _end(run: models.ImportRun, state: models.ImportRun.State, problem: str) -> None:
    ended = models.ImportRun.objects.filter(pk=run.pk, attempt=run.attempt, state__in=models.ImportRun.OPEN).update(
        state=state, problem=problem, finished_at=timezone.now()
    )
    if ended:
        models.ImportUpload.objects.filter(run_id=run.pk).delete()
        logger.info("import ended", extra={"action": "import_ended", "run": run.pk, "state": state.value})

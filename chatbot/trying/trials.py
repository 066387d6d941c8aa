"""A trial as a job: asked for, done by a worker question by question, taken up again where its last worker died."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import Error, connection, transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.errors import ChangeUnusable, TrialRefused
from chatbot.models import ChangeKind, ChangeTrial, TrialAnswer
from chatbot.trying.asked import Asked
from chatbot.trying.asking import ask
from chatbot.trying.change import Change
from chatbot.trying.comparing import summary_of
from chatbot.trying.judging import effect_of, grade_of, is_dearer, is_slower
from chatbot.trying.variant import TODAY, Variant
from chatbot.trying.variants import variant_of
from knowledge.errors import KnowledgeError
from knowledge.models import KnownQuestion, QuestionSet
from knowledge.question_sets import fingerprint_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

#: Questions that one trial may ask, and trials that may wait or run at a time.
QUESTIONS_MOST: Final = 50_000
OPEN_MOST: Final = 3
#: Seconds without a sign of life after which a trial is taken up by somebody else.
SILENT_SECONDS: Final = 120.0
_READ_TOGETHER: Final = 50
#: First of the two keys of our advisory locks on trials.
_LOCKS: Final = 735109

_Status = ChangeTrial.Status


def ask_for_trial(
    question_set: QuestionSet, change: Change, *, subject: str, user: "User | None" = None
) -> ChangeTrial:
    """A trial that waits for a worker; the caller enqueues it. Raises `ChangeUnusable` and `TrialRefused`."""
    variant_of(change)
    with transaction.atomic():
        QuestionSet.objects.select_for_update().get(pk=question_set.pk)
        questions = question_set.questions.aggregate(count=Count("pk"), last=Max("pk"))
        if not questions["count"]:
            raise TrialRefused(_("“%(set)s” has no question; add some first.") % {"set": question_set.name})
        if questions["count"] > QUESTIONS_MOST:
            raise TrialRefused(_("A trial asks at most %(count)d questions.") % {"count": QUESTIONS_MOST})
        if ChangeTrial.objects.filter(status__in=[_Status.WAITING, _Status.RUNNING]).count() >= OPEN_MOST:
            raise TrialRefused(
                _("%(count)d trials wait or run already; wait for one, or cancel it.") % {"count": OPEN_MOST}
            )
        return ChangeTrial.objects.create(
            question_set=question_set,
            kind=change.kind,
            payload=dict(change.payload),
            key=change.key,
            subject=subject[:200],
            fingerprint=fingerprint_of(question_set),
            total=questions["count"],
            last_question=questions["last"],
            created_by=user,
        )


def change_of(trial: ChangeTrial) -> Change:
    return Change(kind=ChangeKind(trial.kind), payload=trial.payload)


def work_on(trial_id: int, *, seconds: float) -> bool:
    """Goes on with a trial for about `seconds`; True if nothing is left to do for this caller.

    Each question is kept as soon as it was asked both ways, so a crash costs one. Nothing is done where another worker
    is at it already.
    """
    ends = time.monotonic() + seconds
    with _alone(trial_id) as alone:
        trial = ChangeTrial.objects.filter(pk=trial_id).first() if alone else None
        if trial is None or not trial.is_open:
            return True
        try:
            variant = variant_of(change_of(trial))
            finished = _ask_all(trial, variant, ends=ends)
        except ChangeUnusable as error:
            _end(trial, _Status.FAILED, error=str(error))
            return True
        except Exception:
            _end(trial, _Status.FAILED, error=_("The trial failed unexpectedly; the log says why."))
            logger.exception("trial failed", extra={"action": "change_trial_failed", "trial_id": trial_id})
            return True
        return finished


def cancel(trial: ChangeTrial) -> bool:
    """What was asked stays; False if it had come to its end."""
    return bool(
        ChangeTrial.objects.filter(pk=trial.pk, status__in=[_Status.WAITING, _Status.RUNNING]).update(
            status=_Status.CANCELLED, finished_at=timezone.now()
        )
    )


def abandoned() -> list[int]:
    """Trials at which nobody works."""
    silent = timezone.now() - timedelta(seconds=SILENT_SECONDS)
    rows = ChangeTrial.objects.filter(status__in=[_Status.WAITING, _Status.RUNNING], created_at__lt=silent)
    return list(rows.exclude(heard_at__gte=silent).order_by("pk").values_list("pk", flat=True))


def _ask_all(trial: ChangeTrial, variant: Variant, *, ends: float) -> bool:
    """True when the trial has come to its end."""
    while True:
        asked = TrialAnswer.objects.filter(trial=trial).values("number")
        rows = trial.question_set.questions.filter(pk__lte=trial.last_question).exclude(pk__in=asked)
        waiting = list(rows.order_by("pk").prefetch_related("articles")[:_READ_TOGETHER])
        for question in waiting:
            if not _go_on(trial):
                return True
            if time.monotonic() > ends:
                return False
            TrialAnswer.objects.bulk_create([_answer(trial, question, variant)], ignore_conflicts=True)
        if not waiting:
            _end(trial, _Status.DONE)
            return True


def _go_on(trial: ChangeTrial) -> bool:
    """Gives a sign of life; False where somebody cancelled it."""
    return bool(
        ChangeTrial.objects.filter(pk=trial.pk, status__in=[_Status.WAITING, _Status.RUNNING]).update(
            status=_Status.RUNNING,
            heard_at=timezone.now(),
            done=TrialAnswer.objects.filter(trial=trial).count(),
        )
    )


def _answer(trial: ChangeTrial, question: KnownQuestion, variant: Variant) -> TrialAnswer:
    row = TrialAnswer(trial=trial, question=question, number=question.pk, text=question.question)
    try:
        today, changed = _both(question, variant)
    except KnowledgeError as error:
        logger.warning("question of a trial not asked", extra={"action": "trial_question_failed", "trial_id": trial.pk})
        row.effect, row.changed = TrialAnswer.Effect.FAILED, {}
        row.today = {}
        trial.error = str(error)[:500]
        return row
    articles = [article.pk for article in question.articles.all()]
    before, after = (
        grade_of(one, expects=question.expects, articles=articles, points=question.points) for one in (today, changed)
    )
    row.today, row.changed = today.stored(), changed.stored()
    row.today_grade, row.changed_grade = before, after
    row.effect = effect_of(today, changed, before=before, after=after)
    row.is_slower, row.is_dearer = is_slower(today, changed), is_dearer(today, changed)
    return row


def _both(question: KnownQuestion, variant: Variant) -> tuple[Asked, Asked]:
    """Today's and the changed answer; every second question the other way round, since the second finds things warm."""
    if question.pk % 2:
        today = ask(question, TODAY)
        return today, ask(question, variant)
    changed = ask(question, variant)
    return ask(question, TODAY), changed


def _end(trial: ChangeTrial, status: ChangeTrial.Status, *, error: str = "") -> None:
    answers = TrialAnswer.objects.filter(trial=trial)
    ChangeTrial.objects.filter(pk=trial.pk, status__in=[_Status.WAITING, _Status.RUNNING]).update(
        status=status,
        done=answers.count(),
        error=(error or trial.error)[:500],
        summary=summary_of(answers.iterator(chunk_size=200)).stored() if status == _Status.DONE else {},
        finished_at=timezone.now(),
    )


@contextmanager
def _alone(trial_id: int) -> Iterator[bool]:
    """Yields True while this worker alone works on the trial; the lock dies with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, trial_id % 2**31])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, trial_id % 2**31])
            except Error:
                connection.close()  # gone, and the lock with it; a broken one must not go back to the pool

"""A training as a job: asked for, done by a worker with progress, kept as a version, activated or rolled back."""

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from threadpoolctl import threadpool_limits

from chatbot.intents.active import forget_recent_intents
from chatbot.intents.errors import IntentsError, TrainingRefused
from chatbot.intents.report import report_of
from chatbot.intents.storage import packed
from chatbot.intents.training import train
from chatbot.models import IntentExample, IntentModel
from chatbot.trying.change import intents_change
from chatbot.trying.gates import refuse_ungated
from knowledge.errors import EmbeddingUnavailable

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

#: A running training that gave no sign for so long is taken for dead and begun again.
SILENT_SECONDS = 300.0
#: A waiting one that nobody has begun for so long is enqueued again.
WAITING_SECONDS = 30.0
#: Trainings whose model is kept beside the active one; older ones keep their report only.
KEPT_MODELS = 10
#: Threads that one training may use; the others belong to customers.
THREADS = 2

_Status = IntentModel.Status


def ask_for_training(user: "User | None" = None) -> IntentModel:
    """A new version that waits for a worker; the caller enqueues it. Raises `TrainingRefused`."""
    with transaction.atomic():
        open_ones = IntentModel.objects.select_for_update().filter(status__in=[_Status.WAITING, _Status.RUNNING])
        if open_ones.exists():
            raise TrainingRefused("A training waits or runs already; wait for it")
        return IntentModel.objects.create(created_by=user)


def run_training(version: int) -> bool:
    """Train what is waiting under this number; False if it is not waiting any more. A failure is stored."""
    now = timezone.now()
    claimed = IntentModel.objects.filter(pk=version, status=_Status.WAITING).update(
        status=_Status.RUNNING, started_at=now, heard_at=now, error=""
    )
    if not claimed:
        return False
    try:
        _train(version)
    except (IntentsError, EmbeddingUnavailable) as error:
        _fail(version, str(error))
    except Exception:
        _fail(version, "The training failed unexpectedly; the log says why")
        logger.exception("training failed", extra={"action": "intent_training_failed", "version": version})
    return True


def activate(version: int) -> IntentModel:
    """From now on this version guesses, in every process within two seconds.

    Raises `IntentModel.DoesNotExist`, and `GateNotPassed`: then the version before goes on guessing.
    """
    refuse_ungated(intents_change(version), subject=_("Training v%(version)d") % {"version": version})
    with transaction.atomic():
        rows = list(IntentModel.objects.select_for_update().filter(Q(pk=version) | Q(is_active=True)).defer("data"))
        chosen = next((row for row in rows if row.pk == version and row.status == _Status.READY), None)
        if chosen is None or not IntentModel.objects.filter(pk=version, data__isnull=False).exists():
            raise IntentModel.DoesNotExist(f"Version {version} has no model")
        IntentModel.objects.filter(is_active=True).update(is_active=False)
        IntentModel.objects.filter(pk=version).update(is_active=True)
    forget_recent_intents()
    logger.info("intents activated", extra={"action": "intents_activated", "version": version})
    return chosen


def deactivate() -> None:
    """No message has an intent any more."""
    IntentModel.objects.filter(is_active=True).update(is_active=False)
    forget_recent_intents()


def forgotten_trainings() -> list[int]:
    """Versions that wait and that no worker has begun; silent ones are put back to waiting first."""
    now = timezone.now()
    IntentModel.objects.filter(status=_Status.RUNNING, heard_at__lt=now - timedelta(seconds=SILENT_SECONDS)).update(
        status=_Status.WAITING, progress=0, step=""
    )
    waiting = IntentModel.objects.filter(
        status=_Status.WAITING, created_at__lt=now - timedelta(seconds=WAITING_SECONDS)
    )
    return list(waiting.values_list("pk", flat=True))


def _train(version: int) -> None:
    started = time.perf_counter()
    rows = list(IntentExample.objects.filter(intent__is_on=True).order_by("pk").values_list("text", "intent__name"))
    texts, intents = [text for text, _ in rows], [name for _, name in rows]

    def on_progress(percent: int, step: str) -> None:
        IntentModel.objects.filter(pk=version, status=_Status.RUNNING).update(
            progress=percent, step=step, heard_at=timezone.now()
        )

    with threadpool_limits(THREADS):
        trained = train(texts, intents, on_progress=on_progress)
    judged = [text for text, name in rows if name not in trained.left_out]
    report = report_of(trained, judged, seconds=time.perf_counter() - started)
    IntentModel.objects.filter(pk=version, status=_Status.RUNNING).update(
        status=_Status.READY,
        progress=100,
        step="",
        data=packed(trained.classifier),
        report=report,
        finished_at=timezone.now(),
    )
    kept = IntentModel.objects.filter(data__isnull=False).order_by("-pk").values_list("pk", flat=True)[:KEPT_MODELS]
    IntentModel.objects.filter(is_active=False, data__isnull=False).exclude(pk__in=list(kept)).update(data=None)
    logger.info("intents trained", extra={"action": "intents_trained", "version": version})


def _fail(version: int, why: str) -> None:
    IntentModel.objects.filter(pk=version).update(status=_Status.FAILED, error=why[:500], finished_at=timezone.now())

"""Which version of the confidence model's weights counts."""

from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.models import Calibration
from chatbot.pipeline.confidence import forget_recent
from chatbot.trying.change import calibration_change
from chatbot.trying.gates import refuse_ungated


def activate(calibration: Calibration | None) -> None:
    """Let `calibration` count from now on; None: the weights that ship with the code. Nothing is deleted.

    Raises `GateNotPassed`; the version before goes on counting.
    """
    number = calibration.pk if calibration is not None else None
    refuse_ungated(calibration_change(number), subject=_("Calibration #%(number)d") % {"number": number or 0})
    _activate(calibration)


def _activate(calibration: Calibration | None) -> None:
    with transaction.atomic():
        rows = Calibration.objects.select_for_update()
        list(rows.order_by("pk").values_list("pk", flat=True))  # one activation at a time
        rows.filter(is_active=True).update(is_active=False)
        if calibration is not None:
            rows.filter(pk=calibration.pk).update(is_active=True)
        transaction.on_commit(forget_recent)
    if calibration is not None:
        calibration.is_active = True


def step_back() -> Calibration | None:
    """Let the version before the active one count; None: the shipped weights count now. No gate bars the way back."""
    active = Calibration.objects.filter(is_active=True).first()
    before = Calibration.objects.filter(pk__lt=active.pk).order_by("-pk").first() if active else None
    _activate(before)
    return before

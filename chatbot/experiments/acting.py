"""Starting and stopping an experiment: once each, by somebody, kept in its history."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.errors import ExperimentRefused
from chatbot.experiments.running import KINDS, forget_recent_experiments
from chatbot.models import Experiment
from chatbot.trying.change import Change, profile_change, prompt_change, threshold_change
from chatbot.trying.gates import refuse_ungated
from chatbot.trying.variants import variant_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def start(experiment: Experiment, *, by: "User | None") -> None:
    """From now on new conversations take part. What is tried is kept as it is at this moment.

    Raises `ExperimentRefused`, and what the change itself raises: `GateNotPassed`, `ChangeUnusable`.
    """
    with transaction.atomic():
        row = Experiment.objects.select_for_update(of=("self",)).get(pk=experiment.pk)
        if not row.is_draft:
            raise ExperimentRefused(_("It was started before. Write another one to ask again."))
        # One lock for all: two people who start two experiments of one lever must not both pass.
        list(Experiment.objects.select_for_update(of=("self",)).filter(lever=row.lever).values_list("pk", flat=True))
        other = Experiment.objects.filter(lever=row.lever, started_at__isnull=False, stopped_at=None).first()
        if other is not None:
            raise ExperimentRefused(
                _("“%(name)s” tries the same lever and still runs; stop it first.") % {"name": other.name}
            )
        try:
            row.full_clean()
        except ValidationError as error:
            raise ExperimentRefused(" ".join(error.messages)) from error
        change, row.subject = tried(row)
        if change is not None:
            variant_of(change)
            refuse_ungated(change, subject=row.name)
            row.payload = dict(change.payload)
        row.started_at, row.started_by = timezone.now(), by
        row.save()
        transaction.on_commit(forget_recent_experiments)
    experiment.refresh_from_db()


def stop(experiment: Experiment, *, by: "User | None", conclusion: str = "") -> None:
    """From now on everybody is treated as today; what was counted stays. Raises `ExperimentRefused`."""
    with transaction.atomic():
        row = Experiment.objects.select_for_update(of=("self",)).get(pk=experiment.pk)
        if not row.is_running:
            raise ExperimentRefused(_("It does not run."))
        row.stopped_at, row.stopped_by = max(timezone.now(), row.started_at or timezone.now()), by
        row.conclusion = " ".join(conclusion.split())[:300]
        row.save()
        transaction.on_commit(forget_recent_experiments)
    experiment.refresh_from_db()


def tried(row: Experiment) -> tuple[Change | None, str]:
    """What the tried arm has instead, and in words; no change where the bot stays out."""
    if row.prompt is not None:
        return prompt_change(row.prompt.pk), str(row.prompt)
    if row.profile is not None:
        row.profile.is_default = True  # in memory only
        return profile_change(row.profile), _("profile “%(name)s” as the default") % {"name": row.profile.name}
    if row.threshold is not None:
        return threshold_change(row.threshold), _("threshold %(value).2f") % {"value": row.threshold}
    assert row.lever not in KINDS
    return None, str(Experiment.Lever(row.lever).label)

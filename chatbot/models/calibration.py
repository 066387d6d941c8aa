from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Calibration(models.Model):
    """One version of the confidence model's weights, fitted to decisions of the team's reviewers.

    At most one is active; without one the weights that ship with the code count. Versions are kept, so that a step back
    is one click.
    """

    weights = models.JSONField(_("weights"), help_text=_("As confidence_weights.json holds them."))
    labels = models.PositiveIntegerField(_("decisions"), help_text=_("Decided drafts that it was fitted to."))
    right = models.PositiveIntegerField(_("approved"), help_text=_("Those of them that reviewers sent."))
    #: By cross-validation: threshold, precision, coverage, ece, and ece_before of the weights active until then.
    measured = models.JSONField(_("measured"), default=dict)
    is_active = models.BooleanField(_("active"), default=False)
    created_at = models.DateTimeField(_("fitted"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("fitted by")
    )

    class Meta:
        verbose_name = _("calibration")
        verbose_name_plural = _("calibrations")
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], name="calibration_one_active", condition=models.Q(is_active=True)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

from django.db import models
from django.utils.translation import gettext_lazy as _

from chatbot.models import ModelPool


class HardwareReading(models.Model):
    """What a model server's own metrics page said at one moment. Kept for 30 days."""

    class Problem(models.TextChoices):
        UNREACHABLE = "unreachable", _("does not answer")
        STATUS = "status", _("answers with an error")
        SLOW = "slow", _("takes too long")
        LARGE = "large", _("page too large")
        UNKNOWN = "unknown", _("no metrics of vLLM or TGI")

    pool = models.ForeignKey(ModelPool, on_delete=models.CASCADE, related_name="readings", verbose_name=_("model pool"))
    at = models.DateTimeField(_("when"))
    problem = models.CharField(_("problem"), max_length=12, choices=Problem.choices, blank=True)
    server = models.CharField(_("server"), max_length=8, blank=True)
    #: Null, here and below: the page does not say.
    running = models.FloatField(_("calls worked on"), null=True)
    waiting = models.FloatField(_("calls waiting"), null=True)
    cache_share = models.FloatField(_("share of the cache in use"), null=True)  #: 0..1
    #: Counted since the server started.
    tokens_read = models.FloatField(_("tokens read"), null=True)
    tokens_written = models.FloatField(_("tokens written"), null=True)
    requests = models.FloatField(_("answered calls"), null=True)

    class Meta:
        verbose_name = _("reading of a model server")
        verbose_name_plural = _("readings of model servers")
        indexes = [models.Index(fields=["at"], name="hardware_reading_at")]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.at:%Y-%m-%d %H:%M}"

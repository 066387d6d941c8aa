from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ScoreWeights(models.Model):
    """Weights of the score's signals, learned from ratings. The newest in use counts; else the first weights."""

    learned_at = models.DateTimeField(_("learned"), default=timezone.now)
    ratings = models.IntegerField(_("ratings"))
    good_ratings = models.IntegerField(_("good ratings"))
    #: Name of the signal -> log-odds at full strength; "bias" where none speaks.
    weights = models.JSONField(_("weights"))
    #: Mean log loss on ratings that were held out, with the weights used before and with these.
    loss_before = models.FloatField(_("loss before"))
    loss = models.FloatField(_("loss"))
    is_used = models.BooleanField(_("in use"))

    class Meta:
        verbose_name = _("weights of the score")
        verbose_name_plural = _("weights of the score")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.learned_at:%Y-%m-%d %H:%M}"

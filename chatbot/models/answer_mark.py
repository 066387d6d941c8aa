from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.delivery import Delivery


class AnswerMark(models.Model):
    """A colleague's word that an answer which was sent is wrong, and why."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="mark", verbose_name=_("answer"))
    reason = models.TextField(_("why it is wrong"), max_length=2_000)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("marked by")
    )
    correction = models.OneToOneField(
        Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("correction")
    )
    created_at = models.DateTimeField(_("marked"), default=timezone.now)

    class Meta:
        verbose_name = _("answer marked as wrong")
        verbose_name_plural = _("answers marked as wrong")

    def __str__(self) -> str:
        return f"#{self.delivery_id}"

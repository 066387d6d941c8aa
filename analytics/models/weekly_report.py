from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class ReportRecipient(models.Model):
    """Who gets the weekly report by e-mail."""

    email = models.EmailField(_("e-mail"), unique=True)
    language = models.CharField(_("language"), max_length=16, choices=Language.choices, default=Language.ENGLISH)
    is_on = models.BooleanField(_("on"), default=True)

    class Meta:
        verbose_name = _("recipient of the weekly report")
        verbose_name_plural = _("recipients of the weekly report")
        ordering = ["email"]

    def __str__(self) -> str:
        return self.email


class ReportSending(models.Model):
    """One week's report to one recipient: sent once, whoever tries."""

    recipient = models.ForeignKey(ReportRecipient, on_delete=models.CASCADE, related_name="sendings")
    week = models.DateField(_("week from"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(_("could not be sent"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("weekly report")
        verbose_name_plural = _("weekly reports")
        ordering = ["-week"]
        constraints = [models.UniqueConstraint(fields=["recipient", "week"], name="weekly_report_once")]

    def __str__(self) -> str:
        return f"{self.week:%Y-%m-%d}"

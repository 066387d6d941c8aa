from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    INFO = "info", _("for information")
    WARNING = "warning", _("warning")
    CRITICAL = "critical", _("critical")


class AlertTarget(models.Model):
    """Whom to tell, and how."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    #: An Apprise address; often holds a password or token.
    address = models.CharField(
        _("address"),
        max_length=500,
        help_text=_(
            "mailto://user:password@mail.example.com?to=team@example.com for e-mail, slack://… for Slack, "
            "jsons://hooks.example.com/path for a webhook; Apprise's documentation lists the others."
        ),
    )
    language = models.CharField(_("language"), max_length=16, choices=settings.LANGUAGES, default="en", db_default="en")
    is_on = models.BooleanField(_("on"), default=True)

    class Meta:
        verbose_name = _("recipient of alerts")
        verbose_name_plural = _("recipients of alerts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """When something measured lies beyond a bound for long enough, people are told, once."""

    class Comparison(models.TextChoices):
        OVER = "over", _("over")
        UNDER = "under", _("under")

    name = models.CharField(_("name"), max_length=120, unique=True)
    measure = models.CharField(_("what is watched"), max_length=40)
    comparison = models.CharField(_("is"), max_length=5, choices=Comparison.choices, default=Comparison.OVER)
    bound = models.FloatField(_("bound"), help_text=_("In the unit that stands behind what is watched."))
    minutes = models.FloatField(
        _("for minutes"),
        default=1.0,
        validators=[MinValueValidator(0.0)],
        help_text=_("So long it must stay beyond the bound before anybody is told. 0: at once."),
    )
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices, default=Severity.WARNING)
    targets = models.ManyToManyField(
        AlertTarget,
        verbose_name=_("tell"),
        blank=True,
        help_text=_("Nobody: the alert only shows in the admin."),
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(
        _("quiet to"),
        null=True,
        blank=True,
        help_text=_(
            "In these hours nobody is told; what still lasts afterwards is told then. Critical alerts know no quiet."
        ),
    )
    advice = models.TextField(_("what to do"), blank=True, help_text=_("Stands in the message."))
    is_on = models.BooleanField(_("on"), default=True)
    #: Since when it has been beyond the bound, without a break.
    beyond_since = models.DateTimeField(null=True, editable=False)
    last_value = models.FloatField(_("last value"), null=True, editable=False)
    measured_at = models.DateTimeField(_("measured"), null=True, editable=False)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=0), name="alert_rule_minutes_not_negative"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_to__isnull=True)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="alert_rule_quiet_has_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValidationError({"quiet_to": _("Give both ends of the quiet hours, or neither.")})
        if self.quiet_from is not None and self.quiet_from == self.quiet_to:
            raise ValidationError({"quiet_to": _("Quiet hours that begin and end at the same time would be all day.")})


class Alert(models.Model):
    """One time that a rule's bound was passed: from when, until when, how far, and who took care of it."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts", verbose_name=_("rule"))
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    value = models.FloatField(_("value then"))
    worst_value = models.FloatField(_("worst value"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("by")
    )
    #: When the first of its recipients was told that it began, and when nobody was left to be told that it ended.
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    told_end_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(_("could not tell"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["rule"], name="alert_one_open_a_rule", condition=Q(ended_at__isnull=True))
        ]
        indexes = [models.Index(fields=["-began_at"], name="alert_newest")]

    def __str__(self) -> str:
        return f"{self.rule}, {self.began_at:%Y-%m-%d %H:%M}"


class AlertNotice(models.Model):
    """One recipient being told of one alert, that it began or that it ended: once, whatever becomes of the others."""

    class Kind(models.TextChoices):
        BEGAN = "began", _("began")
        ENDED = "ended", _("ended")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    target = models.ForeignKey(AlertTarget, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    told_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "target", "kind"], name="alert_notice_once")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.kind} {self.target}"

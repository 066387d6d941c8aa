"""What things cost, as the team states it: prices of models, rates of people, and what is assumed besides."""

from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

_NOT_NEGATIVE: Final = [MinValueValidator(Decimal(0))]


class Dated(models.Model):
    """Holds from the beginning of one local day to the end of another."""

    valid_from = models.DateField(_("valid from"), help_text=_("First day, in the time zone of TIME_ZONE."))
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("Last day. Empty: until further notice.")
    )

    class Meta:
        abstract = True

    def of_the_same(self) -> "models.QuerySet[Any]":
        """Rows that must not hold on the same day as this one."""
        raise NotImplementedError

    def clean(self) -> None:
        if not self.valid_from:  # a field that was left empty has its own error
            return
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": _("This lies before the first day.")})
        others = (
            self.of_the_same().exclude(pk=self.pk).filter(Q(valid_until=None) | Q(valid_until__gte=self.valid_from))
        )
        if self.valid_until is not None:
            others = others.filter(valid_from__lte=self.valid_until)
        if (other := others.order_by("valid_from").first()) is not None:
            until = other.valid_until or _("further notice")
            raise ValidationError(
                {
                    "valid_from": _(
                        "From %(first)s until %(last)s “%(other)s” holds already. End that one first, or begin later."
                    )
                    % {"first": other.valid_from, "last": until, "other": other}
                }
            )


class ModelPrice(Dated):
    """What a model costs: by token, or by hour of the GPUs that run it. The most specific one that holds counts."""

    class Kind(models.TextChoices):
        TOKENS = "tokens", _("by token")
        GPU = "gpu", _("by GPU hour")

    class Per(models.IntegerChoices):
        THOUSAND = 1_000, _("1,000 tokens")
        MILLION = 1_000_000, _("1 million tokens")

    kind = models.CharField(_("charged"), max_length=8, choices=Kind.choices, default=Kind.TOKENS)
    pool = models.CharField(
        _("model pool"),
        max_length=64,
        blank=True,
        help_text=_("Name of a pool. Empty: every pool without its own price."),
    )
    model = models.CharField(
        _("model"), max_length=300, blank=True, help_text=_("Such as openai/gpt-oss-20b. Empty: every model.")
    )
    per = models.IntegerField(_("for each"), choices=Per.choices, default=Per.MILLION)
    price_read = models.DecimalField(
        _("price of what is read"), max_digits=14, decimal_places=6, null=True, blank=True, validators=_NOT_NEGATIVE
    )
    price_written = models.DecimalField(
        _("price of what is written"), max_digits=14, decimal_places=6, null=True, blank=True, validators=_NOT_NEGATIVE
    )
    gpus = models.PositiveIntegerField(
        _("GPUs"), default=1, validators=[MaxValueValidator(10_000)], help_text=_("That are paid for, busy or not.")
    )
    price_hour = models.DecimalField(
        _("price of a GPU and hour"), max_digits=14, decimal_places=6, null=True, blank=True, validators=_NOT_NEGATIVE
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("price of a model")
        verbose_name_plural = _("prices of models")
        ordering = ["pool", "model", "valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="tokens", price_read__gte=0, price_written__gte=0)
                | (Q(kind="gpu", price_hour__gte=0, gpus__gte=1, model="") & ~Q(pool="")),
                name="model_price_complete",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=models.F("valid_from")), name="model_price_days"
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.pool or str(_("every pool")), self.model)))

    def of_the_same(self) -> "models.QuerySet[ModelPrice]":
        return ModelPrice.objects.filter(pool=self.pool, model=self.model)

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        needed = ("price_hour",) if self.kind == self.Kind.GPU else ("price_read", "price_written")
        for name in needed:
            if getattr(self, name) is None:
                errors[name] = _("This is needed; 0 where it is free.")
        if self.kind == self.Kind.GPU:
            if not self.pool:
                errors["pool"] = _("GPUs belong to a pool: name it.")
            if self.model:
                errors["model"] = _("Leave this empty: the GPUs of a pool cost the same whatever runs on them.")
            if self.gpus == 0:
                errors["gpus"] = _("At least one.")
        if errors:
            raise ValidationError(errors)
        super().clean()


class RoleRate(Dated):
    """What an hour of people's work costs."""

    role = models.ForeignKey(
        Group,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("role"),
        help_text=_("Empty: everybody whose role has no rate of its own, and teammates who write in Intercom."),
    )
    hourly = models.DecimalField(
        _("cost of an hour"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("hourly rate")
        verbose_name_plural = _("hourly rates")
        ordering = ["role__name", "valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(hourly__gte=0), name="role_rate_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=models.F("valid_from")), name="role_rate_days"
            ),
        ]

    def __str__(self) -> str:
        return self.role.name if self.role else str(_("everybody else"))

    def of_the_same(self) -> "models.QuerySet[RoleRate]":
        return RoleRate.objects.filter(role=self.role)


class CostBasis(models.Model):
    """What the team states about its costs. One row, kept so by the database."""

    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", _("Three capital letters, such as EUR, USD or CNY."))],
        help_text=_("Of all prices and rates. Nothing is converted."),
    )
    baseline_minutes = models.FloatField(
        _("minutes a conversation took before"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(10_000.0)],
        help_text=_("Of a person, without the bot. Empty: no hours saved are shown."),
    )
    minutes_a_reply = models.FloatField(
        _("minutes for a reply in Intercom"),
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1_000.0)],
        help_text=_("The desk records how long people work there. In Intercom nothing does: state what a reply takes."),
    )
    longest_minutes = models.FloatField(
        _("longest minutes on a question"),
        default=30.0,
        validators=[MinValueValidator(1.0), MaxValueValidator(1_000.0)],
        help_text=_(
            "At the desk, from opening a question to deciding. What is longer counts as this: a forgotten tab."
        ),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("what costs rest on")
        verbose_name_plural = _("what costs rest on")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="cost_basis_one_row"),
            models.CheckConstraint(
                condition=(Q(baseline_minutes=None) | Q(baseline_minutes__gte=0))
                & Q(minutes_a_reply__gte=0, longest_minutes__gt=0),
                name="cost_basis_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return str(_("What costs rest on"))

    @classmethod
    def stated(cls) -> "CostBasis":
        """The row, or what holds without one."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

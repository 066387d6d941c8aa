from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.conf import MODEL_FIRST_TOKEN_SECONDS, MODEL_TOTAL_SECONDS

_SECONDS = [MinValueValidator(0.1), MaxValueValidator(600.0)]


def check_address(value: str) -> None:
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable or any(sign.isspace() for sign in value):
        raise ValidationError(_("The address must look like http://host:port or https://host, with or without /v1."))
    if parts.username or parts.password:
        raise ValidationError(_("Put the token into its own field, not into the address."))


class ModelPool(models.Model):
    """Model servers behind one address. Pools are asked in their order, the next one where one fails or rests.

    The pool of MODEL_URL has a row, too: what connects it stays in the settings, and its row holds the rest.
    """

    name = models.CharField(
        _("name"), max_length=64, unique=True, help_text=_("How your team calls it, for example Frankfurt.")
    )
    region = models.CharField(
        _("region"), max_length=64, blank=True, help_text=_("For people only, for example eu-central or standby.")
    )
    order = models.PositiveSmallIntegerField(
        _("position"), default=10, help_text=_("The lowest is asked first; the next one where it fails or rests.")
    )
    is_on = models.BooleanField(
        _("takes calls"), default=True, help_text=_("Off: no new call goes to it; those under way come to their end.")
    )
    url = models.CharField(
        _("address"),
        max_length=500,
        blank=True,
        validators=[check_address],
        help_text=_("With or without /v1, such as http://gpu-1.internal:8000."),
    )
    model = models.CharField(
        _("model"), max_length=300, blank=True, help_text=_("As the server knows it, such as openai/gpt-oss-20b.")
    )
    token = models.CharField(
        _("token"), max_length=2048, blank=True, help_text=_("Sent as bearer token, if the server asks for one.")
    )
    signs_calls = models.BooleanField(
        _("sign each call"),
        default=False,
        help_text=_("Instead of a token: a short-lived one is signed for each call with the key in MODEL_JWT_KEY."),
    )
    key_id = models.CharField(
        _("key id"),
        max_length=100,
        blank=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", _("Letters, digits, dots and dashes."))],
        help_text=_("File name without .pem in the folder MODEL_JWT_KEY. Empty: the name that comes last."),
    )
    certificate = models.CharField(
        _("client certificate"),
        max_length=500,
        blank=True,
        help_text=_("Path of a PEM file with certificate and key on the machines of web and workers. Only for https."),
    )
    authority = models.CharField(
        _("authorities to trust"),
        max_length=500,
        blank=True,
        help_text=_("Path of a PEM file. Empty: those of the machine."),
    )
    maximum_tokens = models.PositiveIntegerField(
        _("tokens an answer"),
        default=0,
        validators=[MaxValueValidator(1_000_000)],
        help_text=_("At most, hidden reasoning included; a profile's lower number holds. 0: what the profile says."),
    )
    parallel_calls = models.PositiveIntegerField(
        _("calls at a time"),
        default=0,
        validators=[MaxValueValidator(10_000)],
        help_text=_("Of all workers together, at most; further calls go to the next pool. 0: no limit."),
    )
    first_token_seconds = models.FloatField(
        _("seconds to the first token"),
        default=MODEL_FIRST_TOKEN_SECONDS,
        validators=_SECONDS,
        help_text=_("A server that says nothing for so long has failed."),
    )
    idle_seconds = models.FloatField(
        _("seconds between two tokens"),
        default=MODEL_FIRST_TOKEN_SECONDS,
        validators=_SECONDS,
        help_text=_("Signs of life without words do not count."),
    )
    total_seconds = models.FloatField(
        _("seconds for the whole answer"), default=MODEL_TOTAL_SECONDS, validators=_SECONDS
    )
    is_from_settings = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("model pool")
        verbose_name_plural = _("model pools")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_from_settings"],
                condition=models.Q(is_from_settings=True),
                name="model_pool_of_settings_once",
            ),
            models.CheckConstraint(
                condition=models.Q(is_from_settings=True) | (~models.Q(url="") & ~models.Q(model="")),
                name="model_pool_has_address_and_model",
            ),
            models.CheckConstraint(
                condition=models.Q(first_token_seconds__gt=0, idle_seconds__gt=0, total_seconds__gt=0),
                name="model_pool_seconds_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return settings.MODEL_URL if self.is_from_settings else self.url

    @property
    def model_name(self) -> str:
        return settings.MODEL_NAME if self.is_from_settings else self.model

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if not self.is_from_settings:
            for field in ("url", "model"):
                if not getattr(self, field):
                    errors[field] = _("This is needed.")
        if self.token and self.signs_calls:
            errors["signs_calls"] = _("Either a token or signed calls: empty one of them.")
        elif self.signs_calls and not settings.MODEL_JWT_KEY:
            errors["signs_calls"] = _("MODEL_JWT_KEY is not set: there is no key to sign with.")
        if (self.certificate or self.authority) and self.url.startswith("http://"):
            errors["url"] = _("Certificates need an https address.")
        if self.first_token_seconds > self.total_seconds:
            errors["first_token_seconds"] = _("Not more than the seconds for the whole answer.")
        if errors:
            raise ValidationError(errors)


class ModelPoolEvent(models.Model):
    """What happened to a pool: a change of its state, or an alert. Kept for 90 days."""

    class Kind(models.TextChoices):
        STATE = "state", _("change of state")
        SLOW = "slow", _("slow answers")
        SET = "set", _("set by a person")

    pool = models.ForeignKey(ModelPool, verbose_name=_("pool"), on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    before = models.CharField(_("from"), max_length=10, blank=True)
    after = models.CharField(_("to"), max_length=10, blank=True)
    why = models.CharField(_("why"), max_length=20)
    calls = models.PositiveIntegerField(_("calls"), default=0)  #: in the window
    errors = models.PositiveIntegerField(_("errors"), default=0)
    in_a_row = models.PositiveIntegerField(default=0)  #: failures, or slow answers
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    by = models.CharField(_("by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("event of a model pool")
        verbose_name_plural = _("events of model pools")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.pool}: {self.get_kind_display()}"

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.intent import check_readable
from chatbot.models.scenario import Scenario
from chatbot.models.temperature_profile import check_name
from chatbot.rules.matching.expressions import EXPRESSION_CHARACTERS, ExpressionRefused, compiled

STEP_CHARACTERS = 1_000


class Playbook(models.Model):
    """What the bot does, step by step, with one kind of message."""

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        validators=[check_name],
        help_text=_("Trigger rules choose a playbook by this name."),
    )
    description = models.CharField(
        _("description"), max_length=500, blank=True, help_text=_("For colleagues: when it is meant to be followed.")
    )
    scenario = models.CharField(
        _("used for"),
        max_length=20,
        choices=Scenario.choices,
        blank=True,
        help_text=_("Messages of this scenario follow it. Empty: only where a rule or another playbook names it."),
    )
    language = models.CharField(
        _("language"),
        max_length=16,
        blank=True,
        help_text=_("A code such as en or zh: the scenario chooses it for this language only. Empty: for all."),
    )
    is_on = models.BooleanField(_("on"), default=True)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="playbook_has_a_name"),
            models.CheckConstraint(
                condition=Q(scenario="") | Q(scenario__in=Scenario.values), name="playbook_scenario_known"
            ),
            models.UniqueConstraint(
                fields=["scenario", "language"],
                condition=Q(is_on=True) & ~Q(scenario=""),
                name="playbook_one_for_a_scenario",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name = " ".join(self.name.split())
        self.language = self.language.strip().casefold()
        same = Playbook.objects.exclude(pk=self.pk).filter(is_on=True, scenario=self.scenario, language=self.language)
        if self.is_on and self.scenario and (taken := same.first()) is not None:
            raise ValidationError(
                {"scenario": _("“%(name)s” is used for this scenario already.") % {"name": taken.name}}
            )


class PlaybookStep(models.Model):
    """One step; they are taken in their order."""

    class Kind(models.TextChoices):
        TELL = "tell", _("tell the model")
        ASK = "ask", _("ask the customer")
        HAND_OFF = "hand_off", _("hand over")
        GO_ON = "go_on", _("go on with another playbook")

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="steps", verbose_name=_("playbook"))
    position = models.PositiveIntegerField(_("position"), default=0)
    kind = models.CharField(_("step"), max_length=10, choices=Kind.choices, default=Kind.TELL)
    text = models.TextField(
        _("text"),
        max_length=STEP_CHARACTERS,
        blank=True,
        help_text=_("Told to the model as guidance, or asked of the customer word for word."),
    )
    pattern = models.CharField(
        _("is there if this is found"),
        max_length=EXPRESSION_CHARACTERS,
        blank=True,
        help_text=_(
            "When asking: an expression (RE2) for what is asked, such as [A-Z]{2}\\d{6}; who has written it already is "
            "not asked."
        ),
    )
    attribute = models.CharField(
        _("or this customer attribute is set"), max_length=100, blank=True, help_text=_("When asking.")
    )
    team_id = models.CharField(
        _("team"), max_length=64, blank=True, help_text=_("When handing over; empty: the workspace's own.")
    )
    goes_to = models.ForeignKey(
        Playbook,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("other playbook"),
        help_text=_("When going on."),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["tell", "ask", "hand_off", "go_on"]), name="playbook_step_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["tell", "ask"]) | ~Q(text=""), name="playbook_step_says_something"
            ),
            models.CheckConstraint(
                condition=~Q(kind="go_on") | Q(goes_to__isnull=False), name="playbook_step_goes_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(goes_to__isnull=True) | ~Q(goes_to=F("playbook")), name="playbook_step_goes_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}" if self.text else str(self.get_kind_display())

    def clean(self) -> None:
        """Raises `ValidationError` by field. Circles are for the whole playbook to find, see chatbot/playbooks/."""
        self.text = "\n".join(" ".join(line.split()) for line in self.text.strip().splitlines())
        self.attribute = self.attribute.strip()
        problems: dict[str, Any] = {}
        for field in ("text", "attribute", "team_id"):
            try:
                check_readable(getattr(self, field))
            except ValidationError as error:
                problems[field] = error.messages
        if self.kind in (self.Kind.TELL, self.Kind.ASK) and not any(sign.isalnum() for sign in self.text):
            problems["text"] = _("Write what the model is told, or what the customer is asked.")
        if self.pattern:
            try:
                compiled(self.pattern)
            except ExpressionRefused as error:
                problems["pattern"] = str(error)
        if self.kind == self.Kind.GO_ON and self.goes_to is None:
            problems["goes_to"] = _("Choose the playbook that goes on.")
        unused = {
            self.Kind.TELL: ("pattern", "attribute", "team_id", "goes_to"),
            self.Kind.ASK: ("team_id", "goes_to"),
            self.Kind.HAND_OFF: ("pattern", "attribute", "goes_to"),
            self.Kind.GO_ON: ("pattern", "attribute", "team_id"),
        }.get(self.Kind(self.kind) if self.kind in self.Kind.values else self.Kind.TELL, ())
        for field in unused:
            if getattr(self, field) and field not in problems:
                problems[field] = _("This kind of step does not use it; empty it.")
        if problems:
            raise ValidationError(problems)

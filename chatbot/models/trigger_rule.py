import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.intent import check_readable
from chatbot.rules.matching.wanted import letters_of
from chatbot.rules.triggers.business_hours import (
    Hours,
    HoursUnreadable,
    closed_days,
    hours_from,
    zone_named,
)
from chatbot.rules.triggers.routing import Route, Trigger, Which

#: Words in one field at most.
WORDS = 200


class BusinessHours(models.Model):
    """When a team is there."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", help_text=_("Such as Europe/Berlin or Asia/Shanghai.")
    )
    weekly = models.TextField(
        _("week"),
        default="mon-fri 09:00-18:00",
        max_length=2_000,
        help_text=_("A line for each span, such as “mon-fri 09:00-18:00” or “sat, sun 10:00-14:00”."),
    )
    closed_on = models.TextField(
        _("closed on"),
        blank=True,
        max_length=5_000,
        help_text=_("Holidays, such as 2026-12-25, a line or a comma between them."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        problems: dict[str, Any] = {}
        for field, read in (
            ("time_zone", lambda: zone_named(self.time_zone)),
            ("weekly", lambda: hours_from(time_zone="UTC", weekly=self.weekly, closed_on="")),
            ("closed_on", lambda: closed_days(self.closed_on)),
        ):
            try:
                read()
            except HoursUnreadable as error:
                problems[field] = str(error)
        if problems:
            raise ValidationError(problems)

    def hours(self) -> Hours:
        """Raises `HoursUnreadable` for a row that was written past `clean`."""
        return hours_from(time_zone=self.time_zone, weekly=self.weekly, closed_on=self.closed_on)


class TriggerRule(models.Model):
    """Who gets what treatment: conditions that must all hold, and what follows."""

    class RouteChoice(models.TextChoices):
        CONTINUE = Route.CONTINUE.value, _("go on with the next rule")
        ANSWER = Route.ANSWER.value, _("answer as usual")
        HOLD = Route.HOLD.value, _("hold for review")
        HAND_OFF = Route.HAND_OFF.value, _("hand over to a team")
        STAY_OUT = Route.STAY_OUT.value, _("stay out of it")
        OFFER = Route.OFFER.value, _("ask: bot or person?")

    class HoursChoice(models.TextChoices):
        ANY = Which.ANY.value, _("at any time")
        YES = Which.YES.value, _("within business hours")
        NO = Which.NO.value, _("outside business hours")

    class FirstChoice(models.TextChoices):
        ANY = Which.ANY.value, _("any message")
        YES = Which.YES.value, _("the first message")
        NO = Which.NO.value, _("later messages")

    class AttachmentChoice(models.TextChoices):
        ANY = Which.ANY.value, _("with or without")
        YES = Which.YES.value, _("with an attachment")
        NO = Which.NO.value, _("without an attachment")

    class Priority(models.TextChoices):
        NONE = "", _("leave as it is")
        LOW = "low", _("low")
        HIGH = "high", _("high")
        URGENT = "urgent", _("urgent")

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(
        _("position"), default=0, help_text=_("Rules are tried in this order; drag them in the list.")
    )
    is_on = models.BooleanField(_("on"), default=True)

    keywords = models.TextField(
        _("keywords"),
        blank=True,
        max_length=10_000,
        help_text=_("A word or phrase a line. Found like sensitive words, disguises included."),
    )
    needs_all_keywords = models.BooleanField(_("all of them"), default=False, help_text=_("Off: one is enough."))
    tiers = models.CharField(_("customer tiers"), max_length=500, blank=True, help_text=_("Separated by commas."))
    attributes = models.TextField(
        _("customer attributes"),
        blank=True,
        max_length=2_000,
        help_text=_("A line each, such as “country = DE”; “country = *” asks only that it is set."),
    )
    channels = models.CharField(
        _("channels"),
        max_length=500,
        blank=True,
        help_text=_("As Intercom names them: conversation, email, whatsapp …"),
    )
    languages = models.CharField(
        _("languages"), max_length=500, blank=True, help_text=_("Codes such as en, zh; zh includes zh-hans.")
    )
    intents = models.CharField(_("intents"), max_length=1_000, blank=True, help_text=_("Names, separated by commas."))
    business_hours = models.ForeignKey(
        BusinessHours,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("business hours"),
    )
    in_hours = models.CharField(_("time"), max_length=8, choices=HoursChoice.choices, default=HoursChoice.ANY)
    first = models.CharField(_("which message"), max_length=8, choices=FirstChoice.choices, default=FirstChoice.ANY)
    attachment = models.CharField(
        _("attachment"), max_length=8, choices=AttachmentChoice.choices, default=AttachmentChoice.ANY
    )

    route = models.CharField(_("then"), max_length=16, choices=RouteChoice.choices, default=RouteChoice.HOLD)
    team_id = models.CharField(
        _("team"),
        max_length=64,
        blank=True,
        help_text=_("The team's number in Intercom; empty: the workspace's team for handovers."),
    )
    priority = models.CharField(
        _("priority"), max_length=8, blank=True, choices=Priority.choices, default=Priority.NONE,
        help_text=_("Put on the conversation as the tag “priority: high”, which an Intercom workflow can act on."),
    )  # fmt: skip
    tags = models.CharField(_("tags"), max_length=500, blank=True, help_text=_("Separated by commas."))
    profile = models.CharField(_("temperature profile"), max_length=100, blank=True, help_text=_("Its name."))
    playbook = models.CharField(_("playbook"), max_length=100, blank=True, help_text=_("Its name."))
    note = models.TextField(_("note"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("trigger rule")
        verbose_name_plural = _("trigger rules")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(route__in=[route.value for route in Route]), name="trigger_rule_route_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises `ValidationError` by field."""
        problems: dict[str, Any] = {}
        for field in ("name", "keywords", "tiers", "attributes", "channels", "languages", "intents", "team_id", "tags"):
            try:
                check_readable(getattr(self, field))
            except ValidationError as error:
                problems[field] = error.messages
        words = _lines(self.keywords)
        if len(words) > WORDS:
            problems["keywords"] = _("%(limit)d lines fit.") % {"limit": WORDS}
        elif silent := next((word for word in words if not letters_of(word)), None):
            problems["keywords"] = _("“%(word)s” holds no letter or digit.") % {"word": silent[:40]}
        if bad := next(
            (line for line in _lines(self.attributes) if not line.partition("=")[0].strip() or "=" not in line), None
        ):
            problems["attributes"] = _("“%(line)s” is not understood; write “name = value”.") % {"line": bad[:64]}
        if self.in_hours != Which.ANY and self.business_hours is None:
            problems["business_hours"] = _("Choose the business hours that are meant.")
        if problems:
            raise ValidationError(problems)

    def trigger(self) -> Trigger:
        """This row as the router needs it. Raises `HoursUnreadable`."""
        return Trigger(
            id=self.pk or 0,
            name=self.name,
            route=Route(self.route),
            keywords=tuple(_lines(self.keywords))[:WORDS],
            needs_all_keywords=self.needs_all_keywords,
            tiers=_folded(self.tiers),
            attributes=tuple(
                (name.strip().casefold(), value.strip().casefold())
                for name, _equals, value in (line.partition("=") for line in _lines(self.attributes))
            ),
            channels=_folded(self.channels),
            languages=_folded(self.languages),
            intents=_folded(self.intents),
            hours=self.business_hours.hours() if self.business_hours else None,
            in_hours=Which(self.in_hours),
            first=Which(self.first),
            attachment=Which(self.attachment),
            team_id=self.team_id.strip(),
            priority=self.priority,
            tags=tuple(_words(self.tags)),
            profile=self.profile.strip(),
            playbook=self.playbook.strip(),
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(text: str) -> list[str]:
    return [word.strip() for word in re.split(r"[,，;\n]", text) if word.strip()]


def _folded(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _words(text))

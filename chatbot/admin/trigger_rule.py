"""Trigger rules: ordered by dragging, previewed on a message and on yesterday; and the business hours they speak of."""

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from chatbot.admin.gated_saving import GatedSaving
from chatbot.admin.listed_choice import ListedChoice
from chatbot.admin.team_choice import TeamChoice
from chatbot.models import BusinessHours, TriggerRule
from chatbot.rules.current import triggers_in_force
from chatbot.rules.known_names import unknown_names
from chatbot.rules.triggers.previewing import facts_given, yesterday
from chatbot.rules.triggers.routing import Condition, Route, Router

CONDITIONS_IN_WORDS: dict[Condition, Promise] = {
    Condition.KEYWORDS: _("the keywords are not there"),
    Condition.TIER: _("another customer tier"),
    Condition.ATTRIBUTES: _("other customer attributes"),
    Condition.CHANNEL: _("another channel"),
    Condition.LANGUAGE: _("another language"),
    Condition.INTENT: _("another intent"),
    Condition.HOURS: _("another time"),
    Condition.FIRST: _("not that message of the conversation"),
    Condition.ATTACHMENT: _("the attachment"),
    Condition.OFFERED: _("the customer was asked before"),
}
_ROUTES = dict(TriggerRule.RouteChoice.choices)


@admin.register(TriggerRule)
class TriggerRuleAdmin(ListedChoice, GatedSaving, TeamChoice, SimpleHistoryAdmin, ModelAdmin):
    list_display = ("name", "route_label", "conditions", "is_on")
    list_editable = ("is_on",)
    list_filter = ("is_on", "route")
    search_fields = ("name", "keywords", "note")
    ordering_field = "position"
    hide_ordering_field = True
    actions_list = ("preview",)
    radio_fields = {"in_hours": admin.HORIZONTAL, "first": admin.HORIZONTAL, "attachment": admin.HORIZONTAL}
    fieldsets = (
        (None, {"fields": ("name", "is_on")}),
        (
            _("If all of this holds (what is left empty asks for nothing)"),
            {
                "fields": (
                    "keywords", "needs_all_keywords", "tiers", "attributes", "channels", "languages", "intents",
                    "business_hours", "in_hours", "first", "attachment",
                )
            },
        ),
        (_("Then"), {"fields": ("route", "team_id", "tags", "priority", "profile", "playbook")}),
        (_("For colleagues"), {"fields": ("note",)}),
    )  # fmt: skip

    @display(
        description=_("then"),
        ordering="route",
        label={
            Route.CONTINUE.value: "",
            Route.ANSWER.value: "success",
            Route.HOLD.value: "warning",
            Route.HAND_OFF.value: "info",
            Route.STAY_OUT.value: "danger",
            Route.OFFER.value: "info",
        },
    )
    def route_label(self, rule: TriggerRule) -> tuple[str, str]:
        return rule.route, rule.get_route_display()

    @admin.display(description=_("if"))
    def conditions(self, rule: TriggerRule) -> str:
        """The conditions in one line."""
        pieces = [" / ".join(rule.keywords.split("\n")[:3])] if rule.keywords else []
        pieces += [text for text in (rule.tiers, rule.channels, rule.languages, rule.intents) if text]
        pieces += [", ".join(rule.attributes.splitlines()[:2])] if rule.attributes else []
        if rule.in_hours != "any":
            pieces.append(str(rule.get_in_hours_display()))
        if rule.first != "any":
            pieces.append(str(rule.get_first_display()))
        if rule.attachment != "any":
            pieces.append(str(rule.get_attachment_display()))
        return " · ".join(pieces) or str(_("always"))

    def save_model(self, request: HttpRequest, obj: TriggerRule, form: "ModelForm[TriggerRule]", change: bool) -> None:
        if not change:
            last = TriggerRule.objects.order_by("-position").values_list("position", flat=True).first()
            obj.position = 0 if last is None else last + 1
        super().save_model(request, obj, form, change)
        trigger = obj.trigger()
        for kind, names, words in (
            ("intent", obj.intents.replace("，", ",").split(","), _("No intent has this name yet: %(names)s.")),
            ("profile", [trigger.profile], _("No temperature profile has this name yet: %(names)s.")),
            ("playbook", [trigger.playbook], _("No playbook has this name yet: %(names)s.")),
        ):
            if unknown := unknown_names(kind, [name.strip() for name in names]):
                messages.warning(request, words % {"names": ", ".join(unknown)})

    @action(description=_("Preview"), url_path="preview", permissions=["view"], icon="experiment")
    def preview(self, request: HttpRequest) -> HttpResponse:
        """The rules that are on, on a made-up message or on yesterday's."""
        what = request.POST.get("what", "") if request.method == "POST" else ""
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Preview of the trigger rules"),
            "what": what,
            "given": {"now": f"{timezone.localtime():%Y-%m-%dT%H:%M}"},
        }
        if what == "yesterday":
            context["yesterday"] = yesterday(Router(triggers_in_force()))
        if what:
            context |= _on_one(request)
        return render(request, "admin/trigger_rules_preview.html", context)


def _on_one(request: HttpRequest) -> dict[str, Any]:
    given = {
        name: request.POST.get(name, "")[:20_000]
        for name in ("text", "tier", "channel", "language", "intent", "attributes", "now")
    }
    shown = {**given, "is_later": "is_later" in request.POST, "has_attachment": "has_attachment" in request.POST}
    try:
        moment = parse_datetime(given["now"]) if given["now"] else timezone.now()
    except ValueError:
        moment = None
    if moment is None:
        return {"given": shown, "problem": _("The time is not understood; write 2026-12-01T09:00.")}
    pairs = (pair.partition("=") for pair in given["attributes"].split(",") if "=" in pair)
    routed = Router(triggers_in_force()).route(
        facts_given(
            text=given["text"],
            tier=given["tier"].strip(),
            attributes={name.strip(): value.strip() for name, _equals, value in pairs},
            channel=given["channel"].strip(),
            language=given["language"].strip(),
            intent=given["intent"].strip(),
            now=timezone.make_aware(moment) if timezone.is_naive(moment) else moment,
            is_first=not shown["is_later"],
            has_attachment=bool(shown["has_attachment"]),
        )
    )
    beside = (
        (_("tags"), ", ".join(routed.tags)),
        (_("priority"), routed.priority),
        (_("temperature profile"), routed.profile),
        (_("playbook"), routed.playbook),
    )
    return {
        "given": shown,
        "routed": routed,
        "outcome": _ROUTES[routed.route.value],
        "beside": [(name, value) for name, value in beside if value],
        "steps": [
            {
                "id": step.trigger.id,
                "name": step.trigger.name,
                "failed": CONDITIONS_IN_WORDS[step.failed] if step.failed else "",
                "then": _ROUTES[step.trigger.route.value],
            }
            for step in routed.steps
        ],
    }


@admin.register(BusinessHours)
class BusinessHoursAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ("name", "time_zone", "is_open_now")
    search_fields = ("name",)

    @admin.display(description=_("open now"), boolean=True)
    def is_open_now(self, hours: BusinessHours) -> bool:
        return hours.hours().is_open(timezone.now())

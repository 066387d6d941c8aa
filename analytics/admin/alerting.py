"""Alerts, the rules that raise them, and whom they reach."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from analytics.alerting.measures import BY_NAME, MEASURES
from analytics.alerting.telling import is_address, send
from analytics.alerting.words import amount
from analytics.models import Alert, AlertNotice, AlertRule, AlertTarget
from analytics.models.alert import Severity

_COLOURS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "danger"}


@admin.register(Alert)
class AlertAdmin(ModelAdmin):
    """What happened. Nobody writes here; people say that they take care of it."""

    list_display = ("state", "rule", "severity", "began_at", "ended_at", "worst", "told", "acknowledged_by", "problem")
    list_display_links = None
    list_before_template = "admin/analytics/alerts_explained.html"
    list_filter = ("rule__severity", "rule", "began_at")
    list_select_related = ("rule", "acknowledged_by")
    ordering = ("-began_at", "-id")
    actions = ("acknowledge",)

    @display(description=_("state"), label={"open": "danger", "taken": "warning", "over": "success"})
    def state(self, row: Alert) -> tuple[str, Any]:
        if row.ended_at:
            return "over", _("ended")
        return ("taken", _("acknowledged")) if row.acknowledged_at else ("open", _("open"))

    @display(description=_("severity"), label={key.value: colour for key, colour in _COLOURS.items()})
    def severity(self, row: Alert) -> tuple[str, str]:
        return row.rule.severity, row.rule.get_severity_display()

    @admin.display(description=_("worst value"), ordering="worst_value")
    def worst(self, row: Alert) -> str:
        return amount(row.rule.measure, row.worst_value)

    @admin.display(description=_("told"))
    def told(self, row: Alert) -> str:
        """Who has heard that it began."""
        names = [one.target.name for one in row.notices.all() if one.kind == AlertNotice.Kind.BEGAN and one.told_at]
        return ", ".join(names) or "–"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Alert]":
        rows: QuerySet[Alert] = super().get_queryset(request)
        return rows.prefetch_related("notices__target")

    @admin.action(description=_("I take care of it"), permissions=["change"])
    def acknowledge(self, request: HttpRequest, chosen: "QuerySet[Alert]") -> None:
        count = chosen.filter(acknowledged_at=None).update(
            acknowledged_at=timezone.now(),
            acknowledged_by=request.user,
        )
        text = ngettext("%(count)d alert is yours.", "%(count)d alerts are yours.", count) % {"count": count}
        messages.success(request, text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Alert | None = None) -> bool:
        return False


class AlertRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    measure = forms.ChoiceField(label=_("What is watched"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = AlertRule
        fields = (
            "name",
            "is_on",
            "measure",
            "comparison",
            "bound",
            "minutes",
            "severity",
            "advice",
            "targets",
            "quiet_from",
            "quiet_to",
        )
        widgets = {"targets": UnfoldAdminCheckboxSelectMultipleWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["measure"].choices = [  # type: ignore[attr-defined]
            (one.name, f"{one.title} ({one.unit})" if one.unit else str(one.title)) for one in MEASURES
        ]


@admin.register(AlertRule)
class AlertRuleAdmin(ModelAdmin):
    form = AlertRuleForm
    list_display = ("name", "condition", "now", "severity_label", "told", "is_on", "is_open")
    list_filter = ("is_on", "severity")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "is_on", "measure", ("comparison", "bound"), "minutes", "severity", "advice")}),
        (_("Whom to tell"), {"fields": ("targets", ("quiet_from", "quiet_to"))}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AlertRule]":
        rows: QuerySet[AlertRule] = super().get_queryset(request)
        return rows.annotate(
            open_alerts=Count("alerts", filter=Q(alerts__ended_at=None), distinct=True),
            told_count=Count("targets", filter=Q(targets__is_on=True), distinct=True),
        )

    @admin.display(description=_("condition"))
    def condition(self, row: AlertRule) -> str:
        title = BY_NAME[row.measure].title if row.measure in BY_NAME else row.measure
        told = {
            "measure": title,
            "comparison": row.get_comparison_display(),
            "bound": amount(row.measure, row.bound),
            "minutes": row.minutes,
        }
        if not row.minutes:
            return gettext("%(measure)s %(comparison)s %(bound)s, at once") % told
        return gettext("%(measure)s %(comparison)s %(bound)s for %(minutes)g min") % told

    @admin.display(description=_("now"))
    def now(self, row: AlertRule) -> str:
        return amount(row.measure, row.last_value)

    @display(
        description=_("severity"), label={key.value: colour for key, colour in _COLOURS.items()}, ordering="severity"
    )
    def severity_label(self, row: AlertRule) -> tuple[str, str]:
        return row.severity, row.get_severity_display()

    @admin.display(description=_("tells"))
    def told(self, row: Any) -> str:
        return str(row.told_count) if row.told_count else gettext("nobody: shows here only")

    @display(description=_("alert"), label={"open": "danger", "": "success"})
    def is_open(self, row: Any) -> tuple[str, Any]:
        return ("open", _("open")) if row.open_alerts else ("", _("none"))


class AlertTargetForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = AlertTarget
        fields = ("name", "address", "language", "is_on")
        widgets = {"address": UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["address"].required = False
            self.fields["address"].widget.attrs["placeholder"] = gettext("unchanged if empty")

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        if not address and self.instance.pk:
            return str(self.instance.address)
        if not is_address(address):
            raise forms.ValidationError(
                gettext(
                    "This is no address that Apprise knows. For e-mail: mailto://user:password@server?to=you@example.com"
                )
            )
        return address


@admin.register(AlertTarget)
class AlertTargetAdmin(ModelAdmin):
    """The address holds a password: it is written, never shown."""

    form = AlertTargetForm
    list_display = ("name", "kind", "language", "is_on")
    actions_detail = ("send_a_test",)

    @admin.display(description=_("kind"))
    def kind(self, row: AlertTarget) -> str:
        return row.address.partition(":")[0]

    @action(description=_("Send a test message"), permissions=["change"])
    def send_a_test(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = AlertTarget.objects.get(pk=object_id)
        with translation.override(row.language):
            title, text = gettext("Handrail: a test"), gettext("Alerts will reach you here.")
        if send(row, title, text):
            messages.success(request, gettext("Sent."))
        else:
            messages.error(request, gettext("It could not be sent: is the address right, does its server answer?"))
        return HttpResponseRedirect(reverse("admin:analytics_alerttarget_change", args=[object_id]))

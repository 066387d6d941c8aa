"""Is the confidence to be trusted? What it was worth, versions of its weights, and what another threshold would do."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from analytics.calibration import LEAST_OF_EACH, TooFewLabels, calibrate_from_decisions
from analytics.reliability import Bin
from analytics.what_if import DAYS, last_month, reliability
from chatbot.admin.gate_pages import refusal
from chatbot.calibrations import activate
from chatbot.errors import GateNotPassed
from chatbot.models import Calibration
from chatbot.steering import steering

#: Pixels of the diagram's square, and where it begins.
_SIDE, _LEFT, _TOP = 240, 40, 10


@admin.register(Calibration)
class CalibrationAdmin(ModelAdmin):
    list_display = ("id", "created_at", "created_by", "labels", "right", "error_before", "error_after", "state")
    list_display_links = None
    list_select_related = ("created_by",)
    change_list_template = "admin/calibrations.html"
    ordering = ("-id",)
    readonly_fields = ("weights", "labels", "right", "measured", "is_active", "created_at", "created_by")

    class Media:
        css = {"all": ("chatbot/pages.css",)}

    @admin.display(description=_("error before"))
    def error_before(self, row: Calibration) -> str:
        return f"{row.measured.get('ece_before', 0.0):.1%}"

    @admin.display(description=_("error"))
    def error_after(self, row: Calibration) -> str:
        return f"{row.measured.get('ece', 0.0):.1%}"

    @display(description=_("state"), label={"active": "success", "kept": ""})
    def state(self, row: Calibration) -> tuple[str, Any]:
        return ("active", _("counts now")) if row.is_active else ("kept", _("kept"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Calibration | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("fit/", self.admin_site.admin_view(require_POST(self.fit)), name="chatbot_calibration_fit"),
            path("choose/", self.admin_site.admin_view(require_POST(self.choose)), name="chatbot_calibration_choose"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = _threshold(request.GET.get("at", ""))
        # Django's own list takes every other parameter for a filter.
        others = request.GET.copy()
        others.pop("at", None)
        request.GET = others  # type: ignore[assignment]  # only looked at
        known = reliability()
        context = {
            **(extra_context or {}),
            "title": _("Confidence"),
            "known": known,
            "points": [_point(one) for one in known.bins],
            "side": {"size": _SIDE, "left": _LEFT, "top": _TOP, "right": _LEFT + _SIDE, "bottom": _TOP + _SIDE},
            "month": last_month(asked),
            "asked": f"{asked:.2f}",
            "threshold": steering().threshold,
            "days": DAYS,
            "least": LEAST_OF_EACH,
            "versions": list(Calibration.objects.order_by("-pk").values_list("pk", flat=True)[:50]),
            "active": Calibration.objects.filter(is_active=True).values_list("pk", flat=True).first() or 0,
            "may_change": self.has_change_permission(request),
        }
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def fit(self, request: HttpRequest) -> HttpResponse:
        if self.has_change_permission(request):
            try:
                made = calibrate_from_decisions(threshold=steering().threshold, user=request.user)  # type: ignore[arg-type]  # staff are users
            except TooFewLabels as error:
                messages.warning(request, gettext("There are not enough decisions yet: %(why)s.") % {"why": error})
            except GateNotPassed as error:
                messages.error(request, refusal(error))
            else:
                text = (
                    gettext("Version %(number)d counts from now on.")
                    if made.is_active
                    else gettext("Version %(number)d foresees the decisions no better; the old one goes on.")
                )
                messages.success(request, text % {"number": made.pk})
        return redirect("admin:chatbot_calibration_changelist")

    def choose(self, request: HttpRequest) -> HttpResponse:
        number = request.POST.get("version", "")
        row = Calibration.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
        if self.has_change_permission(request) and (row is not None or number == "0"):
            try:
                activate(row)
            except GateNotPassed as error:
                messages.error(request, refusal(error))
            else:
                messages.success(request, gettext("Version %(number)s counts from now on.") % {"number": number})
        return redirect("admin:chatbot_calibration_changelist")


def _threshold(text: str) -> float:
    """What was asked about, else what counts now."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return steering().threshold
    return value if 0.0 <= value <= 1.0 else steering().threshold


def _point(one: Bin) -> dict[str, Any]:
    """A bin as a dot of the diagram: how large, where, and in words."""
    return {
        "x": round(_LEFT + _SIDE * one.stated, 1),
        "y": round(_TOP + _SIDE * (1 - one.right), 1),
        "radius": round(min(14.0, 3 + one.count**0.5), 1),
        "count": one.count,
        "stated": round(100 * one.stated),
        "right": round(100 * one.right),
    }

"""What things cost, as the team states it: prices of models, hourly rates, and what is assumed besides."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.costs.prices import Gap, gaps
from analytics.models import CostBasis, ModelPrice, RoleRate
from chatbot.admin.word_rule import HistoryAdmin
from chatbot.models import ModelPool


def _currency() -> str:
    return CostBasis.stated().currency


def in_words(gap: Gap) -> str:
    return gettext("%(subject)s: nothing holds from %(first)s until %(last)s") % {
        "subject": gap.subject,
        "first": date_format(gap.first),
        "last": date_format(gap.last),
    }


class _DatedAdmin(HistoryAdmin):
    """Says above the list, and after each change, on which days no price holds."""

    list_before_template = "admin/prices_explained.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        extra = {"gaps": [in_words(gap) for gap in self._gaps()], "is_rates": self.model is RoleRate}
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **extra})
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        mine = [gap for gap in self._gaps() if gap.subject == str(obj)]
        for gap in mine:
            messages.warning(request, gettext("There is a gap. %(gap)s.") % {"gap": in_words(gap)})
        messages.info(request, gettext("Costs of the days concerned are worked out again with the next count."))

    def _gaps(self) -> list[Gap]:
        return gaps(list(self.model.objects.all()))

    @admin.display(description=_("valid"), ordering="valid_from")
    def days(self, row: Any) -> str:
        until = date_format(row.valid_until) if row.valid_until else gettext("until further notice")
        return f"{date_format(row.valid_from)} – {until}"


class ModelPriceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    pool = forms.ChoiceField(
        label=_("Model pool"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("“Every pool” holds for pools without a price of their own."),
    )

    class Meta:
        model = ModelPrice
        fields = (
            "kind", "pool", "model", "per", "price_read", "price_written", "gpus", "price_hour", "valid_from",
            "valid_until",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = list(ModelPool.objects.values_list("name", flat=True))
        if self.instance.pool and self.instance.pool not in names:
            names.append(self.instance.pool)
        self.fields["pool"].choices = [  # type: ignore[attr-defined]
            ("", gettext("every pool")),
            *((name, name) for name in names),
        ]


@admin.register(ModelPrice)
class ModelPriceAdmin(_DatedAdmin):
    form = ModelPriceForm
    list_display = ("__str__", "kind", "amounts", "days")
    list_filter = ("kind",)
    fieldsets = (
        (None, {"fields": ("kind", ("pool", "model"), ("valid_from", "valid_until"))}),
        (_("By token"), {"fields": ("per", ("price_read", "price_written"))}),
        (_("By GPU hour"), {"fields": (("gpus", "price_hour"),)}),
    )

    @admin.display(description=_("price"))
    def amounts(self, row: ModelPrice) -> str:
        if row.kind == ModelPrice.Kind.GPU:
            return gettext("%(count)d × %(price)s %(currency)s an hour") % {
                "count": row.gpus,
                "price": f"{row.price_hour:f}".rstrip("0").rstrip("."),
                "currency": _currency(),
            }
        return gettext("%(read)s read, %(written)s written, %(currency)s for %(per)s") % {
            "read": f"{row.price_read:f}".rstrip("0").rstrip("."),
            "written": f"{row.price_written:f}".rstrip("0").rstrip("."),
            "currency": _currency(),
            "per": row.get_per_display(),
        }


@admin.register(RoleRate)
class RoleRateAdmin(_DatedAdmin):
    list_display = ("__str__", "cost", "days")
    list_select_related = ("role",)
    fieldsets = ((None, {"fields": ("role", "hourly", ("valid_from", "valid_until"))}),)

    @admin.display(description=_("cost of an hour"), ordering="hourly")
    def cost(self, row: RoleRate) -> str:
        return f"{row.hourly:,.2f} {_currency()}"


@admin.register(CostBasis)
class CostBasisAdmin(HistoryAdmin):
    """One row, so the list leads straight to it."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        CostBasis.objects.get_or_create(pk=1)
        return redirect("admin:analytics_costbasis_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CostBasis | None = None) -> bool:
        return False

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatbot.admin.gate_pages import refusal
from chatbot.errors import GateNotPassed
from chatbot.models import StandardMessage, Steering
from chatbot.trying.change import threshold_change
from chatbot.trying.gates import refuse_ungated


class SteeringForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    def clean_threshold(self) -> float:
        """Another threshold is a change that a gate may guard."""
        threshold = float(self.cleaned_data["threshold"])
        if threshold != self.instance.threshold:
            try:
                refuse_ungated(threshold_change(threshold), subject=_("Threshold %(value).2f") % {"value": threshold})
            except GateNotPassed as error:
                raise forms.ValidationError(refusal(error)) from error
        return threshold

    class Meta:
        model = Steering
        fields = (
            "threshold", "is_answering", "live_share", "outside_share", "default_language", "hands_over_unhappy",
            "unhappy_from", "people_hours", "return_after_hours",
        )  # fmt: skip


@admin.register(Steering)
class SteeringAdmin(ModelAdmin):
    """One row, so the list leads straight to it."""

    form = SteeringForm

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        Steering.objects.get_or_create(pk=1)
        return redirect("admin:chatbot_steering_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Steering | None = None) -> bool:
        return False


@admin.register(StandardMessage)
class StandardMessageAdmin(ModelAdmin):
    list_display = ("kind", "language", "text", "is_on")
    list_filter = ("kind", "language", "is_on")
    list_editable = ("is_on",)

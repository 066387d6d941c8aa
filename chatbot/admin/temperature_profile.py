"""Profiles: how warm, how long and how strict the bot is; two of them side by side on one question."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatbot.admin import profile_pages
from chatbot.admin.gate_pages import refusal
from chatbot.admin.word_rule import HistoryAdmin
from chatbot.errors import GateNotPassed
from chatbot.models import TemperatureProfile
from chatbot.models.temperature_profile import STEERING_FIELDS
from chatbot.profiles.choosing import make_default
from chatbot.trying.change import profile_change
from chatbot.trying.gates import gate_address, refuse_ungated

#: Name of the button that tries the values of the form instead of saving them.
TRY_THEM = "try_these_values"


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    def clean(self) -> dict[str, Any] | None:
        """A gate is asked about a profile that somebody uses, as soon as all its fields are sound."""
        cleaned = super().clean()
        wants_to_save = TRY_THEM not in self.data
        if wants_to_save and not self.errors and {*STEERING_FIELDS, "is_default", "scenario"} & set(self.changed_data):
            profile = copy(self.instance)
            for name, value in (cleaned or {}).items():
                setattr(profile, name, value)
            if profile.is_default or profile.scenario:
                try:
                    refuse_ungated(profile_change(profile), subject=_("Profile “%(name)s”") % {"name": profile.name})
                except GateNotPassed as error:
                    raise forms.ValidationError(refusal(error)) from error
        return cleaned

    class Meta:
        model = TemperatureProfile
        fields = ("name", "scenario", "is_default", *STEERING_FIELDS)


@admin.register(TemperatureProfile)
class TemperatureProfileAdmin(HistoryAdmin):
    form = ProfileForm
    actions_submit_line = (TRY_THEM,)
    list_display = (
        "name",
        "scenario",
        "default_label",
        "temperature",
        "top_p",
        "maximum_tokens",
        "threshold",
        "always_review",
        "version",
    )
    search_fields = ("name",)
    actions = ("make_the_default",)
    actions_list = ("compare",)
    history_list_display = ["version", "temperature", "top_p", "threshold", "always_review"]
    readonly_fields = ("version",)
    fieldsets = (
        (None, {"fields": ("name", "scenario", "is_default")}),
        (_("How it speaks"), {"fields": ("temperature", "top_p", "tone", "length")}),
        (_("How much"), {"fields": ("maximum_tokens", "passages", "reasoning_effort")}),
        (_("How sure it must be"), {"fields": ("threshold", "always_review")}),
        (_("Version"), {"fields": ("version",)}),
    )

    def save_model(self, request: HttpRequest, obj: TemperatureProfile, form: Any, change: bool) -> None:
        if TRY_THEM not in request.POST:
            super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: TemperatureProfile, message: Any) -> Any:
        return None if TRY_THEM in request.POST else super().log_change(request, obj, message)

    def response_change(self, request: HttpRequest, obj: TemperatureProfile) -> HttpResponse:
        if TRY_THEM in request.POST:
            # Nothing was saved: the values travel in the address, signed.
            told = gate_address(profile_change(obj), subject=_("Profile “%(name)s”") % {"name": obj.name})
            return redirect(f"{reverse('admin:chatbot_changetrial_add')}?{told.partition('?')[2]}")
        response: HttpResponse = super().response_change(request, obj)
        return response

    @action(description=_("Try these values"), permissions=["change"])
    def try_these_values(self, request: HttpRequest, obj: TemperatureProfile) -> None:
        """A button only: `save_model` does not save, and `response_change` leads on."""

    @display(description=_("default"), label={"yes": "success"})
    def default_label(self, profile: TemperatureProfile) -> tuple[str, Any] | None:
        return ("yes", _("default")) if profile.is_default else None

    @action(description=_("Make this the default"), permissions=["change"])
    def make_the_default(self, request: HttpRequest, queryset: "QuerySet[TemperatureProfile]") -> None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one profile."), messages.WARNING)
            return
        try:
            make_default(chosen[0].pk)
        except GateNotPassed as error:
            self.message_user(request, refusal(error), messages.ERROR)
            return
        text = _("“%(name)s” is the default now.") % {"name": chosen[0].name}
        self.message_user(request, text, messages.SUCCESS)

    @action(description=_("Compare two profiles"), url_path="compare", permissions=["view"], icon="compare_arrows")
    def compare(self, request: HttpRequest) -> HttpResponse:
        return profile_pages.compare(request, self.admin_site.each_context(request))

    def has_delete_permission(self, request: HttpRequest, obj: TemperatureProfile | None = None) -> bool:
        return (obj is None or not obj.is_default) and super().has_delete_permission(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[TemperatureProfile]") -> None:
        if queryset.filter(is_default=True).exists():
            self.message_user(request, _("The default stays: make another one the default first."), messages.WARNING)
        super().delete_queryset(request, queryset.filter(is_default=False))

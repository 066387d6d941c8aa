"""Pages that write rules: what a gate keeps back is not written, and what was typed stays on the page."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from chatbot.admin.gate_pages import refusal
from chatbot.errors import GateNotPassed
from chatbot.trying.rule_saving import saving_rules

_REFUSAL = "_handrail_gate_refusal"


class GatedSaving(ModelAdmin):
    """Before `ModelAdmin` of the tables whose rows decide about messages."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with saving_rules(_named(obj)):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with saving_rules(_named(obj)):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        with saving_rules(", ".join(map(str, queryset[:5]))):
            super().delete_queryset(request, queryset)

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refused = getattr(request, _REFUSAL, None)
        return form if refused is None else type("RefusedForm", (_Refused, form), {"refused": refused})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except GateNotPassed as error:
            setattr(request, _REFUSAL, refusal(error))
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changelist_view(request, *args, **kwargs)
        except GateNotPassed as error:
            return self._refused(request, error, request.get_full_path())
        return response

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except GateNotPassed as error:
            return self._refused(request, error, "../change/")

    def _refused(self, request: HttpRequest, error: GateNotPassed, address: str) -> HttpResponse:
        messages.error(request, refusal(error))
        return redirect(address)


def _named(row: Model) -> str:
    return f"{capfirst(str(row._meta.verbose_name))} “{row}”"


class _Refused(forms.BaseForm):
    """A form that was sound until its gate was asked."""

    refused: Any

    def clean(self) -> Any:
        cleaned = super().clean()
        self.add_error(None, forms.ValidationError(self.refused))
        return cleaned

"""Pools of model servers: how they are, in words; tried, drained and let in again."""

import os
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from chatbot.admin.gate_pages import refusal
from chatbot.admin.model_pool_pages import trial_page
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.errors import GateNotPassed
from chatbot.llm.breaker import Seen, State
from chatbot.model_pools import SETTINGS_POOL, forget_recent, health, pool_rows, set_on
from chatbot.models import ChangeKind, ModelPool, ModelPoolEvent
from chatbot.pool_words import STATES_IN_WORDS, event_in_words
from chatbot.trying.change import model_change
from chatbot.trying.gates import is_guarded, refuse_ungated

#: The list loads itself again so often while a pool is not healthy.
_REFRESH_SECONDS = 10
_EVENTS = 20
_COLOURS = {"healthy": "success", "degraded": "warning", "open": "danger", "half_open": "info", "off": ""}


class ModelPoolForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class takes no parameter
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        row = self.instance
        if data.get("name") == SETTINGS_POOL and not row.is_from_settings:
            self.add_error("name", _("This is the name of the pool that comes from the settings; choose another."))
        for field in ("certificate", "authority"):
            if data.get(field) and not _is_readable(data[field]):
                self.add_error(field, _("This file cannot be read on this machine; give the path of a PEM file."))
        if not row.is_from_settings:
            stored = self.initial.get("token", "")
            moved = not row._state.adding and data.get("url") != self.initial.get("url")
            if data.get("signs_calls"):
                stored = ""
            if moved and stored and not data.get("token"):
                self.add_error("token", _("Give the token again: the stored one was for the old address."))
            if data.get("is_on") and {"url", "model"} & set(self.changed_data) and is_guarded(ChangeKind.MODEL):
                told = _("A gate guards the language model: save the pool drained, try it, and let it take calls then.")
                self.add_error("is_on", told)
            # The page never shows the stored token, so an empty field means "as it was".
            data["token"] = data.get("token") or stored
        if not self.errors and data.get("is_on") and "is_on" in self.changed_data and not row._state.adding:
            try:
                refuse_ungated(model_change(row), subject=_("Model pool “%(name)s”") % {"name": row.name})
            except GateNotPassed as error:
                self.add_error("is_on", forms.ValidationError(refusal(error)))
        return data


@admin.register(ModelPool)
class ModelPoolAdmin(ModelAdmin):
    form = ModelPoolForm
    list_display = (
        "name_and_region",
        "order",
        "state_label",
        "errors_lately",
        "last_answer",
        "under_way",
        "address_shown",
    )
    search_fields = ("name", "region", "url", "model")
    actions = ("drain", "enable")
    actions_row = ("test_now",)
    actions_detail = ("test_now",)
    list_before_template = "admin/model_pools_explained.html"
    readonly_fields = ("state_in_words", "errors_lately", "last_answer", "under_way", "address_shown", "events_shown")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ModelPool]":
        rows: QuerySet[ModelPool] = super().get_queryset(request)
        return rows.filter(pk__in=[row.pk for row in pool_rows()])

    def get_fieldsets(self, request: HttpRequest, obj: ModelPool | None = None) -> Any:
        place = ("name", "region", "order", "is_on")
        bounds = ("maximum_tokens", "parallel_calls", "first_token_seconds", "idle_seconds", "total_seconds")
        connection = ("url", "model", "token", "signs_calls", "key_id", "certificate", "authority")
        now = ("state_in_words", "errors_lately", "last_answer", "under_way")
        fieldsets: list[Any] = [(None, {"fields": place})]
        if obj is None:
            return [*fieldsets, (_("The servers"), {"fields": connection}), (_("Bounds"), {"fields": bounds})]
        fieldsets.append((_("Now"), {"fields": now}))
        if obj.is_from_settings:
            told = _(
                "Address, model, token and certificates of this pool come from the settings: MODEL_URL and its kin."
            )
            fieldsets.append((_("The servers"), {"fields": ("address_shown",), "description": told}))
        else:
            fieldsets.append((_("The servers"), {"fields": connection}))
        return [
            *fieldsets,
            (_("Bounds"), {"fields": bounds}),
            (_("What happened"), {"fields": ("events_shown",)}),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "token":
            there = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
            kwargs["widget"] = UnfoldAdminPasswordWidget(
                render_value=False,
                attrs={"autocomplete": "new-password", "placeholder": _("unchanged if empty") if there else ""},
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ModelPool, form: Any, change: bool) -> None:
        was_on = change and "is_on" in form.changed_data
        if was_on:
            obj.is_on = not obj.is_on  # `set_on` below changes it, and keeps who did
        super().save_model(request, obj, form, change)
        if was_on:
            set_on(obj, not obj.is_on, by=request.user.get_username())
        forget_recent()

    def delete_model(self, request: HttpRequest, obj: ModelPool) -> None:
        health().records.forget(str(obj.pk))
        super().delete_model(request, obj)
        forget_recent()

    def has_delete_permission(self, request: HttpRequest, obj: ModelPool | None = None) -> bool:
        return (obj is None or not obj.is_from_settings) and super().has_delete_permission(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[ModelPool]") -> None:
        for row in queryset.filter(is_from_settings=False):
            self.delete_model(request, row)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if request.method == "GET" and any(_seen(row).state is not State.HEALTHY for row in pool_rows() if row.is_on):
            response.headers["Refresh"] = str(_REFRESH_SECONDS)
        return response

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def name_and_region(self, row: ModelPool) -> SafeString:
        return format_html("{}<br><span class='opacity-75'>{}</span>", row.name, row.region)

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def state_label(self, row: ModelPool) -> tuple[str, Any]:
        if not row.is_on:
            return "off", _("drained") if not _running(row) else _("being drained")
        state = _seen(row).state
        return state.value, STATES_IN_WORDS[state]

    @admin.display(description=gettext_lazy("state"))
    def state_in_words(self, row: ModelPool) -> str:
        if not row.is_on:
            return _("Takes no calls, because somebody switched it off.")
        seen = _seen(row)
        words = str(STATES_IN_WORDS[seen.state])
        if seen.state is State.OPEN:
            told = {"state": words, "seconds": round(seen.rest_left_seconds)}
            return _("%(state)s; it is tried again in %(seconds)d s") % told
        return words

    @admin.display(description=gettext_lazy("errors lately"))
    def errors_lately(self, row: ModelPool) -> str:
        seen = _seen(row)
        if not seen.calls:
            return _("no calls")
        return _("%(percent).1f %% of %(calls)d") % {"percent": seen.error_share * 100, "calls": seen.calls}

    @admin.display(description=gettext_lazy("last answer"))
    def last_answer(self, row: ModelPool) -> str:
        seen = _seen(row)
        if seen.last_error:
            return seen.last_error
        if seen.last_milliseconds is None:
            return "–"
        return _("%(whole)d ms (first word %(first)d)") % {
            "whole": round(seen.last_milliseconds),
            "first": round(seen.last_first_token_milliseconds or 0),
        }

    @admin.display(description=gettext_lazy("under way"))
    def under_way(self, row: ModelPool) -> str:
        return f"{_running(row)} / {row.parallel_calls}" if row.parallel_calls else str(_running(row))

    @admin.display(description=gettext_lazy("address"))
    def address_shown(self, row: ModelPool) -> SafeString:
        shown = "<span class='break-all'>{}</span><br><span class='opacity-75 break-all'>{}</span>"
        return format_html(shown, _without_password(row.address), row.model_name)

    @admin.display(description=gettext_lazy("the newest first"))
    def events_shown(self, row: ModelPool) -> SafeString | str:
        events = row.events.all()[:_EVENTS]
        if not events:
            return _("Nothing yet.")
        return format_html(
            '<ul class="leading-relaxed">{}</ul>',
            format_html_join(
                "",
                '<li class="mb-2"><span class="opacity-75">{}</span> {}</li>',
                ((event.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"), event_in_words(event)) for event in events),
            ),
        )

    @admin.action(description=gettext_lazy("Drain: no new calls"), permissions=["change"])
    def drain(self, request: HttpRequest, queryset: "QuerySet[ModelPool]") -> None:
        self._set(request, queryset, is_on=False)

    @admin.action(description=gettext_lazy("Let it take calls again"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: "QuerySet[ModelPool]") -> None:
        self._set(request, queryset, is_on=True)

    def _set(self, request: HttpRequest, queryset: "QuerySet[ModelPool]", *, is_on: bool) -> None:
        names = []
        for row in queryset:
            try:
                names += [row.name] if set_on(row, is_on, by=request.user.get_username()) else []
            except GateNotPassed as error:
                self.message_user(request, refusal(error), messages.ERROR)
                return
        if not names:
            self.message_user(request, _("They were so already."), messages.INFO)
            return
        text = _("%(names)s: takes calls again.") if is_on else _("%(names)s: gets no new calls.")
        self.message_user(request, text % {"names": ", ".join(names)}, messages.SUCCESS)
        if not any(row.is_on for row in pool_rows()):
            warning = _("No pool takes calls now: answers are quoted from articles.")
            self.message_user(request, warning, messages.WARNING)

    @action(description=gettext_lazy("Test now"), url_path="test", permissions=["change"], icon="network_check")
    def test_now(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return trial_page(request, self.get_object(request, str(object_id)), self.admin_site.each_context(request))


@admin.register(ModelPoolEvent)
class ModelPoolEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "pool", "kind", "told")
    list_filter = ("kind", "pool")
    list_select_related = ("pool",)
    date_hierarchy = "at"

    @admin.display(description=gettext_lazy("what happened"))
    def told(self, event: ModelPoolEvent) -> str:
        return event_in_words(event)


def _is_readable(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.R_OK)


def _seen(row: ModelPool) -> Seen:
    return health().records.look(str(row.pk))


def _running(row: ModelPool) -> int:
    return health().records.running(str(row.pk))


def _without_password(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"

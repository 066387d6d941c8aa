"""Embedders in the Django admin: add a server, fill its vectors, switch to it and back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from knowledge import models
from knowledge.conf import DIMENSIONS_MAX
from knowledge.embedders import KNOWN, activate_embedder, add_embedder, local_model
from knowledge.embedding_server import probe
from knowledge.errors import EmbedderNotReady, EmbeddingUnavailable, SwitchRefused
from knowledge.filling import progress, start_filling, start_removing, stop_filling
from knowledge.models import EmbedderKind, EmbedderState
from knowledge.tasks import enqueue_embedders

#: The list loads itself again so often while vectors are being made.
_REFRESH_SECONDS = 3
_AT_WORK = (EmbedderState.FILLING, EmbedderState.INDEXING, EmbedderState.REMOVING)


class EmbedderForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class takes no parameter
    """Asks the server before anything is stored: its model and the length of its vectors are seen, not typed in."""

    class Meta:
        model = models.Embedder
        fields = ("kind", "name", "url", "token", "question_prefix", "passage_prefix", "batch_texts")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].required = False
        self.stored_token = self.instance.token  # the model's is overwritten by an empty field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind") or self.instance.kind
        if kind in KNOWN:
            data |= {"name": kind, "url": "", "token": "", "question_prefix": "", "passage_prefix": ""}
            self.instance.dimensions = local_model(kind).dimensions
        else:
            self._clean_server(data)
        return data

    def _clean_server(self, data: dict[str, Any]) -> None:
        name = str(data.get("name") or self.instance.name or "").strip()
        url = str(data.get("url") or "").strip().rstrip("/")
        data["url"] = url
        if not name:
            self.add_error("name", _("Give it a name."))
        if name in KNOWN:
            self.add_error("name", _("This name belongs to a model of this machine; choose another."))
        if not url.startswith(("http://", "https://")):
            self.add_error("url", _("The address must begin with http:// or https://."))
        if not 1 <= int(data.get("batch_texts") or 0) <= 1024:
            self.add_error("batch_texts", _("1 to 1,024 texts."))
        moved = not self.instance._state.adding and url != self.initial.get("url")
        if moved and self.stored_token and not data.get("token"):
            self.add_error("token", _("Give the token again: the stored one was for the old address."))
        data["token"] = data.get("token") or self.stored_token
        if not self.errors:
            self._probe(url, data)

    def _probe(self, url: str, data: dict[str, Any]) -> None:
        try:
            facts = probe(url, data["token"])
        except EmbeddingUnavailable as error:
            self.add_error("url", _("This server cannot be used: %(problem)s") % {"problem": error})
            return
        row = self.instance
        if facts.dimensions > DIMENSIONS_MAX:
            self.add_error(
                "url",
                _("Its vectors have %(count)d numbers; the index takes at most %(most)d. Choose a smaller model.")
                % {"count": facts.dimensions, "most": DIMENSIONS_MAX},
            )
        elif not row._state.adding and (facts.dimensions, facts.model) != (row.dimensions, row.model):
            self.add_error("url", _("This server has another model. Add a new embedder for it: vectors do not mix."))
        else:
            row.model, row.dimensions = facts.model[:300], facts.dimensions
            data["batch_texts"] = min(data["batch_texts"], facts.batch_texts)


@admin.register(models.Embedder)
class EmbedderAdmin(ModelAdmin):
    form = EmbedderForm
    list_display = ["name", "runs_on", "dimensions", "state_label", "progress_bar", "answers", "problem"]
    readonly_fields = ["state_in_words", "answers", "progress_bar", "model", "dimensions", "problem", "created_at"]
    actions = ["fill", "answer_searches", "stop", "remove"]
    actions_submit_line = ["fill_now", "answer_now"]
    list_before_template = "admin/embedders_explained.html"

    def get_fieldsets(self, request: HttpRequest, obj: models.Embedder | None = None) -> Any:
        server = ["url", "token", "question_prefix", "passage_prefix", "batch_texts"]
        if obj is None:
            return [(None, {"fields": ["kind", "name"]}), (_("The server, if it is one"), {"fields": server})]
        state = ["state_in_words", "progress_bar", "answers", "problem", "model", "dimensions", "created_at"]
        fieldsets: list[Any] = [(None, {"fields": state})]
        if obj.kind == EmbedderKind.SERVER:
            fieldsets.append((_("The server"), {"fields": server}))
        return fieldsets

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "token":
            there = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
            kwargs["widget"] = UnfoldAdminPasswordWidget(
                render_value=False,
                attrs={"autocomplete": "new-password", "placeholder": _("unchanged if empty") if there else ""},
            )
        if db_field.name in ("question_prefix", "passage_prefix"):
            kwargs["strip"] = False  # "query: " ends in a blank that counts
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Embedder | None = None) -> list[str]:
        # Its vectors were made with those words before: other words need a new embedder.
        return [*self.readonly_fields, *(["passage_prefix"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: models.Embedder, form: Any, change: bool) -> None:
        if change:
            # Filling goes on meanwhile: what it writes must not be overwritten.
            obj.save(update_fields=["url", "token", "question_prefix", "batch_texts"])
        else:
            add_embedder(obj)
        for button in ("fill_now", "answer_now"):
            if button in request.POST:
                getattr(self, button)(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Embedder | None = None) -> bool:
        return False  # see `remove`: a million vectors are not deleted while a browser waits

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if request.method == "GET" and models.Embedder.objects.filter(state__in=_AT_WORK).exists():
            response.headers["Refresh"] = str(_REFRESH_SECONDS)
        return response

    @admin.display(description=_("runs on"), ordering="kind")
    def runs_on(self, embedder: models.Embedder) -> str:
        return embedder.url if embedder.kind == EmbedderKind.SERVER else str(embedder.get_kind_display())

    @display(
        description=_("state"),
        label={
            EmbedderState.IDLE: "",
            EmbedderState.FILLING: "info",
            EmbedderState.INDEXING: "info",
            EmbedderState.COMPLETE: "success",
            EmbedderState.REMOVING: "warning",
        },
    )
    def state_label(self, embedder: models.Embedder) -> tuple[str, str]:
        return embedder.state, embedder.get_state_display()

    @admin.display(description=_("state"))
    def state_in_words(self, embedder: models.Embedder) -> str:
        return str(embedder.get_state_display())

    @admin.display(description=_("answers searches"), boolean=True, ordering="is_active")
    def answers(self, embedder: models.Embedder) -> bool:
        return embedder.is_active

    @admin.display(description=_("vectors"))
    def progress_bar(self, embedder: models.Embedder) -> SafeString:
        done = progress(embedder)
        return format_html(
            '<progress max="100" value="{}" aria-label="{}"></progress>'
            ' <span class="whitespace-nowrap">{} %</span> <span class="whitespace-nowrap">({})</span>',
            done.percent,
            _("vectors"),
            done.percent,
            _("%(filled)d of %(chunks)d chunks") % {"filled": done.filled, "chunks": done.chunks},
        )

    @admin.action(description=_("Fill its vectors"), permissions=["change"])
    def fill(self, request: HttpRequest, queryset: QuerySet[models.Embedder]) -> None:
        for embedder in queryset:
            self._fill(request, embedder)

    @admin.action(description=_("Let it answer searches"), permissions=["change"])
    def answer_searches(self, request: HttpRequest, queryset: QuerySet[models.Embedder]) -> None:
        chosen = list(queryset)
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one embedder."), messages.ERROR)
            return
        self._answer(request, chosen[0])

    @admin.action(description=_("Stop keeping its vectors up to date"), permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[models.Embedder]) -> None:
        for embedder in queryset:
            if self._done(request, stop_filling, embedder):
                self._tell(request, embedder, _("%(name)s is no longer filled. Its vectors stay."))

    @admin.action(description=_("Remove it with its vectors"), permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[models.Embedder]) -> None:
        for embedder in queryset:
            if self._done(request, start_removing, embedder):
                self._tell(request, embedder, _("%(name)s is being removed."))
        enqueue_embedders()

    @action(description=_("Save and fill"), permissions=["change"])
    def fill_now(self, request: HttpRequest, obj: models.Embedder) -> None:
        self._fill(request, obj)

    @action(description=_("Save and let it answer searches"), permissions=["change"])
    def answer_now(self, request: HttpRequest, obj: models.Embedder) -> None:
        self._answer(request, obj)

    def response_change(self, request: HttpRequest, obj: models.Embedder) -> HttpResponse:
        """Back to the list, which shows the progress."""
        response: HttpResponse = super().response_change(request, obj)
        if {"fill_now", "answer_now"} & set(request.POST):
            response["Location"] = reverse("admin:knowledge_embedder_changelist")
        return response

    def _fill(self, request: HttpRequest, embedder: models.Embedder) -> None:
        if self._done(request, start_filling, embedder):
            self._tell(request, embedder, _("%(name)s is being filled; searches go on as before."))
            enqueue_embedders()

    def _answer(self, request: HttpRequest, embedder: models.Embedder) -> None:
        try:
            activate_embedder(embedder.name)
        except SwitchRefused as error:
            link = format_html(
                '{} <a class="underline" href="{}">{}</a>',
                str(error),
                error.address,
                _("See what is missing, and try it"),
            )
            self.message_user(request, link, messages.ERROR)
        except (EmbedderNotReady, EmbeddingUnavailable) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self._tell(request, embedder, _("%(name)s answers searches from now on."))

    def _done(self, request: HttpRequest, change: Any, embedder: models.Embedder) -> bool:
        try:
            change(embedder.pk)
        except EmbedderNotReady as error:
            self.message_user(request, str(error), messages.ERROR)
            return False
        return True

    def _tell(self, request: HttpRequest, embedder: models.Embedder, text: Any) -> None:
        message = str(text % {"name": embedder.name})
        self.log_change(request, embedder, message)
        self.message_user(request, message, messages.SUCCESS)

"""Imports in the admin: start one, watch it, read its report, cancel it, do it again."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from knowledge import models
from knowledge.admin.import_form import ImportForm
from knowledge.importing import runs
from knowledge.importing.runs import Upload
from knowledge.tasks import enqueue_import

_LINES_A_PAGE = 100
_SHOWN_FIRST = (models.ImportLine.Outcome.FAILED, models.ImportLine.Outcome.CONFLICT)


@admin.register(models.ImportRun)
class ImportRunAdmin(ModelAdmin):
    list_display = ("number", "created_at", "kind", "address_short", "state_label", "outcome", "started_by")
    list_display_links = ("number", "created_at")
    list_filter = ("kind", "state")
    list_select_related = ("started_by",)
    search_fields = ("address", "collection")
    ordering = ("-id",)
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:run_id>/cancel/", view(require_POST(self.cancel_view)), name="knowledge_importrun_cancel"),
            path("<int:run_id>/again/", view(require_POST(self.again_view)), name="knowledge_importrun_again"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description="#", ordering="pk")
    def number(self, run: models.ImportRun) -> str:
        return f"#{run.pk}"

    @admin.display(description=gettext_lazy("from"))
    def address_short(self, run: models.ImportRun) -> str:
        return run.address[:80] + ("…" if len(run.address) > 80 else "")

    @display(
        description=gettext_lazy("state"),
        label={
            models.ImportRun.State.WAITING: "info",
            models.ImportRun.State.READING: "info",
            models.ImportRun.State.INDEXING: "info",
            models.ImportRun.State.DONE: "success",
            models.ImportRun.State.CANCELLED: "warning",
            models.ImportRun.State.FAILED: "danger",
        },
    )
    def state_label(self, run: models.ImportRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, run: models.ImportRun) -> str:
        return " · ".join(f"{count} {label}" for label, count, _tone in _counts(run) if count) or "–"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            run = form.run()
            run.started_by = request.user if isinstance(request.user, User) else None
            uploads = [Upload(name=str(file.name), content=file.read()) for file in form.cleaned_data["files"]]
            runs.ask_for(run, uploads if run.kind == models.ImportRun.Kind.FILES else ())
            enqueue_import(run.pk)
            return HttpResponseRedirect(_address(run))
        return self._page(request, "admin/knowledge/importrun/start.html", form=form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(models.ImportRun.objects.select_related("started_by"), pk=_number(object_id))
        lines = run.lines.select_related("article")
        shown = request.GET.get("outcome", "")
        if shown in models.ImportLine.Outcome.values:
            lines = lines.filter(outcome=shown)
        elif run.failed or run.conflicts:
            shown = "problems"
            lines = lines.filter(outcome__in=_SHOWN_FIRST)
        page = Paginator(lines, _LINES_A_PAGE).get_page(request.GET.get("p"))
        return self._page(
            request,
            "admin/knowledge/importrun/report.html",
            run=run,
            counts=_counts(run),
            percent=_percent(run),
            page=page,
            lines=[(line, _outcome_label(line.outcome)) for line in page],
            shown=shown,
            outcomes=[(value, _outcome_label(value)) for value in models.ImportLine.Outcome.values],
            may_write=self.has_add_permission(request),
        )

    def cancel_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._writable(request, run_id)
        if runs.cancel(run):
            messages.success(request, _("The import stops after the item it is at. What is stored stays."))
        return HttpResponseRedirect(_address(run))

    def again_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._writable(request, run_id)
        if run.kind == models.ImportRun.Kind.FILES:
            messages.error(request, _("The files of an import are not kept; choose them again."))
            return HttpResponseRedirect(reverse("admin:knowledge_importrun_add"))
        repeated = runs.again(run, user=request.user if isinstance(request.user, User) else None)
        enqueue_import(repeated.pk)
        return HttpResponseRedirect(_address(repeated))

    def _writable(self, request: HttpRequest, run_id: int) -> models.ImportRun:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return get_object_or_404(models.ImportRun, pk=run_id)

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        title = _("Import articles")
        shared = self.admin_site.each_context(request)
        return TemplateResponse(request, template, {**shared, "opts": self.opts, "title": title, **context})


def _address(run: models.ImportRun) -> str:
    return reverse("admin:knowledge_importrun_change", args=[run.pk])


def _counts(run: models.ImportRun) -> list[tuple[str, int, str]]:
    """(label, count, tone) in the order of the page."""
    return [
        (_("newly stored"), run.created, "good"),
        (_("changed"), run.updated, "good"),
        (_("unchanged"), run.unchanged, ""),
        (_("archived"), run.archived, ""),
        (_("conflicts"), run.conflicts, "warn"),
        (_("failed"), run.failed, "warn"),
    ]


def _outcome_label(value: str) -> str:
    """In other languages "created" as a deed is another word than as the head of a column of dates."""
    own = {"created": _("newly stored"), "updated": _("changed")}
    return own.get(value) or str(models.ImportLine.Outcome(value).label)


def _percent(run: models.ImportRun) -> int | None:
    """Per cent of the work that is done, None where nobody knows: reading counts for three quarters of it."""
    if not run.is_open:
        return 100
    if run.state == models.ImportRun.State.INDEXING:
        return 75 + 25 * run.indexed // max(1, run.to_index)
    return 75 * min(run.position, run.total) // run.total if run.total else None


def _number(object_id: str) -> int:
    return int(object_id) if object_id.isascii() and object_id.isdigit() and len(object_id) < 19 else 0

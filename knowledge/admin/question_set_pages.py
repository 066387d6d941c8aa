"""Evaluation sets as files: the CSV that a page gives, and the page that takes one."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from knowledge.errors import FileUnreadable
from knowledge.models import QuestionSet
from knowledge.question_files import COLUMNS, FILE_MAX_BYTES, read_questions, write_questions

#: Refused lines that the page names.
_SHOWN_LINES: Final = 200


def export_view(request: HttpRequest, set_id: int) -> StreamingHttpResponse:
    if not request.user.has_perm("knowledge.view_knownquestion"):
        raise PermissionDenied
    question_set = get_object_or_404(QuestionSet, pk=set_id)
    response = StreamingHttpResponse(write_questions(question_set), content_type="text/csv; charset=utf-8")
    name = slugify(question_set.name) or f"evaluation-set-{set_id}"
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def import_view(request: HttpRequest, context: dict[str, Any], set_id: int) -> HttpResponse:
    if not request.user.has_perm("knowledge.add_knownquestion"):
        raise PermissionDenied
    question_set = get_object_or_404(QuestionSet, pk=set_id)
    shown: dict[str, Any] = {}
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            shown["problem"] = _("Choose a file first.")
        else:
            try:
                shown["read"] = read_questions(question_set, file.read(FILE_MAX_BYTES + 1))
            except FileUnreadable as error:
                shown["problem"] = f"{file.name} {error}"
    if "read" in shown:
        shown["refused"] = shown["read"].refused[:_SHOWN_LINES]
        if not shown["read"].refused:
            messages.success(request, _("All lines were read."))
    return render(
        request,
        "admin/knowledge/question_set_import.html",
        {**context, "title": _("Import questions"), "set": question_set, "columns": COLUMNS, **shown},
        status=422 if shown.get("problem") else 200,
    )

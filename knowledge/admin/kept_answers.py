"""The page of answers given before: how many are kept, what they save, and the button that empties them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from knowledge.caches.answers import forget_all
from knowledge.caches.store import store
from knowledge.conf import KEPT_ANSWERS, KEPT_HOURS, NEARLY_THE_SAME

_MAY_EMPTY = "knowledge.change_article"


def kept_answers(request: HttpRequest) -> HttpResponse:
    """GET shows the counts; POST empties, for those who may change articles."""
    if not request.user.has_perm("knowledge.view_article"):
        raise PermissionDenied
    if request.method == "POST":
        return _emptied(request)
    counts = store().counts()
    context = {
        **admin.site.each_context(request),
        "title": _("Answers given before"),
        "counts": counts,
        "percent": round(100 * counts.hit_rate) if counts else 0,
        "saved_seconds": counts.saved_milliseconds / 1000 if counts else 0.0,
        "most": KEPT_ANSWERS,
        "hours": round(KEPT_HOURS),
        "bound": NEARLY_THE_SAME,
        "may_empty": request.user.has_perm(_MAY_EMPTY),
    }
    return TemplateResponse(request, "admin/knowledge/kept_answers.html", context)


def _emptied(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(_MAY_EMPTY):
        raise PermissionDenied
    gone = forget_all(and_counts=True)
    said = ngettext("%(count)d answer was forgotten.", "%(count)d answers were forgotten.", gone)
    messages.success(request, said % {"count": gone})
    return HttpResponseRedirect(reverse("kept_answers"))

"""What the bot could not answer: gaps in order, and each with its questions and the draft of its article."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from analytics.gaps import deciding
from analytics.gaps.deciding import GapDecided, NothingToAccept
from analytics.gaps.reading import WAITING_DAYS, alone, counted, decided_gaps, has_grown, waiting_gaps
from analytics.models import Gap
from analytics.topics.proposing import propose_article
from analytics.topics.views import progress
from chatbot.llm.errors import ModelError
from chatbot.model_pools import configured_model
from knowledge.models import Collection

_A_PAGE: Final = 25
_DECIDED_SHOWN: Final = 50


@require_safe
def gaps_page(request: HttpRequest) -> HttpResponse:
    _look(request)
    found = waiting_gaps()
    largest = max((one.customers for one in found), default=1)
    context = {
        **admin.site.each_context(request),
        "title": _("What the bot could not answer"),
        "page": Paginator(found, _A_PAGE).get_page(request.GET.get("p")),
        "largest": largest,
        "customers": sum(one.customers for one in found),
        "alone": alone(),
        "decided": decided_gaps()[:_DECIDED_SHOWN],
        "days": WAITING_DAYS,
        "progress": progress(),
        "may_change": request.user.has_perm("analytics.change_topic"),
    }
    return TemplateResponse(request, "admin/analytics/gaps.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def gap_page(request: HttpRequest, gap_id: int) -> HttpResponse:
    _look(request)
    gap: Any = get_object_or_404(counted(Gap.objects.select_related("article", "decided_by")), pk=gap_id)
    proposed = ""
    if request.method == "POST":
        if not request.user.has_perm("analytics.change_gap"):
            raise PermissionDenied
        if request.POST.get("do") != "propose":
            return _changed(request, gap)
        proposed = _proposed(request, gap)
    asked = gap.questions.select_related("turn", "conversation__result").order_by("-asked_at", "-pk")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": gap.title,
        "gap": gap,
        "body": proposed or gap.body,
        "is_proposed": bool(proposed),
        "is_back": gap.status == Gap.Status.DISMISSED and has_grown(gap, gap.customers),
        "page": Paginator(asked, _A_PAGE).get_page(request.GET.get("p")),
        "collections": Collection.objects.filter(is_throw_away=False),
        "days": WAITING_DAYS,
        "has_model": configured_model() is not None,
        "may_change": request.user.has_perm("analytics.change_gap"),
        "may_accept": request.user.has_perm("knowledge.add_article"),
        "may_read": request.user.has_perm("sessions_app.view_conversation"),
    }
    return TemplateResponse(request, "admin/analytics/gap.html", context)


def _look(request: HttpRequest) -> None:
    if not request.user.has_perm("analytics.view_gap"):
        raise PermissionDenied


def _changed(request: HttpRequest, gap: Gap) -> HttpResponse:
    told = request.POST
    title, body = (told.get(name, "").replace("\x00", "").replace("\r\n", "\n") for name in ("title", "body"))
    try:
        match told.get("do"):
            case "save":
                deciding.edit(gap.pk, title=title, body=body)
                messages.success(request, _("The draft is kept as you wrote it."))
            case "accept":
                if not request.user.has_perm("knowledge.add_article"):
                    raise PermissionDenied
                if (title, body) != (gap.title, gap.body):
                    deciding.edit(gap.pk, title=title, body=body)
                article = deciding.accept(gap.pk, user=request.user, collection=_collection(told.get("collection", "")))
                messages.success(request, _("The article is made. It is a draft: read it, then publish it."))
                return HttpResponseRedirect(reverse("admin:knowledge_article_change", args=[article.pk]))
            case "dismiss":
                deciding.dismiss(gap.pk, user=request.user)
                messages.success(request, _("Dismissed. It comes back if clearly more customers ask."))
                return HttpResponseRedirect(reverse("gaps"))
            case "reopen":
                deciding.reopen(gap.pk)
                messages.success(request, _("Open again."))
            case _:
                raise Http404
    except (GapDecided, NothingToAccept) as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("gap", args=[gap.pk]))


def _collection(told: str) -> Collection | None:
    if not told.isdigit() or len(told) > 17:
        return None
    return Collection.objects.filter(pk=int(told), is_throw_away=False).first()


def _proposed(request: HttpRequest, gap: Gap) -> str:
    try:
        text = propose_article(gap)
    except ModelError:
        messages.error(request, _("The model did not answer; the draft stays."))
        return ""
    if not text:
        messages.warning(request, _("Nobody has answered such a question yet, so there is nothing to write from."))
    return text

"""The review page: what waits for a person's word."""

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from chatbot import reviewing
from chatbot.models import Turn
from chatbot.pipeline.decide import REASONS_IN_WORDS, Reason
from chatbot.tasks import enqueue_conversation_quietly
from sessions_app.errors import AlreadyDecided
from sessions_app.models import Message, ReviewItem

#: Items on one page, oldest first: who waits longest is served first.
PAGE_ITEMS = 50
#: Messages of the thread that the page shows.
THREAD_MESSAGES = 30

_VIEW = "sessions_app.view_reviewitem"
_DECIDE = "sessions_app.change_reviewitem"


@require_GET
@staff_member_required
@permission_required(_VIEW, raise_exception=True)
def waiting_drafts(request: HttpRequest) -> HttpResponse:
    """The queue."""
    waiting = ReviewItem.objects.filter(status=ReviewItem.Status.WAITING).select_related("conversation__customer")
    page = Paginator(waiting.order_by("created_at", "pk"), PAGE_ITEMS).get_page(request.GET.get("page"))
    return render(
        request,
        "desk/queue.html",
        {
            **admin.site.each_context(request),
            "title": _("Drafts for review"),
            "rows": [(item, _words(item.reasons)) for item in page],
            "page": page,
        },
    )


@require_http_methods(["GET", "POST"])
@staff_member_required
@permission_required(_VIEW, raise_exception=True)
def one_draft(request: HttpRequest, item_id: int) -> HttpResponse:
    """One draft: read it, then approve, edit or reject it."""
    item = get_object_or_404(ReviewItem.objects.select_related("conversation__customer", "decided_by"), pk=item_id)
    problem, answer, is_warned = "", item.draft, False
    if request.method == "POST":
        if not request.user.has_perm(_DECIDE):
            return HttpResponse(_("You may look at drafts, not decide about them."), status=403)
        answer = request.POST.get("answer", "")
        try:
            _decide(request, item_id, answer)
        except AlreadyDecided as error:
            messages.warning(request, _("Somebody was faster, or the customer wrote on: %(error)s.") % {"error": error})
            return redirect("desk:queue")
        except reviewing.SensitiveAnswer as error:
            problem, is_warned = str(error), True
        except (reviewing.EmptyAnswer, reviewing.AnswerTooLong) as error:
            problem = str(error)
        else:
            enqueue_conversation_quietly(item.conversation_id)
            return redirect("desk:queue")
    newest_first = Message.objects.filter(conversation=item.conversation).order_by("-sent_at", "-id")[:THREAD_MESSAGES]
    return render(
        request,
        "desk/draft.html",
        {
            **admin.site.each_context(request),
            "title": _("Draft for review"),
            "item": item,
            "answer": answer,
            "problem": problem,
            "is_warned": is_warned,
            "reasons": _words(item.reasons),
            "thread": list(reversed(newest_first)),
            "turn": Turn.objects.filter(review_item=item).first(),
            "is_waiting": item.status == ReviewItem.Status.WAITING,
        },
        status=422 if problem else 200,
    )


def _decide(request: HttpRequest, item_id: int, answer: str) -> None:
    user = request.user
    assert user.is_authenticated
    if request.POST.get("decision") == "reject":
        reviewing.reject(item_id, user=user, note=request.POST.get("note", "")[:2000])
        messages.success(request, _("Rejected: the conversation is with people now."))
    else:
        reviewing.approve(item_id, user=user, answer=answer, is_warned=request.POST.get("decision") == "approve_warned")
        messages.success(request, _("On its way to the customer."))


def _words(reasons: list[str]) -> list[str]:
    return [
        str(REASONS_IN_WORDS[Reason(reason)]) if reason in Reason._value2member_map_ else reason for reason in reasons
    ]

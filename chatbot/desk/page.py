"""The page of the desk and the pieces it loads: the list, an item's panes, conversations to watch, a cited passage."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db.models import Max, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from chatbot import reviewing
from chatbot.desk.listing import Filters, languages_waiting, page_of, queue_counts
from chatbot.desk.panes import conversation_pane, pane_of, time_left
from chatbot.desk.policy import desk_view
from chatbot.desk.translating import translated_for, with_translations
from chatbot.tasks import enqueue_conversation_quietly
from knowledge.models import Chunk
from sessions_app import audit
from sessions_app.access import DECIDE, TAKE_OVER, may, visible_conversations, visible_item
from sessions_app.claims import holder_of
from sessions_app.conf import CLAIM_SECONDS, UNDO_SECONDS
from sessions_app.errors import AlreadyDecided, HeldByAnother, NotVisible
from sessions_app.models import AuditEntry, Conversation, ReviewItem
from sessions_app.reason_classes import ReasonClass
from sessions_app.states import State

#: Conversations that go on without people, newest first.
WATCHED = 50
#: Characters of an article shown before and after the passage that was cited.
PASSAGE_CHARACTERS = 3_000
#: Times offered for “later”, in minutes.
SNOOZES = (
    (30, gettext_lazy("in half an hour")),
    (120, gettext_lazy("in two hours")),
    (24 * 60, gettext_lazy("tomorrow")),
    (7 * 24 * 60, gettext_lazy("in a week")),
)


@require_GET
@desk_view
def desk(request: HttpRequest) -> HttpResponseBase:
    """The whole page, with nothing opened."""
    return render(request, "desk/page.html", _page(request))


@require_http_methods(["GET", "POST"])
@desk_view
def draft(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """The whole page with one item opened. A POST decides it, for browsers that run no script."""
    item = _item(request, item_id)
    problem, answer, is_warned = "", None, False
    if request.method == "POST":
        if not may(request.user, DECIDE):
            return HttpResponse(_("You may look at drafts, not decide about them."), status=403)
        answer = request.POST.get("answer", "")
        try:
            _decide(request, item_id, answer)
        except (AlreadyDecided, HeldByAnother) as error:
            messages.warning(request, _("Somebody was faster, or the customer wrote on: %(error)s.") % {"error": error})
            return redirect("desk:queue")
        except reviewing.SensitiveAnswer as error:
            problem, is_warned = str(error), True
        except (reviewing.EmptyAnswer, reviewing.AnswerTooLong, reviewing.NoDraft) as error:
            problem = str(error)
        else:
            enqueue_conversation_quietly(item.conversation_id)
            return redirect("desk:queue")
    else:
        audit.note(AuditEntry.Action.VIEWED, user=_user(request), item=item)
    context = {**_page(request), **_pane(request, item), "problem": problem, "is_warned": is_warned}
    if answer is not None:
        context["answer"] = answer
    return render(request, "desk/page.html", context, status=422 if problem else 200)


@require_GET
@desk_view
def rows(request: HttpRequest) -> HttpResponseBase:
    """The list alone."""
    return render(request, "desk/rows.html", _list(request))


@require_GET
@desk_view
def counts(request: HttpRequest) -> HttpResponseBase:
    found = queue_counts(request.user)
    count = sum(row.waiting for row in found)
    queues = {str(row.queue.pk): {"waiting": row.waiting, "late": row.late} for row in found}
    return JsonResponse({"queues": queues, "count": count, "total": _total(count)})


@require_GET
@desk_view
def pane(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """An item's two panes."""
    item = _item(request, item_id)
    audit.note(AuditEntry.Action.VIEWED, user=_user(request), item=item)
    return render(request, "desk/work.html", _pane(request, item))


@require_GET
@desk_view
def thread(request: HttpRequest, conversation_id: int) -> HttpResponseBase:
    """The messages of a conversation alone, for a page on which something was said."""
    conversation = visible_conversations(request.user).select_related("customer").filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404
    return render(request, "desk/thread.html", {**_rights(request), **_said(request, conversation)})


@require_GET
@desk_view
def watch(request: HttpRequest) -> HttpResponseBase:
    """Conversations that go on without people."""
    going_on = (
        visible_conversations(request.user)
        .filter(Q(state=State.BOT) | Q(state=State.PERSON))
        .select_related("customer", "held_by")
        .annotate(newest_at=Max("messages__sent_at"))
        .order_by("-updated_at")[:WATCHED]
    )
    return render(request, "desk/watch.html", {"conversations": going_on})


@require_GET
@desk_view
def watched(request: HttpRequest, conversation_id: int) -> HttpResponseBase:
    """One of them, with "step in"."""
    conversation = visible_conversations(request.user).select_related("customer", "held_by")
    found = conversation.filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    audit.note(AuditEntry.Action.VIEWED, user=_user(request), conversation_id=found.pk)
    waiting = ReviewItem.objects.filter(conversation=found, status=ReviewItem.Status.WAITING).first()
    return render(request, "desk/watched.html", {**_rights(request), **_said(request, found), "waiting_item": waiting})


@require_GET
@desk_view
def passage(request: HttpRequest, chunk_id: int) -> HttpResponseBase:
    """A passage within its article, marked."""
    chunk = Chunk.objects.select_related("article").filter(pk=chunk_id).first()
    if chunk is None:
        return render(request, "desk/passage.html", {"chunk": None})
    body = chunk.article.body
    begin, end = max(0, chunk.start - PASSAGE_CHARACTERS), chunk.end + PASSAGE_CHARACTERS
    return render(
        request,
        "desk/passage.html",
        {
            "chunk": chunk,
            "before": body[begin : chunk.start],
            "marked": body[chunk.start : chunk.end],
            "after": body[chunk.end : end],
            "is_cut_before": begin > 0,
            "is_cut_after": end < len(body),
        },
    )


def _page(request: HttpRequest) -> dict[str, Any]:
    return {
        **_list(request),
        **_rights(request),
        "title": _("Review desk"),
        "languages": languages_waiting(),
        "reason_classes": ReasonClass.choices,
        "all_languages": settings.LANGUAGES,
        "claim_seconds": CLAIM_SECONDS,
        "undo_seconds": UNDO_SECONDS,
    }


def _list(request: HttpRequest) -> dict[str, Any]:
    filters = Filters.of(request.GET.dict())
    page = page_of(request.user, filters, request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return {
        "filters": filters,
        "page": page,
        "query": query.urlencode(),
        "total": _total(page.paginator.count),
        "rows": [{"item": item, "left": time_left(item.due_at), "holder": holder_of(item)} for item in page],
        "queues": queue_counts(request.user),
    }


def _total(count: int) -> str:
    words = ngettext(
        "%(counter)s question waits; who waits longest stands first.",
        "%(counter)s questions wait; who waits longest stands first.",
        count,
    )
    return words % {"counter": count}


def _pane(request: HttpRequest, item: ReviewItem) -> dict[str, Any]:
    return {
        **_rights(request),
        **with_translations(pane_of(item, request.user), translated_for(request, item.conversation, item)),
        "queues": queue_counts(request.user),
        "people": _people(request),
        "snoozes": SNOOZES,
    }


def _said(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    return with_translations(conversation_pane(conversation), translated_for(request, conversation))


def _rights(request: HttpRequest) -> dict[str, bool]:
    user = request.user
    return {
        "may_decide": may(user, DECIDE),
        "may_take_over": may(user, TAKE_OVER),
        "may_mark": may(user, "chatbot.add_answermark"),
        "may_approve_answers": may(user, "knowledge.add_approvedanswer"),
        "may_write_articles": may(user, "knowledge.add_article"),
        "may_add_exemplars": may(user, "chatbot.add_exemplar"),
        "may_add_examples": may(user, "chatbot.add_intentexample"),
    }


def _people(request: HttpRequest) -> list[Any]:
    """Colleagues who may see the desk."""
    staff = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(pk=_user(request).pk)
    return list(staff.order_by("username")[:200])


def _item(request: HttpRequest, item_id: int) -> ReviewItem:
    try:
        return visible_item(request.user, item_id)
    except NotVisible as error:
        raise Http404(str(error)) from error


def _user(request: HttpRequest) -> Any:
    return request.user


def _decide(request: HttpRequest, item_id: int, answer: str) -> None:
    user, decision = _user(request), request.POST.get("decision")
    if decision == "reject":
        reviewing.reject(item_id, user=user, note=request.POST.get("note", ""))
        messages.success(request, _("Rejected: the conversation is with people now."))
    else:
        reviewing.approve(item_id, user=user, answer=answer, is_warned=decision == "approve_warned")
        messages.success(request, _("On its way to the customer."))

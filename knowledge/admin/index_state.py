"""The words and the address that tell how far an article's indexing is."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from knowledge.models import Article
from knowledge.progress import IndexState, IndexStatus, index_statuses, status_of

#: Articles one question may ask about: a page of the list.
_ASKED_ARTICLES = 200


def label(status: IndexStatus) -> str:
    match status.state:
        case IndexState.NOT_PUBLISHED:
            return _("not published")
        case IndexState.READY:
            return _("can be found")
        case IndexState.FAILED:
            words = _("indexing failed, is tried again: %s") % status.problem
        case IndexState.WORKING if status.total:
            words = _("indexing, %d %% done") % round(100 * status.done / status.total)
        case IndexState.WORKING:
            words = _("indexing")
        case IndexState.WAITING:
            words = _("waits for indexing")
    return f"{words} · {_('the earlier version is found until then')}" if status.is_older_found else words


def badge(article: Article) -> SafeString:
    """A word that `indexing.js` keeps true."""
    status = status_of(article)
    return format_html(
        '<span class="index-state" data-article="{}" data-state="{}" data-address="{}">{}</span>',
        article.pk, status.state.value, reverse("admin:knowledge_article_indexing"), label(status),
    )  # fmt: skip


def states(request: HttpRequest) -> HttpResponse:
    """JSON: `{article id: {"state", "label"}}` for `?ids=1,2`."""
    ids = [
        int(text)
        for text in request.GET.get("ids", "").split(",")[:_ASKED_ARTICLES]
        if text.isascii() and text.isdigit()
    ]
    found = index_statuses([one for one in ids if one < 2**63])
    return JsonResponse({pk: {"state": status.state.value, "label": label(status)} for pk, status in found.items()})

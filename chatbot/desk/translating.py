"""The conversation in the reviewer's language: a switch that stays as it was set, and what there is to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chatbot import translations
from chatbot.desk.policy import desk_view
from chatbot.language_names import is_same, name_for_reader, readers_language
from chatbot.llm.translating import PROBLEMS_IN_WORDS, Problem
from chatbot.model_pools import configured_model
from chatbot.models import Translation
from chatbot.tasks import enqueue_translation_quietly
from sessions_app.access import visible_conversations, visible_item
from sessions_app.errors import NotVisible
from sessions_app.models import Conversation, ReviewItem

#: Whether this person wants translations; kept with the session.
SWITCH: Final = "desk_translates"
Status = Translation.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What the template needs of it; where the customer writes in the reader's language, nothing is offered."""

    is_offered: bool = False
    is_on: bool = False
    language: str = ""  #: code of the reader's language
    name: str = ""  #: of that language, in it
    customers: str = ""  #: code of the customer's language
    customers_name: str = ""  #: in the reader's language
    problem: str = ""  #: why nothing can be shown, in words
    is_waiting: bool = False
    messages: Mapping[int, Translation] = field(default_factory=dict)
    draft: Translation | None = None


def translated_for(request: HttpRequest, conversation: Conversation, item: ReviewItem | None = None) -> Translated:
    """Where the switch is on, what is missing is wished for; the page learns of it by its socket."""
    language = readers_language()
    reader = Translated(
        language=language,
        name=name_for_reader(language),
        customers=conversation.language,
        customers_name=name_for_reader(conversation.language) if conversation.language else "",
    )
    if not conversation.language or is_same(language, conversation.language):
        return reader
    if not request.session.get(SWITCH):
        return replace(reader, is_offered=True)
    if configured_model() is None:
        return replace(reader, is_offered=True, is_on=True, problem=str(PROBLEMS_IN_WORDS[Problem.NO_MODEL]))
    if translations.want(conversation, language=language, item=item):
        enqueue_translation_quietly(translations.Wish(conversation_id=conversation.pk, language=language))
    rows = translations.of_messages(conversation, language=language)
    draft = translations.of_draft(item, language=language) if item is not None else None
    every = [*rows.values(), *([draft] if draft else [])]
    failed = [row for row in every if row.status == Status.FAILED]
    is_hopeless = failed and not any(row.status in (Status.READY, Status.WAITING) for row in every)
    return replace(
        reader,
        is_offered=True,
        is_on=True,
        problem=str(PROBLEMS_IN_WORDS[Problem(failed[0].problem)]) if is_hopeless else "",
        is_waiting=any(row.status == Status.WAITING for row in every),
        messages=rows,
        draft=draft,
    )


def with_translations(pane: dict[str, Any], translated: Translated) -> dict[str, Any]:
    """`pane` with each message's translation beside it."""
    thread = [replace(part, translation=translated.messages.get(part.message.pk)) for part in pane["thread"]]
    return {**pane, "thread": thread, "translated": translated}


@require_POST
@desk_view
def switch(request: HttpRequest, conversation_id: int) -> HttpResponseBase:
    """Translations on or off, for this person from now on; the page reads anew what it shows."""
    if not visible_conversations(request.user).filter(pk=conversation_id).exists():
        raise Http404
    request.session[SWITCH] = request.POST.get("show") == "1"
    return JsonResponse({"on": request.session[SWITCH]})


@require_GET
@desk_view
def draft_translation(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """The draft in the reader's language alone, for a page on which it has come."""
    try:
        item = visible_item(request.user, item_id)
    except NotVisible as error:
        raise Http404(_("There is nothing here.")) from error
    context: dict[str, Any] = {"item": item, "translated": translated_for(request, item.conversation, item)}
    return render(request, "desk/draft_translation.html", context)

"""Pages of prompts: write a version, see what differs, preview and try it on a past turn, activate it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from chatbot.admin.gate_pages import refusal
from chatbot.admin.profile_pages import rehearsal_in_words
from chatbot.admin.translation_trial import previewed_translation, tried_translation
from chatbot.admin.turn import left_out_in_words
from chatbot.errors import GateNotPassed
from chatbot.llm.errors import ModelError
from chatbot.llm.model import ModelReply
from chatbot.llm.satisfaction import NotAReading
from chatbot.model_calls import note
from chatbot.models import ModelUse, PromptVersion, Turn
from chatbot.past_turns import view_of
from chatbot.pipeline.rehearsal import rehearsed
from chatbot.pipeline.tried import Tried
from chatbot.prompts.in_force import prompts_in_force
from chatbot.prompts.previewing import Preview, preview
from chatbot.prompts.shipped import PROMPTS, problems_of, shipped
from chatbot.prompts.templates import PromptName, PromptText
from chatbot.prompts.versions import activate, add_version, offered, take_over
from chatbot.reading import CannotRead, read_conversation, told_of
from knowledge.differences import difference, with_context
from knowledge.errors import KnowledgeError

#: Past turns to choose from; any other can be named by its number.
CHOICES = 30
#: Versions of one prompt that the list shows.
SHOWN = 50

_ADD, _CHANGE = "chatbot.add_promptversion", "chatbot.change_promptversion"


def overview(request: HttpRequest) -> dict[str, Any]:
    """Every prompt with its versions, for the list."""
    rows = []
    for name, kind in PROMPTS.items():
        versions = PromptVersion.objects.filter(name=name).select_related("created_by").order_by("-number")
        new = offered(name)
        rows.append(
            {
                "name": name.value,
                "kind": kind,
                "versions": list(versions[:SHOWN]),
                "active": versions.filter(is_active=True).first(),
                "offered": _changes(_in_force(name), new) if new else None,
            }
        )
    return {
        "prompts": rows,
        "may_write": request.user.has_perm(_ADD),
        "may_activate": request.user.has_perm(_CHANGE),
    }


def write_page(request: HttpRequest, context: dict[str, Any], name: str) -> HttpResponse:
    """The editor: save a new version, or preview and try the text before it is saved."""
    if not request.user.has_perm(_ADD):
        raise PermissionDenied
    prompt = _name(name)
    begun_from = _version(prompt, request.GET.get("from", "")) or _in_force(prompt)
    written = PromptText(
        name=prompt,
        number=0,
        instructions=_sent(request, "instructions", begun_from.instructions),
        message=_sent(request, "message", begun_from.message),
    )
    shown: dict[str, Any] = {"problems": {}}
    if request.method == "POST":
        shown["problems"] = problems_of(prompt, instructions=written.instructions, message=written.message)
        if not shown["problems"]:
            if request.POST.get("do") == "save":
                return _saved(request, written)
            shown |= _seen(request, written)
    return render(
        request,
        "admin/prompt_write.html",
        {
            **context,
            "title": _("Write a new version"),
            "kind": PROMPTS[prompt],
            "name": prompt.value,
            "written": written,
            "note": request.POST.get("note", "")[:200],
            "changes": _changes(_in_force(prompt), written),
            "in_force": _in_force(prompt),
            **_choices(request),
            **shown,
        },
        status=422 if shown["problems"] or shown.get("problem") else 200,
    )


def version_page(request: HttpRequest, context: dict[str, Any], version: PromptVersion) -> HttpResponse:
    """One version: its words, what differs, preview and trial, and the button that lets it count."""
    text = version.text()
    others = PromptVersion.objects.filter(name=version.name).exclude(pk=version.pk).order_by("-number")
    against = others.filter(number=request.GET.get("against", "")).first() if _is_number(request, "against") else None
    if against is None:
        before = others.filter(number__lt=version.number).first()
        against = others.filter(is_active=True).first() or before or others.first()
    shown = _seen(request, text) if request.method == "POST" else {}
    older, newer = sorted([version, against], key=lambda one: one.number) if against else (None, version)
    active = others.filter(is_active=True).first()
    return render(
        request,
        "admin/prompt_version.html",
        {
            **context,
            "title": str(version),
            "version": version,
            "kind": PROMPTS[text.name],
            "others": list(others[:SHOWN]),
            "against": against,
            "older": older,
            "newer": newer,
            "changes": _changes(older.text(), newer.text()) if older else [],
            "may_write": request.user.has_perm(_ADD),
            "may_activate": request.user.has_perm(_CHANGE),
            "is_rollback": active is not None and active.number > version.number,
            **_choices(request),
            **shown,
        },
        status=422 if shown.get("problem") else 200,
    )


def activated(request: HttpRequest, version: PromptVersion) -> HttpResponse:
    if not request.user.has_perm(_CHANGE):
        raise PermissionDenied
    try:
        activate(version)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except GateNotPassed as error:
        messages.error(request, refusal(error))
    else:
        messages.success(request, _("%(version)s counts now, within two seconds everywhere.") % {"version": version})
    return redirect("admin:chatbot_promptversion_changelist")


def taken_over(request: HttpRequest, name: str) -> HttpResponse:
    """The text of this release as a version to look at; nothing else changes."""
    if not request.user.has_perm(_ADD):
        raise PermissionDenied
    prompt = _name(name)
    if offered(prompt) is None:
        return redirect("admin:chatbot_promptversion_changelist")
    version = take_over(prompt, by=_user(request))
    return redirect("admin:chatbot_promptversion_change", version.pk)


def _saved(request: HttpRequest, written: PromptText) -> HttpResponse:
    version = add_version(
        written.name,
        instructions=written.instructions,
        message=written.message,
        note=request.POST.get("note", "")[:200],
        by=_user(request),
    )
    text = _("Saved as %(version)s. It does not count yet: try it, then activate it.") % {"version": version}
    messages.success(request, text)
    return redirect("admin:chatbot_promptversion_change", version.pk)


def _seen(request: HttpRequest, text: PromptText) -> dict[str, Any]:
    """What preview or trial bring up; "problem" in words where they cannot."""
    number = request.POST.get("number", "").strip().lstrip("#") or request.POST.get("turn", "")
    turn = None
    if number.isascii() and number.isdigit() and len(number) < 19:
        turn = Turn.objects.select_related("conversation__customer", "last_message").filter(pk=number).first()
    if turn is None:
        return {"problem": _("Choose a past turn, or write the number of one.")}
    if not turn.question.strip():
        return {"problem": _("Turn %(number)s holds no words.") % {"number": turn.pk}}
    if text.name is PromptName.SATISFACTION:
        return _judged(turn, text, is_trial=request.POST.get("do") == "try")
    try:
        if text.name is PromptName.TRANSLATE:
            tried = request.POST.get("do") == "try"
            return tried_translation(turn, text, _in_force(text.name)) if tried else previewed_translation(turn, text)
        if request.POST.get("do") == "try":
            return {"tried_on": turn, "columns": _tried(turn, text)}
        return {"previewed_on": turn, **_previewed(preview(view_of(turn), text))}
    except KnowledgeError as error:
        return {"problem": str(error)}


def _judged(turn: Turn, text: PromptText, *, is_trial: bool) -> dict[str, Any]:
    """The conversation of the turn before the model, with `text` and with what counts now; nothing is stored."""
    try:
        if not is_trial:
            return {"previewed_on": turn, "told": told_of(turn.conversation, text), "composed": None, "left_out": []}
        current = _in_force(text.name)
        mine = _("Version %(number)d") % {"number": text.number} if text.number else _("This text")
        tried = [(mine, text)]
        if (current.instructions, current.message) != (text.instructions, text.message):
            tried.append((_("Counts now: version %(number)d") % {"number": current.number}, current))
        return {"tried_on": turn, "readings": [_read(turn, heading, one) for heading, one in tried]}
    except CannotRead as error:
        return {"problem": str(error)}


def _note(reply: ModelReply) -> None:
    note([reply], ModelUse.TRIAL)


def _read(turn: Turn, heading: str, text: PromptText) -> dict[str, Any]:
    try:
        return {"heading": heading, "reading": read_conversation(turn.conversation, text, heard=_note).reading}
    except ModelError as error:
        return {"heading": heading, "problem": str(error)}
    except NotAReading as error:
        return {"heading": heading, "problem": _("The reply is no reading: %(why)s.") % {"why": error}}


def _tried(turn: Turn, text: PromptText) -> list[dict[str, Any]]:
    """`text` beside what counts now, each through the real stages and the real model."""
    now = prompts_in_force()
    mine = _("Version %(number)d") % {"number": text.number} if text.number else _("This text")
    columns = [(mine, now.having(text))]
    current = _in_force(text.name)
    if (current.instructions, current.message) != (text.instructions, text.message):
        columns.append((_("Counts now: version %(number)d") % {"number": current.number}, now))
    view = view_of(turn)
    return [
        {"heading": heading, **rehearsal_in_words(rehearsed(view, Tried(prompts=prompts)))}
        for heading, prompts in columns
    ]


def _previewed(seen: Preview) -> dict[str, Any]:
    composed = seen.composed
    return {
        "told": seen.messages,
        "composed": composed,
        "left_out": left_out_in_words(
            {
                "examples": composed.left_out.examples,
                "messages": composed.left_out.messages,
                "passages": composed.left_out.passages,
                "characters": composed.left_out.characters,
            }
        )
        if composed
        else [],
        "instead": rehearsal_in_words(seen.rehearsal) if not seen.messages else None,
    }


def _changes(before: PromptText, after: PromptText) -> list[dict[str, Any]]:
    """As the page of an article's version shows them."""
    pairs = [
        (_("instructions"), before.instructions, after.instructions),
        (_("message"), before.message, after.message),
    ]
    return [
        {"label": label, "before": "", "after": "", "lines": with_context(difference(old, new))}
        for label, old, new in pairs
        if old != new
    ]


def _choices(request: HttpRequest) -> dict[str, Any]:
    newest = Turn.objects.exclude(question="").exclude(outcome=Turn.Outcome.RUNNING).order_by("-pk")
    return {
        "turns": [{"id": turn.pk, "question": turn.question[:80]} for turn in newest.only("pk", "question")[:CHOICES]],
        "chosen_turn": request.POST.get("turn", ""),
        "chosen_number": request.POST.get("number", "")[:20],
    }


def _in_force(name: PromptName) -> PromptText:
    found = PromptVersion.objects.filter(name=name, is_active=True).first()
    return found.text() if found else shipped(name)


def _version(name: PromptName, number: str) -> PromptText | None:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    found = PromptVersion.objects.filter(name=name, number=int(number)).first()
    return found.text() if found else None


def _name(name: str) -> PromptName:
    if name not in set(PromptName):
        raise Http404
    return PromptName(name)


def _is_number(request: HttpRequest, key: str) -> bool:
    value = request.GET.get(key, "")
    return value.isascii() and value.isdigit() and len(value) < 10


def _sent(request: HttpRequest, field: str, otherwise: str) -> str:
    return request.POST.get(field, otherwise).replace("\r\n", "\n") if request.method == "POST" else otherwise


def _user(request: HttpRequest) -> Any:
    return request.user

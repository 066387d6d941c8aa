"""Pages around the table of sensitive words: try it, import it, export it, bring deleted rules back."""

import secrets
import time
from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chatbot.admin.gate_pages import refusal
from chatbot.errors import GateNotPassed
from chatbot.models import WordRule
from chatbot.models.word_rule import pattern_problem
from chatbot.rules.current import rules_in_force, usable
from chatbot.rules.importing import (
    COLUMNS,
    FILE_BYTES,
    ImportReport,
    LineStatus,
    TableRefused,
    export_rules,
    import_rules,
)
from chatbot.rules.matching.matcher import Matcher, RuleAction, Scope
from chatbot.rules.trying import DISGUISES_IN_WORDS, looked_back, tried
from chatbot.trying.rule_saving import saving_rules

#: Lines of a report that the page shows; refused ones first.
SHOWN_LINES = 500
SHOWN_DELETIONS = 100
#: Seconds between looking at a file and importing it.
KEPT_SECONDS = 3_600
TEXT_CHARACTERS = 20_000

_ACTIONS = dict(WordRule.ActionChoice.choices)


def try_one(request: HttpRequest) -> HttpResponse:
    """A rule as it stands in the form, on a text or on the past; answers with a piece of the page."""
    form = request.POST
    rule = WordRule(
        pattern=form.get("pattern", "").strip(),
        kind=form.get("kind", "literal"),
        whole_word=bool(form.get("whole_word")),
        scope=form.get("scope", "both"),
        action=form.get("action", "review"),
        reply=form.get("reply", ""),
        category=form.get("category", ""),
    )
    problem = _("Write a pattern first.") if not rule.pattern else pattern_problem(rule.pattern, rule.kind)
    if rule.scope not in WordRule.ScopeChoice.values or rule.action not in WordRule.ActionChoice.values:
        problem = _("Choose an action, and where the rule applies.")
    if problem:
        return render(request, "admin/word_rule_trial.html", {"problem": problem})
    matcher = Matcher([rule.rule()])
    if form.get("what") == "past":
        return render(request, "admin/word_rule_look_back.html", _past(matcher))
    return render(request, "admin/word_rule_trial.html", _trial(matcher, form.get("text", ""), scope=None))


def try_all(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """All rules in force on one text."""
    scope = request.POST.get("scope", Scope.INCOMING.value)
    text = request.POST.get("text", "")[:TEXT_CHARACTERS]
    what = request.POST.get("what", "") if request.method == "POST" else ""
    matcher = Matcher(usable(rules_in_force()))
    found: dict[str, Any] = {}
    if what == "past":
        found = _past(matcher)
    elif what == "text":
        begun = time.perf_counter()
        matcher.check(text)
        found = {"microseconds": round((time.perf_counter() - begun) * 1e6)}
        found |= _trial(matcher, text, scope=Scope.OUTGOING if scope == Scope.OUTGOING else Scope.INCOMING)
    choices = [choice for choice in WordRule.ScopeChoice.choices if choice[0] != Scope.BOTH]
    return render(
        request,
        "admin/word_rules_try.html",
        {
            **context,
            "title": _("Try the rules"),
            "text": text,
            "what": what,
            "scope": scope,
            "scopes": choices,
            "count": len(matcher.rules),
            **found,
        },
    )


def _trial(matcher: Matcher, text: str, *, scope: Scope | None) -> dict[str, Any]:
    trial = tried(matcher, text[:TEXT_CHARACTERS], scope=scope, now=timezone.now() if scope else None)
    winner = trial.verdict.winner
    return {
        "trial": trial,
        "winner": {"rule": winner, "action": _ACTIONS[winner.action.value]} if winner else None,
        "rows": [
            {
                "text": text[hit.start : hit.end],
                "rule": hit.rule,
                "link": reverse("admin:chatbot_wordrule_change", args=[hit.rule.id]) if hit.rule.id else "",
                "disguise": DISGUISES_IN_WORDS[hit.disguise],
                "action": _ACTIONS[hit.rule.action.value],
            }
            for hit in trial.verdict.hits[:200]
        ],
    }


def _past(matcher: Matcher) -> dict[str, Any]:
    back = looked_back(matcher)
    return {
        "back": back,
        "percent": f"{back.share:.1%}",
        "actions": [
            (_ACTIONS[action.value], back.by_action[action]) for action in RuleAction if action in back.by_action
        ],
    }


# Tables ---------------------------------------------------------------------------------------------------------------


def import_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """First a look at what a file would do, then the import."""
    shown: dict[str, Any] = {"columns": ", ".join(COLUMNS)}
    user = request.user if request.user.is_authenticated else None
    if request.method == "POST":
        is_done = request.POST.get("step") == "do"
        try:
            content, key = _content(request, is_done=is_done)
            with saving_rules(_("Imported rules")) if is_done else nullcontext():
                report = import_rules(content, user=user, is_trial=not is_done)
            shown |= {"is_done": is_done, "key": key, **_report(report)}
        except TableRefused as error:
            shown["problem"] = str(error)
        except GateNotPassed as error:
            shown["problem"] = refusal(error)
    status = 422 if shown.get("problem") else 200
    return render(
        request, "admin/word_rules_import.html", {**context, "title": _("Import rules"), **shown}, status=status
    )


def _content(request: HttpRequest, *, is_done: bool) -> tuple[bytes, str]:
    """The file that was sent, or the one that was looked at before."""
    try:
        if is_done:
            content = cache.get(f"word-rules:{request.POST.get('key', '')[:64]}:{request.user.pk}")
            if content is None:
                raise TableRefused(_("The file is no longer here; choose it once more."))
            return content, ""
        sent = request.FILES.get("file")
        if sent is None:
            raise TableRefused(_("Choose a file first."))
        content = sent.read(FILE_BYTES + 1)
        key = secrets.token_urlsafe(16)
        cache.set(f"word-rules:{key}:{request.user.pk}", content, KEPT_SECONDS)
    except RedisError as error:
        raise TableRefused(_("Redis is away, where the file would wait; try again soon.")) from error
    return content, key


def _report(report: ImportReport) -> dict[str, Any]:
    words = {
        LineStatus.NEW: _("new"),
        LineStatus.CHANGED: _("changed"),
        LineStatus.SAME: _("as it was"),
        LineStatus.REFUSED: _("refused"),
    }
    ordered = sorted(report.lines, key=lambda line: (line.status != LineStatus.REFUSED, line.number))
    return {
        "report": report,
        "counts": [
            (words[status], report.count(status), status == LineStatus.REFUSED and report.count(status) > 0)
            for status in LineStatus
        ],
        "lines": [
            {"number": line.number, "pattern": line.pattern, "word": words[line.status], "problems": line.problems}
            for line in ordered[:SHOWN_LINES]
        ],
        "hidden": max(0, len(ordered) - SHOWN_LINES),
    }


def export_table(_request: HttpRequest) -> StreamingHttpResponse:
    rows = WordRule.objects.select_related("owner", "group").order_by("pk").iterator(chunk_size=1_000)
    answer = StreamingHttpResponse(export_rules(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="sensitive-words-{timezone.localdate():%Y-%m-%d}.csv"'
    return answer


# Deleted rules --------------------------------------------------------------------------------------------------------


def deleted_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The newest deletions, each with a button that brings the rule back as it was."""
    gone = WordRule.history.filter(history_type="-").exclude(id__in=WordRule.objects.values("pk"))
    if request.method == "POST":
        if not request.user.has_perm("chatbot.add_wordrule"):
            raise PermissionDenied
        row = get_object_or_404(gone, pk=request.POST.get("row") or 0)
        rule = row.instance
        twin = WordRule.objects.filter(
            pattern=rule.pattern, kind=rule.kind, scope=rule.scope, language=rule.language
        ).first()
        if twin is None:
            try:
                with saving_rules(str(rule)):
                    rule.save()
            except GateNotPassed as error:
                messages.error(request, refusal(error))
                return redirect(request.get_full_path())
            messages.success(request, _("“%(pattern)s” is back.") % {"pattern": rule.pattern[:60]})
        else:
            messages.warning(request, _("There is such a rule again already: “%(pattern)s”.") % {"pattern": twin})
        return redirect("admin:chatbot_wordrule_change", rule.pk if twin is None else twin.pk)
    rows = list(gone.select_related("history_user").order_by("-history_date")[:SHOWN_DELETIONS])
    return render(request, "admin/word_rules_deleted.html", {**context, "title": _("Deleted rules"), "rows": rows})

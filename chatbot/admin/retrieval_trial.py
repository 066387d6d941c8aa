"""The retrieval test page: what a question finds and why, two settings side by side; the question can be kept."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatbot.admin.retrieval_form import AS_THE_BOT, AskedForm, SettingsForm
from chatbot.intercom.bodies import plain_text
from chatbot.intercom.reply_html import reply_html
from chatbot.pipeline.retrieve import Rewritten
from chatbot.pipeline.trace import NOTES_IN_WORDS
from chatbot.retrieval_trial import AskedFor, RetrievalTrial, settings_from, try_retrieval
from knowledge.audience import Audience
from knowledge.errors import KnowledgeError, QuestionRefused
from knowledge.explaining import Explained, LeftOut, Why
from knowledge.models import KnownQuestion, QuestionSet
from knowledge.question_sets import add_question, set_named
from knowledge.ranking import Feature

FEATURES_IN_WORDS: Final = {
    Feature.SIMILARITY: gettext_lazy("meaning"),
    Feature.WORDS: gettext_lazy("words"),
    Feature.SIMILARITY_RANK: gettext_lazy("place by meaning"),
    Feature.WORDS_RANK: gettext_lazy("place by words"),
    Feature.FRESHNESS: gettext_lazy("freshness"),
    Feature.CITATIONS: gettext_lazy("past citations"),
}
WHY_IN_WORDS: Final = {
    Why.OTHER_TIER: gettext_lazy("for another customer tier"),
    Why.OTHER_ATTRIBUTES: gettext_lazy("for customers with other attributes"),
    Why.INTERNAL: gettext_lazy("internal: for staff only"),
    Why.DRAFT: gettext_lazy("a draft"),
    Why.ARCHIVED: gettext_lazy("archived"),
    Why.NOT_INDEXED: gettext_lazy("still being indexed"),
    Why.UNDER_BOUND: gettext_lazy("under the least score"),
    Why.FURTHER_DOWN: gettext_lazy("further down than the passages asked for"),
    Why.EXPIRED: gettext_lazy("expired"),
    Why.SWITCHED_OFF: gettext_lazy("switched off"),
    Why.OTHER_LANGUAGE: gettext_lazy("in another language"),
    Why.STAFF_TEXT: gettext_lazy("speaks to colleagues, not to customers"),
}
TIMES_IN_WORDS: Final = {
    "lexical": gettext_lazy("words"),
    "embed": gettext_lazy("vector of the question"),
    "vector": gettext_lazy("nearest vectors"),
    "fuse": gettext_lazy("one order"),
    "rerank": gettext_lazy("reranker"),
}
_REWRITTEN_IN_WORDS: Final = {
    Rewritten.BY_WORDS: gettext_lazy("together with the words of the earlier question"),
    Rewritten.BY_MODEL: gettext_lazy("completed by the language model"),
}
_EXCERPT_CHARACTERS: Final = 260
#: The set that a question is kept in where nobody named one.
_DEFAULT_SET: Final = gettext_lazy("Retrieval tests")


def retrieval_trial(request: HttpRequest) -> HttpResponse:
    sees_articles = request.user.has_perm("knowledge.view_article")
    if not sees_articles and not request.user.has_perm("knowledge.view_questionset"):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else None
    compares = bool(sent and sent.get("compare"))
    asked_form = AskedForm(sent)
    first = SettingsForm(sent, prefix="a", initial=AS_THE_BOT)
    second = SettingsForm(sent if compares else None, prefix="b", initial=AS_THE_BOT)
    set_name = (sent.get("set", "").strip() if sent else "") or _first_set()
    shown: dict[str, Any] = {}
    status = 200
    if sent is not None:
        forms = [asked_form, first, *([second] if compares else [])]
        are_valid = [form.is_valid() for form in forms]  # each of them, so that each shows its errors
        if all(are_valid):
            shown, status = _tried(request, asked_form, forms[1:], set_name, sees_articles)
        else:
            status = 422
    context = {
        **admin.site.each_context(request),
        "title": _("Retrieval test"),
        "asked_form": asked_form,
        "sides": [("a", first, _("Search")), ("b", second, _("Compare with"))],
        "compares": compares,
        "set_name": set_name,
        "sets": list(QuestionSet.objects.values_list("name", flat=True)[:200]),
        "may_keep": request.user.has_perm("knowledge.add_knownquestion"),
        "sees_articles": sees_articles,
        **shown,
    }
    return TemplateResponse(request, "admin/retrieval_trial.html", context, status=status)


def _first_set() -> str:
    return QuestionSet.objects.order_by("-pk").values_list("name", flat=True).first() or str(_DEFAULT_SET)


def _tried(
    request: HttpRequest, asked_form: AskedForm, settings: list[Any], set_name: str, sees_articles: bool
) -> tuple[dict[str, Any], int]:
    """What the page shows of a question that was asked, and the status."""
    asked = AskedFor(**asked_form.cleaned_data)
    try:
        if "right" in request.POST or "none" in request.POST:
            _keep(request, asked, set_name)
        trials = [
            try_retrieval(asked, settings_from(one.cleaned_data), sees_articles=sees_articles) for one in settings
        ]
    except QuestionRefused as error:
        return {"problem": error.problem}, 422
    except KnowledgeError as error:
        return {"problem": str(error)}, 422
    kept = _kept(asked, set_name)
    right = set(kept.articles.values_list("pk", flat=True)) if kept else set()
    columns = [_column(trial, right) for trial in trials]
    if len(columns) == 2:
        _compare(columns)
    return {"columns": columns, "kept": kept}, 200


def _keep(request: HttpRequest, asked: AskedFor, set_name: str) -> None:
    if not request.user.has_perm("knowledge.add_knownquestion"):
        raise PermissionDenied
    right = request.POST.get("right", "")
    row, is_new = add_question(
        set_named(set_name, user=request.user),
        asked.question,
        audience=_audience(asked),
        language=asked.language,
        earlier=asked.earlier,
        article_ids=[int(right)] if right.isdigit() else [],
        expects=KnownQuestion.Expects.ANSWER if right.isdigit() else KnownQuestion.Expects.NO_ANSWER,
    )
    said = _("The question is in “%(set)s” now.") if is_new else _("The question in “%(set)s” was completed.")
    messages.success(request, said % {"set": row.question_set.name})


def _kept(asked: AskedFor, set_name: str) -> KnownQuestion | None:
    return KnownQuestion.objects.filter(
        question_set__name=set_name,
        question=asked.question.strip(),
        earlier=asked.earlier.strip(),
        language=asked.language,
        tier=asked.tier,
        attributes=dict(asked.attributes),
    ).first()


def _audience(asked: AskedFor) -> Audience:
    return Audience(tier=asked.tier or None, attributes=asked.attributes)


def _column(trial: RetrievalTrial, right: set[int]) -> dict[str, Any]:
    retrieval = trial.explanation.retrieval
    times = [(str(word), retrieval.milliseconds.get(name, 0.0)) for name, word in TIMES_IN_WORDS.items()]
    if trial.rewriting_milliseconds:
        times.insert(0, (_("completing the question"), trial.rewriting_milliseconds))
    longest = max((value for _name, value in times), default=0.0) or 1.0
    return {
        "searched_for": trial.searched_for if trial.rewritten else "",
        "rewritten": _REWRITTEN_IN_WORDS.get(trial.rewritten, ""),
        "language": trial.language,
        "embedder": retrieval.embedder,
        "candidates": retrieval.candidates,
        "notes": [str(NOTES_IN_WORDS[note]) for note in retrieval.notes if note in NOTES_IN_WORDS],
        "passages": [_row(one, right) for one in trial.explanation.passages],
        "left_out": [_left_out(one) for one in (*trial.staff_text, *trial.explanation.left_out)],
        "times": [(name, value, round(100 * value / longest)) for name, value in times],
        "total": retrieval.milliseconds["total"] + trial.rewriting_milliseconds,
        "approved": trial.approved,
        "approved_left_out": [
            {"id": one.answer_id, "question": one.question, "reasons": [str(WHY_IN_WORDS[why]) for why in one.reasons]}
            for one in trial.approved_left_out
        ],
    }


def _row(one: Explained, right: set[int]) -> dict[str, Any]:
    passage = one.passage
    text = _plain(passage.text)
    return {
        "chunk_id": passage.chunk_id,
        "article_id": passage.article_id,
        "rank": passage.rank,
        "title": passage.article_title,
        "heading": passage.heading_path,
        "excerpt": text[:_EXCERPT_CHARACTERS],
        "rest": text[_EXCERPT_CHARACTERS:],
        "score": passage.score,
        "width": round(100 * min(max(passage.score, 0.0), 1.0)),
        "parts": [
            {"name": FEATURES_IN_WORDS[part.feature], "value": part.value, "weight": part.weight, "points": part.points}
            for part in one.parts
        ],
        "language": passage.language,
        "language_factor": one.language_factor if one.language_factor != 1.0 else None,
        "rerank_score": passage.rerank_score,
        "repeats": one.repeats,
        "is_internal": passage.internal,
        "is_right": passage.article_id in right,
    }


def _left_out(one: LeftOut) -> dict[str, Any]:
    return {
        "article_id": one.article_id,
        "title": one.title,
        "heading": one.heading_path,
        "excerpt": _plain(one.text)[:_EXCERPT_CHARACTERS],
        "score": one.score,
        "reasons": [str(WHY_IN_WORDS[why]) for why in one.reasons],
    }


def _compare(columns: list[dict[str, Any]]) -> None:
    """Each passage of either column: where the other has it."""
    for column, other in (columns, columns[::-1]):
        places = {row["chunk_id"]: row["rank"] for row in other["passages"]}
        for row in column["passages"]:
            row["elsewhere"] = places.get(row["chunk_id"], 0)


def _plain(text: str) -> str:
    return plain_text(reply_html(text)).replace("\n", " ")

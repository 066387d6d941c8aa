"""One click makes what a person answered something the bot knows: an approved answer, an article, an example.

Each stands in the admin afterwards, where it can be changed or switched off.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from chatbot.exemplars import add_exemplar
from chatbot.intents.examples import LineStatus, add_examples
from chatbot.intents.labelled_files import LabelledText
from chatbot.learning.lesson import Lesson
from chatbot.models import AnswerEdit, Intent, IntentExample
from chatbot.rules.personal_detail import holds_personal_detail
from chatbot.steering import steering
from knowledge.models import ApprovedAnswer, Article, ArticleStatus, Collection
from sessions_app import audit
from sessions_app.models import AuditEntry, ReviewItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: The shelf of drafts that come from the desk.
COLLECTION = "From the desk"


class CannotTeach(ValueError):
    """There is nothing to learn from, or it is known already; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    key: int
    link: str  #: where it stands in the admin
    label: str


def as_approved_answer(lesson: Lesson, *, user: "User") -> Taught:
    """The question with the answer that was sent, word for word, for everybody who asks it.

    Switched off at first where it may hold a detail of this one customer. Raises `CannotTeach`. The caller enqueues it.
    """
    answer = _answer_of(lesson)
    question = " ".join(lesson.question.split())[: ApprovedAnswer._meta.get_field("question").max_length]
    names = (lesson.conversation.customer.name,)
    is_personal = any(holds_personal_detail(text, names=names) for text in (question, answer))
    tiers, attributes = _audience(lesson)
    row = ApprovedAnswer(
        question=question,
        answer=answer,
        language=_language(lesson),
        owner=user,
        is_on=not is_personal,
        audience_tiers=tiers,
        audience_attributes=attributes,
    )
    try:
        row.full_clean()
    except ValidationError as error:
        raise CannotTeach(" ".join(error.messages)) from error
    if ApprovedAnswer.objects.filter(question=question, language=row.language).exists():
        raise CannotTeach(_("There is an approved answer to this question already."))
    with transaction.atomic():
        row.save()
        _note(lesson, user, approved_answer=row.pk)
    label = _("Approved answer, switched off: it may hold personal details.") if is_personal else _("Approved answer.")
    return Taught(key=row.pk, link=reverse("admin:knowledge_approvedanswer_change", args=[row.pk]), label=label)


def as_article_draft(lesson: Lesson, *, user: "User") -> Taught:
    """An unpublished article with the question as its title, for a knowledge editor to finish. Raises `CannotTeach`."""
    answer = _answer_of(lesson)
    title = " ".join(lesson.question.split())[:200] or _("Untitled")
    with transaction.atomic():
        shelf, _made = Collection.objects.get_or_create(name=COLLECTION)
        article, is_new = Article.objects.get_or_create(
            collection=shelf,
            external_id=lesson.key,
            defaults={
                "title": title, "body": answer, "language": _language(lesson), "status": ArticleStatus.DRAFT,
            },
        )  # fmt: skip
        if not is_new:
            raise CannotTeach(_("This answer is an article draft already."))
        _note(lesson, user, article=article.pk)
    return Taught(
        key=article.pk, link=reverse("admin:knowledge_article_change", args=[article.pk]), label=_("Article draft.")
    )


def as_intent_example(lesson: Lesson, *, user: "User", intent: str = "") -> Taught:
    """The customer's words as an example of `intent`, else of the one that was guessed. Raises `CannotTeach`."""
    turn = lesson.turn
    guessed = (turn.intent or ((turn.trace.get("intent") or {}).get("nearest") or "")) if turn is not None else ""
    name = " ".join(intent.split()) or guessed
    known = Intent.objects.filter(name=name).first() if name else None
    if known is None:
        raise CannotTeach(_("Choose the intent that this is an example of."))
    row = LabelledText(line=1, text=lesson.question, intent=known.name)
    with transaction.atomic():
        line = add_examples([row], user=user, source=IntentExample.Source.LABELLED).lines[0]
        if line.status is LineStatus.REFUSED:
            raise CannotTeach(line.why)
        _note(lesson, user, intent=known.pk)
    return Taught(
        key=known.pk,
        link=reverse("admin:chatbot_intent_change", args=[known.pk]),
        label=_("Example of “%(intent)s”.") % {"intent": known.name},
    )


def as_exemplar(lesson: Lesson, *, user: "User") -> Taught:
    """An example for the model of how the team answers such questions, without personal data. Raises `CannotTeach`."""
    answer = _answer_of(lesson)
    turn = lesson.turn
    tiers, attributes = _audience(lesson)
    try:
        with transaction.atomic():
            row = add_exemplar(
                question=lesson.question,
                answer=answer,
                language=_language(lesson),
                scenario=lesson.scenario,
                tiers=tiers,
                attributes=attributes,
                turn=turn,
                by=user,
            )
            _note(lesson, user, exemplar=row.pk)
    except ValidationError as error:
        raise CannotTeach(" ".join(error.messages)) from error
    return Taught(
        key=row.pk,
        link=reverse("admin:chatbot_exemplar_change", args=[row.pk]),
        label=_("Example of a good answer."),
    )


def judge_edit(item: ReviewItem, *, user: "User", kind: str) -> None:
    """A person's word about what an edit changed stands above our guess. Raises `CannotTeach`."""
    if kind not in AnswerEdit.Kind.values:
        raise CannotTeach(_("Choose what changed: wording, fact, missing or tone."))
    if not AnswerEdit.objects.filter(item=item).update(kind=kind, judged_by=user):
        raise CannotTeach(_("This answer was not an edit of a draft."))


def _answer_of(lesson: Lesson) -> str:
    if not lesson.answer.strip() or not lesson.question.strip():
        raise CannotTeach(_("There is no question with an answer to learn from."))
    return lesson.answer


def _note(lesson: Lesson, user: "User", **taught: int) -> None:
    conversation_id = None if lesson.item else lesson.conversation.pk
    audit.note(AuditEntry.Action.TAUGHT, user=user, item=lesson.item, conversation_id=conversation_id, **taught)


def _audience(lesson: Lesson) -> tuple[list[str], dict[str, str]]:
    """Tiers and attributes: what rests on articles for some customers is not told to others."""
    turn = lesson.turn
    passages = ((turn.trace.get("retrieval") or {}) if turn is not None else {}).get("passages", [])
    cited = [row.get("article_id") for row in passages if row.get("cited")]
    tiers: list[str] = []
    attributes: dict[str, str] = {}
    for article in Article.objects.filter(pk__in=cited):
        if article.audience_tiers:
            customers = lesson.conversation.customer.tier
            tiers = [customers] if customers in article.audience_tiers else list(article.audience_tiers)
        attributes |= article.audience_attributes
    return tiers, attributes


def _language(lesson: Lesson) -> str:
    return lesson.conversation.language or steering().default_language

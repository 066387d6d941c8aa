"""A person's word about a guessed intent: right, another one, none of them, or "cannot tell"."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.learning import teaching
from chatbot.learning.lesson import Lesson
from chatbot.models import Intent, IntentCheck, IntentExample, Turn
from chatbot.models.intent import example_key
from chatbot.personal_data import masking_policy
from chatbot.rules.masking.masker import masker_for
from sessions_app.access import visible_conversations
from sessions_app.errors import TooLate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Verdict = IntentCheck.Verdict

#: Older messages are not asked about any more: nobody knows the customer's case, and the model is another one.
RECENT: Final = timedelta(days=30)


class NoLabel(ValueError):
    """There is no label, or no such intent; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """`is_unclear`: nobody can tell; else `intent` is an intent's name, or "" where none fits."""

    intent: str = ""
    is_unclear: bool = False


def visible_intent_checks(user: Any) -> QuerySet[IntentCheck]:
    """Of conversations that the person may see."""
    return IntentCheck.objects.filter(turn__conversation__in=visible_conversations(user))


def waiting_checks(user: Any) -> QuerySet[IntentCheck]:
    """Recent ones without a label, the smallest lot first; what was redacted cannot be labelled."""
    recent = visible_intent_checks(user).filter(verdict=Verdict.WAITING, drawn_at__gte=oldest())
    return recent.exclude(turn__question="").order_by("lot", "pk")


def oldest() -> datetime:
    return timezone.now() - RECENT


def masked_question(turn: Turn) -> str:
    """What the customer wrote, without personal data: a label needs none. "" where it was redacted."""
    name = turn.conversation.customer.name
    masker = masker_for([turn.question], policy=masking_policy(), known_names=[name] if name else [])
    return masker.mask(turn.question)


def label_intent(check_id: int, label: Label, *, user: "User") -> IntentCheck:
    """Keep one label for the message; who gave it may give another, nobody else.

    Raises `NoLabel` for an intent that is unknown, and `TooLate` where somebody else was faster.
    """
    with transaction.atomic():
        check = IntentCheck.objects.select_for_update(of=("self",)).select_related("turn", "example").get(pk=check_id)
        if check.verdict and check.decided_by_id != user.pk:
            raise TooLate(_("%(name)s has labelled it already.") % {"name": check.decided_by or "—"})
        if label.intent not in ("", check.guess) and not Intent.objects.filter(name=label.intent).exists():
            raise NoLabel(_("There is no intent “%(name)s”; choose one of the list.") % {"name": label.intent[:64]})
        if not check.turn.question:
            raise NoLabel(_("These words were redacted meanwhile; there is nothing to label."))
        if check.example is not None and (label.is_unclear or label.intent != check.intent):
            check.example.delete()  # it said what the label said before
            check.example = None
        check.intent = "" if label.is_unclear else label.intent
        check.verdict = (
            Verdict.UNCLEAR if label.is_unclear else Verdict.RIGHT if label.intent == check.guess else Verdict.WRONG
        )
        check.decided_by, check.decided_at = user, timezone.now()
        check.save(update_fields=["intent", "verdict", "decided_by", "decided_at"])
    return check


def as_example(check_id: int, *, user: "User") -> teaching.Taught:
    """The masked words become an example of the label. Raises `teaching.CannotTeach`."""
    found = IntentCheck.objects.select_related("turn__conversation__customer", "example")
    check = found.get(pk=check_id)
    if check.verdict not in (Verdict.RIGHT, Verdict.WRONG) or not check.intent:
        raise teaching.CannotTeach(_("Only a message that belongs to an intent can be an example of it."))
    words = " ".join(masked_question(check.turn).split())
    lesson = Lesson(
        question=words,
        answer="",
        conversation=check.turn.conversation,
        turn=check.turn,
        scenario=check.turn.scenario,
        key=f"label-{check.pk}",
    )
    taught = teaching.as_intent_example(lesson, user=user, intent=check.intent)
    made = IntentExample.objects.filter(key=example_key(words), source=IntentExample.Source.LABELLED).first()
    IntentCheck.objects.filter(pk=check.pk).update(example=made)  # goes with the words, if they are redacted
    return taught

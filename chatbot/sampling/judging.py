"""A person's word about a sampled answer, and what becomes of it: a mark, a correction, something the bot learns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.correcting import mark_wrong
from chatbot.learning import teaching
from chatbot.learning.lesson import lesson_of_check
from chatbot.models import AnswerCheck, Delivery
from chatbot.reviewing import ANSWER_CHARACTERS, AnswerTooLong, cleaned_note
from sessions_app import audit
from sessions_app.access import visible_queues
from sessions_app.errors import TooLate
from sessions_app.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Verdict, Fault = AnswerCheck.Verdict, AnswerCheck.Fault

#: What a better answer may become, by the name of the form's field.
LESSONS: Final[dict[str, Callable[..., teaching.Taught]]] = {
    "approved": teaching.as_approved_answer,
    "article": teaching.as_article_draft,
    "exemplar": teaching.as_exemplar,
}


class NoVerdict(ValueError):
    """There is nothing to judge by: the verdict, or what is wrong, is missing. The message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    check: AnswerCheck
    taught: tuple[teaching.Taught, ...] = ()
    refused: tuple[str, ...] = ()  #: lessons that could not be taken, each with its reason
    sends: bool = False  #: a correction is in the outbox; the caller enqueues the conversation


def visible_checks(user: Any) -> QuerySet[AnswerCheck]:
    """Those of nobody's queue, and of queues that the person may see."""
    return AnswerCheck.objects.filter(Q(queue=None) | Q(queue__in=visible_queues(user).values("pk")))


def judge(
    check_id: int,
    *,
    user: "User",
    verdict: str,
    faults: Sequence[str] = (),
    note: str = "",
    better: str = "",
    sends_correction: bool = False,
    is_warned: bool = False,
    lessons: Sequence[str] = (),
) -> Judged:
    """Once for each answer. A wrong one is marked as wrong, which also stops it from being given again.

    `better` goes to the customer if `sends_correction`, and becomes each of `lessons`; one that cannot be taken is told
    and keeps no other. Raises `NoVerdict`, `AnswerTooLong`, `TooLate` where somebody was faster, and as `mark_wrong`.
    """
    faults = [fault for fault in dict.fromkeys(faults) if fault in Fault.values]
    note, better = cleaned_note(note), better.replace("\r\n", "\n").replace("\x00", "").strip()
    if verdict not in (Verdict.RIGHT, Verdict.WRONG, Verdict.UNCLEAR):
        raise NoVerdict(_("Say whether the answer was right, wrong, or cannot be told."))
    if verdict == Verdict.WRONG and not (faults or note):
        raise NoVerdict(_("Say what is wrong with it: choose a reason, or write one."))
    if sends_correction and not better:
        raise NoVerdict(_("Write the better answer that the customer should get."))
    if len(better) > ANSWER_CHARACTERS:
        counts = {"count": len(better), "limit": ANSWER_CHARACTERS}
        raise AnswerTooLong(_("The answer has %(count)d characters; %(limit)d fit.") % counts)
    with transaction.atomic():
        check = (
            AnswerCheck.objects.select_for_update(of=("self",)).select_related("turn__conversation").get(pk=check_id)
        )
        if check.verdict:
            raise TooLate(_("%(name)s has checked it already.") % {"name": check.decided_by or "—"})
        check.verdict, check.note, check.better = verdict, note, better
        check.faults = faults if verdict == Verdict.WRONG else []
        check.decided_by, check.decided_at = user, timezone.now()
        check.save()
        audit.note(
            AuditEntry.Action.CHECKED,
            user=user,
            conversation_id=check.turn.conversation_id,
            verdict=verdict,
            check=check.pk,
        )
        sends = verdict == Verdict.WRONG and _marked(
            check, user, better if sends_correction else "", is_warned=is_warned
        )
    taught, refused = _taught(check, user, lessons if better else ())
    return Judged(check=check, taught=taught, refused=refused, sends=sends)


def reasons_of(check: AnswerCheck) -> str:
    """What is wrong, in words."""
    return " · ".join(filter(None, (*(str(Fault(fault).label) for fault in check.faults), check.note)))


def _marked(check: AnswerCheck, user: "User", correction: str, *, is_warned: bool) -> bool:
    """True if a correction is on its way. An answer that was marked before needs no second mark."""
    delivery = Delivery.objects.filter(turn=check.turn, kind=Delivery.Kind.REPLY, status=Delivery.Status.SENT).first()
    if delivery is None or (hasattr(delivery, "mark") and not correction):
        return False
    mark_wrong(delivery.pk, user=user, reason=reasons_of(check), correction=correction, is_warned=is_warned)
    return bool(correction)


def _taught(
    check: AnswerCheck, user: "User", lessons: Sequence[str]
) -> tuple[tuple[teaching.Taught, ...], tuple[str, ...]]:
    taught: list[teaching.Taught] = []
    refused: list[str] = []
    lesson = lesson_of_check(check)
    for name in lessons:
        try:
            taught.append(LESSONS[name](lesson, user=user))
        except teaching.CannotTeach as error:
            refused.append(str(error))
    return tuple(taught), tuple(refused)

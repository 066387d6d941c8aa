"""What people do at the desk: each verb is one domain function, its right, and the words of its errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chatbot import correcting, passing_on, reviewing, taking_back, taking_over, translations
from chatbot.conf import TRANSLATE_CHARACTERS
from chatbot.desk.policy import desk_view
from chatbot.learning import teaching
from chatbot.learning.lesson import lesson_of_item
from chatbot.models import Delivery
from chatbot.tasks import enqueue_conversation_quietly
from knowledge.tasks import enqueue_approved_answer
from sessions_app import claims, working_text
from sessions_app.access import DECIDE, LOOK, TAKE_OVER, may, visible_conversations, visible_item
from sessions_app.conf import UNDO_SECONDS
from sessions_app.errors import AlreadyDecided, HeldByAnother, IllegalTransition, NotVisible, TooLate
from sessions_app.models import ReviewItem

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the page is told."""

    item: int = 0
    conversation: int = 0
    sends_in: float | None = None  #: seconds until the conversation has something to send; None: nothing
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    permission: str
    act: Callable[[ReviewItem, Any, Fields], Done]


def _approve(item: ReviewItem, user: Any, fields: Fields) -> Done:
    reviewing.approve(item.pk, user=user, **_answer(fields))
    return _undoable(item)


def _ask(item: ReviewItem, user: Any, fields: Fields) -> Done:
    given = _answer(fields)
    reviewing.ask(
        item.pk,
        user=user,
        question=given["answer"],
        is_warned=given["is_warned"],
        undo_seconds=given["undo_seconds"],
    )
    return _undoable(item)


def _reject(item: ReviewItem, user: Any, fields: Fields) -> Done:
    given = _answer(fields)
    reviewing.reject(item.pk, user=user, note=fields.get("note", ""), **given)
    return _undoable(item) if given["answer"].strip() else _sends_now(item)


def _undo(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    taking_back.undo(item.pk, user=user)
    return Done(item=item.pk)


def _claim(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    claims.claim(item.pk, user=user)
    return Done(item=item.pk)


def _release(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    claims.release(item.pk, user=user)
    return Done(item=item.pk)


def _move(item: ReviewItem, user: Any, fields: Fields) -> Done:
    passing_on.move_to_queue(item.pk, user=user, queue_id=_number(fields, "queue"))
    return Done(item=item.pk)


def _give(item: ReviewItem, user: Any, fields: Fields) -> Done:
    passing_on.give_to(item.pk, user=user, person_id=_number(fields, "person"))
    return Done(item=item.pk)


def _snooze(item: ReviewItem, user: Any, fields: Fields) -> Done:
    until = timezone.now() + timedelta(minutes=min(_number(fields, "minutes"), 10**6))
    passing_on.snooze(item.pk, user=user, until=until)
    return Done(item=item.pk)


def _note(item: ReviewItem, user: Any, fields: Fields) -> Done:
    passing_on.write_note(item.pk, user=user, text=fields.get("note", ""))
    return _sends_now(item)


def _take_over(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    opened = taking_over.take_over(item.conversation_id, user=user)
    return Done(item=opened.pk, conversation=item.conversation_id)


def _give_back(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    taking_over.give_back(item.conversation_id, user=user)
    return _sends_now(item)


def _type(item: ReviewItem, user: Any, fields: Fields) -> Done:
    working_text.keep_typed(item, user=user, text=fields.get("answer", "")[: reviewing.ANSWER_CHARACTERS])
    return Done(item=item.pk)


def _translate_answer(item: ReviewItem, _user: Any, fields: Fields) -> Done:
    """What the colleague wrote, in the customer's language, to be looked at before it is sent."""
    text = fields.get("answer", "").strip()
    if not text:
        raise reviewing.EmptyAnswer(_("Write the answer first."))
    if len(text) > TRANSLATE_CHARACTERS:
        raise reviewing.AnswerTooLong(
            _("The answer has %(count)d characters; %(limit)d can be translated.")
            % {"count": len(text), "limit": TRANSLATE_CHARACTERS}
        )
    conversation = item.conversation
    if not conversation.language:
        raise reviewing.EmptyAnswer(_("It is not known in which language the customer writes."))
    return Done(
        item=item.pk,
        told={"text": translations.answer_in(text, language=conversation.language, conversation=conversation)},
    )


def _judge(item: ReviewItem, user: Any, fields: Fields) -> Done:
    teaching.judge_edit(item, user=user, kind=fields.get("kind", ""))
    return Done(item=item.pk)


def _teach_answer(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    taught = teaching.as_approved_answer(lesson_of_item(item), user=user)
    enqueue_approved_answer(int(taught.key))
    return Done(item=item.pk, told={"link": taught.link, "label": taught.label})


def _teach_article(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    taught = teaching.as_article_draft(lesson_of_item(item), user=user)
    return Done(item=item.pk, told={"link": taught.link, "label": taught.label})


def _teach_exemplar(item: ReviewItem, user: Any, _fields: Fields) -> Done:
    taught = teaching.as_exemplar(lesson_of_item(item), user=user)
    return Done(item=item.pk, told={"link": taught.link, "label": taught.label})


def _teach_example(item: ReviewItem, user: Any, fields: Fields) -> Done:
    taught = teaching.as_intent_example(lesson_of_item(item), user=user, intent=fields.get("intent", ""))
    return Done(item=item.pk, told={"link": taught.link, "label": taught.label})


VERBS: Final[Mapping[str, Verb]] = {
    "approve": Verb(permission=DECIDE, act=_approve),
    "ask": Verb(permission=DECIDE, act=_ask),
    "reject": Verb(permission=DECIDE, act=_reject),
    "undo": Verb(permission=DECIDE, act=_undo),
    "claim": Verb(permission=DECIDE, act=_claim),
    "release": Verb(permission=DECIDE, act=_release),
    "move": Verb(permission=DECIDE, act=_move),
    "give": Verb(permission=DECIDE, act=_give),
    "snooze": Verb(permission=DECIDE, act=_snooze),
    "note": Verb(permission=DECIDE, act=_note),
    "type": Verb(permission=DECIDE, act=_type),
    "translate-answer": Verb(permission=DECIDE, act=_translate_answer),
    "judge": Verb(permission=DECIDE, act=_judge),
    "take-over": Verb(permission=TAKE_OVER, act=_take_over),
    "give-back": Verb(permission=TAKE_OVER, act=_give_back),
    "teach-answer": Verb(permission="knowledge.add_approvedanswer", act=_teach_answer),
    "teach-article": Verb(permission="knowledge.add_article", act=_teach_article),
    "teach-exemplar": Verb(permission="chatbot.add_exemplar", act=_teach_exemplar),
    "teach-example": Verb(permission="chatbot.add_intentexample", act=_teach_example),
}
#: What may be done to many items at once: nothing that a customer sees.
BULK_VERBS: Final = ("claim", "release", "move", "give", "snooze")


@require_POST
@desk_view
def act(request: HttpRequest, item_id: int, verb: str) -> HttpResponseBase:
    """One verb on one item. 200 with what happened, 403, 404, 409 when somebody was faster, 422 with what is wrong."""
    if verb not in VERBS:
        raise Http404
    return _answered(request, VERBS[verb].permission, lambda: VERBS[verb].act(
        visible_item(request.user, item_id), request.user, request.POST.dict()
    ))  # fmt: skip


@require_POST
@desk_view
def act_on_many(request: HttpRequest, verb: str) -> HttpResponseBase:
    """One safe verb on several items, each alone."""
    if verb not in BULK_VERBS:
        raise Http404
    ids = [int(text) for text in request.POST.getlist("item") if text.isdecimal() and len(text) < 19]
    user, fields = request.user, request.POST.dict()

    def one(item_id: int) -> None:
        VERBS[verb].act(visible_item(user, item_id), user, fields)

    def all_of_them() -> Done:
        found = passing_on.for_each(ids, user=user, act=one)  # type: ignore[arg-type]  # signed in: desk_view
        return Done(told={"done": list(found.done), "refused": [list(pair) for pair in found.refused]})

    return _answered(request, DECIDE, all_of_them)


@require_POST
@desk_view
def step_in(request: HttpRequest, conversation_id: int, verb: str) -> HttpResponseBase:
    """Take over a conversation that is watched, or give one back that waits for nobody."""
    if verb not in ("take-over", "give-back"):
        raise Http404
    user: Any = request.user

    def do() -> Done:
        if not visible_conversations(user).filter(pk=conversation_id).exists():
            raise Http404
        if verb == "give-back":
            taking_over.give_back(conversation_id, user=user)
            return Done(conversation=conversation_id, sends_in=0.0)
        return Done(item=taking_over.take_over(conversation_id, user=user).pk, conversation=conversation_id)

    return _answered(request, TAKE_OVER, do)


@require_POST
@desk_view
def mark_wrong(request: HttpRequest, delivery_id: int) -> HttpResponseBase:
    """An answer that was sent is wrong; a correction may follow."""
    user: Any = request.user

    def do() -> Done:
        delivery = Delivery.objects.filter(pk=delivery_id, kind=Delivery.Kind.REPLY).first()
        if delivery is None or not visible_conversations(user).filter(pk=delivery.conversation_id).exists():
            raise Http404
        correcting.mark_wrong(
            delivery_id,
            user=user,
            reason=request.POST.get("note", ""),
            correction=request.POST.get("answer", ""),
            is_warned="is_warned" in request.POST,
        )
        return Done(conversation=delivery.conversation_id, sends_in=0.0)

    return _answered(request, "chatbot.add_answermark", do)


def _answered(request: HttpRequest, permission: str, do: Callable[[], Done]) -> HttpResponseBase:
    """What `do` did, or why it did not, in the words of HTTP."""
    if not (may(request.user, LOOK) and may(request.user, permission)):
        return _refused(403, "forbidden", _("You may not do this; ask whoever gives rights."))
    try:
        done = do()
    except NotVisible as error:
        return _refused(404, "gone", str(error))
    except AlreadyDecided as error:
        return _refused(
            409, "decided", _("Somebody was faster, or the customer wrote on: %(error)s.") % {"error": error}
        )
    except HeldByAnother as error:
        return _refused(409, "held", _("%(name)s is working on this.") % {"name": error.holder})
    except IllegalTransition:
        return _refused(409, "state", _("The conversation has moved on; look at it again."))
    except TooLate as error:
        return _refused(409, "late", str(error))
    except reviewing.SensitiveAnswer as error:
        return _refused(422, "sensitive", str(error))
    except ValueError as error:  # EmptyAnswer, AnswerTooLong, BadMove, CannotTeach: each says what is wrong
        return _refused(422, "invalid", str(error))
    if done.sends_in is not None:
        enqueue_conversation_quietly(done.conversation, seconds=done.sends_in)
    told = {"item": done.item, "conversation": done.conversation, **(done.told or {})}
    return JsonResponse(told | ({"undo_seconds": done.sends_in} if done.sends_in else {}))


def _refused(status: int, code: str, error: str) -> JsonResponse:
    return JsonResponse({"code": code, "error": error}, status=status)


def _answer(fields: Fields) -> dict[str, Any]:
    return {
        "answer": fields.get("answer", ""),
        "is_warned": "is_warned" in fields,
        "undo_seconds": float(UNDO_SECONDS),
    }


def _undoable(item: ReviewItem) -> Done:
    return Done(item=item.pk, conversation=item.conversation_id, sends_in=float(UNDO_SECONDS))


def _sends_now(item: ReviewItem) -> Done:
    return Done(item=item.pk, conversation=item.conversation_id, sends_in=0.0)


def _number(fields: Fields, name: str) -> int:
    text = fields.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0

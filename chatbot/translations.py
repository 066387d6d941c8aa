"""Conversations in a colleague's language: which texts are wanted, worked off one by one, in the background.

A row is a wish until a model has fulfilled it. Nobody waits for one: the page shows the original, and the translation
when it comes. Personal data and the words that a rule masks never reach the model.
"""

import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatbot.conf import (
    TRANSLATE_AGAIN_SECONDS,
    TRANSLATE_ATTEMPTS,
    TRANSLATE_CHARACTERS,
    TRANSLATE_LIVE_CALLS,
    TRANSLATE_MESSAGES,
    TRANSLATE_ORPHAN_SECONDS,
)
from chatbot.language_names import is_same
from chatbot.llm.masked import MaskedModel
from chatbot.llm.model import ChatMessage, ModelReply
from chatbot.llm.translating import Problem, TranslationFailed, told, translated
from chatbot.model_calls import noted
from chatbot.model_pools import configured_model
from chatbot.models import ModelUse, Translation
from chatbot.personal_data import masking_policy
from chatbot.pipeline.guard import without_masked_words
from chatbot.prompts.in_force import prompts_in_force
from chatbot.prompts.templates import PromptText
from chatbot.rules.language import language_of
from chatbot.rules.masking.masker import Masker, masker_for
from sessions_app.models import Author, Conversation, Message, ReviewItem
from sessions_app.news import tell_conversation

logger = logging.getLogger(__name__)

Status = Translation.Status
#: Whose words are translated: what customers and those who answer them wrote. Notes are colleagues' own.
SPEAKERS = (Author.CUSTOMER, Author.BOT, Author.TEAMMATE, Author.OTHER_BOT)
#: Conversations that one look of the clock takes up at most.
SWEEP_BATCH = 50
#: Wishes older than this are nobody's any more.
WISH_HOURS = 24
_WORDS = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    conversation_id: int
    language: str


def want(conversation: Conversation, *, language: str, item: ReviewItem | None = None) -> bool:
    """Note down what is not translated yet of the newest messages, and of `item`'s draft. True: there is work to do.

    What failed a while ago is wished for again.
    """
    rows = Translation.objects.filter(conversation=conversation, language=language)
    known = set(rows.filter(message__isnull=False).values_list("message_id", flat=True))
    newest = _newest(conversation)
    wishes = [
        Translation(conversation=conversation, message_id=message_id, language=language)
        for message_id in newest
        if message_id not in known
    ]
    if item is not None and item.draft and not rows.filter(item=item).exists():
        wishes.insert(0, Translation(conversation=conversation, item=item, language=language))
    Translation.objects.bulk_create(wishes, ignore_conflicts=True)
    before = timezone.now() - timedelta(seconds=TRANSLATE_AGAIN_SECONDS)
    rows.filter(status=Status.FAILED, finished_at__lt=before).exclude(problem=Problem.PERSONAL_DATA).update(
        status=Status.WAITING, problem="", begun_at=None, attempts=0
    )
    return rows.filter(_free()).exists()


def of_messages(conversation: Conversation, *, language: str) -> Mapping[int, Translation]:
    """What there is, by id of the message."""
    rows = Translation.objects.filter(conversation=conversation, language=language, message__isnull=False)
    return {row.message_id: row for row in rows if row.message_id is not None}


def of_draft(item: ReviewItem, *, language: str) -> Translation | None:
    return Translation.objects.filter(item=item, language=language).first()


def work_off(wish: Wish, *, seconds: float) -> bool:
    """Translate for about `seconds`, the newest message first; True once nothing is left that nobody works on."""
    until = time.monotonic() + seconds
    while (row := _begun(wish)) is not None:
        _finish(row)
        if time.monotonic() > until:
            return not Translation.objects.filter(_of(wish) & _free()).exists()
    return True


def forgotten() -> list[Wish]:
    """Wishes that wait and nobody works on: their task was lost, or their worker died."""
    now = timezone.now()
    found = (
        Translation.objects.filter(_free(), created_at__gt=now - timedelta(hours=WISH_HOURS))
        .filter(created_at__lt=now - timedelta(seconds=TRANSLATE_AGAIN_SECONDS / 2))
        .order_by("conversation_id", "language")
        .values_list("conversation_id", "language")
        .distinct()[:SWEEP_BATCH]
    )
    return [Wish(conversation_id=conversation, language=language) for conversation, language in found]


_live_calls = threading.BoundedSemaphore(TRANSLATE_LIVE_CALLS)


def answer_in(text: str, *, language: str, conversation: Conversation) -> str:
    """A colleague's own words in the customer's language, for them to check. Nothing is stored.

    Raises `TranslationFailed`, at once where too many are under way.
    """
    if not _live_calls.acquire(blocking=False):
        raise TranslationFailed(Problem.BUSY)
    try:
        return _asked(text, language=language, of=conversation).text
    finally:
        _live_calls.release()


def _newest(conversation: Conversation) -> list[int]:
    """Ids of the messages to translate, the newest first."""
    found = Message.objects.filter(conversation=conversation, author__in=SPEAKERS, redacted=False).exclude(text="")
    return list(found.order_by("-sent_at", "-id").values_list("id", flat=True)[:TRANSLATE_MESSAGES])


def _free() -> Q:
    """Waits, and no worker that lives is at it."""
    orphaned = timezone.now() - timedelta(seconds=TRANSLATE_ORPHAN_SECONDS)
    return Q(status=Status.WAITING) & (Q(begun_at=None) | Q(begun_at__lt=orphaned))


def _of(wish: Wish) -> Q:
    return Q(conversation_id=wish.conversation_id, language=wish.language)


def _begun(wish: Wish) -> Translation | None:
    """The next one, marked as begun, so that two workers never ask for the same."""
    with transaction.atomic():
        row = (
            Translation.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(_of(wish) & _free())
            .select_related("message", "item", "conversation__customer")
            .order_by("pk")
            .first()
        )
        if row is not None:
            row.attempts, row.begun_at = row.attempts + 1, timezone.now()
            row.save(update_fields=["attempts", "begun_at"])
    return row


def _finish(row: Translation) -> None:
    """One row, to its end. A row that was forgotten meanwhile, with its original, stays forgotten."""
    original, is_from_customer = _original(row)
    values: dict[str, object] = {"finished_at": timezone.now()}
    try:
        if row.attempts > TRANSLATE_ATTEMPTS:
            raise TranslationFailed(Problem.MODEL_FAILED)
        if _is_in(original, row.language):
            values["status"] = Status.SAME
        else:
            text = without_masked_words(
                original[:TRANSLATE_CHARACTERS], is_from_customer=is_from_customer, language=row.conversation.language
            )
            reply = _asked(text, language=row.language, of=row.conversation)
            values |= {
                "status": Status.READY,
                "text": reply.text,
                "is_cut": len(original) > TRANSLATE_CHARACTERS,
                "model": (reply.asked_for or reply.model)[:300],
                "prompt_version": prompts_in_force().translate.number,
                "finished_at": timezone.now(),
            }
    except TranslationFailed as error:
        values |= {"status": Status.FAILED, "problem": error.problem.value}
        logger.warning("not translated", extra={"action": "translation_failed", "problem": error.problem.value})
    if Translation.objects.filter(pk=row.pk, status=Status.WAITING).update(**values):
        tell_conversation(row.conversation_id)


def _original(row: Translation) -> tuple[str, bool]:
    if row.message is not None:
        return row.message.text, row.message.author == Author.CUSTOMER
    assert row.item is not None
    return row.item.draft, False


def _is_in(text: str, language: str) -> bool:
    """Nothing to translate: no words, or words that the reader reads anyway."""
    written = language_of(text)
    return not _WORDS.search(text) or bool(written and is_same(written, language))


def translated_now(text: str, *, language: str, prompt: PromptText) -> str:
    """`text` with a prompt that is being tried. Raises `TranslationFailed`."""
    return _asked(text[:TRANSLATE_CHARACTERS], language=language, prompt=prompt).text


def masked_prompt(text: str, *, language: str, prompt: PromptText) -> list[ChatMessage]:
    """What the model would be told, word for word; nobody is asked."""
    return told(_masker(text).mask(text[:TRANSLATE_CHARACTERS]), language=language, prompt=prompt)


def _asked(text: str, *, language: str, of: Conversation | None = None, prompt: PromptText | None = None) -> ModelReply:
    model = configured_model()
    if model is None:
        raise TranslationFailed(Problem.NO_MODEL)
    masker = _masker(text, of)
    if masker.refused:
        raise TranslationFailed(Problem.PERSONAL_DATA)
    counted = noted(model, ModelUse.TRANSLATION, conversation_id=of.pk) if of else noted(model, ModelUse.TRIAL)
    prompt = prompt or prompts_in_force().translate
    return translated(text, language=language, model=MaskedModel(counted, masker), prompt=prompt)


def _masker(text: str, of: Conversation | None = None) -> Masker:
    names = [of.customer.name] if of is not None and of.customer.name else []
    language = language_of(text) or (of.language if of is not None else "")
    return masker_for([text], policy=masking_policy(), known_names=names, language=language)

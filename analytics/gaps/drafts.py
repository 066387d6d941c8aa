"""The article that a gap needs, made from what people answered: masked, the commonest answer first."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation
from django.utils.translation import gettext

from analytics.models import AskedQuestion, Gap
from chatbot.personal_data import masking_policy
from chatbot.rules.masking.masker import masker_for
from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedders import embedder_named
from sessions_app.models import Author, Message, ReviewItem

#: Questions of a gap whose answers are read, the newest, and answers that a draft holds.
_QUESTIONS: Final = 60
_ANSWERS: Final = 4
#: Cosine similarity from which two answers say the same.
_SAME_ANSWER: Final = 0.85
#: A shorter message of a teammate answers nothing ("One moment please").
_LEAST_CHARACTERS: Final = 40
_ANSWER_CHARACTERS: Final = 5_000
_ANSWERED: Final = (ReviewItem.Status.APPROVED, ReviewItem.Status.EDITED, ReviewItem.Status.ANSWERED)
_SALUTATION: Final = re.compile(
    r"\A\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^\n,!]{0,60}[,!]\s*", re.I
)
_CLOSING: Final = re.compile(
    r"\n\s*(?:(?:kind|best|warm)? ?regards|best wishes|cheers|sincerely|best)\s*,?\s*(?:\n.{0,80}){0,3}\s*\Z", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person answered, masked."""

    text: str  #: Markdown
    count: int  #: answers that say nearly the same


def refresh_drafts() -> int:
    """The drafts of open and dismissed gaps that nobody wrote on, anew; returns how many changed."""
    changed = 0
    for gap in Gap.objects.filter(is_edited=False).exclude(status=Gap.Status.ACCEPTED).order_by("pk"):
        given = answers_to(gap)
        body, count = composed(given, language=gap.language), sum(one.count for one in given)
        if (body, count) != (gap.body, gap.answers):
            # Not while somebody is writing on it.
            changed += Gap.objects.filter(pk=gap.pk, is_edited=False).update(body=body, answers=count)
    return changed


def answers_to(gap: Gap) -> list[Given]:
    """What people answered to its newest questions: at the desk, else in the conversation itself."""
    asked = list(gap.questions.order_by("-turn_id").select_related("customer")[:_QUESTIONS])
    conversations = {one.conversation_id for one in asked}
    decided: defaultdict[int, list[tuple[datetime, str]]] = defaultdict(list)
    items = ReviewItem.objects.filter(conversation__in=conversations, status__in=_ANSWERED).exclude(answer="")
    for item in items.order_by("decided_at"):
        if item.decided_at is not None:
            decided[item.conversation_id].append((item.decided_at, item.answer))
    said: defaultdict[int, list[tuple[datetime, str]]] = defaultdict(list)
    messages = Message.objects.filter(conversation__in=conversations, author=Author.TEAMMATE, redacted=False)
    for message in messages.only("conversation_id", "sent_at", "text"):
        if len(message.text) >= _LEAST_CHARACTERS:
            said[message.conversation_id].append((message.sent_at, message.text))
    found = []
    for one in reversed(asked):
        answer = _first_after(one.asked_at, decided[one.conversation_id]) or _first_after(
            one.asked_at, said[one.conversation_id]
        )
        if answer:
            found.append(_masked(answer, one))
    return _alike(list(dict.fromkeys(found)), found)


def composed(given: Sequence[Given], *, language: str) -> str:
    """Markdown: the commonest answer, then what else was said. "" where nobody answered."""
    if not given:
        return ""
    first, *others = [one.text for one in given[:_ANSWERS]]
    if not others:
        return first
    with translation.override(language if language in {"en", "zh"} else "en"):
        also = gettext("Also answered (keep what is right, and delete the rest):")
    return "\n\n".join([first, "---", f"*{also}*", *others])


def _first_after(moment: datetime, answers: Iterable[tuple[datetime, str]]) -> str:
    return next((text for at, text in answers if at >= moment), "")


def _masked(answer: str, question: AskedQuestion) -> str:
    """Without personal data, salutation and signature."""
    text = _CLOSING.sub("", _SALUTATION.sub("", answer.strip())).strip()[:_ANSWER_CHARACTERS]
    name = question.customer.name
    masker = masker_for([text], policy=masking_policy(), known_names=[name] if name else [])
    masked = masker.mask(text)
    return masked[:1].upper() + masked[1:]


def _alike(texts: Sequence[str], found: Sequence[str]) -> list[Given]:
    """Answers that say the same are one, by the words of the newest; the commonest first."""
    if not texts:
        return []
    newest_first = list(reversed(texts))
    vectors = embedder_named(DEFAULT_EMBEDDER).embed_passages(newest_first)
    leaders: list[int] = []
    counts: dict[int, int] = {}
    for number, text in enumerate(newest_first):
        same = next((one for one in leaders if float(vectors[one] @ vectors[number]) >= _SAME_ANSWER), None)
        if same is None:
            leaders.append(number)
        leader = number if same is None else same
        counts[leader] = counts.get(leader, 0) + found.count(text)
    ordered = sorted(leaders, key=lambda one: (-counts[one], one))
    return [Given(text=newest_first[one], count=counts[one]) for one in ordered]

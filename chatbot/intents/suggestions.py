"""Past messages worth labelling: those that the model is least sure of and that customers write most often."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.utils import timezone

from chatbot.intents.active import active_intents
from chatbot.intents.classifier import embedded
from chatbot.intents.guess import IntentGuess
from chatbot.models import Intent, IntentExample, LabelSuggestion, Turn
from chatbot.models.intent import EXAMPLE_CHARACTERS, example_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: Days that are looked back, messages of them that are read (the newest), and suggestions that are kept.
DAYS = 30
MESSAGES = 2_000
SUGGESTIONS = 200
#: Messages at least this near each other (cosine) are one suggestion.
ALIKE = 0.82
#: Of a message that is shorter nothing can be learned.
LEAST_CHARACTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Messages that say nearly the same, by the words of the most frequent of them."""

    text: str
    count: int


def refresh_suggestions() -> int:
    """Replaces the open suggestions; returns how many there are now. Raises `EmbeddingUnavailable`."""
    since = timezone.now() - timedelta(days=DAYS)
    newest = Turn.objects.filter(started_at__gte=since).exclude(question="").order_by("-pk")
    counts: Counter[str] = Counter()
    words: dict[str, str] = {}
    for question in newest.values_list("question", flat=True)[:MESSAGES]:
        text = " ".join(question.split())
        key = example_key(text)
        if LEAST_CHARACTERS <= len(text) <= EXAMPLE_CHARACTERS and key:
            counts[key] += 1
            words.setdefault(key, text)
    closed = LabelSuggestion.objects.exclude(status=LabelSuggestion.Status.OPEN)
    done = set(IntentExample.objects.filter(key__in=counts).values_list("key", flat=True))
    done |= set(closed.filter(key__in=counts).values_list("key", flat=True))
    groups = grouped([(words[key], count) for key, count in counts.most_common() if key not in done])
    active = active_intents()
    guesses: list[IntentGuess | None] = [None] * len(groups)
    if active:
        guesses = [*active.classifier.guess_all([group.text for group in groups])]
    rows = [_suggestion(group, guess) for group, guess in zip(groups, guesses, strict=True)]
    rows.sort(key=lambda row: (-row.worth, row.text))
    with transaction.atomic():
        LabelSuggestion.objects.filter(status=LabelSuggestion.Status.OPEN).delete()
        LabelSuggestion.objects.bulk_create(rows[:SUGGESTIONS], ignore_conflicts=True)
    return min(len(rows), SUGGESTIONS)


def grouped(messages: list[tuple[str, int]]) -> list[Group]:
    """Texts and how often each was written, most frequent first, to groups of texts that say nearly the same."""
    if not messages:
        return []
    vectors = embedded([text for text, _ in messages])
    leaders: list[int] = []
    counts: dict[int, int] = {}
    for number, (_, count) in enumerate(messages):
        cosines = vectors[leaders] @ vectors[number] if leaders else np.zeros(0)
        nearest = int(cosines.argmax()) if leaders else -1
        if leaders and cosines[nearest] >= ALIKE:
            counts[leaders[nearest]] += count
        else:
            leaders.append(number)
            counts[number] = count
    return [Group(text=messages[leader][0], count=counts[leader]) for leader in leaders]


def label(suggestion: LabelSuggestion, intent: Intent, *, user: "User | None") -> IntentExample:
    """Makes the message an example of `intent`. Raises `ValidationError` where its words are one already."""
    example = IntentExample(intent=intent, text=suggestion.text, source=IntentExample.Source.LABELLED, created_by=user)
    example.key = example_key(example.text)
    example.full_clean(exclude=["created_by"])
    with transaction.atomic():
        example.save()
        LabelSuggestion.objects.filter(pk=suggestion.pk).update(status=LabelSuggestion.Status.LABELLED)
    return example


def dismiss(suggestion: LabelSuggestion) -> None:
    """These words are not suggested again."""
    LabelSuggestion.objects.filter(pk=suggestion.pk).update(status=LabelSuggestion.Status.DISMISSED)


def _suggestion(group: Group, guess: IntentGuess | None) -> LabelSuggestion:
    unsure = 1.0 - guess.probability if guess else 1.0
    return LabelSuggestion(
        text=group.text,
        key=example_key(group.text),
        count=group.count,
        guess=guess.nearest if guess else "",
        probability=guess.probability if guess else None,
        worth=unsure * math.log2(1 + group.count),
    )

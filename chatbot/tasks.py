"""Edges of Celery: an id in, one domain call. Any task may be lost, late or run twice without harm.

PostgreSQL's rows are the truth; `sweep` finds those that nobody is working on.
"""

import logging
import math
from collections.abc import Sequence

from celery import shared_task
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from chatbot import sweeping, translated_packets, translations
from chatbot.conf import ENQUEUE_BATCH, TRANSLATE_TASK_SECONDS
from chatbot.intake import TurnDue, process_events
from chatbot.intents.jobs import forgotten_trainings, run_training
from chatbot.intents.suggestions import refresh_suggestions
from chatbot.model_pools import probe_pools
from chatbot.overdue import tend_overdue
from chatbot.reconcile import reconcile_all
from chatbot.returning import give_back_idle
from chatbot.serving import serve
from chatbot.survey.answers import take_left_behind
from chatbot.survey.asking import ask_due
from chatbot.teams import refresh_all_teams
from chatbot.trying.trials import abandoned as abandoned_trials
from chatbot.trying.trials import work_on as work_on_trial
from chatbot.usage import count_turns
from knowledge.errors import EmbeddingUnavailable

logger = logging.getLogger(__name__)

#: Seconds that one task works on a trial; customers' tasks take their turn between two.
TRIAL_TASK_SECONDS = 5.0


class EnqueueFailed(Exception):
    """The broker did not take the task; the row is safe, and the sweep will find it."""


def enqueue_events(event_ids: Sequence[int]) -> None:
    """Raises `EnqueueFailed`."""
    for start in range(0, len(event_ids), ENQUEUE_BATCH):
        _enqueue(understand_events, [list(event_ids[start : start + ENQUEUE_BATCH])], seconds=0.0)


def enqueue_conversations(due: Sequence[TurnDue]) -> None:
    """Those that are due within the same tenth of a second go together. Raises `EnqueueFailed`."""
    groups: dict[float, list[int]] = {}
    for one in due:
        groups.setdefault(math.ceil(max(0.0, one.seconds) * 10) / 10, []).append(one.conversation_id)
    for seconds, conversation_ids in groups.items():
        for start in range(0, len(conversation_ids), ENQUEUE_BATCH):
            _enqueue(serve_conversations, [conversation_ids[start : start + ENQUEUE_BATCH]], seconds=seconds)


def enqueue_conversation_quietly(conversation_id: int, *, seconds: float = 0.0) -> None:
    """For edges that answer a person: without a broker the sweep does it some seconds later."""
    _enqueue_quietly([TurnDue(conversation_id=conversation_id, seconds=seconds)])


@shared_task(name="chatbot.understand_events")
def understand_events(event_ids: list[int]) -> None:
    """What is due at once is served at once: another task would only cost time."""
    due = process_events(event_ids)
    _enqueue_quietly([turn for turn in due if turn.seconds > 0])
    serve_conversations([turn.conversation_id for turn in due if turn.seconds <= 0])


@shared_task(name="chatbot.serve_conversations")
def serve_conversations(conversation_ids: list[int]) -> None:
    _enqueue_quietly(serve(conversation_ids))


@shared_task(name="chatbot.sweep", expires=30)
def sweep() -> None:
    found = sweeping.forgotten()
    try:
        enqueue_events(found.event_ids)
        enqueue_conversations([TurnDue(conversation_id=one, seconds=0.0) for one in found.conversation_ids])
    except EnqueueFailed:
        logger.warning("sweep could not enqueue", extra={"action": "sweep_failed"})


@shared_task(name="chatbot.tend_desk", expires=30)
def tend_desk() -> None:
    """Questions that have become overdue, and conversations that go back to the bot."""
    for conversation_id in (*tend_overdue(), *give_back_idle()):
        enqueue_conversation_quietly(conversation_id)
    for wish in dict.fromkeys((*translations.forgotten(), *translated_packets.forgotten())):
        enqueue_translation_quietly(wish)


@shared_task(name="chatbot.translate")
def translate(conversation_id: int, language: str) -> None:
    """Goes on for a while, then hands over to a new task, so that no worker is kept from customers."""
    wish = translations.Wish(conversation_id=conversation_id, language=language)
    if not translations.work_off(wish, seconds=TRANSLATE_TASK_SECONDS):
        enqueue_translation_quietly(wish)
    elif translated_packets.complete(wish):
        enqueue_conversation_quietly(conversation_id)


def enqueue_translation_quietly(wish: translations.Wish) -> None:
    """Without a broker the clock does it within a minute."""
    try:
        _enqueue(translate, [wish.conversation_id, wish.language], seconds=0.0)
    except EnqueueFailed:
        logger.warning("translation not enqueued", extra={"action": "enqueue_failed"})


@shared_task(name="chatbot.tend_survey", expires=60)
def tend_survey() -> None:
    """Customers whose conversation is over are asked; answers that no turn met are taken."""
    for conversation_id in (*ask_due(), *take_left_behind()):
        enqueue_conversation_quietly(conversation_id)


@shared_task(name="chatbot.reconcile", expires=60)
def reconcile() -> None:
    _enqueue_quietly(reconcile_all())


def _enqueue_quietly(due: Sequence[TurnDue]) -> None:
    try:
        enqueue_conversations(due)
    except EnqueueFailed:
        logger.warning("conversation not enqueued", extra={"action": "enqueue_failed"})


def _enqueue(task, arguments: list[object], *, seconds: float) -> None:  # type: ignore[no-untyped-def]  # celery has no types
    try:
        task.apply_async(arguments, countdown=seconds or None, retry=False, ignore_result=True)
    except (BrokerError, RedisError, OSError) as error:
        raise EnqueueFailed(type(error).__name__) from error


@shared_task(name="chatbot.probe_model_pools", expires=5)
def probe_model_pools() -> None:
    probe_pools()


@shared_task(name="chatbot.count_usage", expires=60)
def count_usage() -> None:
    count_turns()


@shared_task(name="chatbot.train_intents")
def train_intents(version: int) -> None:
    run_training(version)


@shared_task(name="chatbot.sweep_trainings", expires=60)
def sweep_trainings() -> None:
    for version in forgotten_trainings():
        enqueue_training(version)


@shared_task(name="chatbot.suggest_labels", expires=600)
def suggest_labels() -> None:
    try:
        refresh_suggestions()
    except EmbeddingUnavailable:
        logger.warning("no labels suggested", extra={"action": "suggest_failed"})


@shared_task(name="chatbot.read_teams", expires=600)
def read_teams() -> None:
    refresh_all_teams()


def enqueue_training(version: int) -> None:
    """Without a broker the sweep does it within a minute."""
    try:
        _enqueue(train_intents, [version], seconds=0.0)
    except EnqueueFailed:
        logger.warning("training not enqueued", extra={"action": "enqueue_failed"})


@shared_task(name="chatbot.try_change")
def try_change(trial_id: int) -> None:
    """Goes on with a trial for a while, then hands over to a new task, so that no worker is kept from customers."""
    if not work_on_trial(trial_id, seconds=TRIAL_TASK_SECONDS):
        enqueue_trial(trial_id)


@shared_task(name="chatbot.tend_trials", expires=60)
def tend_trials() -> None:
    """For the clock: takes up trials that nobody works on."""
    for trial_id in abandoned_trials():
        enqueue_trial(trial_id)


def enqueue_trial(trial_id: int) -> None:
    """Without a broker the clock does it within minutes."""
    try:
        _enqueue(try_change, [trial_id], seconds=0.0)
    except EnqueueFailed:
        logger.warning("trial not enqueued", extra={"action": "enqueue_failed"})

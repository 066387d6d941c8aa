"""What runs by the clock for measuring. Each task may run twice without harm."""

import logging

import redis
from celery import shared_task

from analytics.alerting.evaluating import evaluate
from analytics.alerting.telling import tell
from analytics.business.filling import fill
from analytics.costs.hardware import read_all
from analytics.health import heartbeat
from analytics.reports.weekly import send_due
from analytics.scoring.learning import learn
from analytics.scoring.model_readings import read_waiting
from analytics.topics.running import bring_up_to_date
from knowledge.errors import EmbeddingUnavailable

logger = logging.getLogger(__name__)


@shared_task(name="analytics.heartbeat", expires=30)
def leave_sign_of_life() -> None:
    try:
        heartbeat.beat()
    except redis.RedisError:
        logger.warning("no sign of life left", extra={"action": "heartbeat_failed"})


@shared_task(name="analytics.fill", expires=240)
def fill_statistics() -> None:
    """As much as fits a few minutes; the next run goes on where this one stopped."""
    filled = fill(most_batches=20)
    if filled.conversations:
        logger.info("statistics filled", extra={"action": "statistics_filled", "conversations": filled.conversations})


@shared_task(name="analytics.group_topics", expires=300)
def group_topics() -> None:
    """A minute's work at most; the next run goes on. What the page shows says why, where it failed."""
    try:
        brought = bring_up_to_date()
    except EmbeddingUnavailable:
        logger.warning("topics not grouped", extra={"action": "topics_failed"})
        return
    if brought.questions:
        logger.info("topics grouped", extra={"action": "topics_grouped", "questions": brought.questions})


@shared_task(name="analytics.read_hardware", expires=50)
def read_hardware() -> None:
    read_all()


@shared_task(name="analytics.send_weekly_reports", expires=600)
def send_weekly_reports() -> None:
    send_due()


@shared_task(name="analytics.learn_score", expires=3600)
def learn_score() -> None:
    learned = learn()
    if learned is not None:
        logger.info("score calibrated", extra={"action": "score_calibrated", "used": learned.is_used})


@shared_task(name="analytics.read_conversations", expires=240)
def read_conversations() -> None:
    """A few conversations; the next run goes on."""
    read = read_waiting()
    if read.asked:
        logger.info(
            "conversations read",
            extra={"action": "conversations_read", "asked": read.asked, "understood": read.understood},
        )


@shared_task(name="analytics.watch", expires=60)
def watch() -> None:
    """Alert rules, then messages: what could not be sent is tried again with the next run."""
    evaluate()
    tell()

"""What is known about the running system now, read from PostgreSQL, Redis and the certificates' files.

Read by whoever asks, at most once in REUSED_SECONDS a process: the addresses that show it are open to balancers.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import redis
from cryptography import x509
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from analytics.health import heartbeat
from chatbot.llm.breaker import State
from chatbot.model_pools import health, pool_rows
from chatbot.models import Delivery, InboundEvent, IntentCheck, IntentModel, ModelPool, Workspace
from chatbot.sampling.intent_accuracy import PERIODS, Line, intent_accuracy
from chatbot.steering import steering
from sessions_app.models import Conversation, ReviewItem

logger = logging.getLogger(__name__)

#: Facts are read again after this many seconds.
REUSED_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 2
_STATEMENT_MILLISECONDS: Final = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What PostgreSQL knows. Ages are seconds, 0 where nothing waits."""

    inbox_waiting: int  #: notifications stored and not yet looked at
    inbox_oldest: float
    inbox_failed: int  #: notifications that could not be understood
    last_webhook_age: float | None  #: None: none ever came
    answers_due: int  #: conversations whose answer is overdue
    answers_oldest: float
    outbox_waiting: int  #: calls to Intercom that are not through yet
    outbox_oldest: float
    outbox_failed: int
    reviews_waiting: int
    reviews_oldest: float
    workspaces: int  #: active ones
    is_answering: bool
    intent_accuracy: float | None  #: of the active model, 0..1, by cross-validation
    live_intents: Line  #: of all messages of the last 30 days that people labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServers:
    """A pool that is switched on."""

    name: str
    state: State
    error_share: float  #: 0..1, in the breaker's window
    last_error: str  #: in our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    setting: str  #: or the name of the pool that names the file
    days_left: float | None  #: None: the file cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    stored: Stored | None  #: None: the database does not answer
    is_redis_up: bool
    heartbeat_age: float | None  #: seconds; None: no sign of life from any worker, or none can be read
    pools: tuple[ModelServers, ...]  #: in the order in which they are asked
    certificates: tuple[Certificate, ...]


def gather() -> Facts:
    """Ask everything now. Never raises; waits at most some seconds."""
    is_redis_up, sign = _from_redis()
    stored = _stored()
    rows = _pool_rows() if stored is not None else []
    return Facts(
        stored=stored,
        is_redis_up=is_redis_up,
        heartbeat_age=sign,
        pools=tuple(_servers(row) for row in rows if row.is_on),
        certificates=_certificates(rows),
    )


class _Recent:
    """The facts of a moment ago; one thread asks, the others are given what it found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facts: Facts | None = None
        self._read_at = 0.0

    def get(self) -> Facts:
        with self._lock:
            if self._facts is None or time.monotonic() - self._read_at > REUSED_SECONDS:
                self._facts = gather()
                self._read_at = time.monotonic()
            return self._facts

    def forget(self) -> None:
        with self._lock:
            self._facts = None


_recent = _Recent()
recent = _recent.get
forget_recent = _recent.forget


def _from_redis() -> tuple[bool, float | None]:
    try:
        return True, heartbeat.age()
    except redis.RedisError:
        return False, None


def _stored() -> Stored | None:
    if not _is_database_up():
        return None
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(_STATEMENT_MILLISECONDS)])
            return _read()
    except DatabaseError as error:
        logger.warning("the system's state cannot be read: %s", type(error).__name__)
        return None


def _is_database_up() -> bool:
    """By a connection of its own: a pool waits ten seconds for a server that is gone, and a balancer does not."""
    if connection.in_atomic_block:
        return True
    known = connection.get_connection_params()
    address = {key: known[key] for key in ("dbname", "user", "password", "host", "port") if known.get(key)}
    try:
        psycopg.connect(**address, connect_timeout=_CONNECT_SECONDS).close()
    except psycopg.Error:
        return False
    return True


def _read() -> Stored:
    now = timezone.now()

    def age(moment: datetime | None) -> float:
        return max(0.0, (now - moment).total_seconds()) if moment else 0.0

    inbox = InboundEvent.objects.filter(status=InboundEvent.Status.RECEIVED).aggregate(
        count=Count("pk"), oldest=Min("received_at")
    )
    newest = InboundEvent.objects.aggregate(newest=Max("received_at"))["newest"]
    active = Workspace.objects.filter(is_active=True)
    due = Conversation.objects.filter(reply_due_at__lt=now, workspace__in=active.values("app_id")).aggregate(
        count=Count("pk"), oldest=Min("reply_due_at")
    )
    is_open = Q(status__in=[Delivery.Status.PENDING, Delivery.Status.SENDING])
    outbox = Delivery.objects.filter(is_open).aggregate(count=Count("pk"), oldest=Min("created_at"))
    reviews = ReviewItem.objects.filter(status=ReviewItem.Status.WAITING).aggregate(
        count=Count("pk"), oldest=Min("created_at")
    )
    report = IntentModel.objects.filter(is_active=True).values_list("report", flat=True).first()
    is_answering = steering().is_answering
    return Stored(
        inbox_waiting=inbox["count"],
        inbox_oldest=age(inbox["oldest"]),
        inbox_failed=InboundEvent.objects.filter(status=InboundEvent.Status.FAILED).count(),
        last_webhook_age=age(newest) if newest else None,
        answers_due=due["count"] if is_answering else 0,
        answers_oldest=age(due["oldest"]) if is_answering else 0.0,
        outbox_waiting=outbox["count"],
        outbox_oldest=age(outbox["oldest"]),
        outbox_failed=Delivery.objects.filter(status=Delivery.Status.FAILED).count(),
        reviews_waiting=reviews["count"],
        reviews_oldest=age(reviews["oldest"]),
        workspaces=active.count(),
        is_answering=is_answering,
        intent_accuracy=report.get("accuracy") if report else None,
        live_intents=intent_accuracy(IntentCheck.objects.all(), days=PERIODS[-1], now=now).whole,
    )


def _pool_rows() -> list[ModelPool]:
    try:
        return pool_rows()
    except DatabaseError:
        return []


def _servers(row: ModelPool) -> ModelServers:
    seen = health().records.look(str(row.pk))
    return ModelServers(name=row.name, state=seen.state, error_share=seen.error_share, last_error=seen.last_error)


def _certificates(pools: Sequence[ModelPool]) -> tuple[Certificate, ...]:
    files = [("MODEL_CERTIFICATE", settings.MODEL_CERTIFICATE), ("MODEL_CA", settings.MODEL_CA)]
    files += [
        (row.name, file) for row in pools if not row.is_from_settings for file in (row.certificate, row.authority)
    ]
    return tuple(Certificate(setting=name, days_left=_days_left(Path(file))) for name, file in files if file)


def _days_left(file: Path) -> float | None:
    """Until the first certificate of a PEM file that ends."""
    try:
        chain = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return None
    return min((one.not_valid_after_utc - datetime.now(UTC)).total_seconds() for one in chain) / 86400

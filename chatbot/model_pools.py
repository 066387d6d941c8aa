"""The pools of model servers as the team has set them: read, watched, tried, and their events kept."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.llm.breaker import Rules
from chatbot.llm.certificates import TrustedServer, use_certificates
from chatbot.llm.client import Limits, model_at
from chatbot.llm.errors import ModelError
from chatbot.llm.model import ChatMessage, ModelReply, Sampling, TextModel
from chatbot.llm.pool_health import Change, Pool, PoolHealth, Why
from chatbot.llm.pooled import PooledModel
from chatbot.llm.shared_records import SharedRecords
from chatbot.llm.signed_tokens import Signing
from chatbot.model_calls import note
from chatbot.models import ModelPool, ModelPoolEvent, ModelUse
from chatbot.recent import RecentRows
from chatbot.signals import model_pool_changed
from chatbot.trying.change import model_change
from chatbot.trying.gates import refuse_ungated

logger = logging.getLogger(__name__)

#: Name of the row whose address, model and token stay in the settings.
SETTINGS_POOL: Final = "MODEL_URL"
LONGEST_REST_SECONDS: Final = 60.0
_EVENTS_KEPT: Final = timedelta(days=90)
#: The pool of the settings comes before those whose order nobody has changed.
_SETTINGS_ORDER: Final = 1

TRIAL: Final = [ChatMessage(role="user", content="Answer in one word: what colour is snow?")]
TRIAL_SAMPLING: Final = Sampling(temperature=0.0, maximum_tokens=400)


def rules() -> Rules:
    return Rules(
        window_seconds=settings.MODEL_WINDOW_SECONDS,
        least_calls=settings.MODEL_LEAST_CALLS,
        degraded_share=settings.MODEL_DEGRADED_PERCENT / 100,
        open_share=settings.MODEL_OPEN_PERCENT / 100,
        failures_in_a_row=settings.MODEL_FAILURES_IN_A_ROW,
        rest_seconds=settings.MODEL_REST_SECONDS,
        longest_rest_seconds=max(LONGEST_REST_SECONDS, settings.MODEL_REST_SECONDS),
        probes=settings.MODEL_PROBES,
        slow_seconds=settings.MODEL_SLOW_SECONDS,
        slow_answers=settings.MODEL_SLOW_ANSWERS,
    )


@cache
def health() -> PoolHealth:
    """This process' own; what it knows is shared with all others."""
    the_rules = rules()
    return PoolHealth(SharedRecords(settings.REDIS_ADDRESS, the_rules), the_rules, record_change)


def configured_model() -> TextModel | None:
    """The pools that take calls, as one model; None if there is none. A change is live within two seconds."""
    pools = _pools.get(settings.MODEL_URL)
    return PooledModel(pools, health(), hedge_seconds=settings.MODEL_HEDGE_SECONDS) if pools else None


def writer() -> str:
    """Which models may have written an answer; "" where none is set."""
    return ", ".join(dict.fromkeys(pool.model.name for pool in _pools.get(settings.MODEL_URL)))


def forget_recent() -> None:
    """For those who have just changed a row and cannot wait two seconds."""
    _pools.clear()


def pool_rows() -> list[ModelPool]:
    """All that count now, in their order; the row of the settings is made when it is first needed."""
    if settings.MODEL_URL and not ModelPool.objects.filter(is_from_settings=True).exists():
        ModelPool.objects.get_or_create(
            is_from_settings=True, defaults={"name": SETTINGS_POOL, "order": _SETTINGS_ORDER}
        )
    rows = ModelPool.objects.all()
    return list(rows if settings.MODEL_URL else rows.filter(is_from_settings=False))


def as_pool(row: ModelPool) -> Pool:
    limits = Limits(first_token=row.first_token_seconds, idle=row.idle_seconds, total=row.total_seconds)
    signs = bool(settings.MODEL_JWT_KEY) and (row.is_from_settings or row.signs_calls)
    signing = None
    if signs:
        signing = Signing(
            key=Path(settings.MODEL_JWT_KEY).expanduser(),
            key_id=settings.MODEL_JWT_KEY_ID if row.is_from_settings else row.key_id,
            audience=settings.MODEL_JWT_AUDIENCE,
            issuer=settings.MODEL_JWT_ISSUER,
        )
    return Pool(
        key=str(row.pk),
        name=row.name,
        region=row.region,
        model=model_at(
            url=row.address,
            name=row.model_name,
            token=settings.MODEL_TOKEN if row.is_from_settings else row.token,
            signing=signing,
            limits=limits,
            is_name_strict=settings.MODEL_NAME_STRICT,
        ),
        maximum_tokens=row.maximum_tokens,
        parallel_calls=row.parallel_calls,
        longest_seconds=row.total_seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a pool said when it was tried."""

    reply: ModelReply | None
    error: ModelError | None
    milliseconds: float


def try_pool(row: ModelPool) -> Trial:
    """A real call, whether the pool takes calls or not. It counts for nothing."""
    use_certificates(_trusted(pool_rows()))
    started = time.monotonic()
    try:
        reply = as_pool(row).model.reply(TRIAL, TRIAL_SAMPLING)
    except ModelError as error:
        return Trial(reply=None, error=error, milliseconds=(time.monotonic() - started) * 1000)
    note([replace(reply, pool=row.name)], ModelUse.TRIAL)
    return Trial(reply=reply, error=None, milliseconds=(time.monotonic() - started) * 1000)


def set_on(row: ModelPool, is_on: bool, *, by: str) -> bool:
    """Drains the pool, or lets it take calls again, as if it were new; False where it was so already.

    Raises `GateNotPassed` where a gate keeps the pool back; draining is always open.
    """
    if is_on and ModelPool.objects.filter(pk=row.pk, is_on=False).exists():
        refuse_ungated(model_change(row), subject=_("Model pool “%(name)s”") % {"name": row.name})
    if not ModelPool.objects.filter(pk=row.pk, is_on=not is_on).update(is_on=is_on):
        return False
    if is_on:
        health().records.forget(str(row.pk))
    ModelPoolEvent.objects.create(pool=row, kind=ModelPoolEvent.Kind.SET, why="enabled" if is_on else "drained", by=by)
    forget_recent()
    return True


def probe_pools() -> None:
    """Asks the open pools whose rest is over; for the clock, so that a pool comes back while nobody writes."""
    health().probe_all([as_pool(row) for row in pool_rows() if row.is_on])


def record_change(change: Change) -> None:
    """Keeps and announces it. Never raises; leaves the thread without a connection where it had none."""
    seen, is_slow = change.seen, change.why is Why.SLOW
    logger.warning(
        "model pool is slow" if is_slow else "model pool changed",
        extra={
            "action": "model_pool_slow" if is_slow else "model_pool_changed",
            "pool": change.pool.name,
            "before": change.before.value,
            "after": change.after.value,
            "why": change.why.value,
            "calls": seen.calls,
            "errors": seen.errors,
        },
    )
    had_connection = connection.connection is not None
    try:
        ModelPoolEvent.objects.create(
            pool_id=int(change.pool.key),
            kind=ModelPoolEvent.Kind.SLOW if is_slow else ModelPoolEvent.Kind.STATE,
            before=change.before.value,
            after=change.after.value,
            why=change.why.value,
            calls=seen.calls,
            errors=seen.errors,
            in_a_row=seen.slow_in_a_row if is_slow else seen.failed_in_a_row,
            last_error=seen.last_error[:200],
        )
        ModelPoolEvent.objects.filter(at__lt=timezone.now() - _EVENTS_KEPT).delete()
        model_pool_changed.send(sender=ModelPool, change=change)
    except DatabaseError:
        logger.warning("event of a model pool not kept", extra={"action": "model_pool_event_lost"})
    finally:
        if not had_connection:
            connection.close()


def _load(_address: str) -> Sequence[Pool]:
    rows = pool_rows()
    use_certificates(_trusted(rows))
    return [as_pool(row) for row in rows if row.is_on]


def _trusted(rows: Sequence[ModelPool]) -> list[TrustedServer]:
    """Of all pools, whether they take calls or not, so that draining one cuts no connection."""
    found = [
        TrustedServer(url=row.url, certificate=row.certificate, authority=row.authority)
        for row in rows
        if row.certificate or row.authority
    ]
    if settings.MODEL_URL and (settings.MODEL_CERTIFICATE or settings.MODEL_CA):
        certificate, authority = settings.MODEL_CERTIFICATE, settings.MODEL_CA
        found.append(TrustedServer(url=settings.MODEL_URL, certificate=certificate, authority=authority))
    return found


#: By MODEL_URL, for tests change it.
_pools: RecentRows[str, Sequence[Pool]] = RecentRows(_load)

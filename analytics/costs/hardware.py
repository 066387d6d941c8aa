"""How busy model servers are, by their own words: the metrics pages of vLLM and TGI, read every minute.

A page is bounded in time and size, and what it says is checked: a number that cannot be is left out. The page is asked
for without the pool's token, which both servers do without.
"""

import logging
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx2
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from analytics.models import HardwareReading
from chatbot.llm.certificates import TrustedServer
from chatbot.models import ModelPool

logger = logging.getLogger(__name__)

PAGE_SECONDS: Final = 5.0
PAGE_BYTES: Final = 2 * 1024 * 1024
KEPT: Final = timedelta(days=30)
#: Column of `HardwareReading` -> sample, by server. Several engines or error labels are added up.
NAMES: Final = {
    "vllm": {
        "running": "vllm:num_requests_running",
        "waiting": "vllm:num_requests_waiting",
        "cache_share": "vllm:kv_cache_usage_perc",
        "tokens_read": "vllm:prompt_tokens_total",
        "tokens_written": "vllm:generation_tokens_total",
        "requests": "vllm:request_success_total",
    },
    "tgi": {
        "running": "tgi_batch_current_size",
        "waiting": "tgi_queue_size",
        "tokens_read": "tgi_request_input_length_sum",
        "tokens_written": "tgi_request_generated_tokens_sum",
        "requests": "tgi_request_success_total",
    },
}
#: TGI's own exporter names its counters without an ending.
_OTHER_NAMES: Final = {
    "tgi_request_success": "tgi_request_success_total",
    "vllm:gpu_cache_usage_perc": "vllm:kv_cache_usage_perc",
}


class PageUnreadable(Exception):
    """The metrics page says nothing that can be used; try again with the next reading."""

    def __init__(self, problem: HardwareReading.Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def read_all(*, now: datetime | None = None) -> list[HardwareReading]:
    """One reading of each pool that takes calls, its problem included; older ones than KEPT are forgotten."""
    readings = []
    for pool in ModelPool.objects.filter(is_on=True):
        if not pool.address:
            continue
        reading = HardwareReading(pool=pool, at=now or timezone.now())
        try:
            server, values = understood(fetch(pool))
            reading.server = server
            for name, value in values.items():
                setattr(reading, name, value)
        except PageUnreadable as error:
            reading.problem = error.problem
            logger.info("metrics page not read", extra={"action": "hardware_not_read", "problem": error.problem.value})
        readings.append(reading)
    HardwareReading.objects.bulk_create(readings)
    HardwareReading.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()
    return readings


def page_address(address: str) -> str:
    """Where the server at a pool's address has its metrics page: beside /v1, not under it."""
    parts = urlsplit(address)
    path = parts.path.rstrip("/").removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/metrics", "", ""))


def fetch(pool: ModelPool) -> str:
    """The page's text. Raises `PageUnreadable`."""
    problems = HardwareReading.Problem
    end = time.monotonic() + PAGE_SECONDS
    found = bytearray()
    try:
        trusted = TrustedServer(url=pool.address, certificate=pool.certificate, authority=pool.authority)
        with (
            httpx2.Client(
                timeout=PAGE_SECONDS, trust_env=False, verify=trusted.context(), follow_redirects=False
            ) as client,
            client.stream("GET", page_address(pool.address)) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise PageUnreadable(problems.STATUS)
            for piece in response.iter_bytes():  # as they come: a size would wait until so many are there
                found += piece
                if len(found) > PAGE_BYTES:
                    raise PageUnreadable(problems.LARGE)
                if time.monotonic() > end:
                    raise PageUnreadable(problems.SLOW)
    except httpx2.TimeoutException as error:
        raise PageUnreadable(problems.SLOW) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise PageUnreadable(problems.UNREACHABLE) from error
    return found.decode(errors="replace")


def understood(text: str) -> tuple[str, dict[str, float]]:
    """Whose page it is, and what it says, by columns of `HardwareReading`. Raises `PageUnreadable`."""
    samples: dict[str, float] = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if math.isfinite(sample.value) and sample.value >= 0:
                    name = _OTHER_NAMES.get(sample.name, sample.name)
                    samples[name] = samples.get(name, 0.0) + sample.value
    except (ValueError, KeyError, IndexError, TypeError) as error:  # what the parser raises for what is no such page
        raise PageUnreadable(HardwareReading.Problem.UNKNOWN) from error
    for server, names in NAMES.items():
        values = {column: samples[name] for column, name in names.items() if name in samples}
        if "running" in values:
            if values.get("cache_share", 0.0) > 1.0:  # a percentage, or several engines added up
                del values["cache_share"]
            return server, values
    raise PageUnreadable(HardwareReading.Problem.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareUse:
    """How a pool's server fared over some readings."""

    pool: str
    server: str
    readings: int
    failed: int
    problem: str  #: of the newest reading; "" where it was read
    busy_share: float | None  #: of the readings, at least one call was worked on
    mean_running: float | None
    most_waiting: float | None
    most_cache: float | None  #: 0..1
    written_a_second: float | None  #: tokens, over the time between readings


def use_of(readings: Iterable[HardwareReading]) -> list[HardwareUse]:
    """By pool, in the order of their names. `readings` with their pools, in any order."""
    by_pool: dict[str, list[HardwareReading]] = {}
    for one in readings:
        by_pool.setdefault(one.pool.name, []).append(one)
    return [_use(name, sorted(rows, key=lambda row: row.at)) for name, rows in sorted(by_pool.items())]


def _use(name: str, rows: list[HardwareReading]) -> HardwareUse:
    good = [row for row in rows if not row.problem]
    running = [row.running for row in good if row.running is not None]
    return HardwareUse(
        pool=name,
        server=good[-1].server if good else "",
        readings=len(rows),
        failed=len(rows) - len(good),
        problem=str(rows[-1].get_problem_display()) if rows[-1].problem else "",
        busy_share=sum(value > 0 for value in running) / len(running) if running else None,
        mean_running=sum(running) / len(running) if running else None,
        most_waiting=max((row.waiting for row in good if row.waiting is not None), default=None),
        most_cache=max((row.cache_share for row in good if row.cache_share is not None), default=None),
        written_a_second=_a_second(good),
    )


def _a_second(rows: list[HardwareReading]) -> float | None:
    """A counter that runs backwards was begun anew (or is another server's): that step is left out."""
    tokens = seconds = 0.0
    for before, after in pairwise(rows):
        if before.tokens_written is None or after.tokens_written is None or after.at <= before.at:
            continue
        if after.tokens_written >= before.tokens_written:
            tokens += after.tokens_written - before.tokens_written
            seconds += (after.at - before.at).total_seconds()
    return tokens / seconds if seconds else None


def shown(use: HardwareUse) -> Mapping[str, str]:
    """For the page: what is not known is a dash."""

    def number(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    return {
        "busy": number(use.busy_share, ".0%"),
        "running": number(use.mean_running, ".1f"),
        "waiting": number(use.most_waiting, ".0f"),
        "cache": number(use.most_cache, ".0%"),
        "written": number(use.written_a_second, ",.1f"),
    }

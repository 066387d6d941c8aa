"""How busy the stand-in is: a bounded number of calls at a time, and `/metrics` in vLLM's or TGI's names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Receive, Scope, Send

from sandbox.http import respond
from sandbox.settings import Settings

_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TOKENS = (1, 10, 50, 100, 500, 1_000, 5_000)


class Usage:
    """Counts calls, and lets `model_parallel` of them be worked on at a time; the others wait in their order."""

    def __init__(self, settings: Settings) -> None:
        self._is_tgi = settings.model_dialect == "tgi"
        self._places = asyncio.Semaphore(settings.model_parallel) if settings.model_parallel else None
        self._parallel = settings.model_parallel
        self.registry = CollectorRegistry()
        waiting, running, queue, whole = (
            ("tgi_queue_size", "tgi_batch_current_size", "tgi_request_queue_duration", "tgi_request_duration")
            if self._is_tgi
            else (
                "vllm:num_requests_waiting", "vllm:num_requests_running", "vllm:request_queue_time_seconds",
                "vllm:e2e_request_latency_seconds",
            )
        )  # fmt: skip
        self._waiting = Gauge(waiting, "Calls that wait for a place", registry=self.registry)
        self._running = Gauge(running, "Calls that are worked on", registry=self.registry)
        self._queued = Histogram(queue, "Seconds waited for a place", buckets=_SECONDS, registry=self.registry)
        self._whole = Histogram(whole, "Seconds from request to answer", buckets=_SECONDS, registry=self.registry)
        if self._is_tgi:
            self._read = Histogram("tgi_request_input_length", "Tokens read", buckets=_TOKENS, registry=self.registry)
            self._written = Histogram(
                "tgi_request_generated_tokens", "Tokens written", buckets=_TOKENS, registry=self.registry
            )
            # A counter of TGI has no ending, which this library insists upon.
            self._done: Counter | Gauge = Gauge("tgi_request_success", "Answered calls", registry=self.registry)
            return
        self._prompts = Counter("vllm:prompt_tokens", "Tokens read", registry=self.registry)
        self._generated = Counter("vllm:generation_tokens", "Tokens written", registry=self.registry)
        self._done = Counter("vllm:request_success", "Answered calls", registry=self.registry)
        self._cache = Gauge("vllm:kv_cache_usage_perc", "Share of the cache in use, 0..1", registry=self.registry)

    @contextlib.asynccontextmanager
    async def call(self, *, read: int, written: int) -> AsyncIterator[bool]:
        """A place for one call; gives whether it had to be waited for."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        self._waiting.inc()
        try:
            has_waited = self._places is not None and self._places.locked()
            if self._places is not None:
                await self._places.acquire()
        finally:
            self._waiting.dec()
        self._queued.observe(loop.time() - asked)
        self._mark(1)
        try:
            yield has_waited
            self._count(read, written)
            self._whole.observe(loop.time() - asked)
        finally:
            self._mark(-1)
            if self._places is not None:
                self._places.release()

    def _mark(self, change: int) -> None:
        self._running.inc(change)
        if not self._is_tgi and self._parallel:
            self._cache.inc(change / self._parallel)

    def _count(self, read: int, written: int) -> None:
        self._done.inc()
        if self._is_tgi:
            self._read.observe(read)
            self._written.observe(written)
        else:
            self._prompts.inc(read)
            self._generated.inc(written)


class MetricsPage:
    """`GET /metrics`. Open, as with both servers."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, generate_latest(self._usage.registry), content_type=CONTENT_TYPE_LATEST.encode())

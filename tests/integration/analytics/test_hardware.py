"""How busy model servers are, read from the pages that the stand-in really serves."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from analytics.costs import hardware
from analytics.costs.hardware import PageUnreadable, page_address, read_all, understood, use_of
from analytics.models import HardwareReading
from chatbot.models import ModelPool
from tests.integration.sandbox.running import Running, running_sandbox

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "What is a fair price?"}]}


def pool_at(url: str, name: str = "north") -> ModelPool:
    return ModelPool.objects.create(name=name, url=url, model="m")


def waits_for(sandbox: Running, name: str, least: float) -> None:
    """Until the server itself says so."""
    for _ in range(400):
        for line in sandbox.http.get("/metrics").text.splitlines():
            if line.startswith(f"{name} ") and float(line.split()[1]) >= least:
                return
        time.sleep(0.02)
    raise AssertionError(f"{name} never reached {least}")


@pytest.mark.django_db
@pytest.mark.parametrize("dialect", ["vllm", "tgi"])
def test_a_servers_own_page_says_what_it_works_on_and_what_waits(dialect: str) -> None:
    with running_sandbox(model_dialect=dialect, model_parallel=2, model_first_token_ms=1_500.0) as sandbox:
        pool_at(f"{sandbox.url}/v1")
        asking = [
            threading.Thread(target=lambda: httpx2.post(f"{sandbox.url}/v1/chat/completions", json=QUESTION))
            for _ in range(5)
        ]
        for one in asking:
            one.start()
        waits_for(sandbox, {"vllm": "vllm:num_requests_waiting", "tgi": "tgi_queue_size"}[dialect], 3)
        (busy,) = read_all()
        for one in asking:
            one.join()
        (over,) = read_all()
    assert (busy.problem, busy.server, busy.running, busy.waiting) == ("", dialect, 2.0, 3.0)
    assert (over.running, over.waiting, over.requests) == (0.0, 0.0, 5.0)
    assert over.tokens_written is not None
    assert busy.tokens_written is not None
    assert over.tokens_written > busy.tokens_written
    assert busy.cache_share == (1.0 if dialect == "vllm" else None)
    (use,) = use_of(HardwareReading.objects.select_related("pool"))
    assert (use.readings, use.failed, use.busy_share, use.mean_running, use.most_waiting) == (2, 0, 0.5, 1.0, 3.0)


@pytest.fixture
def server() -> Iterator[Any]:
    """Says whatever a test has it say."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, pieces = self.server.says  # type: ignore[attr-defined]
            self.send_response(status)
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece)
            except OSError:
                pass

        def log_message(self, *_: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def slowly() -> Iterator[bytes]:
    """For an hour, unless nobody listens any more."""
    for _ in range(72_000):
        yield b"# nothing\n"
        time.sleep(0.05)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ((500, [b""]), "status"),
        ((302, [b""]), "status"),
        ((200, [b"<html>hello</html>"]), "unknown"),
        ((200, [b"up 1\n"]), "unknown"),
        ((200, [b"x" * 70_000] * 40), "large"),
        ((200, None), "slow"),
    ],
)
def test_a_page_that_cannot_be_used_is_said_and_bounded(
    server: Any, says: Any, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if problem == "slow":
        monkeypatch.setattr(hardware, "PAGE_SECONDS", 0.3)
    server.says = (says[0], slowly() if says[1] is None else says[1])
    pool_at(f"http://127.0.0.1:{server.server_port}")
    (reading,) = read_all()
    assert reading.problem == problem
    assert reading.running is None


@pytest.mark.django_db
def test_a_server_that_is_not_there_is_said_and_old_readings_are_forgotten() -> None:
    pool = pool_at("http://127.0.0.1:9")
    HardwareReading.objects.create(pool=pool, at=timezone.now() - timedelta(days=31))
    (reading,) = read_all()
    assert reading.problem == "unreachable"
    assert HardwareReading.objects.count() == 1
    ModelPool.objects.update(is_on=False)
    assert read_all() == []


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "vllm:num_requests_running",
                "tgi_queue_size",
                "{",
                '="',
                "}",
                " NaN",
                "\n",
                " 1",
                " -3",
                "# TYPE a counter\n",
                " 1e999",
            ]
        )
    ).map("".join)
)
def test_whatever_a_page_says_is_understood_or_refused(text: str) -> None:
    try:
        server, values = understood(text)
    except PageUnreadable:
        return
    assert server in ("vllm", "tgi")
    assert all(value >= 0 for value in values.values())


def test_several_engines_are_added_up_and_impossible_numbers_left_out() -> None:
    page = (
        'vllm:num_requests_running{engine="0"} 2\nvllm:num_requests_running{engine="1"} 3\n'
        "vllm:num_requests_waiting -1\nvllm:kv_cache_usage_perc NaN\nvllm:gpu_cache_usage_perc 0.5\n"
    )
    assert understood(page) == ("vllm", {"running": 5.0, "cache_share": 0.5})


def test_a_counter_that_was_begun_anew_is_left_out() -> None:
    pool, now = ModelPool(name="p"), timezone.now()
    readings = [
        HardwareReading(pool=pool, at=now + timedelta(seconds=60 * number), running=1, tokens_written=tokens)
        for number, tokens in enumerate((1_000.0, 1_600.0, 0.0, 300.0))
    ]
    (use,) = use_of(reversed(readings))
    assert use.written_a_second == pytest.approx(900 / 120)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("http://gpu:8000", "http://gpu:8000/metrics"),
        ("http://gpu:8000/v1", "http://gpu:8000/metrics"),
        ("https://gpu/models/v1/", "https://gpu/models/metrics"),
    ],
)
def test_the_page_stands_beside_the_api(address: str, page: str) -> None:
    assert page_address(address) == page

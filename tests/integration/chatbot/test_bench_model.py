"""`manage.py bench_model` against a model server over real HTTP."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.integration.sandbox.running import Running


def run(url: str, *more: str) -> str:
    out = StringIO()
    call_command("bench_model", "--url", url, "--model", "openai/gpt-oss-20b", *more, stdout=out)
    return out.getvalue()


def report(url: str, *more: str) -> dict[str, Any]:
    return dict(json.loads(run(url, "--json", *more)))


@pytest.mark.parametrize("ending", ["", "/v1", "/v1/"])
def test_a_server_is_measured(intercom: Running, ending: str) -> None:
    found = report(f"{intercom.url}{ending}", "--requests", "12", "--concurrency", "4")
    assert (found["requests"], found["errors"], found["errors_by_kind"]) == (12, 0, {})
    assert 0 < found["ttft_p50_ms"] <= found["ttft_p99_ms"] <= found["latency_p99_ms"]
    assert found["tokens_per_second"] > found["requests_per_second"] > 0
    assert found["tokens_estimated"] is False


def test_failures_are_counted_by_kind_beside_the_answers(intercom: Running) -> None:
    intercom.faults(model=[{"status": 429, "times": 3}, {"mode": "cut", "times": 1}])
    try:
        found = report(intercom.url, "--requests", "12", "--concurrency", "1")
    finally:
        intercom.faults()
    assert found["requests"] == 12
    assert found["errors"] == sum(found["errors_by_kind"].values()) == 3
    assert len(found["errors_by_kind"]) == 2
    assert (
        found["errors_by_kind"]["the model server answered 429"] == 2
    )  # the third struck the call that is not counted


def test_the_table_says_the_same_in_words(intercom: Running, capsys: pytest.CaptureFixture[str]) -> None:
    run(intercom.url, "--requests", "3", "--concurrency", "2")
    text = capsys.readouterr().out
    assert "3 calls" in text
    for words in ("first token, median", "first token, p99", "whole answer, p99", "tokens", "answers", "errors"):
        assert words in text


def test_a_refusing_server_is_given_up_soon_with_its_status(intercom: Running) -> None:
    intercom.faults(model={"status": 401})
    try:
        with pytest.raises(CommandError, match=r"nothing was answered: .*401.*--token"):
            run(intercom.url, "--requests", "5000", "--concurrency", "2")
        [fault] = intercom.http.get("/faults").json()["model"]
    finally:
        intercom.faults()
    assert fault["struck"] < 10


def test_nobody_at_the_address_is_said(unused_port: int) -> None:
    with pytest.raises(CommandError, match=r"nothing was answered: .*ConnectError.*--url"):
        run(f"http://127.0.0.1:{unused_port}", "--requests", "500")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--requests", "0"], "--requests is 0, but must be from 1"),
        (["--concurrency", "101"], "--concurrency is 101, but must be from 1 to 100"),
        (["--max-tokens", "0"], "--max-tokens is 0"),
        (["--seconds", "0"], "--seconds is 0"),
        (["--url", "localhost:8000"], "--url must look like"),
        (["--url", "http://[::"], "--url must look like"),
    ],
)
def test_a_bad_option_is_named_with_the_cure(options: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named.replace("[", r"\[")):
        run("http://127.0.0.1:9", *options)


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

"""The program itself: how it starts, how it stops."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

BASE_DIR = Path(__file__).resolve().parents[3]


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "INTERCOM_"))}
    return {**kept, **changes}


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=BASE_DIR,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_taken_port_is_one_line_that_names_the_setting_and_the_cure(taken_port: int) -> None:
    ended = run(SANDBOX_PORT=str(taken_port))
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "SANDBOX_PORT" in ended.stderr
    assert str(taken_port) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_malformed_setting_is_one_line_too() -> None:
    ended = run(SANDBOX_API_VERSION="latest")
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "SANDBOX_API_VERSION" in ended.stderr


@pytest.mark.parametrize("how", ["terminate", "interrupt"])
def test_it_stops_at_once_and_cleanly_though_connections_are_open(how: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--webhook-url", "none"],
        cwd=BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split(" at ")[1].split("/,")[0]
        with httpx2.Client(base_url=url, timeout=10) as client, client.stream("GET", "/messenger/events"):
            client.put("/faults", json={"rest": {"mode": "hang"}})
            address = url.removeprefix("http://").split(":")
            with socket.create_connection((address[0], int(address[1]))) as hanging:
                hanging.sendall(b"GET /me HTTP/1.1\r\nHost: x\r\n\r\n")
                while client.get("/calls").json()["count"] == 0:
                    time.sleep(0.02)
                process.terminate() if how == "terminate" else process.send_signal(2)
                assert process.wait(timeout=5) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

"""The sandbox's stand-in model server as a process of its own, that can be killed and started again on its port."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx2

from benchmarks.running import free_port

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0


class ModelServer:
    def __init__(
        self, *, first_token_ms: float, tokens_per_second: float, dialect: str = "vllm", parallel: int = 0
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_WEBHOOK_URL": "none",
            "SANDBOX_MODEL_FIRST_TOKEN_MS": str(first_token_ms),
            "SANDBOX_MODEL_TOKENS_PER_SECOND": str(tokens_per_second),
            "SANDBOX_MODEL_DIALECT": dialect,
            "SANDBOX_MODEL_PARALLEL": str(parallel),
        }
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by stop()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox"], cwd=PROJECT, env=self._environment, stdout=self._log, stderr=self._log
        )
        end = time.monotonic() + START_SECONDS
        with httpx2.Client(base_url=self.url, trust_env=False, timeout=2.0) as client:
            while True:
                with contextlib.suppress(httpx2.HTTPError):
                    if client.get("/health").status_code == 200:
                        return
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError(f"the model server on port {self.port} did not start")
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL: its connections are reset, and nobody listens any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        self._log.close()

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None


@contextlib.contextmanager
def model_servers(
    count: int, *, first_token_ms: float = 20.0, tokens_per_second: float = 2_000.0
) -> Iterator[list[ModelServer]]:
    servers = [ModelServer(first_token_ms=first_token_ms, tokens_per_second=tokens_per_second) for _ in range(count)]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()

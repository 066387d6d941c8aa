"""The programs of a Handrail on one machine: how each is started, and how it shows that it is ready."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from config.program import Program

PROGRAMS = ("sandbox", "web", "worker", "beat")
WORKER_THREADS = 16


def commands(
    names: Sequence[str], *, url: str, sandbox_url: str, web_port: int, workers: int, data_directory: Path
) -> list[Program]:
    """Those of PROGRAMS that `names` asks for, in the order in which they start; `workers` of the kind `worker`."""
    python = sys.executable
    # Quiet: no banner of twenty lines. And whoever starts all this as root has made up their mind.
    celery = (
        *(python, "-W", "ignore:You're running the worker with superuser"),
        *("-m", "celery", "--quiet", "-A", "config.celery"),
    )
    programs: dict[str, Callable[[], list[Program]]] = {
        "sandbox": lambda: [
            Program(
                name="sandbox",
                command=(python, "-m", "sandbox"),
                ready_url=f"{sandbox_url}/",
                ready_words="messenger page",
            )
        ],
        "web": lambda: [
            Program(
                name="web",
                command=(
                    *(python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1"),
                    *("--port", str(web_port), "--no-access-log", "--log-level", "warning"),
                    *("--loop", "uvloop", "--http", "httptools", "--timeout-graceful-shutdown", "2"),
                    # News of the desk is short and goes to everybody: squeezing it costs more than sending it.
                    *("--ws-per-message-deflate", "false"),
                ),
                ready_url=f"{url}/healthz",
            )
        ],
        "worker": lambda: [
            Program(
                name="worker" if number == 1 else f"worker-{number}",
                command=(
                    *celery,
                    *("worker", "--pool", "threads", "--concurrency", str(WORKER_THREADS)),
                    *(
                        "--without-gossip",
                        "--without-mingle",
                        "--without-heartbeat",
                        "--hostname",
                        f"worker-{number}@%h",
                    ),
                    *("--loglevel", "INFO"),
                ),
                ready_words=" ready.",
            )
            for number in range(1, workers + 1)
        ],
        "beat": lambda: [
            Program(
                name="beat",
                command=(
                    *celery,
                    *("beat", "--schedule", str(data_directory / "run" / "beat-schedule"), "--pidfile", ""),
                    *("--loglevel", "INFO"),
                ),
                ready_words="beat: Starting",
                ready_seconds=2,
            )
        ],
    }
    return [program for name in PROGRAMS if name in names for program in programs[name]()]

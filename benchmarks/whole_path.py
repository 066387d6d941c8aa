"""The whole path: signed webhook to the answer in the sandbox, at rising rates until the system no longer keeps up."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.running import DATA, CpuMeter, free_port, running_system
from benchmarks.tables import Table
from config.supervisor import PROJECT, System

SAMPLE_QUESTIONS = PROJECT / "knowledge" / "sample" / "questions.jsonl"

RATES = (5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 100, 120)
SECONDS = 20
#: Enough for every worker process to have met each kind of question once.
WARM_UP_MESSAGES = 100
#: Kept up: this share of what was asked for was finished, in the time it was asked for.
KEPT_UP = 0.95
OWN_P99_MILLISECONDS = 500.0
#: At threshold 0 what can be answered is sent; a held draft costs four calls of Intercom where an answer costs two.
SET_THRESHOLD = (
    "from chatbot.models import Steering; Steering.objects.update_or_create(pk=1, defaults={'threshold': %s})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    name: str
    with_model: bool
    threshold: float
    workers: int
    only_answerable: bool  #: of the sample questions, those that an article answers; else all of them


SETUPS = (
    Setup(name="stand-in model, threshold 0", with_model=True, threshold=0.0, workers=2, only_answerable=True),
    Setup(name="extractive, threshold 0", with_model=False, threshold=0.0, workers=2, only_answerable=True),
    Setup(name="extractive, threshold 0.85", with_model=False, threshold=0.85, workers=2, only_answerable=False),
)


def questions(setup: Setup) -> Path:
    if not setup.only_answerable:
        return SAMPLE_QUESTIONS
    chosen = DATA / "answerable.jsonl"
    lines = SAMPLE_QUESTIONS.read_text(encoding="utf-8").splitlines(keepends=True)
    chosen.write_text("".join(line for line in lines if json.loads(line)["article_ids"]), encoding="utf-8")
    return chosen


def environment(setup: Setup, sandbox_port: int) -> dict[str, str]:
    given = {"REPLY_PAUSE_SECONDS": "0", "ANSWER_CACHE": "false", "SANDBOX_RATE_LIMIT": "0", "MODEL_URL": ""}
    if setup.with_model:
        given |= {
            "MODEL_URL": f"http://127.0.0.1:{sandbox_port}/v1",
            "SANDBOX_MODEL_FIRST_TOKEN_MS": "20",
            "SANDBOX_MODEL_TOKENS_PER_SECOND": "5000",
        }
    return given


def load(system: System, *arguments: str) -> dict[str, Any]:
    """One `manage.py load`; its JSON."""
    done = system.manage("load", "--json", "--wait", "60", *arguments, seconds=600)
    measured: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


def climb(setup: Setup, *, rates: tuple[int, ...] = RATES, seconds: int = SECONDS) -> list[dict[str, Any]]:
    """One row a rate, the first rate that was not kept up being the last."""
    rows: list[dict[str, Any]] = []
    port = free_port()
    with running_system(environment(setup, port), workers=setup.workers, sandbox_port=port) as system:
        system.manage("shell", "-c", SET_THRESHOLD % setup.threshold)
        asked = ("--questions", str(questions(setup)))
        load(system, *asked, "--rate", "10", "--messages", str(WARM_UP_MESSAGES))
        meter = CpuMeter(system)
        for rate in rates:
            meter.start()
            measured = load(system, *asked, "--rate", str(rate), "--seconds", str(seconds))
            finished = measured["sent"] - measured["lost"]
            measured["cpu_ms"] = {
                name: round(spent / max(1, finished) * 1000, 2) for name, spent in sorted(meter.seconds().items())
            }
            measured["rate"] = rate
            measured["kept_up"] = (
                measured["finished_per_second"] >= KEPT_UP * rate
                and (measured["own_p99_ms"] or 0.0) <= OWN_P99_MILLISECONDS
                and measured["lost"] == measured["duplicated"] == 0
            )
            rows.append(measured)
            sys.stderr.write(f"{setup.name}: {rate}/s -> {json.dumps(measured)}\n")
            if not measured["kept_up"]:
                break
    return rows


def run(*, quick: bool = False) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for setup in SETUPS[:1] if quick else SETUPS:
        rows = climb(setup, rates=(5, 10, 20) if quick else RATES, seconds=6 if quick else SECONDS)
        table = Table(
            f"Whole path: {setup.name}, {setup.workers} worker processes",
            (
                "asked/s",
                "answers/s",
                "finished/s",
                "answer p50",
                "answer p99",
                "own p99",
                "ack p99",
                "lost",
                "twice",
                "CPU ms each",
            ),
        )
        for row in rows:
            cpu = row["cpu_ms"]
            table.row(
                row["rate"],
                row["answers_per_second"],
                row["finished_per_second"],
                row["answer_p50_ms"],
                row["answer_p99_ms"],
                row["own_p99_ms"],
                row["ack_p99_ms"],
                row["lost"],
                row["duplicated"],
                f"{sum(cpu.values()):.1f} (" + ", ".join(f"{name} {spent:.1f}" for name, spent in cpu.items()) + ")",
            )
        table.show()
        kept = [row for row in rows if row["kept_up"]]
        results[setup.name] = {
            "sustained_per_second": kept[-1]["finished_per_second"] if kept else None,
            "own_p99_ms": kept[-1]["own_p99_ms"] if kept else None,
            "rows": rows,
        }
    return results

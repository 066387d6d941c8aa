"""Measures a model server with our own client. Needs no database."""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from chatbot.llm.benchmark import Benchmark, benchmark
from chatbot.llm.client import HubModel

#: (option, least, most); the client keeps a hundred connections at most.
_BOUNDS = (("requests", 1, 100_000), ("concurrency", 1, 100), ("max_tokens", 1, 4_096), ("seconds", 1, 3_600))


class Command(BaseCommand):
    help = "Ask a model server (OpenAI's /v1/chat/completions) many times at once, and report times, speed and errors."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="address of the server, with or without /v1 at its end")
        parser.add_argument("--model", required=True, help="name of the model as the server knows it")
        parser.add_argument("--requests", type=int, default=100, help="calls in all (100)")
        parser.add_argument("--concurrency", type=int, default=8, help="calls at the same time, up to 100 (8)")
        parser.add_argument("--max-tokens", type=int, default=200, help="tokens of one answer at most (200)")
        parser.add_argument("--seconds", type=int, default=600, help="no call begins after so many seconds (600)")
        parser.add_argument("--token", default="", help="sent as bearer token")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        _check_address(options["url"])
        for name, least, most in _BOUNDS:
            if not least <= options[name] <= most:
                raise CommandError(f"--{name.replace('_', '-')} is {options[name]}, but must be from {least} to {most}")
        with tqdm(total=options["requests"], desc="asking", unit="call", disable=None, file=sys.stderr) as progress:
            measured = benchmark(
                HubModel(url=options["url"], name=options["model"], token=options["token"]),
                requests=options["requests"],
                concurrency=options["concurrency"],
                maximum_tokens=options["max_tokens"],
                seconds=options["seconds"],
                on_call=progress.update,
            )
        if measured.errors == measured.requests:
            kinds = "; ".join(f"{kind} ({times}x)" for kind, times in measured.errors_by_kind.items())
            raise CommandError(f"nothing was answered: {kinds}. Check --url, --model and --token")
        if options["json"]:
            self.stdout.write(json.dumps(measured.as_json()))
        else:
            self._table(measured, options["model"], options["concurrency"])

    def _table(self, measured: Benchmark, model: str, concurrency: int) -> None:
        table = Table(title=f"{model}: {measured.requests} calls, {concurrency} at once, {measured.seconds:.1f} s")
        table.add_column("measure")
        table.add_column("value", justify="right")
        for name, unit, value in (
            ("first token, median", "ms", measured.ttft_p50_ms),
            ("first token, p99", "ms", measured.ttft_p99_ms),
            ("whole answer, median", "ms", measured.latency_p50_ms),
            ("whole answer, p99", "ms", measured.latency_p99_ms),
            ("tokens, estimated" if measured.tokens_estimated else "tokens", "/s", measured.tokens_per_second),
            ("answers", "/s", measured.requests_per_second),
        ):
            table.add_row(name, f"{value:,.1f} {unit}")
        table.add_row("errors", str(measured.errors))
        for kind, times in measured.errors_by_kind.items():
            table.add_row(f"  {kind}", str(times))
        Console(file=sys.stdout).print(table)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise CommandError("--url must look like http://host or https://host, with or without /v1 at its end")

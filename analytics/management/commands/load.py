"""Sends customers' messages through the whole running system and says what became of each."""

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tqdm import tqdm

from analytics.load.questions import QuestionsUnusable, read_questions, spread
from analytics.load.report import Story, examples, measures
from analytics.load.run import MESSAGES_MAX, LoadPlan, run_load
from analytics.load.sandbox import SandboxUnavailable
from chatbot.steering import steering

SAMPLE_QUESTIONS = Path(settings.BASE_DIR) / "knowledge" / "sample" / "questions.jsonl"
EXAMPLES = 10
RATE_MAX, SECONDS_MAX, WAIT_MAX = 1_000.0, 3_600.0, 3_600.0


class Command(BaseCommand):
    help = (
        "Open conversations in the sandbox workspace at a steady rate: it signs and sends the webhooks, the running "
        "system answers through Intercom's REST calls. Counts what became of each message. Start the system first "
        "(`make run`)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rate", type=float, default=5.0, help="messages a second (default: 5)")
        parser.add_argument("--seconds", type=float, default=60.0, help="how long to send (default: 60)")
        parser.add_argument("--messages", type=int, help="send so many messages, instead of --seconds")
        parser.add_argument(
            "--questions", type=Path, default=SAMPLE_QUESTIONS, help="CSV with a column `text`, or JSON lines"
        )
        parser.add_argument("--seed", type=int, default=1, help="chooses the questions, and the examples shown")
        parser.add_argument("--wait", type=float, default=30.0, help="seconds for the last outcomes (default: 30)")
        parser.add_argument("--sandbox-url", default=f"http://127.0.0.1:{settings.SANDBOX_PORT}")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        rate = _within("--rate", options["rate"], 0.01, RATE_MAX)
        seconds = _within("--seconds", options["seconds"], 0.1, SECONDS_MAX)
        count = options["messages"] if options["messages"] is not None else max(1, round(rate * seconds))
        _within("--messages" if options["messages"] is not None else "--rate times --seconds", count, 1, MESSAGES_MAX)
        if not steering().is_answering:
            raise CommandError("The bot is switched off: set `answers customers` in the admin, under steering")
        shown = sys.stderr.isatty()

        def show(stage: str, total: int) -> "tqdm[Any]":
            return tqdm(desc=f"{stage:<9}", total=total, unit="message", disable=not shown, mininterval=0.5)

        try:
            questions = spread(read_questions(options["questions"]), count=count, seed=options["seed"])
            plan = LoadPlan(
                questions=questions,
                rate=rate,
                wait_seconds=_within("--wait", options["wait"], 0.0, WAIT_MAX),
                sandbox_url=options["sandbox_url"].rstrip("/"),
            )
            result = run_load(plan, show=show)
        except (QuestionsUnusable, SandboxUnavailable) as error:
            raise CommandError(str(error)) from error
        measured = measures(result.stories, result.attempts, refused=result.refused)
        if options["json"]:
            self.stdout.write(json.dumps(measured))
            return
        self._tell(measured, result.stories, rate)

    def _tell(self, measured: dict[str, Any], stories: list[Story], rate: float) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]  # it writes, which is all that is asked
        for number, one in enumerate(examples(stories, count=EXAMPLES), start=1):
            console.rule(f"{number}: {one.kind.value.replace('_', ' ')}", align="left")
            _paragraph(console, "asked", one.sent.question.text)
            if one.decided:
                sure = "–" if one.decided.confidence is None else f"{one.decided.confidence:.2f}"
                console.print(f"[bold]confidence[/] {sure}   [bold]reasons[/] {', '.join(one.decided.reasons) or '–'}")
            for answer in one.seen:
                _paragraph(console, "told", answer)
            if one.decided and one.decided.draft and one.kind.value == "held":
                _paragraph(console, "draft", one.decided.draft)
        table = Table(title=f"{measured['sent']} messages at {rate:g} a second")
        table.add_column("measure")
        table.add_column("value", justify="right")
        for name, value in measured.items():
            table.add_row(name, "–" if value is None else f"{value:,}")
        console.print(table)


def _paragraph(console: Console, label: str, text: str) -> None:
    console.print(f"[bold]{label}[/] {escape(text)}", soft_wrap=True)


def _within(name: str, value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise CommandError(f"{name} is {value:g}, but must be from {least:g} to {most:g}")
    return value

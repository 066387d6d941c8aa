"""What measuring costs: turns with their metrics against the same turns without, A B A B in one process, in CPU time.

PostgreSQL and Redis of its own, the sample articles, the real embedder, a model that answers at once (so that nothing
of the turn hides the metrics), metrics in files shared between processes as in production. What is compared is the
worker's own CPU time: the databases' and the web process's are left out, which makes the share larger, not smaller.
"""

import gc
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.running import DATA
from benchmarks.tables import Table
from config.embedded import EmbeddedServices

#: Pairs of turns: the same question with and without metrics, one right after the other, in an order that is drawn.
PAIRS, QUICK_PAIRS = 1_000, 200
#: Questions; each is asked before, or the second turn of its first pair would find its vector known.
QUESTIONS = 40
_SCRAPE_SECONDS = 15.0


def run(*, quick: bool = False) -> dict[str, Any]:
    folder = DATA / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    services = EmbeddedServices(folder, postgres=True, redis=True)
    services.acquire()
    shared = tempfile.mkdtemp(prefix="handrail-bench-metrics-")
    try:
        os.environ.update(services.environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ |= {
            "LOG_LEVEL": "ERROR",
            "ANSWER_CACHE": "false",
            "MODEL_URL": "",
            "PROMETHEUS_MULTIPROC_DIR": shared,
            "HANDRAIL_DATA_DIR": str(DATA.parent),
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_sample_content")
        logging.disable(logging.ERROR)
        result = _measured(QUICK_PAIRS if quick else PAIRS)
    finally:
        services.release()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(shared, ignore_errors=True)
    table = Table("What metrics cost", ("measure", "value"))
    for name, value in result.items():
        table.row(name, value)
    table.show()
    sys.stdout.flush()
    return result


def _measured(pairs_of_turns: int) -> dict[str, Any]:
    from analytics import metrics, receivers
    from chatbot.models import Delivery
    from chatbot.pipeline import thinking
    from chatbot.signals import delivery_finished, turn_finished, webhook_answered

    model = _Quoting()
    thinking.configured_model = lambda: model  # type: ignore[assignment]
    pairs: Sequence[tuple[Any, Any]] = (
        (webhook_answered, receivers.count_webhook),
        (turn_finished, receivers.count_turn),
        (delivery_finished, receivers.count_delivery),
    )

    def switch(is_on: bool) -> None:
        for signal, receiver in pairs:
            (signal.connect if is_on else signal.disconnect)(receiver)

    def announced(row: Any) -> None:
        """What the web process and the delivery announce for the same message."""
        webhook_answered.send(sender=None, status=200)
        for delivery in row:
            delivery_finished.send(sender=Delivery, delivery=delivery)

    work = _Work(announced, model)
    for place in range(QUESTIONS):
        work.turn(place)
    spent: dict[bool, list[float]] = {True: [], False: []}
    gc.disable()
    for place in range(pairs_of_turns):
        order = [True, False]
        random.shuffle(order)
        gc.collect(0)
        for is_on in order:
            switch(is_on)
            spent[is_on].append(work.turn(place))
    gc.enable()
    switch(True)
    differences = np.array(spent[True]) - np.array(spent[False])
    turn_ms = 1000 * float(np.median(spent[False]))
    drawn = np.random.default_rng(0).choice(differences, (2_000, len(differences)))
    more = 1e5 * np.median(drawn, axis=1) / turn_ms  # seconds over milliseconds, in percent
    alone_us = _receivers_alone(work, pairs)
    started = time.process_time()
    for _ in range(20):
        metrics.exposition()
    scrape_ms = (time.process_time() - started) / 20 * 1000
    return {
        "turns": 2 * pairs_of_turns,
        "turn without metrics, CPU ms": round(turn_ms, 3),
        "metrics, % more (median of pairs)": round(1e5 * float(np.median(differences)) / turn_ms, 2),
        "from, %": round(float(np.percentile(more, 2.5)), 2),
        "to, %": round(float(np.percentile(more, 97.5)), 2),
        "receivers alone, CPU µs a message": round(alone_us, 1),
        "receivers alone, % of a turn": round(100 * alone_us / 1000 / turn_ms, 2),
        "one scrape, CPU ms": round(scrape_ms, 1),
        "scraped every 15 s, % of one core": round(100 * scrape_ms / 1000 / _SCRAPE_SECONDS, 3),
    }


def _receivers_alone(work: "_Work", pairs: Sequence[tuple[Any, Any]]) -> float:
    """Microseconds of all receivers for one message, measured without a turn around them."""
    (_, webhook), (_, turn), (_, delivery) = pairs
    started = time.process_time()
    count = 5_000
    for _ in range(count):
        webhook(status=200)
        turn(turn=work.last_turn)
        for row in work.last_deliveries:
            delivery(delivery=row)
    return (time.process_time() - started) / count * 1e6


class _Quoting:
    """A model in this process that quotes a passage. What it costs is not the turn's, and is left out."""

    name = "quoting"
    spent = 0.0  #: CPU seconds so far

    def reply(self, messages: Any, sampling: Any, listener: Any = None) -> Any:
        from chatbot.llm.model import ModelReply
        from sandbox.model.quoting import compose

        started = time.process_time()
        text = compose([{"role": one.role, "content": one.content} for one in messages]).text
        self.spent += time.process_time() - started
        return ModelReply(
            text=text,
            model=self.name,
            finish_reason="stop",
            prompt_tokens=900,
            completion_tokens=60,
            first_token_milliseconds=0.1,
            milliseconds=0.2,
        )


class _Work:
    """Turns of new customers, one after the other."""

    def __init__(self, announced: Callable[[Any], None], model: _Quoting) -> None:
        import json

        from benchmarks.whole_path import SAMPLE_QUESTIONS
        from chatbot.models import Steering, Workspace

        Workspace.objects.create(app_id="w", name="w", bot_admin_id="1")
        Steering.objects.update_or_create(pk=1, defaults={"threshold": 0.0})
        self._model = model

        lines = SAMPLE_QUESTIONS.read_text(encoding="utf-8").splitlines()
        self._questions = [row["question"] for row in map(json.loads, lines) if row["article_ids"]][:QUESTIONS]
        self._announced = announced
        self._number = 0
        self.last_turn: Any = None
        self.last_deliveries: list[Any] = []

    def turn(self, place: int) -> float:
        """CPU seconds of the turn about question `place`, for a new customer."""
        from chatbot.models import Turn
        from chatbot.pipeline.turn import run_turn
        from sessions_app.conversations import conversation_with_customer

        conversation = conversation_with_customer(self._asked(self._questions[place % len(self._questions)]))
        assert conversation is not None
        started = time.process_time() - self._model.spent
        found = run_turn(conversation)
        self._announced(self.last_deliveries)
        spent = time.process_time() - self._model.spent - started
        assert found is not None
        self.last_turn = Turn.objects.get(pk=found.turn_id)
        self.last_deliveries = list(self.last_turn.deliveries.all())
        return spent

    def _asked(self, question: str) -> int:
        from django.utils import timezone

        from sessions_app.models import Conversation, Customer, Message

        self._number += 1
        now = timezone.now()
        customer = Customer.objects.create(workspace="w", external_id=f"c{self._number}")
        conversation = Conversation.objects.create(
            workspace="w", external_id=f"v{self._number}", customer=customer, reply_due_at=now
        )
        Message.objects.create(
            conversation=conversation, external_id="m", author="customer", text=question, sent_at=now
        )
        return int(conversation.pk)


if __name__ == "__main__":
    sys.exit(0 if run(quick="--quick" in sys.argv)["metrics, % more (median of pairs)"] < 2 else 1)

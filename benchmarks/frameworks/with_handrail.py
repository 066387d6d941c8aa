"""Handrail's own stage: prompt, pools with their records in Redis, the stream, each sentence checked by its source.

With `alone` as argument no more is loaded than that stage needs; without, all that a worker process holds: search,
intents, rules, the admin.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.frameworks.asking import Ask, measure
from benchmarks.frameworks.shelf import Retriever


def _load_apps_alone() -> None:
    """The three apps with their tables, and nothing that they start."""
    from types import ModuleType

    from django.apps import AppConfig, apps

    module = ModuleType("handrail_alone")
    for name in ("knowledge", "sessions_app", "chatbot"):
        made = {"name": name, "default_auto_field": "django.db.models.BigAutoField", "__module__": module.__name__}
        setattr(module, name.title(), type(name.title(), (AppConfig,), made))
    sys.modules[module.__name__] = module
    names = [f"{module.__name__}.{name.title()}" for name in ("knowledge", "sessions_app", "chatbot")]
    apps.populate(["django.contrib.contenttypes", "django.contrib.auth", "simple_history", *names])


def prepare(url: str, model: str) -> Ask:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "alone" in sys.argv:
        _load_apps_alone()
    else:
        import django

        django.setup()
    from chatbot.llm.client import HubModel
    from chatbot.llm.pool_health import Pool, PoolHealth
    from chatbot.llm.pooled import PooledModel
    from chatbot.llm.shared_records import SharedRecords
    from chatbot.model_pools import rules
    from chatbot.pipeline.generate import generate
    from chatbot.pipeline.understand import Understanding
    from knowledge.retrieval import Passage, Retrieval
    from sessions_app.snapshots import ConversationSnapshot

    shelf, the_rules = Retriever(), rules()
    pool = Pool(
        key="frameworks",
        name="stand-in",
        region="",
        model=HubModel(url=url, name=model),
        maximum_tokens=0,
        parallel_calls=0,
        longest_seconds=30.0,
    )
    pooled = PooledModel([pool], PoolHealth(SharedRecords(os.environ["REDIS_URL"], the_rules), the_rules, print))
    nobody = ConversationSnapshot(
        conversation_id=0,
        external_id="",
        workspace="",
        state="bot",
        language="en",
        customer_id=0,
        customer_name="",
        customer_tier="",
        customer_attributes={},
        waiting=(),
        history=(),
    )

    def passage(number: int, title: str, text: str) -> Passage:
        return Passage(
            chunk_id=number,
            article_id=number,
            article_external_id=title,
            article_title=title,
            article_url="",
            heading_path="",
            text=text,
            start=0,
            end=len(text),
            language="en",
            internal=False,
            similarity=0.5,
            lexical_score=0.5,
            score=0.5,
            rank=number,
        )

    class Spoken:
        """Stands where a watcher's page would: hears of the first word."""

        def __init__(self, spoken: Callable[[], None]) -> None:
            self._spoken: Callable[[], None] | None = spoken

        def heard(self, _text: Callable[[], str]) -> None:
            if self._spoken is not None:
                self._spoken()
                self._spoken = None

        def given_up(self) -> None:
            """Nothing is shown."""

    def ask(question: str, spoken: Callable[[], None]) -> str:
        found = shelf.search(question)
        passages = tuple(passage(number, title, text) for number, (title, text) in enumerate(found, start=1))
        retrieval = Retrieval(question=question, passages=passages, embedder="", milliseconds={}, candidates=len(found))
        understanding = Understanding(
            question=question,
            language="en",
            is_language_known=True,
            wants_person=False,
            has_attachment=False,
            is_cut=False,
        )
        live: Any = Spoken(spoken)
        draft = generate(understanding, retrieval, nobody, model=pooled, live=live)
        if draft.failure:
            raise RuntimeError(draft.failure)
        return draft.reply.text if draft.reply else ""

    return ask


measure(prepare)

"""Indexing real articles, whole: cutting, making vectors and word weights, storing, with the vector index in place.

A PostgreSQL of its own; articles are JSON lines with `title` and `body` (or `text`), else the sample's. How long a
chunk is decides most of it, so its length in tokens is told, too.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.passages import SAMPLE
from benchmarks.running import DATA
from benchmarks.tables import Table
from config.embedded import EmbeddedServices

QUICK_ARTICLES = 40


def run(*, quick: bool = False, texts: Sequence[Path] = ()) -> dict[str, Any]:
    folder = DATA / "indexing"
    shutil.rmtree(folder, ignore_errors=True)
    services = EmbeddedServices(folder, postgres=True, redis=False)
    services.acquire()
    try:
        os.environ.update(services.environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ["LOG_LEVEL"] = "ERROR"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        result = {
            file.parent.name: _measured(file, most=QUICK_ARTICLES if quick else None)
            for file in (texts or [SAMPLE / "articles.jsonl"])
        }
    finally:
        services.release()
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("Indexing", ("", *next(iter(result.values()))))
    for name, row in result.items():
        table.row(name, *row.values())
    table.show()
    sys.stdout.flush()
    return result


def _measured(file: Path, *, most: int | None) -> dict[str, Any]:
    from knowledge import models
    from knowledge.embedders import embedder_named
    from knowledge.ingestion import index_articles, passage_text
    from knowledge.minilm import local_tokenizer

    shelf = models.Collection.objects.create(name=str(file))
    with file.open(encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines][:most]
    articles = models.Article.objects.bulk_create(
        models.Article(
            collection=shelf,
            external_id=str(number),
            title=str(item.get("title") or "")[:500],
            body=str(item.get("body") or item.get("text") or ""),
            language="en",
            status="published",
        )
        for number, item in enumerate(items)
    )
    embedder_named(models.Embedder.objects.get(is_active=True).name).embed_passages(["loaded before the clock runs"])
    before, started = _cpu_seconds(), time.perf_counter()
    index_articles([article.pk for article in articles])
    seconds = time.perf_counter() - started
    used = {name: value - before[name] for name, value in _cpu_seconds().items()}
    chunks = list(models.Chunk.objects.filter(collection=shelf).select_related("article"))
    tokenizer = local_tokenizer()
    tokens = [
        len(tokenizer.encode(passage_text(one.article.title, heading_path=one.heading_path, text=one.text)).ids)
        for one in chunks
    ]
    return {
        "articles": len(articles),
        "chunks": len(chunks),
        "tokens a chunk, mean": round(float(np.mean(tokens))),
        "p95": round(float(np.percentile(tokens, 95))),
        "chunks/s": round(len(chunks) / seconds),
        "CPU ms a chunk": round(1000 * sum(used.values()) / len(chunks), 2),
        "of these PostgreSQL": round(1000 * used["postgres"] / len(chunks), 2),
        "chunks/s, two cores alone": round(2 * len(chunks) / sum(used.values())),
    }


def _cpu_seconds() -> dict[str, float]:
    """Of this process, and of the PostgreSQL that serves it."""
    from django.db import connection

    own = psutil.Process().cpu_times()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        served = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return {"python": own.user + own.system, "postgres": served.user + served.system}

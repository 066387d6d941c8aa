"""Near-duplicates among many articles: what comparing each once costs, and whether planted copies are found.

A PostgreSQL of its own is filled as `search` fills one, ten passages an article. Some articles are put in a second
time with every tenth word changed. Then all are compared in batches, as the task by the clock does it.
"""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.passages import Base, texts_of
from benchmarks.running import DATA
from benchmarks.search_filling import CHUNKS_AN_ARTICLE, build, fill
from benchmarks.tables import Table
from benchmarks.timing import say
from config.embedded import EmbeddedServices

ARTICLES, QUICK_ARTICLES = 10_000, 500
#: One article in so many is put in twice.
COPIED_SHARE = 40
BASE_TEXTS = 12_000
#: A word in so many of a copy is another one.
CHANGED_WORDS = 10
#: Articles whose cost is told apart, at the beginning and at the end.
TENTHS = 10
_COPY = """
    INSERT INTO knowledge_chunk (article_id, {columns})
    SELECT %s, {columns} FROM knowledge_chunk WHERE article_id = %s ORDER BY position
"""
_COPY_VECTORS = """
    INSERT INTO knowledge_chunkvector (chunk_id, embedder_id, embedding)
    SELECT copy.id, vector.embedder_id, vector.embedding
    FROM knowledge_chunk AS copy JOIN knowledge_chunk AS original
      ON original.article_id = %s AND original.position = copy.position
    JOIN knowledge_chunkvector AS vector ON vector.chunk_id = original.id WHERE copy.article_id = %s
"""


def run(*, quick: bool = False, texts: Sequence[Path] = ()) -> dict[str, Any]:
    folder = DATA / "duplicates"
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
        result = _measured(QUICK_ARTICLES if quick else ARTICLES, texts)
    finally:
        services.release()
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("Near-duplicates", tuple(result))
    table.row(*result.values())
    table.show()
    return result


def _measured(count: int, texts: Sequence[Path]) -> dict[str, Any]:
    from knowledge import models
    from knowledge.embedders import embedder_named

    embedder = models.Embedder.objects.get(is_active=True)
    said = texts_of(texts, most=min(BASE_TEXTS, count))
    say(f"embedding {len(said)} texts")
    base = Base(texts=said, vectors=embedder_named(embedder.name).embed_passages(said), questions=[])
    fill(base, count * CHUNKS_AN_ARTICLE, embedder.pk, embedder.dimensions)
    planted = _plant()
    build(embedder.pk, embedder.dimensions)
    say("comparing")
    cost = _compare_all()
    found = set(models.DuplicatePair.objects.values_list("first_id", "second_id"))
    return {
        "articles": models.Article.objects.count(),
        "chunks": models.Chunk.objects.count(),
        **cost,
        "planted": len(planted),
        "planted_found": len(planted & found),
        "others_found": len(found - planted),
    }


def _plant() -> set[tuple[int, int]]:
    """The pairs of original and copy."""
    from django.db import connection

    from knowledge.models import Article, Chunk

    columns = ", ".join(
        f'"{field.column}"' for field in Chunk._meta.concrete_fields if field.column not in ("id", "article_id")
    )
    pairs: set[tuple[int, int]] = set()
    for article in list(Article.objects.order_by("pk"))[::COPIED_SHARE]:
        original = article.pk
        words = article.body.split(" ")
        words[::CHANGED_WORDS] = ["otherwise"] * len(words[::CHANGED_WORDS])
        article.pk, article.external_id, article.body = None, f"copy of {original}", " ".join(words)
        article._state.adding = True
        article.save()
        with connection.cursor() as cursor:
            cursor.execute(_COPY.format(columns=columns), [article.pk, original])
            cursor.execute(_COPY_VECTORS, [original, article.pk])
        pairs.add((original, article.pk))
    return pairs


def _compare_all() -> dict[str, float]:
    from django.db import connection

    from knowledge.duplicates import compare, uncompared
    from knowledge.tasks import COMPARED_ARTICLES

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    started = time.perf_counter()
    spent: list[tuple[int, float, float]] = []  # articles, seconds of Python, of PostgreSQL
    while ids := list(uncompared().values_list("pk", flat=True)[:COMPARED_ARTICLES]):
        python, postgres = time.process_time(), sum(backend.cpu_times()[:2])
        compare(ids)
        spent.append((len(ids), time.process_time() - python, sum(backend.cpu_times()[:2]) - postgres))
    part = max(1, len(spent) // TENTHS)
    return {
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "python_ms": _each(spent, 1),
        "postgres_ms": _each(spent, 2),
        "first_tenth_ms": round(_each(spent[:part], 1) + _each(spent[:part], 2), 1),
        "last_tenth_ms": round(_each(spent[-part:], 1) + _each(spent[-part:], 2), 1),
    }


def _each(spent: list[tuple[int, float, float]], which: int) -> float:
    """Milliseconds an article."""
    return round(1000 * sum(one[which] for one in spent) / sum(one[0] for one in spent), 1)

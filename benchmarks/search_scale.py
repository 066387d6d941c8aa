"""Search among many passages: our whole `search()` and the bare pgvector query, beside FAISS on the same vectors.

A PostgreSQL of its own is filled with the project's own statements, its HNSW index is built as filling an embedder
builds it, and questions that no passage was made from are asked one after the other. Exact neighbours are FAISS's flat
index over the same half-precision vectors; recall@10 is the share of them among the ten most similar that were found.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.passages import Base, texts_of
from benchmarks.running import DATA
from benchmarks.search_engines import BareQuery, Exact, bare, faiss_hnsw
from benchmarks.search_filling import FILLED, RARE, RARE_TIER, Filled, build, fill, kept, sizes
from benchmarks.search_ours import ours
from benchmarks.steps import Steps
from benchmarks.tables import Table
from benchmarks.timing import say
from config.embedded import EmbeddedServices

CHUNKS = 100_000
BASE_TEXTS, QUESTIONS = 12_000, 400
EF_SEARCHES = (40, 100, 200, 600)


def run(
    *,
    quick: bool = False,
    chunks: int | None = None,
    texts: Sequence[Path] = (),
    keep: bool = False,
    resume: bool = False,
) -> dict[str, Any]:
    """`keep`: a database that an earlier run kept is asked instead of filling one, and is left there afterwards.

    `resume`: a run that was stopped is gone on with, all that it had measured included.
    """
    count = chunks or (5_000 if quick else CHUNKS)
    folder = DATA / f"search-{count}"
    if not ((keep or resume) and (folder / FILLED).exists()):
        shutil.rmtree(folder, ignore_errors=True)
    # As an operator would set it: the vector index fits.
    os.environ.setdefault("EMBEDDED_SHARED_MEGABYTES", str(max(128, min(4_096, count // 500))))
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
        result = _measured(count, texts, folder, quick=quick, keep=keep or resume, resume=resume)
    except BaseException:
        keep = keep or resume
        raise
    finally:
        services.release()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    _show(result)
    return result


def _measured(
    count: int, texts: Sequence[Path], folder: Path, *, quick: bool, keep: bool, resume: bool
) -> dict[str, Any]:
    from knowledge import models
    from knowledge.conf import EF_SEARCH, EF_SEARCH_LARGE, LARGE_INDEX_VECTORS
    from knowledge.embedders import embedder_named

    embedder = models.Embedder.objects.get(is_active=True)
    model = embedder_named(embedder.name)
    wanted, asked = (1_500, 100) if quick else (BASE_TEXTS, QUESTIONS)
    found = texts_of(texts, most=wanted + asked)
    questions, said = found[:asked], found[asked:]
    filled = _filled(folder, said, questions, count, embedder, keep=keep)
    steps = Steps(folder, is_kept=resume)
    built = steps.once("building the index", lambda: build(embedder.pk, embedder.dimensions))
    asked_vectors = model.embed_questions(questions)
    everybody = np.ones(count, dtype=bool)
    everybody[filled.rare] = False  # the rare tier's, which the ordinary customer does not see

    def nearest() -> dict[str, Any]:
        exact = Exact(filled.vectors, filled.chunk_ids)
        truth, flat = exact.nearest(asked_vectors, everybody)
        rare_truth, _ = exact.nearest(asked_vectors, ~everybody)
        return {"truth": [sorted(one) for one in truth], "rare": [sorted(one) for one in rare_truth], "flat": flat}

    known = steps.once("comparing with all, exactly", nearest)
    truth, rare_truth = ([set(one) for one in known[name]] for name in ("truth", "rare"))
    ef_search = EF_SEARCH_LARGE if count > LARGE_INDEX_VECTORS else EF_SEARCH
    return {
        "chunks": count,
        "base_texts": len(said),
        "questions": len(questions),
        "embedder": embedder.name,
        "dimensions": embedder.dimensions,
        **filled.measured,
        **built,
        **sizes(embedder.pk),
        "engines": [
            {
                "engine": "FAISS flat, exact",
                **known["flat"],
                "recall@10": 1.0,
                "megabytes": filled.vectors.size * 4 // 10**6,
            },
            steps.once(
                "FAISS HNSW",
                lambda: faiss_hnsw(filled.vectors, filled.chunk_ids, asked_vectors, everybody, truth, ef_search),
            ),
            *(
                steps.once(f"pgvector, ef_search {width}", partial(bare, embedder, asked_vectors, truth, width))
                for width in EF_SEARCHES
            ),
        ],
        "search": steps.once(
            "our search()",
            lambda: ours(questions, truth, tier=None, beside=BareQuery(embedder, asked_vectors, ef_search)),
        ),
        "search_rare_collection": steps.once(
            "its rare collection", lambda: ours(questions, rare_truth, tier=RARE_TIER, collections=[RARE])
        ),
        "from_a_stopped_run": steps.taken,
    }


def _filled(folder: Path, said: list[str], questions: list[str], count: int, embedder: Any, *, keep: bool) -> Filled:
    from knowledge.embedders import embedder_named

    if keep and (folder / FILLED).exists():
        say(f"asking the database in {folder}")
        return kept(folder)
    say(f"embedding {len(said)} texts")
    base = Base(texts=said, vectors=embedder_named(embedder.name).embed_passages(said), questions=questions)
    filled = fill(base, count, embedder.pk, embedder.dimensions)
    if keep:
        filled.save(folder)
    return filled


def _show(result: dict[str, Any]) -> None:
    table = Table(
        f"Search among {result['chunks']:,} passages, {result['questions']} questions, {result['embedder']}",
        ("", "p50 ms", "p95 ms", "recall@10", "build s", "MB"),
    )
    for row in result["engines"]:
        table.row(
            row["engine"],
            row["p50_ms"],
            row["p95_ms"],
            row["recall@10"],
            row.get("build_seconds"),
            row.get("megabytes"),
        )
    for name, key in (
        ("our search()", "search"),
        ("its rare collection", "search_rare_collection"),
    ):
        table.row(name, *(result[key][column] for column in ("p50_ms", "p95_ms", "recall@10")), None, None)
    table.show()
    plain = {name: value for name, value in result.items() if name != "engines"}
    for name, value in plain.items():
        sys.stdout.write(f"{name}: {value}\n")

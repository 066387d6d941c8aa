"""A whole Handrail for tests: real PostgreSQL, Redis, web, worker, beat and sandbox, in a directory of its own."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from config.console import Console
from config.ports import free_port
from config.supervisor import System
from tests.acceptance.articles import ARTICLES
from tests.prepared_cluster import copy_prepared_cluster

#: Short times, so that a test sees in seconds what an installation does in minutes.
QUICK = {
    "REPLY_PAUSE_SECONDS": "0.3",
    "SWEEP_SECONDS": "1",
    "SWEEP_GRACE_SECONDS": "2",
    "RECONCILE_SECONDS": "2",
    "SANDBOX_WEBHOOK_RETRY_SECONDS": "1",
    "SANDBOX_MODEL_FIRST_TOKEN_MS": "20",
    "SANDBOX_MODEL_TOKENS_PER_SECOND": "5000",
}
#: Faults kill a program many times within a minute; that is no reason to give up.
RESTARTS_PER_MINUTE = 1_000

_LOAD_ARTICLES = """
import json
from knowledge.ingestion import index_articles
from knowledge.models import Article, Collection
collection = Collection.objects.create(name="Small")
rows = [
    Article.objects.create(
        collection=collection, external_id=row["title"], title=row["title"], body=row["body"],
        language=row["language"], url=row["url"], status="published",
    ).pk
    for row in json.loads({articles!r})
]
index_articles(rows)
"""

_SET_THRESHOLD = """
from chatbot.models import Steering
Steering.objects.update(threshold={threshold})
"""


@contextmanager
def running_system(
    folder: Path,
    *,
    durable: bool,
    with_model: bool = False,
    threshold: float | None = None,
    content: str = "",
    **environment: str,
) -> Iterator[System]:
    """Started, ready, and knowing ARTICLES. `with_model` lets the sandbox's model write the answers.

    `threshold` replaces the confidence that an answer needs, for tests that are not about its calibration.
    `content` is Python that puts more into its database, run in its shell.
    `durable` is for tests that kill PostgreSQL: without it, a kill loses what PostgreSQL has acknowledged.
    """
    data_directory = folder / "data"
    data_directory.mkdir(parents=True)
    models = Path(os.environ["HANDRAIL_DATA_DIR"]).resolve() / "models"
    models.mkdir(parents=True, exist_ok=True)
    copy_prepared_cluster(data_directory, models=models)
    web_port, sandbox_port = free_port(), free_port()
    model = {"MODEL_URL": f"http://127.0.0.1:{sandbox_port}/v1"} if with_model else {}
    with (folder / "log.txt").open("w") as log:
        system = System(
            data_directory=data_directory,
            web_port=web_port,
            sandbox_port=sandbox_port,
            environment={**os.environ, **QUICK, **model, **environment},
            durable=durable,
            sample_content=False,
            restarts_per_minute=RESTARTS_PER_MINUTE,
            console=_console(log),
            models=models,
        )
        with system:
            rows = [asdict(article) | {"url": article.url} for article in ARTICLES]
            script = _LOAD_ARTICLES.format(articles=json.dumps(rows))
            if threshold is not None:
                script += _SET_THRESHOLD.format(threshold=threshold)
            system.manage("shell", "-c", script + content)
            yield system


def _console(log: TextIO) -> Console:
    """To the file beside the data; to the terminal as well for somebody who set HANDRAIL_TEST_LOG."""
    return Console(sys.stderr if os.environ.get("HANDRAIL_TEST_LOG") else log)

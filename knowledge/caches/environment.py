"""What the database says about kept answers: for whom, by which embedder, and whether articles are as they were."""

import hashlib
import json
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from knowledge.audience import AUDIENCE_CONDITION, Audience, audience_parameters
from knowledge.conf import KEPT_ENVIRONMENT_SECONDS
from knowledge.retrieval import Passage


@dataclass(frozen=True, slots=True)
class Environment:
    embedder: str  #: that answers searches; "" if none does
    attributes: frozenset[str]  #: that any article asks for


@dataclass(frozen=True, slots=True)
class Articles:
    """Of the articles asked about: those that the audience may see now, and which embedder is active now."""

    embedder: str
    fingerprints: dict[int, str]


#: Changes with everything of an article that an answer can rest on or that decides who may see it.
_FINGERPRINT: Final = (
    "md5(concat_ws(chr(31), article.title, article.body, article.url, article.language, article.status,"
    " article.visibility, article.audience_tiers::text, article.audience_attributes::text))"
)
_VISIBLE: Final = "article.status = 'published' AND article.visibility = 'public' AND " + AUDIENCE_CONDITION.format(
    row="article"
)
_ENVIRONMENT: Final = """
    SELECT coalesce((SELECT name FROM knowledge_embedder WHERE is_active), ''),
           ARRAY(SELECT DISTINCT jsonb_object_keys(audience_attributes) FROM knowledge_article
                 WHERE audience_attributes <> '{}')
"""
_ARTICLES: Final = f"""
    SELECT coalesce((SELECT name FROM knowledge_embedder WHERE is_active), ''), article.id, {_FINGERPRINT}
    FROM (SELECT) AS once LEFT JOIN knowledge_article AS article
    ON article.id = ANY (%(ids)s::bigint[]) AND {_VISIBLE}
"""  # noqa: S608  built from constants of this app
#: Of the given passages those that still stand in their article where they stood.
_STANDING: Final = """
    SELECT count(*)
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[]) AS passage (article_id, start, text, title)
    JOIN knowledge_article AS article ON article.id = passage.article_id AND article.title = passage.title
    AND substring(article.body FROM passage.start + 1 FOR char_length(passage.text)) = passage.text
"""

_lock = threading.Lock()
_known: tuple[float, Environment] | None = None


def environment() -> Environment:
    """At most KEPT_ENVIRONMENT_SECONDS old: whatever is found with it is checked against the database again."""
    global _known
    known = _known
    if known is None or time.monotonic() - known[0] > KEPT_ENVIRONMENT_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute(_ENVIRONMENT)
            embedder, attributes = cursor.fetchone()
        known = (time.monotonic(), Environment(embedder, frozenset(attributes)))
        with _lock:
            _known = known
    return known[1]


def forget_environment() -> None:
    """For those who have just changed it and cannot wait."""
    global _known
    with _lock:
        _known = None


def audience_key(audience: Audience, *, attributes: Iterable[str], manner: str = "") -> str:
    """The same for two customers whom every article treats alike (same tier, same values of the `attributes`) and who
    are answered in the same `manner`."""
    values = {name: str(audience.attributes[name]) for name in attributes if name in audience.attributes}
    known = json.dumps([audience.tier, sorted(values.items()), manner])
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def visible_articles(article_ids: Iterable[int], *, audience: Audience) -> Articles:
    with connection.cursor() as cursor:
        cursor.execute(_ARTICLES, {**audience_parameters(audience), "ids": list(article_ids)})
        rows = cursor.fetchall()
    return Articles(embedder=rows[0][0], fingerprints={row[1]: row[2] for row in rows if row[1] is not None})


def are_unchanged(passages: Sequence[Passage]) -> bool:
    """Whether each passage stands in its article as it was found: else the answer rests on what is gone."""
    columns: list[Any] = [
        [one.article_id for one in passages],
        [one.start for one in passages],
        [one.text for one in passages],
        [one.article_title for one in passages],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, columns)
        return bool(cursor.fetchone()[0] == len(passages))

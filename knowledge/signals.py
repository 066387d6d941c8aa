"""What this app tells those above it, always after the commit: a cache that empties itself then finds the new state.

Receivers must be quick and may be called twice for one change. One that fails is logged and stops nobody else.
"""

from functools import partial
from typing import Final

from django.db import transaction
from django.dispatch import Signal

#: An article was written, indexed again, or removed. Sender: `knowledge.models.Article`; argument: `article_id`.
article_changed: Final = Signal()
#: An approved answer was written or removed. Sender: `knowledge.models.ApprovedAnswer`; argument: `approved_answer_id`.
approved_answer_changed: Final = Signal()

#: Another embedder answers searches. Sender: `knowledge.models.Embedder`.
embedder_switched: Final = Signal()


def announce_article(article_id: int) -> None:
    """Sends `article_changed` once the transaction is committed, or now where there is none."""
    from knowledge.models import Article

    transaction.on_commit(partial(article_changed.send_robust, sender=Article, article_id=article_id), robust=True)

"""What a worker loads before it takes its first task, so that no customer waits for it."""

import logging

from chatbot.rules import language
from knowledge.embedders import embedder_named
from knowledge.errors import EmbeddingUnavailable
from knowledge.models import Embedder
from knowledge.segmentation import words_of_question

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Never fails: what cannot be loaded now will be tried again by the first task that needs it."""
    language.warm_up()
    try:
        active = Embedder.objects.filter(is_active=True).first()
        if active is not None:
            words_of_question("运费多少钱", language="zh-hans")  # loads the Chinese dictionary
            embedder_named(active.name).embed_questions(["Where is my order?"])
    except EmbeddingUnavailable:
        logger.warning("embedder not loaded yet", extra={"action": "warm_up_failed"})

"""What a worker loads before it takes its first task, so that no customer waits for it."""

import gc
import logging

from django.db import DatabaseError, connection

from chatbot.intents.active import guessed_intent
from chatbot.rules import language
from chatbot.rules.masking.finding import personal_entities
from knowledge.errors import KnowledgeError
from knowledge.retrieval import Audience, search

logger = logging.getLogger(__name__)

#: A message makes some thousand objects, nearly none of them in cycles: collecting after each 700 is for nothing.
_COLLECTOR_THRESHOLDS = (10_000, 20, 20)


def warm_up() -> None:
    """The language detector, the Chinese dictionary, the embedder, the guesses of names and intents: seconds together.

    Never fails: what cannot be loaded now will be tried again by the first task that needs it.
    """
    language.warm_up()
    try:
        personal_entities("Hello, my name is Anna")
        personal_entities("Ich habe eine Frage, mein Name ist Anna")
        guessed_intent("warm up")
        search("warm up 热身", audience=Audience(tier=None, attributes={}), language="zh", limit=1)
    except (KnowledgeError, DatabaseError):
        logger.warning("search not warmed up", extra={"action": "warm_up_failed"})
    finally:
        connection.close()
    # What has been loaded stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)

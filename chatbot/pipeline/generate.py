"""A draft: by the model where there is one, else quoted from the best passage."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from django.conf import settings

from chatbot.conf import MODEL_MAXIMUM_TOKENS, MODEL_TEMPERATURE
from chatbot.llm.errors import Asked, ModelError
from chatbot.llm.extractive import quote
from chatbot.llm.model import ModelReply, Sampling, TextModel, is_degraded
from chatbot.llm.prompts import (
    DOES_NOT_KNOW,
    ORDINARY_MANNER,
    Composed,
    Example,
    Manner,
    PromptTooLong,
    composed,
)
from chatbot.pipeline.live_writing import LiveWriting
from chatbot.pipeline.support import Checked, Likeness, check
from chatbot.pipeline.understand import Understanding
from knowledge.approved import ApprovedMatch
from knowledge.caches.answers import Recalled
from knowledge.embedders import embedder_named
from knowledge.errors import EmbeddingUnavailable
from knowledge.injection import injection_in
from knowledge.retrieval import Passage, Retrieval
from sessions_app.models import Author
from sessions_app.snapshots import ConversationSnapshot

logger = logging.getLogger(__name__)

EXTRACTIVE = "extractive"
#: Why no model was asked; MODEL_CONTEXT_TOKENS says how much it reads.
TOO_LONG = "the question does not fit the model's window"
APPROVED = "approved answer"
ANSWERED_BEFORE = "answer given before"
#: What a degraded pool reads at most: passages, and messages of the conversation so far.
DEGRADED_PASSAGES = 2
DEGRADED_HISTORY = 2
ORDINARY_SAMPLING = Sampling(temperature=MODEL_TEMPERATURE, maximum_tokens=MODEL_MAXIMUM_TOKENS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the bot would say."""

    text: str  #: Markdown; "" if there is nothing to say
    cited: tuple[Passage, ...]  #: the passages it rests on, best first
    answerer: str  #: the model's name, EXTRACTIVE, APPROVED or ANSWERED_BEFORE
    reply: ModelReply | None  #: None when quoted
    failure: str  #: why the model did not answer, "" if it did or none is set
    asked: tuple[Asked, ...] = ()  #: the pools of model servers that were tried, in their order
    approved: ApprovedMatch | None = None  #: the approved answer that this is, word for word
    recalled: Recalled | None = None  #: the answer given before that this is
    checked: Checked | None = None  #: a model's words sentence by sentence; None when quoted
    composed: Composed | None = None  #: what the model was told; None if none was asked


NO_DRAFT = Draft(text="", cited=(), answerer=EXTRACTIVE, reply=None, failure="")


def drafted(approved: ApprovedMatch) -> Draft:
    """The answer as the person approved it."""
    return Draft(text=approved.answer, cited=(), answerer=APPROVED, reply=None, failure="", approved=approved)


def given_again(recalled: Recalled) -> Draft:
    """The answer as it was given before, resting on the same passages."""
    kept = recalled.kept
    return Draft(
        text=kept.answer, cited=kept.cited, answerer=ANSWERED_BEFORE, reply=None, failure="", recalled=recalled
    )


def generate(
    understanding: Understanding,
    retrieval: Retrieval,
    snapshot: ConversationSnapshot,
    *,
    model: TextModel | None,
    sampling: Sampling = ORDINARY_SAMPLING,
    manner: Manner = ORDINARY_MANNER,
    hide: Callable[[str], str] = lambda text: text,
    live: LiveWriting | None = None,
    examples: Sequence[Example] = (),
) -> Draft:
    """Never raises for a model that fails: then the best passage is quoted, and `failure` says why.

    `hide` takes personal data out of sentences before they are embedded. `live` shows the draft while it is written.
    `examples` of good answers, the most alike first, are shown to the model.
    """
    if not retrieval.passages or not understanding.question:
        return NO_DRAFT
    # Who gives orders gets a quotation: it can obey nobody. A person sees it before it is sent.
    offered = [passage for passage in retrieval.passages[: manner.passages] if not _gives_orders(passage.text)]
    if model is None or not offered or understanding.injection.is_suspicious:
        return _quoted(understanding, retrieval, failure="")
    history = snapshot.history
    if is_degraded(model):
        # A server with many errors is mostly one with too much to read.
        offered, history = offered[:DEGRADED_PASSAGES], history[-DEGRADED_HISTORY:]
    try:
        told = composed(
            understanding.question,
            offered,
            history,
            language=understanding.language,
            sampling=sampling,
            window=settings.MODEL_CONTEXT_TOKENS,
            manner=manner,
            examples=examples,
        )
    except PromptTooLong:
        return _quoted(understanding, retrieval, failure=TOO_LONG)
    try:
        reply = model.reply(told.messages, told.sampling, live.heard if live else None)
    except ModelError as error:
        if live:
            live.given_up()
        logger.warning("model did not answer", extra={"action": "model_failed", "error": type(error).__name__})
        quoted = _quoted(understanding, retrieval, failure=str(error))
        return replace(quoted, asked=tuple(error.asked), composed=told)
    written = _written(
        reply,
        told.passages,
        told=_facts(understanding, snapshot),
        instructions=told.messages[0].content,
        likeness=partial(_likeness, embedder=retrieval.embedder, hide=hide),
    )
    return replace(written, composed=told)


def _quoted(understanding: Understanding, retrieval: Retrieval, *, failure: str) -> Draft:
    found = quote(retrieval.question, retrieval.passages[0], language=understanding.language)
    return Draft(text=found.text, cited=(found.passage,), answerer=EXTRACTIVE, reply=None, failure=failure)


def _written(
    reply: ModelReply, offered: Sequence[Passage], *, told: str, instructions: str, likeness: Likeness
) -> Draft:
    """The model's words as far as they are borne out, with its citations turned into links."""
    if reply.text.strip().rstrip(".").casefold() == DOES_NOT_KNOW.rstrip(".").casefold():
        return Draft(text="", cited=(), answerer=reply.model, reply=reply, failure="", asked=reply.asked)
    checked = check(reply.text, offered, told=told, instructions=instructions, likeness=likeness)
    links = {
        passage.article_url: f"[{passage.article_title}]({passage.article_url})"
        for passage in checked.cited
        if passage.article_url.startswith("https://")
    }
    text = f"{checked.text}\n\n" + " · ".join(links.values()) if links else checked.text
    return Draft(
        text=text,
        cited=checked.cited,
        answerer=reply.model,
        reply=reply,
        failure="",
        asked=reply.asked,
        checked=checked,
    )


@lru_cache(maxsize=2_000)
def _gives_orders(text: str) -> bool:
    """An article that speaks to the model is not shown to it; quoted, it can do no harm."""
    return injection_in(text).is_suspicious


def _facts(understanding: Understanding, snapshot: ConversationSnapshot) -> str:
    """What the customer said and what we know of the customer: an answer may repeat it."""
    said = [row.text for row in snapshot.history if row.author == Author.CUSTOMER]
    known = [snapshot.customer_name, snapshot.customer_tier, *map(str, snapshot.customer_attributes.values())]
    return "\n".join([understanding.question, *said, *known])


def _likeness(sentence: str, others: Sequence[str], *, embedder: str, hide: Callable[[str], str]) -> float:
    """The highest cosine similarity; 0.0 where nothing can be embedded now."""
    if not embedder:
        return 0.0
    try:
        first, *rest = embedder_named(embedder).embed_questions([hide(text) for text in (sentence, *others)])
    except EmbeddingUnavailable:
        return 0.0
    return max(float(first @ other) for other in rest)

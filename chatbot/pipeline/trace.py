"""The trace of a turn: enough for anyone to replay why the customer was answered, held or handed over."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatbot.llm.prompts import Composed
from chatbot.pipeline.confidence import Confidence
from chatbot.pipeline.decide import Decision
from chatbot.pipeline.generate import Draft
from chatbot.pipeline.retrieve import Found
from chatbot.pipeline.reuse import manner_key
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.support import Fault
from chatbot.pipeline.understand import Understanding
from chatbot.profiles.guidance import AppliedGuidance
from chatbot.profiles.voice import Voice
from chatbot.rules.masking.masker import Masker
from knowledge.approved import ApprovedMatch
from knowledge.caches.answers import Recalled
from knowledge.reranking import RerankNote
from knowledge.retrieval import VECTORS_UNAVAILABLE, Passage
from sessions_app.snapshots import ConversationSnapshot

#: What a search notes about itself, as the story of a turn tells it.
NOTES_IN_WORDS: Final[Mapping[str, Promise]] = {
    VECTORS_UNAVAILABLE: _("The embedder did not answer: only the words were searched, not their meaning."),
    RerankNote.USED.value: _("The reranker put the passages in order."),
    RerankNote.SLOW.value: _("The reranker was too slow: the passages stand as the search ranked them."),
    RerankNote.FAILED.value: _("The reranker failed: the passages stand as the search ranked them."),
    RerankNote.RESTING.value: _("The reranker failed several times and rests: the search's own order stands."),
}

#: Why a sentence of a draft was not borne out, as the story of a turn tells it.
FAULTS_IN_WORDS: Final[Mapping[str, Promise]] = {
    Fault.CITATION_UNKNOWN.value: _("cites a passage that the model was not given"),
    Fault.WORDS.value: _("says what the cited passages do not say"),
    Fault.NUMBER.value: _("has a number that no cited passage has"),
    Fault.TIME.value: _("has a day or month that no cited passage has"),
    Fault.NAME.value: _("has a name that no cited passage has"),
    Fault.LINK.value: _("has a link that no cited article has"),
    Fault.ADDRESS.value: _("has an e-mail address that no cited article has"),
    Fault.DEED.value: _("says that something was done, which is not recorded"),
    Fault.PROMISE.value: _("promises something that no article promises"),
    Fault.INSTRUCTIONS.value: _("repeats what the model was told in confidence"),
}


def trace_of(
    view: ConversationSnapshot,
    understanding: Understanding,
    found: Found | None,
    draft: Draft,
    sure: Confidence,
    decision: Decision,
    clock: StageClock,
    voice: Voice | None = None,
    masker: Masker | None = None,
) -> dict[str, Any]:
    """A JSON object; hidden reasoning of a model is no part of it."""
    cited = {passage.chunk_id for passage in draft.cited}
    return {
        "milliseconds": clock.milliseconds,
        "message_ids": [message.pk for message in view.waiting],
        "history_messages": len(view.history),
        "language": understanding.language,
        "wants_person": understanding.wants_person,
        "attachments": sum(len(message.attachments) for message in view.waiting),
        "injection": {"score": round(understanding.injection.score, 2), "signs": list(understanding.injection.signs)},
        "masked": dict(masker.counts) if masker else {},
        "approved_answer": _approved(draft.approved) if draft.approved else None,
        "answered_before": _answered_before(draft.recalled) if draft.recalled else None,
        "intent": None
        if understanding.intent_probability is None
        else {
            "name": understanding.intent,
            "nearest": understanding.nearest_intent,
            "probability": round(understanding.intent_probability, 4),
            "scenario": understanding.scenario,
            "model_version": understanding.intent_model,
        },
        "profile": None if voice is None else voice.trace(),
        "manner": "" if voice is None else manner_key(voice.manner),
        "prompt": None if draft.composed is None else _prompt(draft.composed),
        "guidance": None if voice is None else _guidance(voice.guidance, draft),
        "retrieval": None
        if found is None
        else {
            "searched_for": found.retrieval.question,
            "rewritten_by": found.rewritten.value,
            "embedder": found.retrieval.embedder,
            "milliseconds": dict(found.retrieval.milliseconds),
            "notes": list(found.retrieval.notes),
            "passages": [_passage(passage, is_cited=passage.chunk_id in cited) for passage in found.retrieval.passages],
            "set_aside": [_passage(passage, is_cited=False) for passage in found.set_aside],
        },
        "model": None
        if draft.reply is None
        else {
            "name": draft.reply.model,
            "asked_for": draft.reply.asked_for,
            "pool": draft.reply.pool,
            "is_degraded": draft.reply.is_degraded,
            "finish_reason": draft.reply.finish_reason,
            "prompt_tokens": draft.reply.prompt_tokens,
            "completion_tokens": draft.reply.completion_tokens,
            "first_token_milliseconds": round(draft.reply.first_token_milliseconds, 1),
            "milliseconds": round(draft.reply.milliseconds, 1),
        },
        "pools": [
            {
                "name": one.pool,
                "outcome": one.outcome.value,
                "error": one.error,
                "milliseconds": round(one.milliseconds, 1),
            }
            for one in draft.asked
        ],
        # What a calibration learns from later: it must be what was computed then.
        "confidence": {
            "features": {name: round(value, 4) for name, value in sure.features.items()},
            "support": round(sure.support, 4),
            "relevance": round(sure.relevance, 4),
            "weights": sure.weights,
        },
        "sentences": [
            {
                "text": sentence.text,
                "cited": list(sentence.cited),
                "support": round(sentence.support, 2),
                "faults": [fault.value for fault in sentence.faults],
                "details": list(sentence.details),
            }
            for sentence in (draft.checked.sentences if draft.checked else ())
        ],
        "answerer": draft.answerer,
        "model_failure": draft.failure,
        "action": decision.action.value,
    }


def _approved(approved: ApprovedMatch) -> dict[str, Any]:
    return {
        "id": approved.answer_id,
        "question": approved.question,
        "match": approved.match.value,
        "similarity": round(approved.similarity, 4),
    }


def _answered_before(recalled: Recalled) -> dict[str, Any]:
    kept = recalled.kept
    return {
        "question": kept.question,
        "match": recalled.match.value,
        "similarity": round(recalled.similarity, 4),
        "origin": kept.origin.value,
        "kept_at": datetime.fromtimestamp(kept.kept_at, UTC).isoformat(timespec="seconds"),
        "saved_milliseconds": round(recalled.saved_milliseconds, 1),
        "articles": [{"id": one.article_id, "title": one.article_title} for one in kept.cited],
    }


def _prompt(composed: Composed) -> dict[str, Any]:
    """Which version the model was told, and what did not fit its window."""
    return {
        "name": composed.prompt.name.value,
        "version": composed.prompt.number,
        "tokens": composed.tokens,
        "window": composed.window,
        "answer_tokens": composed.sampling.maximum_tokens,
        "examples": list(composed.examples),
        "left_out": {name: count for name, count in asdict(composed.left_out).items() if count},
    }


def _guidance(guidance: AppliedGuidance, draft: Draft) -> dict[str, Any]:
    """Which pieces the model was told; a quotation can obey none."""
    return {
        "status": "given" if draft.reply is not None else "not_applicable",
        "applied": [{"id": piece.id, "text": piece.text} for piece in guidance.applied],
        "overruled": [{"id": piece.id, "text": piece.text} for piece in guidance.overruled],
    }


def _passage(passage: Passage, *, is_cited: bool) -> dict[str, Any]:
    return {
        "chunk_id": passage.chunk_id,
        "article_id": passage.article_id,
        "title": passage.article_title,
        "heading_path": passage.heading_path,
        "excerpt": passage.text[:300],
        "similarity": round(passage.similarity, 4),
        "lexical_score": round(passage.lexical_score, 4),
        "score": round(passage.score, 4),
        "rerank_score": None if passage.rerank_score is None else round(passage.rerank_score, 4),
        "cited": is_cited,
    }

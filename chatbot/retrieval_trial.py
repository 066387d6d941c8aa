"""A question as the bot would search for it, with chosen settings and every reason. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from chatbot.llm.masked import MaskedModel
from chatbot.llm.model import ModelReply
from chatbot.llm.overheard import OverheardModel
from chatbot.model_calls import note
from chatbot.model_pools import configured_model
from chatbot.models import ModelUse
from chatbot.personal_data import masker_of
from chatbot.pipeline.rehearsal import rehearsed_conversation
from chatbot.pipeline.retrieve import PASSAGES, Rewritten, search_completed
from chatbot.pipeline.understand import understand
from chatbot.rules.staff_text import is_for_staff
from chatbot.steering import steering
from knowledge.approved import ApprovedMatch, find_approved
from knowledge.approved_left_out import ApprovedLeftOut, approved_left_out
from knowledge.audience import Audience
from knowledge.conf import PASSAGES_MAX
from knowledge.explaining import Explained, Explanation, LeftOut, Why, explained, without_secrets
from knowledge.ranking import Fusion, SignalWeights
from knowledge.retrieval import Retrieval, search
from knowledge.search_settings import USUAL, SearchSettings, Way

#: Passages that a trial shows at most.
SHOWN_MOST: Final = 50


class Rewriting(StrEnum):
    """What is done with a follow-up."""

    AS_THE_BOT = "bot"  #: completed by the model where there is one, else with the words of the earlier question
    BY_WORDS = "words"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    question: str
    earlier: str = ""  #: what the customer had asked before; '' = a first question
    tier: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    language: str = ""  #: '' = as the bot recognises it
    include_internal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSettings:
    search: SearchSettings = USUAL
    passages: int = PASSAGES  #: 1..SHOWN_MOST
    collections: tuple[str, ...] | None = None  #: None = all
    rewriting: Rewriting = Rewriting.AS_THE_BOT


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalTrial:
    settings: TrialSettings
    language: str  #: in which it was searched
    searched_for: str
    rewritten: Rewritten
    rewriting_milliseconds: float  #: of the model, where it completed the question
    explanation: Explanation
    staff_text: tuple[LeftOut, ...]  #: found, and set aside because it speaks to colleagues
    approved: ApprovedMatch | None  #: what would be sent word for word, without any search
    approved_left_out: tuple[ApprovedLeftOut, ...]  #: to the very words, and not sent all the same


def settings_from(read: Mapping[str, Any]) -> TrialSettings:
    """Settings as a form or a request has read and checked them; what is missing is as usual."""
    return TrialSettings(
        search=SearchSettings(
            embedder=read.get("embedder") or "",
            way=Way(read.get("way") or Way.HYBRID),
            fusion=Fusion(read.get("fusion") or Fusion.LEARNED),
            with_reranker=read.get("with_reranker", True),
            least_score=read.get("least_score") or 0.0,
            signals=_signals(read),
        ),
        passages=read.get("passages") or PASSAGES,
        collections=tuple(read.get("collections") or ()) or None,
        rewriting=Rewriting(read.get("rewriting") or Rewriting.AS_THE_BOT),
    )


def _signals(read: Mapping[str, Any]) -> SignalWeights | None:
    """None: as learned. A weight that is given alone stands alone."""
    given = {name: read[name] for name in ("freshness", "citations") if read.get(name) is not None}
    return SignalWeights(**given) if given else None


def try_retrieval(asked: AskedFor, settings: TrialSettings, *, sees_articles: bool) -> RetrievalTrial:
    """`sees_articles`: whether the reader may read articles; else only what every customer may read keeps its words.

    Raises `QuestionTooLong`, `EmbeddingUnavailable`, `EmbedderNotReady` and `SearchTimedOut`.
    """
    view = rehearsed_conversation(
        asked.question,
        earlier=asked.earlier if settings.rewriting is not Rewriting.OFF else "",
        language=asked.language,
        tier=asked.tier,
        attributes=asked.attributes,
    )
    understanding = understand(view, default_language=steering().default_language)
    language = asked.language or understanding.language
    audience = Audience(tier=asked.tier or None, attributes=asked.attributes)
    masker = masker_of(view, understanding.question, language=language)
    said: list[ModelReply] = []
    configured = configured_model() if settings.rewriting is Rewriting.AS_THE_BOT and view.history else None

    def find(question: str) -> Retrieval:
        return search(
            masker.hide(question),
            audience=audience,
            language=language or None,
            limit=PASSAGES_MAX,
            collections=settings.collections,
            include_internal=asked.include_internal,
            settings=replace(settings.search, least_score=0.0),
        )

    whole, rewritten, model_milliseconds = search_completed(
        understanding.question,
        view.history,
        model=MaskedModel(OverheardModel(configured, said.append), masker) if configured else None,
        find=find,
    )
    note(said, ModelUse.TRIAL)
    explanation = explained(
        whole,
        audience=audience,
        language=language or None,
        limit=min(settings.passages, SHOWN_MOST),
        collections=settings.collections,
        include_internal=asked.include_internal,
        settings=settings.search,
    )
    for_staff = _staff_articles(explanation)
    shown = without_secrets(explanation) if not sees_articles else explanation
    return RetrievalTrial(
        settings=settings,
        language=language,
        searched_for=whole.question,
        rewritten=rewritten,
        rewriting_milliseconds=model_milliseconds,
        explanation=replace(
            shown, passages=tuple(one for one in shown.passages if one.passage.article_id not in for_staff)
        ),
        staff_text=tuple(_set_aside(one) for one in shown.passages if one.passage.article_id in for_staff),
        approved=find_approved(masker.hide(understanding.question), audience=audience, language=language),
        approved_left_out=tuple(approved_left_out(understanding.question, audience=audience, language=language))
        if sees_articles
        else (),
    )


def _staff_articles(explanation: Explanation) -> set[int]:
    """As the pipeline sets them aside: an article that speaks to colleagues in one place does so in others."""
    return {
        one.passage.article_id
        for one in explanation.passages
        if is_for_staff(one.passage.text, title=one.passage.article_title)
    }


def _set_aside(one: Explained) -> LeftOut:
    return LeftOut(
        article_id=one.passage.article_id,
        title=one.passage.article_title,
        heading_path=one.passage.heading_path,
        text=one.passage.text,
        score=one.passage.score,
        reasons=(Why.STAFF_TEXT,),
        is_for_everybody=one.is_for_everybody,
    )

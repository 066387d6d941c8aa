"""The packet: what a person must know who takes a conversation over, so that the customer need not say it again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatbot.pipeline.decide import Decision, Reason
from chatbot.pipeline.retrieve import Found
from chatbot.pipeline.understand import Understanding
from sessions_app.models import Author
from sessions_app.snapshots import ConversationSnapshot

#: Passages and earlier answers that a packet names at most.
FOUND = 5
TRIED = 5
#: Characters kept of each text of it.
CHARACTERS = 1_000

#: What is still open, as staff read it.
OPEN_IN_WORDS: Final[Mapping[str, Promise]] = {
    "which_article": _("No article answers this: what is the answer?"),
    "what_attachment_shows": _("What does the attachment show? The bot cannot read it."),
    "is_draft_right": _("Is what the articles say enough for this customer?"),
    "what_is_meant": _("What exactly does the customer mean?"),
    "what_customer_needs": _("The customer wants a person: what do they need that the bot did not give?"),
    "what_went_wrong": _("The customer is unhappy: what went wrong, and what would put it right?"),
    "what_failed": _("The bot failed: has the customer been answered?"),
    "what_rule_wants": _("A rule of the team stopped the bot: what does it ask of you?"),
}

_OPEN: Final[Mapping[Reason, str]] = {
    Reason.KNOWLEDGE_MISSING: "which_article",
    Reason.ONLY_ATTACHMENT: "what_attachment_shows",
    Reason.LOW_CONFIDENCE: "is_draft_right",
    Reason.NOT_BORNE_OUT: "is_draft_right",
    Reason.ASKED_BACK: "what_is_meant",
    Reason.CUSTOMER_ASKED: "what_customer_needs",
    Reason.UNHAPPY: "what_went_wrong",
    Reason.TURN_FAILED: "what_failed",
    Reason.MODEL_FAILED: "what_failed",
    Reason.WORD_HEARD: "what_rule_wants",
    Reason.WORD_SAID: "what_rule_wants",
    Reason.TRIGGER_RULE: "what_rule_wants",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    wanted: str  #: the customer's words that wait
    customer: dict[str, Any]  #: name, tier, attributes
    known: dict[str, str]  #: language, channel, intent, scenario: what is not known is left out
    tried: tuple[str, ...]  #: what the bot has answered in this conversation, oldest first
    found: tuple[dict[str, Any], ...]  #: articles that came up: id, title, excerpt; best first
    reasons: tuple[str, ...]  #: why it stopped, the deciding reason first
    open_questions: tuple[str, ...]  #: keys of OPEN_IN_WORDS
    history: tuple[dict[str, str], ...]  #: the last turns: author, text

    def as_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def packet_of(
    view: ConversationSnapshot, understanding: Understanding, found: Found | None, decision: Decision
) -> Packet:
    known = {
        "language": understanding.language if understanding.is_language_known else "",
        "channel": view.channel,
        "intent": understanding.intent,
        "scenario": understanding.scenario,
    }
    passages = found.retrieval.passages[:FOUND] if found else ()
    return Packet(
        wanted=view.question,
        customer={
            "name": view.customer_name,
            "tier": view.customer_tier,
            "attributes": dict(view.customer_attributes),
        },
        known={name: value for name, value in known.items() if value},
        tried=tuple(row.text[:CHARACTERS] for row in view.history if row.author == Author.BOT)[-TRIED:],
        found=tuple(
            {"article_id": one.article_id, "title": one.article_title, "excerpt": one.text[:300]} for one in passages
        ),
        reasons=tuple(word.value for word in decision.reasons),
        open_questions=tuple(dict.fromkeys(_OPEN[word] for word in decision.reasons if word in _OPEN)),
        history=tuple({"author": row.author, "text": row.text} for row in view.history),
    )

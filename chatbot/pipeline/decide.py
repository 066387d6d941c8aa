"""Send, hold, hand over or stay silent: pure, from the draft, its confidence and the team's policy."""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from chatbot.language_names import is_same
from chatbot.pipeline.generate import EXTRACTIVE, Draft
from chatbot.pipeline.support import Checked, Fault
from chatbot.pipeline.understand import Understanding
from chatbot.rules.language import language_of
from chatbot.rules.small_talk import SmallTalk, small_talk
from chatbot.rules.staff_text import is_for_staff


class Action(StrEnum):
    ANSWER = "answer"  #: send the draft
    GREET = "greet"  #: say the standard greeting
    SAY = "say"  #: say the words of a rule
    ASK = "ask"  #: ask the customer which of several things is meant
    HOLD = "hold"  #: a person decides about the draft
    HAND_OVER = "hand_over"  #: a person takes the conversation
    STAY_SILENT = "stay_silent"


class Reason(StrEnum):
    WORD_HEARD = "word_heard"
    CUSTOMER_ASKED = "customer_asked"
    UNHAPPY = "unhappy"
    TRIGGER_RULE = "trigger_rule"
    CHOICE_OFFERED = "choice_offered"
    PLAYBOOK_ASKS = "playbook_asks"
    PLAYBOOK_HANDS_OVER = "playbook_hands_over"
    GREETING = "greeting"
    THANKS = "thanks"
    NOTHING_ASKED = "nothing_asked"
    ONLY_ATTACHMENT = "only_attachment"
    TOO_LONG = "too_long"
    PERSONAL_DATA = "personal_data"
    KNOWLEDGE_MISSING = "knowledge_missing"
    OTHER_LANGUAGE = "other_language"
    DRAFT_LANGUAGE = "draft_language"
    STAFF_TEXT = "staff_text"
    GIVES_ORDERS = "gives_orders"
    FOREIGN_LINK = "foreign_link"
    UNTRUE_DEED = "untrue_deed"
    SHOWS_INSTRUCTIONS = "shows_instructions"
    NOT_BORNE_OUT = "not_borne_out"
    ASKED_BACK = "asked_back"
    ALWAYS_REVIEW = "always_review"
    LOW_CONFIDENCE = "low_confidence"
    WORD_SAID = "word_said"
    CONFIDENT = "confident"
    APPROVED_ANSWER = "approved_answer"
    ANSWERED_BEFORE = "answered_before"
    DRAFT_WAITING = "draft_waiting"
    MODEL_FAILED = "model_failed"
    TURN_FAILED = "turn_failed"
    HOLDOUT = "holdout"
    NOT_IN_SHARE = "not_in_share"
    MODEL_DEGRADED = "model_degraded"
    SENTENCES_CUT = "sentences_cut"


#: The reasons in words that a support person understands.
REASONS_IN_WORDS = {
    Reason.WORD_HEARD: _("A rule about what customers write matched."),
    Reason.CUSTOMER_ASKED: _("The customer asked for a person."),
    Reason.UNHAPPY: _("The customer seems angry, or asks the same again and again."),
    Reason.TRIGGER_RULE: _("A trigger rule of the team decided."),
    Reason.CHOICE_OFFERED: _("The customer was asked whether the bot or a person should help."),
    Reason.PLAYBOOK_ASKS: _("The playbook asks the customer for something that the answer needs."),
    Reason.PLAYBOOK_HANDS_OVER: _("The playbook hands over at this step."),
    Reason.GREETING: _("The customer only said hello."),
    Reason.THANKS: _("The customer only said thanks or goodbye; no answer is needed."),
    Reason.NOTHING_ASKED: _("The message holds no words to answer."),
    Reason.ONLY_ATTACHMENT: _("The message is only an attachment, which the bot cannot read."),
    Reason.TOO_LONG: _("The message is longer than the bot reads; a person should see all of it."),
    Reason.PERSONAL_DATA: _("The message holds personal data that the team lets no model see."),
    Reason.KNOWLEDGE_MISSING: _("No article answers this."),
    Reason.OTHER_LANGUAGE: _("The article found is in another language than the customer's."),
    Reason.STAFF_TEXT: _("The draft seems to be written for colleagues, not for customers."),
    Reason.DRAFT_LANGUAGE: _("The draft is in another language than the customer's."),
    Reason.GIVES_ORDERS: _("The message tries to give the bot instructions."),
    Reason.FOREIGN_LINK: _("The draft has a link or an e-mail address that no article it cites has."),
    Reason.UNTRUE_DEED: _("The draft says that something was done, but no such action is recorded."),
    Reason.SHOWS_INSTRUCTIONS: _("The draft repeats what the model was told in confidence."),
    Reason.NOT_BORNE_OUT: _("The draft says things that the articles it cites do not say."),
    Reason.SENTENCES_CUT: _("Sentences that no cited article bears out were cut."),
    Reason.ASKED_BACK: _("Several articles fit equally well; the customer is asked which is meant."),
    Reason.ALWAYS_REVIEW: _("The profile asks for a person's review, however sure the bot is."),
    Reason.LOW_CONFIDENCE: _("The confidence is under the threshold."),
    Reason.WORD_SAID: _("A rule about what the bot says matched the draft."),
    Reason.CONFIDENT: _("The confidence is at or over the threshold."),
    Reason.APPROVED_ANSWER: _("A person approved this answer to this question."),
    Reason.ANSWERED_BEFORE: _("The same question was answered before, and its articles have not changed since."),
    Reason.DRAFT_WAITING: _("An earlier draft for this customer is still waiting for review."),
    Reason.MODEL_FAILED: _("The language model did not answer; the best passage is quoted instead."),
    Reason.MODEL_DEGRADED: _(
        "The model servers had many errors lately: the prompt was shorter, and the threshold higher."
    ),
    Reason.TURN_FAILED: _("The bot failed several times on this message."),
    Reason.NOT_IN_SHARE: _("The bot does not answer all customers yet, and not this one."),
    Reason.HOLDOUT: _("An experiment gives this customer to people, without the bot."),
}


#: A draft less probable than this would only be deleted by the reviewer: it counts as nothing found.
HOPELESS = 0.25
#: From this share of its words in what it cites on, a draft is in the language of that: names and numbers alone, which
#: a translation keeps, are fewer.
_QUOTED = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the team has set."""

    threshold: float  #: 0..1
    degraded_extra: float = 0.0  #: added to it for what a model wrote whose servers had many errors
    always_review: bool = False  #: every draft waits for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    action: Action
    reasons: tuple[Reason, ...]  #: the deciding one first
    confidence: float  #: probability that the draft is right, 0..1
    threshold: float
    words: str = ""  #: what is said instead of the draft
    tags: tuple[str, ...] = ()  #: put on the conversation, whatever is done
    team_id: str = ""  #: who gets a handover; "": the team set for the workspace

    @property
    def draft_is_worth_showing(self) -> bool:
        return Reason.KNOWLEDGE_MISSING not in self.reasons


def decide(
    understanding: Understanding, draft: Draft, *, confidence: float, policy: Policy, is_draft_waiting: bool
) -> Decision:
    """The first rule that applies wins; what people must see comes before what the bot could say."""
    also = _beside(draft)
    if _is_degraded(draft):
        policy = replace(policy, threshold=min(1.0, policy.threshold + policy.degraded_extra))

    def decision(action: Action, *reasons: Reason) -> Decision:
        return Decision(action=action, reasons=(*reasons, *also), confidence=confidence, threshold=policy.threshold)

    early = _without_draft(understanding)
    if early is not None:
        return decision(*early)
    if draft.approved is not None:
        # A person's word stands above the threshold, and above our guesses about language and addressee.
        if is_draft_waiting:
            return decision(Action.HOLD, Reason.DRAFT_WAITING)
        return decision(Action.ANSWER, Reason.APPROVED_ANSWER)
    if understanding.injection.is_suspicious:
        return decision(Action.HOLD, Reason.GIVES_ORDERS)
    if not draft.text or confidence < min(HOPELESS, policy.threshold):
        return decision(Action.HOLD, Reason.KNOWLEDGE_MISSING)
    if understanding.is_cut:
        return decision(Action.HOLD, Reason.TOO_LONG)
    if _is_in_other_language(understanding, draft):
        return decision(Action.HOLD, Reason.OTHER_LANGUAGE)
    if is_for_staff(draft.text):
        return decision(Action.HOLD, Reason.STAFF_TEXT)
    wrong = _wrong_with(understanding, draft)
    if wrong is not None:
        return decision(Action.HOLD, wrong)
    if confidence < policy.threshold:
        return decision(Action.HOLD, Reason.LOW_CONFIDENCE)
    if policy.always_review:
        return decision(Action.HOLD, Reason.ALWAYS_REVIEW)
    if is_draft_waiting:
        return decision(Action.HOLD, Reason.DRAFT_WAITING)
    return decision(Action.ANSWER, Reason.CONFIDENT if draft.recalled is None else Reason.ANSWERED_BEFORE)


def held_back(reason: Reason, *, policy: Policy) -> Decision:
    """A person answers, and the bot drafts nothing."""
    return Decision(action=Action.HOLD, reasons=(reason,), confidence=0.0, threshold=policy.threshold)


def needs_no_draft(understanding: Understanding) -> bool:
    """True where searching and writing would be wasted."""
    return _without_draft(understanding) is not None


def _without_draft(understanding: Understanding) -> tuple[Action, Reason] | None:
    if understanding.wants_person:
        return Action.HAND_OVER, Reason.CUSTOMER_ASKED
    if not understanding.question:
        if understanding.has_attachment:
            return Action.HOLD, Reason.ONLY_ATTACHMENT
        # Who begins with "?" or a sign waits for a word of ours; later it is a remark on what was said.
        return Action.GREET if understanding.is_first else Action.STAY_SILENT, Reason.NOTHING_ASKED
    if not understanding.has_attachment:
        match small_talk(understanding.question):
            case SmallTalk.GREETING:
                return Action.GREET, Reason.GREETING
            case SmallTalk.THANKS:
                return Action.STAY_SILENT, Reason.THANKS
    return None


def _beside(draft: Draft) -> tuple[Reason, ...]:
    """What is worth saying beside the reason that decides."""
    if draft.failure:
        return (Reason.MODEL_FAILED,)
    degraded = (Reason.MODEL_DEGRADED,) if _is_degraded(draft) else ()
    cut = (Reason.SENTENCES_CUT,) if draft.checked is not None and draft.checked.is_cut else ()
    return degraded + cut


def _is_degraded(draft: Draft) -> bool:
    return draft.reply is not None and draft.reply.is_degraded


def _wrong_with(understanding: Understanding, draft: Draft) -> Reason | None:
    """Why a model's draft may not be sent, however sure the bot is of the article."""
    checked = draft.checked
    if checked is None:
        return None
    if not checked.stands:
        faults = set(checked.faults)
        for reason, found in _FAULTS:
            if faults & found:
                return reason
        return Reason.NOT_BORNE_OUT
    if understanding.is_language_known and not _quotes_their_language(checked, understanding.language):
        written = language_of(checked.text)
        if written and not is_same(written, understanding.language):
            return Reason.DRAFT_LANGUAGE
    return None


def _quotes_their_language(checked: Checked, language: str) -> bool:
    """Nearly word for word what stands in articles of that language; telling a text's language costs a millisecond."""
    return checked.support >= _QUOTED and all(is_same(passage.language, language) for passage in checked.cited)


#: The gravest first.
_FAULTS: tuple[tuple[Reason, frozenset[Fault]], ...] = (
    (Reason.SHOWS_INSTRUCTIONS, frozenset({Fault.INSTRUCTIONS})),
    (Reason.FOREIGN_LINK, frozenset({Fault.LINK, Fault.ADDRESS})),
    (Reason.UNTRUE_DEED, frozenset({Fault.DEED})),
)


def _is_in_other_language(understanding: Understanding, draft: Draft) -> bool:
    """A quoted passage keeps its language; a model translates."""
    if draft.answerer != EXTRACTIVE or not draft.cited or not understanding.language:
        return False
    written = draft.cited[0].language
    return bool(written) and not is_same(written, understanding.language)

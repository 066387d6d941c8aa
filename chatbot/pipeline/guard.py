"""Sensitive words on the way in and on the way out: what the bot may hear, and what it may say."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone

from chatbot.intercom.bodies import plain_text
from chatbot.intercom.reply_html import reply_html
from chatbot.pipeline.decide import Action, Decision, Reason
from chatbot.pipeline.generate import Draft
from chatbot.pipeline.understand import Understanding
from chatbot.rules.current import current_matcher
from chatbot.rules.matching.matcher import NOTHING_FOUND, Rule, RuleAction, Scope, Verdict, masked
from sessions_app.context import ContextMessage
from sessions_app.models import Author
from sessions_app.snapshots import ConversationSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the customer wrote, as the bot may hear it."""

    understanding: Understanding  #: its question with masked words blotted out
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the bot would say, as it may leave."""

    draft: Draft  #: with masked words blotted out
    verdict: Verdict
    is_safe: bool  #: False: words that a rule masks stand there in a way that cannot be blotted out

    @classmethod
    def nothing(cls, draft: Draft) -> "Said":
        return cls(draft=draft, verdict=NOTHING_FOUND, is_safe=True)


def hear(understanding: Understanding) -> Heard:
    """`understanding` after the rules about what customers write."""
    language = understanding.language if understanding.is_language_known else ""
    verdict = current_matcher().check(
        understanding.question, scope=Scope.INCOMING, language=language, now=timezone.now()
    )
    if verdict.masks:
        understanding = replace(understanding, question=masked(understanding.question, verdict.masks))
    return Heard(understanding=understanding, verdict=verdict)


def with_masked_history(view: ConversationSnapshot, *, language: str) -> ConversationSnapshot:
    """Earlier turns go to the model as well: what is masked now is masked there."""
    if not view.history:
        return view

    def shown(row: ContextMessage) -> ContextMessage:
        text = without_masked_words(row.text, is_from_customer=row.author == Author.CUSTOMER, language=language)
        return replace(row, text=text) if text != row.text else row

    return replace(view, history=tuple(map(shown, view.history)))


def without_masked_words(text: str, *, is_from_customer: bool, language: str) -> str:
    """`text` as a model may read it."""
    matcher = current_matcher()
    if not any(rule.action == RuleAction.MASK for rule in matcher.rules):
        return text
    scope = Scope.INCOMING if is_from_customer else Scope.OUTGOING
    return masked(text, matcher.check(text, scope=scope, language=language, now=timezone.now()).masks)


def say(draft: Draft, *, language: str) -> Said:
    """`draft` after the rules about what the bot says: its Markdown, and what a customer sees of it."""
    if not draft.text:
        return Said.nothing(draft)
    verdict = outgoing(draft.text, language=language)
    text = masked(draft.text, verdict.masks)
    # Markup hides words from the first look: "re**fund**".
    seen = outgoing(plain_text(reply_html(text)), language=language)
    hits = (*verdict.hits, *(hit for hit in seen.hits if hit.rule not in {one.rule for one in verdict.hits}))
    return Said(
        draft=replace(draft, text=text) if text != draft.text else draft,
        verdict=Verdict(hits=hits, is_complete=verdict.is_complete and seen.is_complete),
        is_safe=not seen.masks,
    )


def outgoing(text: str, *, language: str = "") -> Verdict:
    """The rules about what the bot says, on `text`."""
    return current_matcher().check(text, scope=Scope.OUTGOING, language=language, now=timezone.now())


def sayable(words: str, *, language: str) -> str | None:
    """Set words (of a rule, a playbook, a standard message) as they may leave; None where a rule stops them."""
    verdict = outgoing(words, language=language)
    if verdict.decisive is not None or not verdict.is_complete:
        return None
    return masked(words, verdict.masks)


def decided_by_what_was_heard(heard: Heard, *, threshold: float) -> Decision | None:
    """A rule that leaves nothing to draft; None if there is none. Who asks for a person gets one, but for a block."""
    rule = heard.verdict.decisive
    if rule is None:
        return None
    if rule.action == RuleAction.BLOCK and rule.reply:
        return Decision(
            action=Action.SAY, reasons=(Reason.WORD_HEARD,), confidence=0.0, threshold=threshold, words=rule.reply
        )
    if rule.action == RuleAction.HAND_OFF and not heard.understanding.wants_person:
        return Decision(action=Action.HAND_OVER, reasons=(Reason.WORD_HEARD,), confidence=0.0, threshold=threshold)
    return None


def corrected(decision: Decision, heard: Heard, said: Said) -> Decision:
    """`decision` after the rules, with their tags; what a person will see anyway needs no further correction."""
    tags = tuple(dict.fromkeys((*decision.tags, *heard.verdict.tags, *said.verdict.tags)))
    decision = replace(_corrected(decision, heard, said), tags=tags)
    if decision.action not in (Action.SAY, Action.ASK):
        return decision
    words = sayable(decision.words, language=heard.understanding.language)
    if words is None:
        return replace(decision, action=Action.HOLD, reasons=(Reason.WORD_SAID, *decision.reasons[1:]), words="")
    return replace(decision, words=words)


def _corrected(decision: Decision, heard: Heard, said: Said) -> Decision:
    if decision.action not in (Action.ANSWER, Action.GREET):
        return decision
    heard_rule, said_rule = heard.verdict.decisive, said.verdict.decisive
    if said_rule is not None:
        if said_rule.action == RuleAction.BLOCK and said_rule.reply:
            return replace(decision, action=Action.SAY, reasons=(Reason.WORD_SAID,), words=said_rule.reply)
        action = Action.HAND_OVER if said_rule.action == RuleAction.HAND_OFF else Action.HOLD
        return replace(decision, action=action, reasons=(Reason.WORD_SAID, *decision.reasons[1:]))
    if not said.is_safe or not said.verdict.is_complete:
        return replace(decision, action=Action.HOLD, reasons=(Reason.WORD_SAID, *decision.reasons[1:]))
    if heard_rule is not None or not heard.verdict.is_complete:
        return replace(decision, action=Action.HOLD, reasons=(Reason.WORD_HEARD, *decision.reasons[1:]))
    return decision


def fired(verdict: Verdict, scope: Scope) -> list[dict[str, object]]:
    """The rules that matched, for the trace: which and what they do, without the words that they matched."""
    rules: Iterable[Rule] = dict.fromkeys(hit.rule for hit in verdict.hits)
    decisive = verdict.decisive
    return [
        {
            "id": rule.id,
            "name": rule.pattern[:60],
            "action": rule.action.value,
            "scope": scope.value,
            "decides": rule == decisive,
            "places": sum(1 for hit in verdict.hits if hit.rule == rule),
        }
        for rule in rules
    ]

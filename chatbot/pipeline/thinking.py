"""The stages of a turn up to the decision, in their order. Each may end it; nothing is stored or sent here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chatbot.exemplars import examples_for
from chatbot.intents.active import guessed_intent
from chatbot.llm.masked import MaskedModel
from chatbot.llm.model import ModelReply, TextModel
from chatbot.llm.overheard import OverheardModel
from chatbot.llm.prompts import Example
from chatbot.model_pools import configured_model
from chatbot.models import Steering
from chatbot.personal_data import masker_of
from chatbot.pipeline.approved import approved_answer
from chatbot.pipeline.clarify import clarification, or_ask
from chatbot.pipeline.confidence import NO_CONFIDENCE, Confidence, confidence
from chatbot.pipeline.decide import Action, Decision, Policy, Reason, decide, held_back, needs_no_draft
from chatbot.pipeline.generate import NO_DRAFT, Draft, drafted, generate, given_again
from chatbot.pipeline.guard import Heard, Said, corrected, decided_by_what_was_heard, hear, say, with_masked_history
from chatbot.pipeline.live_writing import LiveWriting
from chatbot.pipeline.mood import decided_by_mood, with_what_was_before
from chatbot.pipeline.playbook import decided_by_playbook, playbook_of
from chatbot.pipeline.retrieve import Found, retrieve
from chatbot.pipeline.reuse import answer_given_before, confidence_of, manner_key
from chatbot.pipeline.route import as_chosen, decided_by_route, offered_question, rerouted, routed
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.tried import NOTHING_TRIED, Tried
from chatbot.pipeline.understand import Understanding, understand
from chatbot.playbooks.choosing import FollowedPlaybook
from chatbot.profiles.voice import Voice, choose_voice
from chatbot.prompts.in_force import Prompts, prompts_in_force
from chatbot.rules.language import language_of
from chatbot.rules.masking.masker import Masker
from chatbot.rules.triggers.routing import NOT_ROUTED, Routed
from chatbot.rules.unhappy import CALM, Mood, mood_of
from chatbot.steering import steering
from knowledge.approved import ApprovedMatch
from knowledge.audience import Audience
from knowledge.caches.answers import Recalled
from sessions_app.snapshots import ConversationSnapshot
from sessions_app.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """What the stages before the decision found."""

    understanding: Understanding
    decision: Decision
    draft: Draft = NO_DRAFT
    found: Found | None = None
    confidence: Confidence = NO_CONFIDENCE
    heard: Heard | None = None  #: sensitive words of the customer
    said: Said | None = None  #: sensitive words of the draft
    options: tuple[str, ...] = ()  #: what the customer was asked to choose from
    voice: Voice | None = None  #: None: nothing was chosen, because the turn was given up
    route: Routed = NOT_ROUTED  #: the trigger rules' word
    playbook: FollowedPlaybook | None = None
    masker: Masker | None = None  #: None where no model could have been asked
    mood: Mood = CALM  #: what speaks for an unhappy customer
    #: What the model said to complete a follow-up; a late one may still come while the draft is written.
    completing: Sequence[ModelReply] = ()
    writing: Sequence[ModelReply] = ()  #: what it said for the draft, used or not


def think(
    view: ConversationSnapshot,
    earlier_question: str,
    clock: StageClock,
    *,
    may_ask: bool,
    asked: Mapping[str, Any] | None = None,
    tried: Tried = NOTHING_TRIED,
    live: LiveWriting | None = None,
) -> Thought:
    """All stages up to the decision; stores and sends nothing. What is `tried` counts instead of what is in force.

    `asked` is the trace of the playbook whose question the customer answers; `live` shows the draft to those who watch
    while it is written.
    """
    with clock.stage("understand"):
        case = _understood(view, earlier_question, asked, tried)
    if (early := _decided_without_draft(case)) is not None:
        return case.thought(early)
    with clock.stage("mask"):
        masker = masker_of(view, case.understanding.question, language=case.understanding.language)
    case = replace(case, masker=masker)
    if masker.refused:
        return case.thought(held_back(Reason.PERSONAL_DATA, policy=case.policy))
    with clock.stage("mood"):
        case = replace(case, mood=with_what_was_before(case.mood, case.view, hide=masker.hide))
    if (unhappy := decided_by_mood(case.mood, threshold=case.policy.threshold)) is not None:
        return case.thought(unhappy)
    with clock.stage("approved"):
        approved = _approved(case, masker)
    if approved is not None:
        return _answered_again(case, drafted(approved), confidence=1.0)
    with clock.stage("recall"):
        recalled = None if tried.asks_the_model else _recalled(case, masker)
    if recalled is not None:
        return _answered_again(case, given_again(recalled), confidence=confidence_of(recalled))
    case = replace(case, view=with_masked_history(view, language=case.understanding.language))
    configured = tried.model or configured_model()
    completing, writing = list[ModelReply](), list[ModelReply]()
    completer, writer = (_overheard(configured, masker, replies) for replies in (completing, writing))
    with clock.stage("retrieve"):
        found = retrieve(case.understanding, case.view, model=completer, hide=masker.hide, prompt=case.prompts.rewrite)
    with clock.stage("generate"):
        draft = generate(
            case.understanding,
            found.retrieval,
            case.view,
            model=writer,
            sampling=case.voice.sampling,
            manner=case.voice.manner,
            hide=masker.hide,
            live=live,
            examples=_examples(case, found, masker) if writer else (),
        )
    with clock.stage("decide"):
        thought = _decided(case, found, draft, may_ask=may_ask)
    return replace(thought, completing=completing, writing=writing)


def given_up(view: ConversationSnapshot) -> Thought:
    """Nothing was thought: the turn crashed too often, and a person takes over."""
    return _for_a_person(view, Reason.TURN_FAILED)


def left_to_people(view: ConversationSnapshot) -> Thought:
    """Nothing is thought or said: an experiment gives this customer to people, to see what the bot is worth."""
    return _for_a_person(view, Reason.HOLDOUT)


def left_out_of_share(view: ConversationSnapshot) -> Thought:
    """Nothing is thought: the bot does not answer this customer yet. The team chose what happens instead."""
    language = view.language or language_of(view.question)
    thought = _for_a_person(replace(view, language=language), Reason.NOT_IN_SHARE)
    if steering().outside_share == Steering.Outside.SILENT:
        return replace(thought, decision=replace(thought.decision, action=Action.STAY_SILENT))
    return thought


def _for_a_person(view: ConversationSnapshot, reason: Reason) -> Thought:
    understanding = Understanding(
        question="",
        language=view.language or steering().default_language,
        is_language_known=bool(view.language),
        wants_person=False,
        has_attachment=False,
        is_cut=False,
    )
    return Thought(
        understanding=understanding,
        decision=Decision(action=Action.HAND_OVER, reasons=(reason,), confidence=0.0, threshold=steering().threshold),
    )


_NOTHING_SAID = Said.nothing(NO_DRAFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What every stage after the first goes by, and the one way from any of them to a `Thought`."""

    view: ConversationSnapshot
    heard: Heard
    route: Routed
    playbook: FollowedPlaybook | None
    voice: Voice
    prompts: Prompts
    chosen: Decision | None  #: by the customer, after being offered bot or person
    policy: Policy
    mood: Mood = CALM
    masker: Masker | None = None

    @property
    def understanding(self) -> Understanding:
        return self.heard.understanding

    @property
    def is_draft_waiting(self) -> bool:
        return self.view.state == State.REVIEW

    def decide(self, draft: Draft, *, confidence: float) -> Decision:
        return decide(
            self.understanding,
            draft,
            confidence=confidence,
            policy=self.policy,
            is_draft_waiting=self.is_draft_waiting,
        )

    def thought(
        self,
        decision: Decision,
        said: Said = _NOTHING_SAID,
        *,
        found: Found | None = None,
        confidence: Confidence = NO_CONFIDENCE,
    ) -> Thought:
        """`decision` after word rules and trigger rules, which have the last word."""
        return Thought(
            understanding=self.understanding,
            found=found,
            draft=said.draft,
            decision=rerouted(corrected(decision, self.heard, said), self.route),
            confidence=confidence,
            heard=self.heard,
            said=said,
            voice=self.voice,
            route=self.route,
            playbook=self.playbook,
            masker=self.masker,
            mood=self.mood,
        )


def _understood(
    view: ConversationSnapshot, earlier_question: str, asked: Mapping[str, Any] | None, tried: Tried
) -> _Case:
    """Cleaned and guessed at, then through word rules, trigger rules and playbook, then the voice to answer in."""
    offered = "" if earlier_question else offered_question(view)
    words, chosen = as_chosen(view, threshold=steering().threshold) if offered else (view, None)
    understanding = understand(
        words,
        earlier_question=earlier_question or offered,
        default_language=steering().default_language,
        guess_intent=guessed_intent,
    )
    heard = hear(understanding)
    route = routed(view, heard.understanding, text=understanding.question)
    playbook = playbook_of(view, heard.understanding, route, asked, text=understanding.question)
    prompts = tried.prompts or prompts_in_force()
    voice = choose_voice(
        heard.understanding,
        view,
        profile_named=route.profile,
        tried=tried.profile,
        prompt=prompts.answer,
        playbook=playbook.followed.guidance if playbook else (),
    )
    return _Case(
        view=view,
        heard=heard,
        route=route,
        playbook=playbook,
        voice=voice,
        prompts=prompts,
        chosen=chosen,
        policy=voice.policy(steering().threshold),
        mood=mood_of(view.question),
    )


def _decided_without_draft(case: _Case) -> Decision | None:
    """What the words alone decide; None: there is something to answer."""
    threshold = case.policy.threshold
    return (
        decided_by_what_was_heard(case.heard, threshold=threshold)
        or case.chosen
        or decided_by_route(case.route, case.understanding, threshold=threshold)
        or (None if case.understanding.wants_person else decided_by_mood(case.mood, threshold=threshold))
        or decided_by_playbook(case.playbook, threshold=threshold, is_draft_waiting=case.is_draft_waiting)
        or (case.decide(NO_DRAFT, confidence=0.0) if needs_no_draft(case.understanding) else None)
    )


def _overheard(model: TextModel | None, masker: Masker, replies: list[ModelReply]) -> TextModel | None:
    return MaskedModel(OverheardModel(model, replies.append), masker) if model else None


def _approved(case: _Case, masker: Masker) -> ApprovedMatch | None:
    hidden = replace(case.understanding, question=masker.hide(case.understanding.question))
    return approved_answer(hidden, case.view)


def _recalled(case: _Case, masker: Masker) -> Recalled | None:
    """Nothing is kept of personal questions, and looking for one would show it to the embedder."""
    if masker.counts:
        return None
    return answer_given_before(case.understanding, case.view, manner=manner_key(case.voice.manner))


def _examples(case: _Case, found: Found, masker: Masker) -> tuple[Example, ...]:
    """Good answers to questions like this one, for this customer."""
    understanding, view = case.understanding, case.view
    return examples_for(
        masker.hide(understanding.question),
        embedder=found.retrieval.embedder,
        scenario=understanding.scenario,
        language=understanding.language,
        audience=Audience(tier=view.customer_tier or None, attributes=dict(view.customer_attributes)),
    )


def _answered_again(case: _Case, draft: Draft, *, confidence: float) -> Thought:
    """With words that were sure before anything was searched: approved by a person, or given to the same question."""
    said = say(draft, language=case.understanding.language)
    return case.thought(case.decide(said.draft, confidence=confidence), said)


def _decided(case: _Case, found: Found, draft: Draft, *, may_ask: bool) -> Thought:
    """How sure we are, what the word rules make of the draft, and whether asking back is better than holding it."""
    sure = confidence(found, draft)
    said = say(draft, language=case.understanding.language)
    decision = case.decide(said.draft, confidence=sure.value)
    asked = None
    if may_ask and not case.is_draft_waiting:
        asked = clarification(
            case.understanding.question,
            found.field,
            language=case.understanding.language,
            closeness=found.closeness,
        )
        decision = or_ask(decision, asked)
    thought = case.thought(decision, said, found=found, confidence=sure)
    return replace(thought, options=asked.options) if asked and thought.decision.action is Action.ASK else thought

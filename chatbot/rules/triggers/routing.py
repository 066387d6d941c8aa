"""Trigger rules: in their order, what each asks for and what becomes of a message. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chatbot.rules.folding import fold
from chatbot.rules.matching.chinese_words import is_cut_of_words
from chatbot.rules.matching.literals import Flooded, LiteralIndex
from chatbot.rules.matching.wanted import Literal
from chatbot.rules.triggers.business_hours import Hours

#: Characters of a message in which keywords are sought.
READ_CHARACTERS = 20_000


class Route(StrEnum):
    """What a rule decides. All but CONTINUE end the list."""

    CONTINUE = "continue"  #: only what stands beside: tags, priority, profile, playbook
    ANSWER = "answer"  #: as if no rule were there
    HOLD = "hold"
    HAND_OFF = "hand_off"
    STAY_OUT = "stay_out"
    OFFER = "offer"  #: ask the customer whether bot or person


class Which(StrEnum):
    ANY = "any"
    YES = "yes"
    NO = "no"


class Condition(StrEnum):
    """What kept a rule from applying."""

    KEYWORDS = "keywords"
    TIER = "tier"
    ATTRIBUTES = "attributes"
    CHANNEL = "channel"
    LANGUAGE = "language"
    INTENT = "intent"
    HOURS = "hours"
    FIRST = "first"
    ATTACHMENT = "attachment"
    OFFERED = "offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a message when it is routed."""

    text: str
    tier: str = ""
    attributes: Mapping[str, str]
    channel: str = ""
    language: str = ""
    intent: str = ""  #: "" while none is known
    now: datetime
    is_first: bool = True  #: the customer's first message of the conversation
    has_attachment: bool = False
    was_offered: bool = False  #: the choice between bot and person was offered before


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One rule. Empty conditions ask for nothing; all that are set must hold."""

    id: int
    name: str
    route: Route
    keywords: tuple[str, ...] = ()
    needs_all_keywords: bool = False
    tiers: frozenset[str] = frozenset()  #: folded
    attributes: tuple[tuple[str, str], ...] = ()  #: folded name, folded value; value "*" is any
    channels: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    intents: frozenset[str] = frozenset()
    hours: Hours | None = None
    in_hours: Which = Which.ANY
    first: Which = Which.ANY
    attachment: Which = Which.ANY
    team_id: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()
    profile: str = ""
    playbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule looked at: `failed` is the first condition that did not hold, None if it applies."""

    trigger: Trigger
    failed: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What the rules say together."""

    steps: tuple[Step, ...]  #: in order, up to the one that decided
    decided_by: Trigger | None = None
    priority: str = ""
    tags: tuple[str, ...] = ()
    profile: str = ""
    playbook: str = ""

    @property
    def route(self) -> Route:
        return self.decided_by.route if self.decided_by else Route.ANSWER

    @property
    def applied(self) -> tuple[Trigger, ...]:
        return tuple(step.trigger for step in self.steps if step.failed is None)


NOT_ROUTED = Routed(steps=())


class Router:
    """Built once for a version of the rules, which come in their order; safe to use from several threads."""

    def __init__(self, triggers: Sequence[Trigger]) -> None:
        self.triggers = tuple(triggers)
        self._places = [
            (number, place) for number, trigger in enumerate(triggers) for place in range(len(trigger.keywords))
        ]
        self._keywords = LiteralIndex(
            [
                Literal(key=key, pattern=triggers[number].keywords[place])
                for key, (number, place) in enumerate(self._places)
            ],
            is_cut_of_words=is_cut_of_words,
        )

    def route(self, facts: Facts) -> Routed:
        """The first rule that applies and decides ends the list; of those before, the first word on each counts."""
        if not self.triggers:
            return NOT_ROUTED
        found = self._found(facts.text)
        steps: list[Step] = []
        tags: list[str] = []
        priority = profile = playbook = ""
        decided_by = None
        for number, trigger in enumerate(self.triggers):
            failed = _failed(trigger, facts, found.get(number, frozenset()))
            steps.append(Step(trigger=trigger, failed=failed))
            if failed is not None:
                continue
            tags += trigger.tags
            priority, profile, playbook = (
                priority or trigger.priority,
                profile or trigger.profile,
                playbook or trigger.playbook,
            )
            if trigger.route != Route.CONTINUE:
                decided_by = trigger
                break
        return Routed(
            steps=tuple(steps),
            decided_by=decided_by,
            priority=priority,
            tags=tuple(dict.fromkeys(tags)),
            profile=profile,
            playbook=playbook,
        )

    def _found(self, text: str) -> dict[int, frozenset[int]]:
        """Which keywords of which rules stand in `text`."""
        found: dict[int, set[int]] = {}
        try:
            for one in self._keywords.find(fold(text[:READ_CHARACTERS])):
                number, place = self._places[one.key]
                found.setdefault(number, set()).add(place)
        except Flooded:
            pass  # what was found until then counts
        return {number: frozenset(places) for number, places in found.items()}


def _failed(trigger: Trigger, facts: Facts, found: frozenset[int]) -> Condition | None:
    """The first condition that does not hold, the cheap ones first."""
    if trigger.route == Route.OFFER and facts.was_offered:
        return Condition.OFFERED
    if not _is(trigger.first, facts.is_first):
        return Condition.FIRST
    if not _is(trigger.attachment, facts.has_attachment):
        return Condition.ATTACHMENT
    if trigger.tiers and facts.tier.casefold() not in trigger.tiers:
        return Condition.TIER
    if trigger.channels and facts.channel.casefold() not in trigger.channels:
        return Condition.CHANNEL
    if trigger.languages and not {facts.language, facts.language.split("-")[0]} & trigger.languages:
        return Condition.LANGUAGE
    if trigger.intents and facts.intent.casefold() not in trigger.intents:
        return Condition.INTENT
    if trigger.attributes and not _has(trigger.attributes, facts.attributes):
        return Condition.ATTRIBUTES
    if trigger.hours is not None and not _is(trigger.in_hours, trigger.hours.is_open(facts.now)):
        return Condition.HOURS
    if trigger.keywords:
        needed = len(trigger.keywords) if trigger.needs_all_keywords else 1
        if len(found) < needed:
            return Condition.KEYWORDS
    return None


def _is(wanted: Which, fact: bool) -> bool:
    return wanted == Which.ANY or (wanted == Which.YES) == fact


def _has(wanted: Sequence[tuple[str, str]], attributes: Mapping[str, str]) -> bool:
    folded = {name.casefold(): str(value).casefold() for name, value in attributes.items()}
    return all(name in folded and value in ("*", folded[name]) for name, value in wanted)

"""A playbook on one message: which steps are taken, what the model is told, and what is asked or done. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chatbot.rules.folding import fold
from chatbot.rules.matching.expressions import ExpressionRefused, compiled

#: Steps of one message at most, jumps included: the admin refuses circles, a row written past it may hold one.
STEPS_MOST = 100
#: Characters of what the customer wrote in which data are sought.
READ_CHARACTERS = 20_000


class StepKind(StrEnum):
    TELL = "tell"
    ASK = "ask"
    HAND_OFF = "hand_off"
    GO_ON = "go_on"


class Taken(StrEnum):
    """What became of a step."""

    TOLD = "told"  #: its text is guidance for the model
    KNOWN = "known"  #: what it would ask is there already
    ASKED = "asked"  #: the customer is asked, and the turn ends
    UNANSWERED = "unanswered"  #: it was asked before and not found in the answer: not asked twice
    HANDED_OFF = "handed_off"
    WENT_ON = "went_on"
    MISSING = "missing"  #: the playbook it goes on with is switched off or gone: skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    id: int
    kind: StepKind
    text: str = ""
    pattern: str = ""  #: RE2, for folded texts; "" if nothing is sought
    attribute: str = ""  #: of the customer
    team_id: str = ""
    goes_to: int = 0  #: id of the other playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A playbook that is switched on."""

    id: int
    name: str
    scenario: str = ""
    language: str = ""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenStep:
    plan: Plan
    step: Step
    taken: Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a playbook comes to for one message."""

    plan: Plan
    taken: tuple[TakenStep, ...]
    asked_before: tuple[int, ...] = ()  #: ids of steps that were asked earlier about the same question

    @property
    def guidance(self) -> tuple[str, ...]:
        return tuple(one.step.text for one in self.taken if one.taken == Taken.TOLD)

    @property
    def question(self) -> Step | None:
        """The step that asks the customer now."""
        return self._last(Taken.ASKED)

    @property
    def hand_off(self) -> Step | None:
        return self._last(Taken.HANDED_OFF)

    def _last(self, taken: Taken) -> Step | None:
        last = self.taken[-1] if self.taken else None
        return last.step if last is not None and last.taken == taken else None


def follow(
    plan: Plan,
    plans: Mapping[int, Plan],
    *,
    said: Sequence[str],
    attributes: Mapping[str, object],
    asked_before: Sequence[int] = (),
) -> Followed:
    """`plans` are all that are switched on, by id; `said` is what the customer wrote, earlier messages included."""
    folded = fold("\n".join(said)[-READ_CHARACTERS:]).text
    known = {name.casefold() for name, value in attributes.items() if value not in (None, "")}
    taken: list[TakenStep] = []
    visited = {plan.id}
    current, waiting = plan, list(plan.steps)
    while waiting and len(taken) < STEPS_MOST:
        step = waiting.pop(0)
        what = _taken(step, folded, known, asked_before)
        if step.kind == StepKind.GO_ON:
            target = plans.get(step.goes_to)
            what = Taken.WENT_ON if target is not None and target.id not in visited else Taken.MISSING
        taken.append(TakenStep(plan=current, step=step, taken=what))
        if what in (Taken.ASKED, Taken.HANDED_OFF):
            break
        if what == Taken.WENT_ON:
            current = plans[step.goes_to]
            visited.add(current.id)
            waiting = list(current.steps)
    return Followed(plan=plan, taken=tuple(taken), asked_before=tuple(asked_before))


def _taken(step: Step, folded: str, known: set[str], asked_before: Sequence[int]) -> Taken:
    match step.kind:
        case StepKind.ASK:
            if step.attribute.casefold() in known or _is_found(step.pattern, folded):
                return Taken.KNOWN
            if step.id not in asked_before:
                return Taken.ASKED
            # Without an expression nobody can tell whether the answer holds it: then it is taken for one.
            return Taken.UNANSWERED if step.pattern or step.attribute else Taken.KNOWN
        case StepKind.HAND_OFF:
            return Taken.HANDED_OFF
    return Taken.TOLD


def _is_found(pattern: str, folded: str) -> bool:
    if not pattern:
        return False
    try:
        return compiled(pattern).search(folded) is not None
    except ExpressionRefused:
        return False  # written past the admin: asked once, then left


def circle_in(start: int, edges: Mapping[int, Sequence[int]]) -> list[int]:
    """Ids of a way that leads from `start` back to it, [] if there is none; `edges` are the jumps of all playbooks."""
    ways = [[start, target] for target in edges.get(start, ())]
    seen: set[int] = set()
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, target] for target in edges.get(way[-1], ())]
    return []

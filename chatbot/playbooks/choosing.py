"""Which playbook a message follows: the one a rule names, else the one that asked last, else its scenario's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatbot.models import Playbook
from chatbot.playbooks.following import Followed, Plan, Step, StepKind, follow
from chatbot.recent import RecentRows


class ChosenBy(StrEnum):
    RULE = "rule"
    QUESTION = "question"  #: the customer answers what it asked
    SCENARIO = "scenario"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedPlaybook:
    followed: Followed
    chosen_by: ChosenBy

    def trace(self) -> dict[str, Any]:
        """What a turn keeps: enough to tell the story, and for the next turn to know what was asked."""
        question = self.followed.question
        asked = [*self.followed.asked_before, *([question.id] if question else [])]
        return {
            "id": self.followed.plan.id,
            "name": self.followed.plan.name,
            "chosen_by": self.chosen_by.value,
            "asked": asked,
            "steps": [
                {
                    "playbook": one.plan.name,
                    "kind": one.step.kind.value,
                    "text": one.step.text,
                    "taken": one.taken.value,
                }
                for one in self.followed.taken
            ],
        }


def followed_playbook(
    *,
    named: str,
    asked: Mapping[str, Any] | None,
    scenario: str,
    language: str,
    said: Sequence[str],
    attributes: Mapping[str, object],
) -> FollowedPlaybook | None:
    """`named` is what a rule asks for, `asked` the trace of the playbook whose question is being answered, if any."""
    plans = _plans.get("")
    chosen = _chosen(plans, named=named, asked=asked, scenario=scenario, language=language)
    if chosen is None:
        return None
    plan, chosen_by = chosen
    followed = follow(plan, plans, said=said, attributes=attributes, asked_before=tuple((asked or {}).get("asked", ())))
    return FollowedPlaybook(followed=followed, chosen_by=chosen_by)


def _chosen(
    plans: Mapping[int, Plan], *, named: str, asked: Mapping[str, Any] | None, scenario: str, language: str
) -> tuple[Plan, ChosenBy] | None:
    if named:
        for plan in plans.values():
            if plan.name.casefold() == named.casefold():
                return plan, ChosenBy.RULE
    if asked and asked.get("id") in plans:
        return plans[asked["id"]], ChosenBy.QUESTION
    fitting = [plan for plan in plans.values() if scenario and plan.scenario == scenario]
    for code in (language, language.split("-")[0], ""):
        for plan in fitting:
            if plan.language == code:
                return plan, ChosenBy.SCENARIO
    return None


def plans_by_id() -> dict[int, Plan]:
    """All that are switched on, as they are stored now."""
    return {row.pk: plan_of(row) for row in Playbook.objects.filter(is_on=True).prefetch_related("steps")}


def plan_of(row: Playbook) -> Plan:
    return Plan(
        id=row.pk,
        name=row.name,
        scenario=row.scenario,
        language=row.language,
        steps=tuple(
            Step(
                id=step.pk,
                kind=StepKind(step.kind),
                text=step.text,
                pattern=step.pattern,
                attribute=step.attribute,
                team_id=step.team_id.strip(),
                goes_to=step.goes_to_id or 0,
            )
            for step in row.steps.all()
        ),
    )


def forget_recent_playbooks() -> None:
    """For those who have just changed a playbook and cannot wait two seconds."""
    _plans.clear()


def _load(_key: str) -> dict[int, Plan]:
    return plans_by_id()


_plans: RecentRows[str, dict[int, Plan]] = RecentRows(_load)

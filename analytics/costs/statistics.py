"""Every statistic of the cost level, declared once: its name, its words, and the two sums it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.business.statistics import LEAST, Better


class Unit(StrEnum):
    MONEY = "money"
    MINUTES = "minutes"
    HOURS = "hours"
    NUMBER = "number"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostStatistic:
    """`above` and `below` are names of sums as `analytics.costs.reading` gives them; a total has none below."""

    name: str
    title: Promise
    definition: Promise
    unit: Unit
    above: str
    below: str = ""
    better: Better = Better.LESS
    #: Value of the filter by cost in the list of results; "" shows all.
    behind: str = ""


COST_STATISTICS: Final = (
    CostStatistic(
        name="cost",
        title=_("Cost"),
        definition=_(
            "Tokens by price list, GPU hours whether busy or not, and people's time by hourly rate, for the "
            "conversations that began in this time; and tokens for the team's own trials in this time. GPU hours are "
            "those of the time itself. Where only some conversations are looked at, they bear the share of the GPUs "
            "that the model's time for them is, and none of the team's trials."
        ),
        unit=Unit.MONEY,
        above="cost_micros",
        better=Better.NEITHER,
    ),
    CostStatistic(
        name="cost_conversation",
        title=_("Cost of a conversation"),
        definition=_("The cost divided by all conversations in which a customer wrote."),
        unit=Unit.MONEY,
        above="cost_micros",
        below="conversations",
    ),
    CostStatistic(
        name="cost_resolved",
        title=_("Cost of a resolved conversation"),
        definition=_(
            "The whole cost, that of conversations which were not resolved included, divided by those the bot "
            "resolved (assumed or confirmed)."
        ),
        unit=Unit.MONEY,
        above="cost_micros",
        below="resolved",
        behind="resolved",
    ),
    CostStatistic(
        name="model_conversation",
        title=_("Model, a conversation"),
        definition=_(
            "Cost of tokens and GPU hours, divided by the conversations the bot took part in. Translations and what "
            "else the model did for a conversation are in it; the team's own trials are not."
        ),
        unit=Unit.MONEY,
        above="model_micros",
        below="involved",
        behind="model",
    ),
    CostStatistic(
        name="people_conversation",
        title=_("People, a conversation"),
        definition=_("Cost of people's time at the desk and in Intercom, divided by all conversations."),
        unit=Unit.MONEY,
        above="people_micros",
        below="conversations",
        behind="people",
    ),
    CostStatistic(
        name="people_minutes",
        title=_("Minutes of people, a conversation"),
        definition=_(
            "At the desk: from opening a question to the next thing that happened to it, bounded by the longest "
            "minutes stated. In Intercom: replies of teammates times the minutes stated for one. Divided by all "
            "conversations."
        ),
        unit=Unit.MINUTES,
        above="people_minutes",
        below="conversations",
        behind="people",
    ),
    CostStatistic(
        name="tokens_conversation",
        title=_("Tokens, a conversation"),
        definition=_(
            "Tokens the model read and wrote for conversations, divided by the conversations the bot took part in."
        ),
        unit=Unit.NUMBER,
        above="tokens",
        below="involved",
        behind="model",
    ),
    CostStatistic(
        name="hours_saved",
        title=_("Hours saved"),
        definition=_(
            "Conversations that the bot resolved, times the minutes that the team says one took before. Drafts that "
            "a person only had to check save time, too; that is not counted."
        ),
        unit=Unit.HOURS,
        above="saved_hours",
        better=Better.MORE,
        behind="resolved",
    ),
    CostStatistic(
        name="saved_for_one",
        title=_("Saved for each 1 spent"),
        definition=_(
            "Hours saved, valued at the hourly rate of everybody else that holds on the last day, divided by the cost."
        ),
        unit=Unit.RATIO,
        above="saved_micros",
        below="cost_micros",
        better=Better.MORE,
        behind="resolved",
    ),
)
COST_BY_NAME: Final = {one.name: one for one in COST_STATISTICS}


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFigure:
    statistic: CostStatistic
    value: float | None  #: in the currency, minutes, hours, or a number; None: nothing to divide, or not stated
    count: int  #: what it rests on

    @property
    def is_early(self) -> bool:
        return self.statistic.below not in ("", "cost_micros") and self.count < LEAST


def cost_figure(statistic: CostStatistic, sums: Mapping[str, float | None]) -> CostFigure:
    above = sums.get(statistic.above)
    scale = 1e6 if statistic.above.endswith("_micros") else 1.0
    if above is None:
        return CostFigure(statistic=statistic, value=None, count=0)
    if not statistic.below:
        return CostFigure(statistic=statistic, value=above / scale, count=int(sums.get("conversations") or 0))
    below = sums.get(statistic.below) or 0
    if not below:
        return CostFigure(statistic=statistic, value=None, count=0)
    under = 1e6 if statistic.below.endswith("_micros") else 1.0
    return CostFigure(statistic=statistic, value=(above / scale) / (below / under), count=int(below / under))

"""Reading an experiment: the sums of each arm over its customers, and what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from analytics.business.statistics import BY_NAME, Better, Kind, Statistic
from analytics.experiments.comparing import ALPHA, Comparison, Sums, Verdict, are_shares_suspicious, compared
from analytics.models import ModelPrice, RoleRate
from analytics.models.hourly import SUMS
from chatbot.models import Experiment

#: What the arms are compared in; what an arm without a bot cannot have is left out there.
COMPARED: Final = (
    "resolution", "first_contact", "intervention", "handovers", "csat", "nps", "score", "first_response", "reopened",
)  # fmt: skip
COMPARED_WITHOUT_BOT: Final = ("csat", "nps", "score", "first_response", "first_answer", "reopened")
#: Compared where anything has a price. GPUs cost the same whichever arm keeps them busy.
COST: Final = Statistic(
    name="cost",
    title=_("Cost of a conversation"),
    definition=_(
        "Tokens by price list and people's time by hourly rate, divided by all conversations. GPU hours, which cost "
        "whether busy or not, and the team's own trials are not in it."
    ),
    kind=Kind.MONEY,
    above="cost_micros",
    below="conversations",
    better=Better.LESS,
)
_STATISTICS: Final = {**BY_NAME, COST.name: COST}
_COLUMNS: Final = {**SUMS, COST.above: "coalesce(cost.micros, 0)"}
#: Clearly worse in one of these, an experiment hurts customers or colleagues, whatever its goal.
GUARDS: Final = ("handovers", "csat")

Arms = Mapping[str, Mapping[str, Sums]]  #: arm -> name of the statistic -> sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    experiment: Experiment
    goal: Comparison
    others: tuple[Comparison, ...]  #: guard-rails first
    customers: Mapping[str, int]  #: of each arm
    is_suspicious: bool  #: the arms are not as large as they should be

    @property
    def hurts(self) -> tuple[Comparison, ...]:
        return tuple(one for one in (self.goal, *self.others) if is_guard(one) and one.verdict is Verdict.WORSE)

    @property
    def is_complete(self) -> bool:
        return min(self.customers.values()) >= self.experiment.customers


def is_guard(one: Comparison) -> bool:
    return one.statistic.name in GUARDS


def names_of(experiment: Experiment) -> tuple[str, ...]:
    names = COMPARED_WITHOUT_BOT if experiment.lever == Experiment.Lever.HOLDOUT else COMPARED
    has_prices = ModelPrice.objects.exists() or RoleRate.objects.exists()
    return (*names, COST.name) if has_prices else names


def read(experiment: Experiment) -> Reading:
    """As far as outcomes are filled. The goal and the guard-rails are right in 95 of 100 experiments each, all others
    together in 95 of 100: who looks at many figures finds one that differs by chance."""
    names = names_of(experiment)
    arms = sums_of(experiment, names)
    control, tried = arms[Experiment.Arm.CONTROL], arms[Experiment.Arm.TRIED]
    beside = [name for name in names if name != experiment.goal and name not in GUARDS]

    def one(name: str) -> Comparison:
        alpha = ALPHA / len(beside) if name in beside else ALPHA
        return compared(_STATISTICS[name], control[name], tried[name], planned=experiment.customers, alpha=alpha)

    ordered = sorted((name for name in names if name != experiment.goal), key=lambda name: name not in GUARDS)
    counts = {arm: sums[experiment.goal].customers for arm, sums in arms.items()}
    return Reading(
        experiment=experiment,
        goal=one(experiment.goal),
        others=tuple(one(name) for name in ordered),
        customers=counts,
        is_suspicious=are_shares_suspicious(
            control=counts[Experiment.Arm.CONTROL],
            tried=counts[Experiment.Arm.TRIED],
            share=experiment.share / 100,
        ),
    )


def sums_of(experiment: Experiment, names: tuple[str, ...]) -> Arms:
    """Over the conversations whose turns say that they take part; both arms, also where nobody is yet."""
    found: dict[str, Mapping[str, Sums]] = {arm: dict.fromkeys(names, Sums()) for arm in Experiment.Arm.values}
    if experiment.started_at is None:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_statement(names), {"id": str(experiment.pk), "since": experiment.started_at})
        for arm, customers, *numbers in cursor.fetchall():
            pieces = [numbers[start : start + 6] for start in range(0, len(numbers), 6)]
            found[arm] = {
                name: Sums(
                    customers=customers,
                    counted=counted,
                    above=float(above),
                    below=float(below),
                    above_squares=float(above_squares),
                    below_squares=float(below_squares),
                    products=float(products),
                )
                for name, (counted, above, below, above_squares, below_squares, products) in zip(
                    names, pieces, strict=True
                )
            }
    return found


@cache
def _statement(names: tuple[str, ...]) -> str:
    """One row an arm. A customer is in one arm, so each conversation's turns name one."""
    wanted = [_STATISTICS[name] for name in names]
    columns = sorted({column for one in wanted for column in (one.above, one.below, one.minus) if column})
    each = ", ".join(f"sum({_COLUMNS[column]})::float8 AS {column}" for column in columns)
    sums = ", ".join(
        f"count(*) FILTER (WHERE {b} > 0), sum({a}), sum({b}), sum({a} * {a}), sum({b} * {b}), sum({a} * {b})"
        for a, b in ((f"({one.above} - {one.minus})" if one.minus else one.above, one.below) for one in wanted)
    )
    return f"""
        WITH placed AS (
            SELECT conversation_id, min(arms ->> %(id)s) AS arm FROM chatbot_turn
            WHERE arms <> '{{}}' AND started_at >= %(since)s AND arms ? %(id)s GROUP BY conversation_id
        ), customers AS (
            SELECT placed.arm, v.customer_id, {each}
            FROM placed
            JOIN analytics_conversationoutcome o ON o.conversation_id = placed.conversation_id
            JOIN sessions_app_conversation v ON v.id = placed.conversation_id
            LEFT JOIN LATERAL (
                SELECT sum(micros) AS micros FROM analytics_costline WHERE outcome_id = o.conversation_id
            ) cost ON true
            GROUP BY placed.arm, v.customer_id
        )
        SELECT arm, count(*), {sums} FROM customers GROUP BY arm
    """  # noqa: S608  names of columns, from constants

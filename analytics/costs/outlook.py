"""Next month on the page: conversations and cost, from the history; GPU hours from the price list."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from analytics.business.reading import Period, Question, sums_by_day
from analytics.costs.forecast import MOST_WEEKS, Forecast, Month, forecast, history, next_month
from analytics.costs.prices import Prices, gpu_costs
from analytics.costs.reading import cost_by_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Of all conversations; filters do not count here. Money in the currency."""

    month: Month
    weeks: int  #: full ones that are over
    conversations: Forecast | None  #: None: too little history
    cost: Forecast | None  #: GPU hours included
    gpus: float  #: of it, by the price list as it stands


def outlook(prices: Prices) -> Outlook:
    zone = ZoneInfo(settings.TIME_ZONE)
    today = timezone.now().astimezone(zone).date()
    month = next_month(today)
    past = Period(first=today - timedelta(days=7 * MOST_WEEKS), last=today - timedelta(days=1), zone=zone)
    counted = [day["conversations"] for day in sums_by_day(Question(period=past)).values()]
    known = history(counted, today=today)
    spent = [(day.all - day.gpus) / 1e6 for day in cost_by_day(Question(period=past), prices).values()]
    ahead = Period(first=month.first, last=month.last, zone=zone)
    gpus = sum(one.micros for one in gpu_costs(prices.models, begin=ahead.begin, end=ahead.end)) / 1e6
    # As many weeks as there were conversations: a week that cost nothing is one of them.
    cost = forecast(history(spent, today=today, weeks=len(known.weeks)), today=today, month=month)
    return Outlook(
        month=month,
        weeks=len(known.weeks),
        conversations=forecast(known, today=today, month=month),
        cost=cost and Forecast(value=cost.value + gpus, low=cost.low + gpus, high=cost.high + gpus, weeks=cost.weeks),
        gpus=gpus,
    )

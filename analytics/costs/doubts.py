"""What a cost does not hold, said plainly, each with what to do: nothing is taken for free that is merely unpriced."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.business.reading import Period
from analytics.costs.prices import Prices, gaps
from analytics.costs.reading import CostRows
from analytics.costs.words import duration
from analytics.models import CostBasis, ModelPrice, RoleRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    text: str
    cure: str
    link: str  #: where the cure is
    #: Value of the filter by cost that shows the conversations concerned; "" for none.
    behind: str = ""


def doubts(rows: CostRows, prices: Prices, basis: CostBasis, period: Period) -> list[Doubt]:
    """Of the conversations looked at, the gravest first."""
    price_list, rates = (reverse(f"admin:analytics_{name}_changelist") for name in ("modelprice", "rolerate"))
    stated = reverse("admin:analytics_costbasis_changelist")
    found = []
    if tokens := int(rows.total("unpriced_tokens")):
        text = _("%(count)s tokens have no price; they count as 0.") % {"count": f"{tokens:,}"}
        found.append(Doubt(text=text, cure=_("Prices of models"), link=price_list, behind="unpriced"))
    if seconds := rows.total("unpriced_seconds"):
        text = _("%(time)s of people's time have no hourly rate; they count as 0.") % {"time": duration(seconds)}
        found.append(Doubt(text=text, cure=_("Hourly rates"), link=rates, behind="unrated"))
    for gap in gaps(list(ModelPrice.objects.all())) + gaps(list(RoleRate.objects.select_related("role"))):
        if gap.first <= period.last and gap.last >= period.first:
            text = _("%(subject)s: no price from %(first)s until %(last)s.") % {
                "subject": gap.subject,
                "first": date_format(gap.first),
                "last": date_format(gap.last),
            }
            found.append(Doubt(text=text, cure=_("Prices of models"), link=price_list))
    if calls := int(rows.total("uncounted")):
        text = ngettext(
            "%(count)s call's server did not say how many tokens it took; it counts as 0.",
            "%(count)s calls' servers did not say how many tokens they took; they count as 0.",
            calls,
        ) % {"count": f"{calls:,}"}
        found.append(Doubt(text=text, cure=_("A price by GPU hour covers them"), link=price_list, behind="uncounted"))
    if odd := int(rows.total("odd")):
        text = ngettext(
            "%(count)s time runs backwards (a clock that jumped); it counts as 0 s.",
            "%(count)s times run backwards (a clock that jumped); they count as 0 s.",
            odd,
        ) % {"count": f"{odd:,}"}
        found.append(Doubt(text=text, cure="", link="", behind="odd"))
    if replies := int(rows.only(kind="intercom").total("uses")) if not prices.minutes_a_reply else 0:
        text = ngettext(
            "%(count)s reply of a teammate in Intercom counts as 0 minutes, because nothing records its time.",
            "%(count)s replies of teammates in Intercom count as 0 minutes, because nothing records their time.",
            replies,
        ) % {"count": f"{replies:,}"}
        found.append(Doubt(text=text, cure=_("State what one takes"), link=stated, behind="intercom"))
    if basis.baseline_minutes is None:
        text = _("Hours saved are not shown: nobody has stated how long a conversation took before.")
        found.append(Doubt(text=text, cure=_("State it"), link=stated))
    return found

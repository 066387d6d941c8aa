"""Every statistic of the business level, declared once: its name, its words, and the two sums it is made of.

Where Intercom has a word for the same thing about Fin, ours has the same meaning and the same word, so that both can
stand side by side: involvement, resolution, automation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    COUNT = "count"
    SHARE = "share"  #: 0..1, of so many
    MEAN_SECONDS = "mean_seconds"
    MEAN_SCORE = "mean_score"  #: 0..100
    NET = "net"  #: a share minus another of the same: -100..100
    MONEY = "money"  #: millionths of the currency for one; experiments alone compare it


class Better(StrEnum):
    MORE = "more"
    LESS = "less"
    NEITHER = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """`above` and `below` are columns of `analytics.models.hourly.Hourly`; a count has none below."""

    name: str
    title: Promise
    definition: Promise  #: may name settings as %(quiet)g, %(first_contact)g and %(durable)g
    kind: Kind
    above: str
    below: str = ""
    minus: str = ""  #: what is taken from `above`, for a net figure
    squares: str = ""  #: sum of the squares of what `above` sums, for the interval of a mean
    better: Better = Better.NEITHER
    #: Query of the list of results that shows the conversations behind the figure; "" if none can.
    behind: str = ""

    def words(self) -> str:
        return str(self.definition) % {
            "quiet": settings.STATISTICS_QUIET_HOURS,
            "first_contact": settings.STATISTICS_FIRST_CONTACT_HOURS,
            "durable": settings.STATISTICS_DURABLE_DAYS,
        }


STATISTICS: Final = (
    Statistic(
        name="conversations",
        title=_("Conversations"),
        definition=_("Conversations in which a customer wrote, by the moment of their first words."),
        kind=Kind.COUNT,
        above="conversations",
    ),
    Statistic(
        name="involvement",
        title=_("Involvement"),
        definition=_("Share of conversations in which the bot answered, held a draft or handed over."),
        kind=Kind.SHARE,
        above="involved",
        below="conversations",
        behind="is_involved__exact=1",
    ),
    Statistic(
        name="resolution",
        title=_("Resolution"),
        definition=_(
            "Share of the conversations the bot took part in that it resolved: its answer was the last word for "
            "%(quiet)g hours or until the conversation was closed (assumed), or the customer thanked it or rated 4 or "
            "5 (confirmed), and no person took part."
        ),
        kind=Kind.SHARE,
        above="resolved",
        below="involved",
        better=Better.MORE,
        behind="is_assumed__exact=1",
    ),
    Statistic(
        name="automation",
        title=_("Automation"),
        definition=_("Involvement times resolution: share of all conversations that the bot resolved."),
        kind=Kind.SHARE,
        above="resolved",
        below="conversations",
        better=Better.MORE,
        behind="is_assumed__exact=1",
    ),
    Statistic(
        name="confirmed",
        title=_("Confirmed resolution"),
        definition=_(
            "Share of those the bot took part in where the customer thanked it or rated 4 or 5, with no person."
        ),
        kind=Kind.SHARE,
        above="confirmed",
        below="involved",
        better=Better.MORE,
        behind="is_confirmed__exact=1",
    ),
    Statistic(
        name="verified",
        title=_("Verified resolution"),
        definition=_(
            "Of the conversations the bot took part in that began %(first_contact)g hours ago or earlier: those in "
            "which nothing followed its answer for so long."
        ),
        kind=Kind.SHARE,
        above="verified",
        below="verified_known",
        better=Better.MORE,
        behind="is_verified__exact=1",
    ),
    Statistic(
        name="durable",
        title=_("Durable resolution"),
        definition=_(
            "Of the conversations the bot took part in that began %(durable)g days ago or earlier: those in which "
            "nothing followed its answer for so long."
        ),
        kind=Kind.SHARE,
        above="durable",
        below="durable_known",
        better=Better.MORE,
        behind="is_durable__exact=1",
    ),
    Statistic(
        name="first_contact",
        title=_("Resolved at first contact"),
        definition=_(
            "Of the conversations the bot took part in that began %(first_contact)g hours ago or earlier: those it "
            "answered, in which no person took part and which the customer did not reopen in that time."
        ),
        kind=Kind.SHARE,
        above="first_contact",
        below="first_contact_known",
        better=Better.MORE,
        behind="is_first_contact__exact=1",
    ),
    Statistic(
        name="intervention",
        title=_("People stepped in"),
        definition=_("Share of conversations in which a teammate wrote or decided about a draft."),
        kind=Kind.SHARE,
        above="with_person",
        below="conversations",
        better=Better.LESS,
        behind="has_person__exact=1",
    ),
    Statistic(
        name="deflection",
        title=_("Deflection"),
        definition=_("Share of those the bot took part in that never needed a person, resolved or not."),
        kind=Kind.SHARE,
        above="involved_without_person",
        below="involved",
        better=Better.MORE,
        behind="has_person__exact=0",
    ),
    Statistic(
        name="handovers",
        title=_("Handed over"),
        definition=_("Share of conversations that were handed over to people."),
        kind=Kind.SHARE,
        above="handed_over",
        below="conversations",
        better=Better.LESS,
        behind="is_handed_over__exact=1",
    ),
    Statistic(
        name="reopened",
        title=_("Reopened"),
        definition=_(
            "Share of conversations to which the customer came back after they were closed or quiet for %(quiet)g "
            "hours."
        ),
        kind=Kind.SHARE,
        above="reopened",
        below="conversations",
        better=Better.LESS,
    ),
    Statistic(
        name="csat",
        title=_("Satisfaction (CSAT)"),
        definition=_("Share of rated conversations that customers rated 4 or 5 of 5."),
        kind=Kind.SHARE,
        above="rated_good",
        below="rated",
        better=Better.MORE,
        behind="rating__isnull=0",
    ),
    Statistic(
        name="nps",
        title=_("Recommendation (NPS)"),
        definition=_(
            "Of the conversations whose customer answered the survey: the share that gave 9 or 10 minus the share that "
            "gave 0 to 6, from -100 to 100. Counted by when the conversation began."
        ),
        kind=Kind.NET,
        above="promoters",
        minus="detractors",
        below="survey_answers",
        better=Better.MORE,
        behind="nps__isnull=0",
    ),
    Statistic(
        name="survey_response",
        title=_("Answered the survey"),
        definition=_("Share of the customers who were asked that answered with a score."),
        kind=Kind.SHARE,
        above="survey_answers",
        below="surveyed",
        behind="is_surveyed__exact=1",
    ),
    Statistic(
        name="score",
        title=_("Score"),
        definition=_(
            "Mean over the conversations that are over, rated or not: how probable a rating of 4 or 5 is, 0 to 100, by "
            "what was seen: asked again, anger, wait, handover, thanks, reopening, the model's reading."
        ),
        kind=Kind.MEAN_SCORE,
        above="score_sum",
        below="scored",
        squares="score_squares",
        better=Better.MORE,
        behind="score__isnull=0",
    ),
    Statistic(
        name="agreement",
        title=_("Reviewers agree"),
        definition=_("Share of the drafts decided by people that were sent unchanged."),
        kind=Kind.SHARE,
        above="drafts_unchanged",
        below="drafts_decided",
        better=Better.MORE,
        behind="is_held__exact=1",
    ),
    Statistic(
        name="intent_accuracy",
        title=_("Intents guessed right"),
        definition=_(
            "Of the messages drawn by lot and labelled by people: those whose intent, or that they belong to none, the "
            "bot had guessed. What nobody can tell counts for neither side."
        ),
        kind=Kind.SHARE,
        above="intents_right",
        below="intents_labelled",
        better=Better.MORE,
        behind="intents_labelled__gte=1",
    ),
    Statistic(
        name="first_response",
        title=_("First word after"),
        definition=_("Mean time from the customer's first words to the first message from the bot or a teammate."),
        kind=Kind.MEAN_SECONDS,
        above="response_seconds",
        below="responses",
        better=Better.LESS,
    ),
    Statistic(
        name="first_answer",
        title=_("First answer after"),
        definition=_(
            "Mean time from the customer's first words to the first answer: a sent reply, or a teammate's words."
        ),
        kind=Kind.MEAN_SECONDS,
        above="answer_seconds",
        below="answers",
        better=Better.LESS,
    ),
)
BY_NAME: Final = {one.name: one for one in STATISTICS}

#: With fewer than this below, a share is shown with its interval only as "too early to say".
LEAST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A statistic's value over some sums."""

    statistic: Statistic
    value: float | None  #: None: nothing to divide by
    count: int  #: what it rests on
    low: float | None = None  #: 95 % interval: of a share by Wilson, of a score by its spread, net by `net_interval`
    high: float | None = None

    @property
    def is_early(self) -> bool:
        return self.statistic.kind != Kind.COUNT and self.count < LEAST


def figure(statistic: Statistic, sums: Mapping[str, float]) -> Figure:
    """`sums` holds the columns of `Hourly`, added up over whatever is looked at."""
    above = sums.get(statistic.above) or 0
    if statistic.kind is Kind.COUNT:
        return Figure(statistic=statistic, value=float(above), count=int(above))
    below = int(sums.get(statistic.below) or 0)
    if not below:
        return Figure(statistic=statistic, value=None, count=0)
    if statistic.kind is Kind.MEAN_SECONDS:
        return Figure(statistic=statistic, value=above / below, count=below)
    if statistic.kind is Kind.MEAN_SCORE:
        mean = above / below
        spread = math.sqrt(max(0.0, (sums.get(statistic.squares) or 0) / below - mean * mean))
        from scipy.stats import t  # as below

        around = float(t.ppf(0.975, below - 1)) * spread / math.sqrt(below - 1) if below > 1 else 100.0
        return Figure(
            statistic=statistic, value=mean, count=below, low=max(0.0, mean - around), high=min(100.0, mean + around)
        )
    if statistic.kind is Kind.NET:
        minus = sums.get(statistic.minus) or 0
        low, high = net_interval(int(above), int(minus), below)
        return Figure(statistic=statistic, value=100 * (above - minus) / below, count=below, low=low, high=high)
    from scipy.stats import binomtest  # nearly a second to load, which only who looks at figures shall pay

    interval = binomtest(int(above), below).proportion_ci(method="wilson")
    return Figure(
        statistic=statistic, value=above / below, count=below, low=float(interval.low), high=float(interval.high)
    )


def net_interval(more: int, less: int, count: int) -> tuple[float, float]:
    """95 % interval, -100..100, of the share `more` minus the share `less`, both of `count`.

    Adjusted Wald: three made-up answers (3/4 on either side, 3/2 between) keep it honest where all answers agree, in
    which case the plain one would be sure of itself after two customers.
    """
    count_more, count_less, all_of_them = more + 0.75, less + 0.75, count + 3
    net = (count_more - count_less) / all_of_them
    spread = math.sqrt((count_more + count_less) / all_of_them - net * net)
    around = _NORMAL * spread / math.sqrt(all_of_them)
    plain = (more - less) / count
    return 100 * max(-1.0, min(plain, net - around)), 100 * min(1.0, max(plain, net + around))


#: Standard deviations on either side of the middle that hold 95 % of a normal distribution.
_NORMAL: Final = 1.959964

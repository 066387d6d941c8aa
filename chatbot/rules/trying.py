"""What rules do to a text, and what they would have done to past messages, before they are switched on."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatbot.rules.matching.found import Disguise
from chatbot.rules.matching.matcher import Hit, Matcher, Rule, RuleAction, Scope, Verdict, masked
from sessions_app.models import Author, Message

LOOK_BACK_DAYS = 30
#: A look back ends here, and says so.
MESSAGES = 20_000
SECONDS = 5.0
#: Newest parts of conversations among which messages are sought.
NEWEST_PARTS = 400_000
EXAMPLES = 8
EXCERPT_CHARACTERS = 60

DISGUISES_IN_WORDS: dict[Disguise, Promise] = {
    Disguise.NONE: _("as written"),
    Disguise.SPACED: _("spaced out, or with signs between"),
    Disguise.LOOK_ALIKE: _("with look-alike letters"),
    Disguise.DIGITS: _("with digits or signs for letters"),
    Disguise.STRETCHED: _("with stretched letters"),
    Disguise.CENSORED: _("with a sign for a letter"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the text; `rules` are those that match there, none between hits."""

    text: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What rules do to one text."""

    verdict: Verdict
    pieces: tuple[Piece, ...]  #: the whole text, cut where hits begin and end
    masked_text: str  #: "" if nothing is masked
    why: str  #: in words, why the winner wins; "" if nothing matches


def tried(matcher: Matcher, text: str, *, scope: Scope | None, now: datetime | None) -> Trial:
    verdict = matcher.check(text, scope=scope, now=now)
    return Trial(
        verdict=verdict,
        pieces=tuple(_pieces(text, verdict.hits)),
        masked_text=masked(text, verdict.masks) if verdict.masks else "",
        why=_why(verdict),
    )


def _pieces(text: str, hits: Sequence[Hit]) -> Iterator[Piece]:
    edges = sorted({0, len(text), *(hit.start for hit in hits), *(hit.end for hit in hits)})
    for start, end in pairwise(edges):
        rules = dict.fromkeys(hit.rule for hit in hits if hit.start <= start and end <= hit.end)
        yield Piece(text=text[start:end], rules=tuple(rules))


def _why(verdict: Verdict) -> str:
    winner = verdict.winner
    if winner is None:
        return ""
    rivals = [rule for rule in {hit.rule for hit in verdict.hits} if rule != winner and rule.action.decides]
    if not winner.action.decides:
        return str(_("No matching rule blocks, hands over or holds."))
    if not rivals:
        return str(_("It is the only matching rule that decides; masks and tags are applied beside it."))
    closest = min(rivals, key=lambda rule: rule.rank)
    if closest.priority != winner.priority:
        return str(_("Its priority number is the smallest."))
    if closest.action != winner.action:
        return str(_("Among equal priorities, block comes before hand over, hand over before hold."))
    return str(_("Among equal priorities and actions, the higher severity decides, then the older rule."))


# A look back ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One message that would have matched."""

    message: Message
    before: str
    matched: str
    after: str


@dataclass(slots=True, kw_only=True)
class LookBack:
    """What rules would have matched in the last LOOK_BACK_DAYS."""

    looked_at: int = 0
    hit: int = 0
    is_whole: bool = True  #: False: there were more messages than were looked at
    by_action: dict[RuleAction, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    @property
    def share(self) -> float:
        """0..1"""
        return self.hit / self.looked_at if self.looked_at else 0.0


def looked_back(matcher: Matcher, *, days: int = LOOK_BACK_DAYS) -> LookBack:
    """The newest messages first, until there are MESSAGES of them or SECONDS are over."""
    found = LookBack()
    end = time.monotonic() + SECONDS
    for message in _messages(days):
        if found.looked_at >= MESSAGES or time.monotonic() > end:
            found.is_whole = False
            break
        found.looked_at += 1
        scope = Scope.INCOMING if message.author == Author.CUSTOMER else Scope.OUTGOING
        verdict = matcher.check(message.text, scope=scope)
        winner = verdict.winner
        if winner is None:
            continue
        found.hit += 1
        found.by_action[winner.action] = found.by_action.get(winner.action, 0) + 1
        if len(found.examples) < EXAMPLES:
            hit = verdict.hits[0]
            found.examples.append(
                Example(
                    message=message,
                    before=message.text[max(0, hit.start - EXCERPT_CHARACTERS) : hit.start],
                    matched=message.text[hit.start : hit.end],
                    after=message.text[hit.end : hit.end + EXCERPT_CHARACTERS],
                )
            )
    return found


def _messages(days: int) -> Iterator[Message]:
    newest = Message.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return (
        Message.objects.filter(
            pk__gt=newest - NEWEST_PARTS,
            author__in=(Author.CUSTOMER, Author.BOT),
            sent_at__gte=timezone.now() - timedelta(days=days),
            redacted=False,
        )
        .exclude(text="")
        .order_by("-pk")
        .only("pk", "author", "text", "sent_at", "conversation_id")[: MESSAGES + 1]
        .iterator(chunk_size=500)
    )

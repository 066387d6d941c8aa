"""What a conversation cost, worked out a second time: slowly, in plain Python, by the words of the definitions."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User

from analytics.models import CostBasis, ModelPrice, RoleRate
from chatbot.models import ModelCall, Turn
from sessions_app.models import AuditEntry, Conversation


@dataclass
class Line:
    uses: int = 0
    tokens: int = 0
    seconds: float = 0.0
    money: Fraction = field(default_factory=Fraction)
    unpriced_tokens: int = 0
    unpriced_seconds: float = 0.0
    uncounted: int = 0
    odd: int = 0

    def shown(self) -> tuple[Any, ...]:
        whole = int(self.money * 1_000_000 + Fraction(1, 2))
        return (
            self.uses, self.tokens, round(self.seconds, 4), whole, self.unpriced_tokens,
            round(self.unpriced_seconds, 4), self.uncounted, self.odd,
        )  # fmt: skip


def holds(row: ModelPrice | RoleRate, moment: datetime) -> bool:
    day = moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return row.valid_from <= day and (row.valid_until is None or day <= row.valid_until)


def dearly(conversation: Conversation) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """(kind, source, use) -> its amounts."""
    lines: dict[tuple[str, str, str], Line] = defaultdict(Line)
    basis = CostBasis.stated()
    for turn in conversation.turns.all():
        if turn.tokens_read or turn.tokens_written or turn.pool:
            _asked(lines["model", turn.pool, "answer"], turn, turn.started_at, turn.model_milliseconds or 0.0)
    for call in conversation.model_calls.all():
        _asked(lines["model", call.pool, call.use], call, call.at, call.milliseconds)
    _people(conversation, lines, Fraction(str(basis.longest_minutes)) * 60)
    for message in conversation.messages.filter(author="teammate"):
        line = lines["intercom", "", ""]
        line.uses += 1
        line.seconds += basis.minutes_a_reply * 60
        rates = [row for row in RoleRate.objects.filter(role=None) if holds(row, message.sent_at)]
        if rates:
            line.money += Fraction(str(basis.minutes_a_reply)) / 60 * Fraction(str(rates[0].hourly))
        else:
            line.unpriced_seconds += basis.minutes_a_reply * 60
    return {key: line.shown() for key, line in lines.items()}


def _asked(line: Line, call: Turn | ModelCall, moment: datetime, milliseconds: float) -> None:
    line.uses += 1
    tokens = call.tokens_read + call.tokens_written
    line.tokens += tokens
    line.uncounted += not tokens
    line.seconds += max(0.0, milliseconds) / 1000
    line.odd += milliseconds < 0
    fitting = [
        row
        for row in ModelPrice.objects.all()
        if holds(row, moment) and row.pool in ("", call.pool) and row.model in ("", call.model)
    ]
    if not fitting:
        line.unpriced_tokens += tokens
        return
    best = max(fitting, key=lambda row: (bool(row.pool), bool(row.model)))
    if best.kind == "tokens":
        read, written = Fraction(str(best.price_read)), Fraction(str(best.price_written))
        line.money += (call.tokens_read * read + call.tokens_written * written) / best.per


def _people(conversation: Conversation, lines: dict[tuple[str, str, str], Line], longest: Fraction) -> None:
    seen = list(AuditEntry.objects.filter(conversation_id=conversation.pk).exclude(action="viewed").order_by("pk"))
    for place, entry in enumerate(seen):
        later = [one for one in seen[place + 1 :] if one.item_id == entry.item_id]
        if entry.action != "claimed" or not later:
            continue
        took = later[0].at - entry.at
        seconds = min(longest, max(Fraction(0), Fraction(took // timedelta(microseconds=1), 1_000_000)))
        user = User.objects.get(pk=entry.user_id)
        roles = set(user.groups.values_list("pk", flat=True))
        holding = [row for row in RoleRate.objects.all() if holds(row, entry.at)]
        own = [row for row in holding if row.role_id in roles]
        general = [row for row in holding if row.role_id is None]
        rate = max(own, key=lambda row: row.hourly) if own else (general[0] if general else None)
        line = lines["desk", rate.role.name if rate and rate.role else "", ""]
        line.uses += 1
        line.seconds += float(seconds)
        line.odd += took < timedelta(0)
        if rate is None:
            line.unpriced_seconds += float(seconds)
        else:
            line.money += seconds * Fraction(str(rate.hourly)) / 3600

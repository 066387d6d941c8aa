"""Business hours of a team, in its own time zone: written as people write them, asked with a moment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE = {"周一": "mon", "周二": "tue", "周三": "wed", "周四": "thu", "周五": "fri", "周六": "sat", "周日": "sun"}
_LINE = re.compile(r"^(?P<days>[a-z, -]+?)\s+(?P<from>\d{1,2}:\d{2})\s*-\s*(?P<to>\d{1,2}:\d{2})$")
#: Lines of one schedule at most.
LINES = 50


class HoursUnreadable(ValueError):
    """A line of business hours cannot be understood; the message says which and how to write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a team is there."""

    time_zone: ZoneInfo
    weekly: Mapping[int, tuple[tuple[time, time], ...]]  #: weekday, Monday is 0 -> from (inclusive), to (exclusive)
    closed: frozenset[date]

    def is_open(self, moment: datetime) -> bool:
        local = moment.astimezone(self.time_zone)
        if local.date() in self.closed:
            return False
        clock = local.time().replace(tzinfo=None)
        return any(
            begin <= clock and (clock < end or end == time.max) for begin, end in self.weekly.get(local.weekday(), ())
        )


def hours_from(*, time_zone: str, weekly: str, closed_on: str) -> Hours:
    """From lines such as "mon-fri 09:00-18:00" and days such as "2026-12-25". Raises `HoursUnreadable`."""
    lines = [line.strip() for line in weekly.splitlines() if line.strip()]
    if not lines:
        raise HoursUnreadable(_("Write at least one line, such as “mon-fri 09:00-18:00”."))
    if len(lines) > LINES:
        raise HoursUnreadable(_("%(limit)d lines fit.") % {"limit": LINES})
    by_day: dict[int, list[tuple[time, time]]] = {}
    for line in lines:
        for day, span in _understood(line):
            by_day.setdefault(day, []).append(span)
    return Hours(
        time_zone=zone_named(time_zone),
        weekly={day: tuple(sorted(spans)) for day, spans in by_day.items()},
        closed=closed_days(closed_on),
    )


def zone_named(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise HoursUnreadable(
            _("“%(name)s” is no time zone; write one such as Europe/Berlin or Asia/Shanghai.") % {"name": name[:64]}
        )
    return ZoneInfo(name)


def closed_days(written: str) -> frozenset[date]:
    days = set()
    for word in re.split(r"[\s,;]+", written.strip()):
        if not word:
            continue
        try:
            days.add(date.fromisoformat(word))
        except ValueError:
            raise HoursUnreadable(_("“%(word)s” is no day; write 2026-12-25.") % {"word": word[:32]}) from None
    return frozenset(days)


def _understood(line: str) -> list[tuple[int, tuple[time, time]]]:
    folded = line.casefold()
    for chinese, day in _CHINESE.items():
        folded = folded.replace(chinese, day)
    found = _LINE.match(folded.replace("–", "-").replace("至", "-").replace("：", ":"))
    if found is None:
        raise HoursUnreadable(_("“%(line)s” is not understood; write “mon-fri 09:00-18:00”.") % {"line": line[:64]})
    begin, end = _clock(found["from"], line), _clock(found["to"], line)
    if end <= begin:
        raise HoursUnreadable(
            _("“%(line)s” ends before it begins; write two lines for hours over midnight.") % {"line": line[:64]}
        )
    return [(day, (begin, end)) for day in _days(found["days"], line)]


def _clock(written: str, line: str) -> time:
    hour, minute = map(int, written.split(":"))
    if (hour, minute) == (24, 0):
        return time.max
    if hour > 23 or minute > 59:
        raise HoursUnreadable(_("“%(line)s” holds no time of day.") % {"line": line[:64]})
    return time(hour, minute)


def _days(written: str, line: str) -> list[int]:
    days: list[int] = []
    for part in filter(None, re.split(r"[,\s]+", re.sub(r"\s*-\s*", "-", written.strip()))):
        names = part.split("-")
        if len(names) > 2 or any(name[:3] not in _DAYS for name in names):
            raise HoursUnreadable(
                _("“%(line)s” holds no day of the week; write mon, tue, wed, thu, fri, sat or sun.")
                % {"line": line[:64]}
            )
        first, last = _DAYS.index(names[0][:3]), _DAYS.index(names[-1][:3])
        days += range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
    return sorted(set(days))

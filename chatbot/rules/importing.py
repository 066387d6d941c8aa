"""Rules from a CSV table, and back: every line is judged, good ones are stored together, and each has its report."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from chatbot.models import WordRule, WordRuleGroup
from chatbot.rules import spellings

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COLUMNS = (
    "pattern", "kind", "whole_word", "language", "scope", "category", "severity", "action", "reply", "priority",
    "active_from", "active_to", "note", "owner", "group", "is_on",
)  # fmt: skip
NEEDED = ("pattern", "action")
#: A larger file is refused rather than read.
FILE_BYTES = 20 * 1024 * 1024
LINES = 100_000
_BATCH = 1_000
_SEVERITIES = {"low": 1, "medium": 2, "high": 3, "1": 1, "2": 2, "3": 3, "低": 1, "中": 2, "高": 3, "": 2}
#: What tells two rules apart; a line with the same four changes the rule that is there.
_KEY = ("pattern", "kind", "scope", "language")
_CHANGEABLE = tuple(name for name in COLUMNS if name not in _KEY)


class TableRefused(ValueError):
    """The file as a whole cannot be read as a table of rules; the message says why and what to do."""


class LineStatus(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    number: int  #: of the line in the file; the first has the names of the columns
    pattern: str
    status: LineStatus
    problems: Mapping[str, str]  #: column -> why, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    lines: tuple[LineReport, ...]

    def count(self, status: LineStatus) -> int:
        return sum(1 for line in self.lines if line.status == status)


def import_rules(content: bytes, *, user: "User | None", is_trial: bool) -> ImportReport:
    """Judge every line, and unless `is_trial` store the good ones in one transaction. Raises `TableRefused`."""
    known = {tuple(getattr(rule, name) for name in _KEY): rule for rule in WordRule.objects.select_related("group")}
    groups = {group.name: group for group in WordRuleGroup.objects.all()}
    owners = {account.get_username(): account for account in get_user_model().objects.all()}
    seen: dict[tuple[str, ...], int] = {}
    lines: list[LineReport] = []
    new: list[WordRule] = []
    changed: list[WordRule] = []
    new_groups: dict[str, WordRuleGroup] = {}
    for number, row in read_table(content):
        rule, problems = _rule(row, groups, new_groups, owners)
        key = tuple(getattr(rule, name) for name in _KEY)
        if not problems and key in seen:
            problems["pattern"] = _("The same rule stands in line %(line)d.") % {"line": seen[key]}
        if problems:
            lines.append(
                LineReport(number=number, pattern=row["pattern"], status=LineStatus.REFUSED, problems=problems)
            )
            continue
        seen[key] = number
        there = known.get(key)
        if there is None:
            status = LineStatus.NEW
            new.append(rule)
        elif _take_over(there, rule, given=row.keys()):
            status = LineStatus.CHANGED
            changed.append(there)
        else:
            status = LineStatus.SAME
        lines.append(LineReport(number=number, pattern=rule.pattern, status=status, problems={}))
    if not is_trial:
        _store(new, changed, user)
    return ImportReport(lines=tuple(lines))


def read_table(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column. Raises `TableRefused`."""
    if len(content) > FILE_BYTES:
        raise TableRefused(_("The file is larger than %(limit)d MB; cut it in parts.") % {"limit": FILE_BYTES >> 20})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableRefused(
            _("The file is not UTF-8 (byte %(place)d). In Excel, save it as “CSV UTF-8 (comma delimited)”.")
            % {"place": error.start}
        ) from error
    if "\x00" in text:
        raise TableRefused(_("The file holds NUL bytes, so it is no text: is it an Excel file? Save it as CSV UTF-8."))
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
        for name in NEEDED:
            if name not in names:
                raise TableRefused(
                    _("The column “%(name)s” is missing; the first line must name the columns.") % {"name": name}
                )
        unknown = [name for name in names if name and name not in COLUMNS and name != "id"]
        if unknown:
            raise TableRefused(
                _("No such column: %(names)s. Known are: %(known)s.")
                % {"names": ", ".join(unknown), "known": ", ".join(COLUMNS)}
            )
        for count, row in enumerate(reader):
            if count >= LINES:
                raise TableRefused(_("The file has more than %(limit)d lines; cut it in parts.") % {"limit": LINES})
            yield reader.line_num, {name: _cell(row.get(names[name]) or "") for name in COLUMNS if name in names}
    except csv.Error as error:
        raise TableRefused(
            _("Line %(line)d cannot be read as CSV: %(error)s.") % {"line": reader.line_num, "error": error}
        ) from error


def _cell(written: str) -> str:
    text = written.strip()
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


def _rule(
    row: Mapping[str, str],
    groups: Mapping[str, WordRuleGroup],
    new_groups: dict[str, WordRuleGroup],
    owners: Mapping[str, Any],
) -> tuple[WordRule, dict[str, str]]:
    """A rule that is not stored yet, and what is wrong with it by column."""
    problems: dict[str, str] = {}

    def understood(column: str, value: Any, accepted: str) -> Any:
        if value is None:
            problems[column] = _("“%(cell)s” is not understood; use %(accepted)s.") % {
                "cell": row.get(column, "")[:40],
                "accepted": accepted,
            }
        return value

    kind = understood("kind", spellings.kind_of(row.get("kind", "")), "literal, expression")
    action = understood("action", spellings.action_of(row["action"]), "block, hand_off, review, mask, tag")
    scope = understood("scope", spellings.scope_of(row.get("scope", "")), "both, incoming, outgoing")
    whole_word = understood("whole_word", spellings.switch_of(row.get("whole_word", ""), default=True), "yes, no")
    is_on = understood("is_on", spellings.switch_of(row.get("is_on", ""), default=True), "yes, no")
    severity = understood("severity", _SEVERITIES.get(row.get("severity", "").casefold()), "low, medium, high")
    written = row.get("priority", "") or "100"
    priority = understood("priority", int(written) if written.isascii() and written.isdigit() else None, "100")
    moments = {}
    for column in ("active_from", "active_to"):
        cell = row.get(column, "")
        moments[column] = understood(column, _moment(cell), "2026-12-01 09:00") if cell else None
    owner = None
    if row.get("owner"):
        owner = owners.get(row["owner"])
        if owner is None:
            problems["owner"] = _("Nobody has the account “%(name)s”.") % {"name": row["owner"][:40]}
    rule = WordRule(
        pattern=row["pattern"], kind=kind or "literal", whole_word=whole_word is not False, scope=scope or "both",
        language=row.get("language", "").lower(), category=row.get("category", ""), severity=severity or 2,
        action=action or "review", reply=row.get("reply", ""), priority=priority if priority is not None else 100,
        note=row.get("note", ""), owner=owner, is_on=is_on is not False, **moments,
    )  # fmt: skip
    try:
        rule.clean_fields(exclude=["group", *problems])
        rule.clean()
    except ValidationError as error:
        for column, messages in error.message_dict.items():
            problems.setdefault(column, " ".join(messages))
    name = row.get("group", "")
    if name and not problems:
        rule.group = groups.get(name) or new_groups.setdefault(name, WordRuleGroup(name=name[:100]))
    return rule, problems


def _moment(cell: str) -> datetime | None:
    """A day, or a moment; without an offset, in the team's own time zone. None if it is neither."""
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _take_over(there: WordRule, told: WordRule, *, given: Iterable[str]) -> bool:
    """Cells of columns that the file has; True if something changed."""
    is_changed = False
    for name in set(given) & set(_CHANGEABLE):
        if getattr(there, name) != getattr(told, name):
            setattr(there, name, getattr(told, name))
            is_changed = True
    return is_changed


@transaction.atomic
def _store(new: list[WordRule], changed: list[WordRule], user: "User | None") -> None:
    for rule in (*new, *changed):
        if rule.group is not None and rule.group._state.adding:
            rule.group.save()
        rule.group = rule.group  # takes over the id that the group has got
    why = _("imported")
    bulk_create_with_history(new, WordRule, batch_size=_BATCH, default_user=user, default_change_reason=why)
    bulk_update_with_history(
        changed, WordRule, list(_CHANGEABLE), batch_size=_BATCH, default_user=user, default_change_reason=why
    )


def export_rules(rules: Iterable[WordRule]) -> Iterator[str]:
    """Lines of CSV, with a mark by which Excel knows UTF-8. `import_rules` reads them back unchanged."""
    yield "\ufeff" + _line(COLUMNS)
    for rule in rules:
        yield _line(
            [
                rule.pattern, rule.kind, "yes" if rule.whole_word else "no", rule.language, rule.scope, rule.category,
                rule.Severity(rule.severity).name.lower(), rule.action, rule.reply, rule.priority,
                rule.active_from.isoformat() if rule.active_from else "",
                rule.active_to.isoformat() if rule.active_to else "",
                rule.note, rule.owner.get_username() if rule.owner else "", rule.group.name if rule.group else "",
                "yes" if rule.is_on else "no",
            ]
        )  # fmt: skip


#: Cells that begin with one of these are formulas to a spreadsheet; an apostrophe before them makes them text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([_no_formula(str(cell)) for cell in cells])
    return written.getvalue()

"""Intercom's search: a query of nested filters becomes a predicate, and a cursor that really moves on.

Pages go from the most recently changed to the oldest unless a sort is asked for. The cursor holds the sort value and
the revision of the last row, so that rows which change between two pages are never seen twice and never hide others.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Invalid
from sandbox.shapes import Json

MAX_PER_PAGE = 150
MAX_FILTERS = 15
MAX_NESTING = 2
OPERATORS = ("=", "!=", "IN", "NIN", ">", "<", ">=", "<=", "~", "!~", "^", "$")

Reader = Callable[[Any, str], Any]  #: (row, field) -> value, a list for "any of"; raises Invalid for unknown fields
Predicate = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    rows: list[Any]
    total: int
    page: int
    per_page: int
    next_cursor: str | None

    def pages(self) -> Json:
        following = None
        if self.next_cursor is not None:
            following = {"page": self.page + 1, "per_page": self.per_page, "starting_after": self.next_cursor}
        return {
            "type": "pages",
            "page": self.page,
            "per_page": self.per_page,
            "total_pages": max(1, -(-self.total // self.per_page)),
            "next": following,
        }


def compile_query(query: Any, reader: Reader, *, inclusive: bool) -> Predicate:
    """`inclusive`: `>` and `<` include the value itself, as conversations search says of its fields.

    Raises `Invalid` for anything that Intercom would refuse.
    """
    if not isinstance(query, dict):
        raise Invalid("query: must be an object with field, operator and value", field="query")
    return _compile(query, reader, inclusive, 0)


def _compile(query: Json, reader: Reader, inclusive: bool, depth: int) -> Predicate:
    operator = str(query.get("operator", "")).upper()
    if operator in ("AND", "OR"):
        filters = query.get("value")
        if depth >= MAX_NESTING:
            raise Invalid(f"query: at most {MAX_NESTING} levels of nesting", field="query")
        if not isinstance(filters, list) or not 1 <= len(filters) <= MAX_FILTERS:
            raise Invalid(f"query.value: must hold 1 to {MAX_FILTERS} filters", field="query")
        if not all(isinstance(each, dict) for each in filters):
            raise Invalid("query.value: each filter must be an object", field="query")
        inner = [_compile(each, reader, inclusive, depth + 1) for each in filters]
        combine = all if operator == "AND" else any
        return lambda row: combine(test(row) for test in inner)
    field = query.get("field")
    if not isinstance(field, str):
        raise Invalid("query.field: is missing", field="field")
    if operator not in OPERATORS:
        raise Invalid(f"query.operator: {operator!r} is not one of {' '.join(OPERATORS)}", field="operator")
    if "value" not in query:
        raise Invalid("query.value: is missing", field="value")
    value = query["value"]
    if operator in ("IN", "NIN") and not isinstance(value, list):
        raise Invalid(f"query.value: {operator} needs a list", field="value")
    test = _tests(operator, value, inclusive)
    return lambda row: test(reader(row, field))


def _tests(operator: str, wanted: Any, inclusive: bool) -> Callable[[Any], bool]:
    if operator in ("=", "IN"):
        accepted = {_text(each) for each in (wanted if isinstance(wanted, list) else [wanted])}
        return lambda value: any(_text(each) in accepted for each in _each(value))
    if operator in ("!=", "NIN"):
        refused = {_text(each) for each in (wanted if isinstance(wanted, list) else [wanted])}
        return lambda value: not any(_text(each) in refused for each in _each(value))
    if operator in (">", "<", ">=", "<="):
        try:
            bound = float(wanted)
        except (TypeError, ValueError):
            raise Invalid(f"query.value: {operator} needs a number", field="value") from None
        equal = inclusive or operator.endswith("=")
        up = operator.startswith(">")

        def compare(value: Any) -> bool:
            for each in _each(value):
                if isinstance(each, (int, float)) and ((each > bound) if up else (each < bound)):
                    return True
                if equal and each == bound:
                    return True
            return False

        return compare
    needle = _text(wanted)
    if operator == "~":
        return lambda value: any(needle in _text(each) for each in _each(value))
    if operator == "!~":
        return lambda value: not any(needle in _text(each) for each in _each(value))
    if operator == "^":
        return lambda value: any(_text(each).startswith(needle) for each in _each(value))
    return lambda value: any(_text(each).endswith(needle) for each in _each(value))


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """Ids come as numbers or as text, truth as true or "true": all compare as lower-case text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).casefold()


def paginate(
    rows: Iterable[Any], *, key: Callable[[Any], tuple[Any, int]], ascending: bool, pagination: Any, default: int
) -> Page:
    """One page of `rows`. `key` gives (sort value, tie breaker). Raises `Invalid` for a bad size or cursor."""
    asked = pagination if isinstance(pagination, dict) else {}
    per_page = _per_page(asked.get("per_page"), default)
    ordered = sorted(rows, key=key, reverse=not ascending)
    start = 0
    cursor = asked.get("starting_after")
    if cursor:
        last = _decode(cursor)
        start = len(ordered)
        for index, row in enumerate(ordered):
            current = key(row)
            try:
                after = current > last if ascending else current < last
            except TypeError:
                raise Invalid("pagination.starting_after: belongs to another search", field="starting_after") from None
            if after:
                start = index
                break
    chosen = ordered[start : start + per_page]
    more = start + per_page < len(ordered)
    return Page(
        rows=chosen,
        total=len(ordered),
        page=start // per_page + 1,
        per_page=per_page,
        next_cursor=_encode(key(chosen[-1])) if more else None,
    )


def _per_page(value: Any, default: int) -> int:
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if not 1 <= number <= MAX_PER_PAGE:
        raise Invalid(f"per_page: must be 1 to {MAX_PER_PAGE}", field="per_page")
    return number


def _encode(key: tuple[Any, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(cursor: Any) -> tuple[Any, int]:
    try:
        value, tie = json.loads(base64.urlsafe_b64decode(str(cursor)))
        return value, int(tie)
    except (ValueError, TypeError):
        raise Invalid("pagination.starting_after: is not a cursor of this API", field="starting_after") from None

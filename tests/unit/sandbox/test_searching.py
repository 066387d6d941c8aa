"""Search: operators, nesting, and pages that really move on."""

from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.rest.searching import compile_query, paginate


@dataclass
class Row:
    number: int
    name: str = "Blender"
    tags: tuple[str, ...] = ()


def read(row: Row, field: str) -> Any:
    if field == "tags":
        return list(row.tags) or [None]
    if field not in ("number", "name"):
        raise Invalid("unknown", field="field")
    return getattr(row, field)


def matches(query: Any, row: Row, *, inclusive: bool = True) -> bool:
    return compile_query(query, read, inclusive=inclusive)(row)


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("number", "=", "5", True),
        ("number", "=", 6, False),
        ("number", "!=", 6, True),
        ("number", "IN", [4, "5"], True),
        ("number", "NIN", [4, "5"], False),
        ("number", ">", 4, True),
        ("number", ">", "5", True),
        ("number", "<", 5, True),
        ("number", "<", 4, False),
        ("name", "~", "lend", True),
        ("name", "!~", "lend", False),
        ("name", "^", "blen", True),
        ("name", "$", "der", True),
        ("name", "$", "blen", False),
        ("tags", "=", "b", True),
        ("tags", "!=", "b", False),
    ],
)
def test_each_operator_compares_as_published(field: str, operator: str, value: Any, expected: bool) -> None:
    assert matches({"field": field, "operator": operator, "value": value}, Row(5, tags=("a", "b"))) is expected


def test_groups_nest_two_levels_deep_and_no_deeper() -> None:
    one = {"field": "number", "operator": "=", "value": 5}
    other = {"field": "number", "operator": "=", "value": 6}
    query = {"operator": "AND", "value": [{"operator": "OR", "value": [one, other]}, {**one, "operator": "!="}]}
    assert not matches(query, Row(5))
    assert matches(query, Row(6))
    with pytest.raises(Invalid, match="nesting"):
        matches({"operator": "AND", "value": [query]}, Row(5))
    with pytest.raises(Invalid, match="15"):
        matches({"operator": "AND", "value": [one] * 16}, Row(5))


@pytest.mark.parametrize(
    "query",
    [
        None,
        {"field": "number", "operator": "LIKE", "value": 1},
        {"field": "colour", "operator": "=", "value": 1},
        {"field": "number", "operator": "="},
        {"field": "number", "operator": ">", "value": "soon"},
        {"field": "number", "operator": "IN", "value": 1},
        {"operator": "AND", "value": []},
        {"operator": "AND", "value": [3]},
    ],
)
def test_a_query_that_intercom_would_refuse_is_refused(query: Any) -> None:
    with pytest.raises(Invalid):
        matches(query, Row(5))


def test_pages_show_each_row_once_even_when_rows_change_between_them() -> None:
    rows = [Row(number) for number in range(10)]
    seen: list[int] = []
    cursor = None
    for _ in range(10):
        page = paginate(
            rows,
            key=lambda row: (row.number, 0),
            ascending=False,
            pagination={"per_page": 3, "starting_after": cursor},
            default=20,
        )
        seen += [row.number for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
        rows.append(Row(100 + len(seen)))  # a conversation changes and moves to the front
    assert seen == list(range(9, -1, -1))


@pytest.mark.parametrize("pagination", [{"per_page": 0}, {"per_page": 151}, {"starting_after": "nonsense"}])
def test_an_impossible_page_is_refused(pagination: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        paginate([Row(1)], key=lambda row: (row.number, 0), ascending=True, pagination=pagination, default=20)

"""Guidance applies under its conditions, in order of priority; of one subject only the first counts."""

from hypothesis import given
from hypothesis import strategies as st

from chatbot.profiles.guidance import PIECES, Piece, sorted_out


def piece(number: int = 1, **values: object) -> Piece:
    empty = frozenset[str]()
    fields = {"text": f"piece {number}", "subject": "", "priority": 0}
    conditions = dict.fromkeys(("scenarios", "intents", "languages", "customer_tiers"), empty)
    return Piece(id=number, **{**fields, **conditions, **values})


MESSAGE = {"scenario": "return", "intent": "return a blender", "language": "zh-hans", "tier": "gold"}


def test_a_piece_without_conditions_applies_to_all() -> None:
    assert piece().applies(**MESSAGE)
    assert piece().applies(scenario="", intent="", language="", tier="")


def test_each_condition_must_hold() -> None:
    for field, right, wrong in (
        ("scenarios", "return", "order"),
        ("intents", "return a blender", "invoice"),
        ("languages", "zh-hans", "en"),
        ("customer_tiers", "gold", "silver"),
    ):
        assert piece(**{field: frozenset({right})}).applies(**MESSAGE)
        assert not piece(**{field: frozenset({wrong})}).applies(**MESSAGE)
    assert piece(languages=frozenset({"zh"})).applies(**MESSAGE), "a language holds for its variants"


def test_of_one_subject_the_higher_priority_applies_and_the_other_is_named() -> None:
    found = sorted_out([piece(1, subject="dates"), piece(2, subject="dates", priority=5), piece(3)])
    assert [one.id for one in found.applied] == [2, 3]
    assert [one.id for one in found.overruled] == [1]


@given(st.lists(st.tuples(st.sampled_from(["", "dates", "emoji"]), st.integers(-3, 3)), max_size=40))
def test_nothing_is_lost_and_no_subject_applies_twice(rows: list[tuple[str, int]]) -> None:
    pieces = [piece(number, subject=subject, priority=priority) for number, (subject, priority) in enumerate(rows)]
    found = sorted_out(pieces)
    assert sorted(one.id for one in (*found.applied, *found.overruled)) == list(range(len(rows)))
    subjects = [one.subject for one in found.applied if one.subject]
    assert len(subjects) == len(set(subjects))
    assert len(found.applied) <= PIECES
    assert [(-one.priority, one.id) for one in found.applied] == sorted(
        (-one.priority, one.id) for one in found.applied
    )

"""Who is in which arm: always the same, as many as declared, and never in two."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.experiments.hashing import point
from chatbot.experiments.placing import NOWHERE, Running, arm, place
from chatbot.models import Experiment
from chatbot.trying.variant import Variant, rehearsing, variant

STARTED = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LATER = STARTED + timedelta(hours=1)
CONTROL, TRIED = Experiment.Arm.CONTROL, Experiment.Arm.TRIED

salts = st.text(st.characters(codec="ascii"), min_size=1, max_size=32)
customers = st.text(min_size=1, max_size=40)
shares = st.integers(1, 50).map(lambda percent: percent / 100)


def running(number: int = 1, **other: object) -> Running:
    given = {"salt": f"salt{number}", "share": 0.5, "started_at": STARTED, **other}
    return Running(id=number, **given)  # type: ignore[arg-type]


def tried_customer(experiment: Running) -> str:
    return next(str(number) for number in range(1_000) if arm(experiment, str(number)) is TRIED)


@given(salts, customers, shares)
def test_a_customer_always_meets_the_same_arm(salt: str, customer: str, share: float) -> None:
    experiment = running(salt=salt, share=share)
    first = place(customer, began_at=LATER, running=[experiment])
    again = place(customer, began_at=LATER + timedelta(days=90), running=[replace(experiment)])
    assert first == again
    assert first.arms == {"1": arm(experiment, customer).value}


@given(salts, customers, shares, shares)
def test_a_larger_share_takes_nobody_out_of_the_tried_arm(salt: str, customer: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    if arm(running(salt=salt, share=small), customer) is TRIED:
        assert arm(running(salt=salt, share=large), customer) is TRIED


@given(salts, st.integers(1, 50))
def test_the_arms_are_as_large_as_declared(salt: str, percent: int) -> None:
    """Six standard deviations: one false alarm in a thousand million."""
    share, count = percent / 100, 2_000
    tried = sum(arm(running(salt=salt, share=share), f"w:{number}") is TRIED for number in range(count))
    assert abs(tried - share * count) <= 6 * (share * (1 - share) * count) ** 0.5


@given(salts, salts)
def test_arms_of_two_experiments_have_nothing_to_do_with_each_other(salt: str, other: str) -> None:
    if salt == other:
        return
    pairs = Counter((point(salt, f"w:{number}") < 0.5, point(other, f"w:{number}") < 0.5) for number in range(2_000))
    assert all(abs(pairs[one, two] - 500) <= 6 * (2_000 * 0.25 * 0.75) ** 0.5 for one in (0, 1) for two in (0, 1))


@given(st.lists(customers, unique=True, max_size=60))
def test_who_is_kept_from_the_bot_takes_part_in_nothing_else(asked: list[str]) -> None:
    holdout = running(1, is_holdout=True)
    threshold = running(2, variant=Variant(threshold=0.5))
    for customer in asked:
        placed = place(customer, began_at=LATER, running=[holdout, threshold])
        if arm(holdout, customer) is TRIED:
            assert placed.is_held_out
            assert placed.arms == {"1": "tried"}
        else:
            assert not placed.is_held_out
            assert placed.arms == {"1": "control", "2": arm(threshold, customer).value}


def test_two_levers_are_pulled_at_once() -> None:
    first, second = running(1, variant=Variant(threshold=0.5)), running(2, variant=Variant(embedder="other"))
    both = next(str(number) for number in range(1_000) if arm(first, str(number)) is arm(second, str(number)) is TRIED)
    assert place(both, began_at=LATER, running=[first, second]).variant == Variant(threshold=0.5, embedder="other")


def test_a_conversation_from_before_the_start_takes_no_part() -> None:
    experiment = running(variant=Variant(threshold=0.5))
    customer = tried_customer(experiment)
    assert place(customer, began_at=STARTED - timedelta(seconds=1), running=[experiment]) == NOWHERE
    assert place(customer, began_at=STARTED, running=[experiment]).variant.threshold == 0.5


def test_what_is_tried_counts_inside_only_and_a_rehearsal_goes_before_it() -> None:
    experiment = running(variant=Variant(threshold=0.5))
    placed = place(tried_customer(experiment), began_at=LATER, running=[experiment])
    with pytest.raises(ZeroDivisionError), placed.applied():
        assert variant().threshold == 0.5
        with rehearsing(Variant()):
            assert variant().threshold is None
        raise ZeroDivisionError
    assert variant().threshold is None

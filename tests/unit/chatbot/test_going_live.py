"""For whom the bot answers while a team goes live: always the same, and nobody leaves as it grows."""

from hypothesis import given
from hypothesis import strategies as st

from chatbot.experiments.hashing import point
from chatbot.going_live import is_admitted

customers = st.text(min_size=1, max_size=40)
TEN_THOUSAND = [f"workspace:contact-{number}" for number in range(10_000)]


@given(customers, st.integers(0, 100), st.integers(0, 100))
def test_whoever_is_in_a_share_is_in_every_larger_one(customer: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert is_admitted(customer, percent=small) <= is_admitted(customer, percent=large)


@given(customers)
def test_nobody_is_in_none_and_everybody_in_all(customer: str) -> None:
    assert not is_admitted(customer, percent=0)
    assert is_admitted(customer, percent=100)


def test_of_ten_thousand_customers_as_many_are_in_as_the_share_says() -> None:
    for percent in (5, 25):
        admitted = sum(is_admitted(customer, percent=percent) for customer in TEN_THOUSAND)
        assert abs(admitted - 100 * percent) < 4 * (10_000 * percent / 100 * (1 - percent / 100)) ** 0.5


def test_the_same_customer_gets_the_same_answer_in_every_process_for_ever() -> None:
    """A change of the draw would send customers who have met the bot to people."""
    assert [number for number in range(60) if is_admitted(f"w:c{number}", percent=5)] == [44, 51]


def test_the_draw_is_none_of_an_experiments() -> None:
    admitted = [customer for customer in TEN_THOUSAND if is_admitted(customer, percent=25)]
    in_half = sum(point("another salt", customer) < 0.5 for customer in admitted)
    assert abs(in_half / len(admitted) - 0.5) < 0.05

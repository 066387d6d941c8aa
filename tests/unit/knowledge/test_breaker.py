from hypothesis import given
from hypothesis import strategies as st

from knowledge.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_server_that_failed_in_a_row_rests_and_is_tried_by_one() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, rest_seconds=10, clock=clock)
    breaker.failed()
    assert breaker.may_ask()
    breaker.failed()
    assert not breaker.may_ask()
    clock.now = 10.0
    assert breaker.may_ask() and not breaker.may_ask()
    breaker.failed()
    assert not breaker.may_ask()
    clock.now = 20.0
    assert breaker.may_ask()
    breaker.succeeded()
    assert breaker.may_ask() and breaker.may_ask()


@given(st.lists(st.booleans(), max_size=40))
def test_one_success_in_between_keeps_it_open(results: list[bool]) -> None:
    breaker = Breaker(failures=3, rest_seconds=10, clock=Clock())
    in_a_row = 0
    for good in results:
        if not breaker.may_ask():
            assert in_a_row >= 3
            break
        (breaker.succeeded if good else breaker.failed)()
        in_a_row = 0 if good else in_a_row + 1
    else:
        assert breaker.may_ask() == (in_a_row < 3)


def test_a_trier_who_never_reports_does_not_block_the_server_for_ever() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, rest_seconds=10, clock=clock)
    breaker.failed()
    clock.now = 10.0
    assert breaker.may_ask()
    clock.now = 20.0
    assert breaker.may_ask()

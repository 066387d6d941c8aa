"""When a pool is spared, left alone and taken back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.llm.breaker import JITTER, Move, Rules, Seen, State, is_rest_over, judge, judge_probe, rest_seconds
from chatbot.llm.own_records import OwnRecords

RULES = Rules(
    window_seconds=60.0,
    least_calls=10,
    degraded_share=0.05,
    open_share=0.10,
    failures_in_a_row=5,
    rest_seconds=5.0,
    longest_rest_seconds=60.0,
    probes=2,
    slow_seconds=1.0,
    slow_answers=5,
)


def after(seen: Seen) -> State | None:
    move = judge(seen, RULES, chance=0.5)
    return move.after if move else None


@pytest.mark.parametrize(
    ("errors", "calls", "expected"),
    [
        (0, 100, None),
        (5, 100, None),  # at 5 %, not over it
        (6, 100, State.DEGRADED),
        (10, 100, State.DEGRADED),
        (11, 100, State.OPEN),
        (1, 10, State.DEGRADED),
        (2, 10, State.OPEN),
    ],
)
def test_over_five_per_cent_degrades_and_over_ten_opens(errors: int, calls: int, expected: State | None) -> None:
    assert after(Seen(errors=errors, calls=calls)) is expected


@given(st.integers(0, 4), st.integers(0, 9))
def test_a_few_calls_are_not_judged(failed_in_a_row: int, calls: int) -> None:
    assert after(Seen(errors=min(calls, failed_in_a_row), calls=calls, failed_in_a_row=failed_in_a_row)) is None


def test_failures_in_a_row_open_it_however_few_calls_there_were() -> None:
    assert after(Seen(calls=5, errors=5, failed_in_a_row=5)) is State.OPEN


def test_it_is_healthy_again_under_half_of_what_degraded_it() -> None:
    degraded = Seen(state=State.DEGRADED, calls=100, errors=4)
    assert after(degraded) is None
    assert after(replace(degraded, errors=2)) is State.HEALTHY
    assert after(replace(degraded, errors=11)) is State.OPEN


SEEN = st.builds(
    lambda state, calls, share, row, failed, good: Seen(
        state=state,
        calls=calls,
        errors=round(calls * share),
        failed_in_a_row=row,
        failed_probes=failed,
        good_probes=good,
    ),
    st.sampled_from(State),
    st.integers(0, 10_000),
    st.floats(0, 1),
    st.integers(0, 100),
    st.integers(0, 1_000),
    st.integers(0, 10),
)


@given(SEEN, st.floats(0, 1))
def test_calls_move_only_pools_that_take_calls_and_probes_only_the_others(seen: Seen, chance: float) -> None:
    by_call = judge(seen, RULES, chance=chance)
    by_probe = judge_probe(seen, RULES, is_answered=True, chance=chance)
    assert by_call is None or seen.state.takes_calls
    assert (by_probe is None) == seen.state.takes_calls
    assert by_call is None or by_call.after is not seen.state


@given(SEEN, st.floats(0, 1), st.booleans())
def test_every_rest_is_bounded(seen: Seen, chance: float, is_answered: bool) -> None:
    for move in (judge(seen, RULES, chance=chance), judge_probe(seen, RULES, is_answered=is_answered, chance=chance)):
        if move is not None:
            assert 0 <= move.rest_seconds <= RULES.longest_rest_seconds * (1 + JITTER)
            assert (move.after in (State.OPEN, State.HALF_OPEN)) == (move.rest_seconds > 0)


@given(st.integers(0, 100), st.floats(0, 1))
def test_rests_grow_with_each_probe_that_fails_up_to_the_longest(failed: int, chance: float) -> None:
    assert rest_seconds(failed, RULES, chance=chance) <= rest_seconds(failed + 1, RULES, chance=chance)


def test_probes_bring_it_back_one_after_the_other() -> None:
    seen = Seen(state=State.OPEN, failed_probes=3)
    first = judge_probe(seen, RULES, is_answered=True, chance=0.5)
    assert first is not None
    assert (first.after, first.good_probes) == (State.HALF_OPEN, 1)
    seen = replace(seen, state=first.after, good_probes=first.good_probes)
    assert judge_probe(seen, RULES, is_answered=True, chance=0.5) == Move(after=State.HEALTHY)
    again = judge_probe(seen, RULES, is_answered=False, chance=0.5)
    assert again is not None
    assert (again.after, again.good_probes) == (State.OPEN, 0)


def test_a_clock_that_was_set_back_leaves_no_pool_alone_for_hours() -> None:
    assert is_rest_over(Seen(state=State.OPEN, rest_left_seconds=7200.0), RULES)
    assert not is_rest_over(Seen(state=State.OPEN, rest_left_seconds=5.0), RULES)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=60))
def test_the_window_counts_what_lies_in_it_and_nothing_else(calls: list[tuple[float, bool]]) -> None:
    clock = Clock()
    records = OwnRecords(RULES, clock=clock)
    told: list[tuple[float, bool]] = []
    for pause, is_failed in calls:
        clock.now += pause
        records.record("a", is_failed=is_failed)
        told.append((clock.now, is_failed))
    inside = [is_failed for at, is_failed in told if at > clock.now - RULES.window_seconds]
    seen = records.look("a")
    assert (seen.calls, seen.errors) == (len(inside), sum(inside))


def test_only_so_many_calls_run_at_a_time_and_a_forgotten_one_ends_by_itself() -> None:
    clock = Clock()
    records = OwnRecords(RULES, clock=clock)
    assert records.enter("a", "one", most=1, seconds=30)
    assert not records.enter("a", "two", most=1, seconds=30)
    records.leave("a", "one")
    assert records.enter("a", "two", most=1, seconds=30)
    clock.now += 31
    assert records.enter("a", "three", most=1, seconds=30)

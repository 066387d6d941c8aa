"""How an answer to a known question is judged, and what a trial says as a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.models import TrialAnswer
from chatbot.pipeline.decide import Action
from chatbot.trying.asked import Asked, read_asked
from chatbot.trying.comparing import paired_difference, read_summary, share, summary_of
from chatbot.trying.judging import effect_of, grade_of, is_dearer, is_slower, missing_points

Grade, Effect = TrialAnswer.Grade, TrialAnswer.Effect


def asked(action: Action = Action.ANSWER, **more: object) -> Asked:
    values: dict[str, object] = {
        "action": action.value, "reasons": (), "confidence": 0.9, "threshold": 0.85, "answer": "Within 30 days.",
        "answerer": "model", "cited": (1,), "is_approved": False, "failure": "", "milliseconds": 100.0,
        "model_milliseconds": 50.0, "prompt_tokens": 100, "completion_tokens": 20,
    }  # fmt: skip
    return Asked(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "expects", "articles", "points", "grade"),
    [
        (asked(), "answer", [1, 2], [], Grade.RIGHT),
        (asked(Action.HOLD), "answer", [1], [], Grade.RIGHT_HELD),
        (asked(Action.HAND_OVER), "answer", [1], [], Grade.NOT_ANSWERED),
        (asked(), "answer", [2], [], Grade.WRONG_SENT),
        (asked(Action.HOLD), "answer", [2], [], Grade.NOT_ANSWERED),
        (asked(), "answer", [1], ["14 days"], Grade.WRONG_SENT),
        (asked(), "answer", [], ["30 DAYS"], Grade.RIGHT),
        (asked(answer="", cited=()), "answer", [1], [], Grade.WRONG_SENT),
        (asked(cited=(), is_approved=True), "answer", [1], [], Grade.RIGHT),
        (asked(), "no_answer", [], [], Grade.WRONG_SENT),
        (asked(Action.HOLD), "no_answer", [], [], Grade.RIGHT),
        (asked(), "open", [], [], None),
        (asked(), "answer", [], [], None),
    ],
)
def test_an_answer_is_judged_by_what_the_customer_would_get(made, expects, articles, points, grade) -> None:
    assert grade_of(made, expects=expects, articles=articles, points=points) == grade


@pytest.mark.parametrize(
    ("answer", "point", "is_missing"),
    [
        ("It costs 130 euros.", "30 euros", True),
        ("It costs 30\n EUROS.", "30 euros", False),
        ("三十天内可以退款。", "退款", False),
        ("Ｗithin ３０ days", "30 days", False),
        ("Refunded", "refund", True),
        ("anything", " ", False),
    ],
)
def test_a_point_stands_in_an_answer_whole(answer, point, is_missing) -> None:
    assert bool(missing_points(answer, [point])) == is_missing


def test_an_effect_is_the_change_of_the_grade_or_of_the_words() -> None:
    assert effect_of(asked(), asked(), before=Grade.NOT_ANSWERED, after=Grade.RIGHT_HELD) == Effect.BETTER
    assert effect_of(asked(), asked(), before=Grade.NOT_ANSWERED, after=Grade.WRONG_SENT) == Effect.WORSE
    assert effect_of(asked(), asked(answer="x"), before=Grade.RIGHT, after=Grade.RIGHT) == Effect.SAME
    assert effect_of(asked(), asked(answer="x"), before=None, after=None) == Effect.OTHER
    assert effect_of(asked(), asked(), before=None, after=None) == Effect.SAME


def test_noise_is_neither_slower_nor_dearer() -> None:
    assert is_slower(asked(), asked(milliseconds=400.0)) and is_dearer(asked(), asked(prompt_tokens=300))
    assert not is_slower(asked(), asked(milliseconds=250.0)) and not is_slower(
        asked(milliseconds=5_000.0), asked(milliseconds=5_400.0)
    )
    assert not is_dearer(asked(), asked(prompt_tokens=120)) and not is_dearer(asked(prompt_tokens=300), asked())


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_intervals_hold_their_value_and_stay_in_bounds(gained, lost, same) -> None:
    count = gained + lost + same
    part, difference = share(gained, count), paired_difference(gained, lost, count)
    if not count:
        assert part is None and difference is None
        return
    assert part is not None and difference is not None
    assert 0.0 <= part.low <= part.value + 1e-4 and part.value <= part.high + 1e-4 and part.high <= 1.0
    assert -1.0 <= difference.low <= difference.high <= 1.0
    mirrored = paired_difference(lost, gained, count)
    assert mirrored is not None and mirrored.low == pytest.approx(-difference.high)


def test_intervals_are_those_of_the_books() -> None:
    part = share(81, 263)
    assert part is not None and (part.low, part.high) == (
        pytest.approx(0.2553, abs=2e-4),
        pytest.approx(0.3662, abs=2e-4),
    )
    proven, chance = paired_difference(20, 2, 100), paired_difference(3, 2, 100)
    assert proven is not None and chance is not None and proven.low > 0.0 > chance.low


def test_a_summary_counts_both_sides_and_is_read_back_as_it_was() -> None:
    def row(before: Grade | None, after: Grade | None, effect: Effect, **more: object) -> TrialAnswer:
        return TrialAnswer(
            today=asked().stored(), changed=asked(failure="away").stored(), today_grade=before, changed_grade=after,
            effect=effect, **more,
        )  # fmt: skip

    summary = summary_of(
        [
            row(Grade.RIGHT, Grade.WRONG_SENT, Effect.WORSE, is_slower=True),
            row(Grade.NOT_ANSWERED, Grade.RIGHT, Effect.BETTER),
            row(Grade.NOT_ANSWERED, Grade.RIGHT, Effect.BETTER),
            row(None, None, Effect.OTHER, is_dearer=True),
            TrialAnswer(effect=Effect.FAILED),
        ]
    )
    assert (summary.questions, summary.judged, summary.better, summary.worse) == (5, 3, 2, 1)
    assert (summary.other, summary.failed, summary.slower, summary.dearer) == (1, 1, 1, 1)
    assert summary.today.right is not None and summary.today.right.value == pytest.approx(1 / 3, abs=1e-4)
    assert summary.difference is not None and summary.difference.value == pytest.approx(1 / 3, abs=1e-4)
    assert (summary.changed.wrong_sent, summary.changed.failures, summary.today.tokens) == (1, 4, 480)
    assert read_summary(summary.stored()) == summary
    assert read_asked(asked().stored()) == asked()
    assert summary_of([]).difference is None

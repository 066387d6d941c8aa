"""The arithmetic of a load: kinds add up, percentiles are nearest rank, lost and duplicated are seen."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.load.outcomes import Decided
from analytics.load.questions import Question
from analytics.load.report import Kind, Story, examples, measures, percentile, story
from analytics.load.sandbox import Attempt, Seen, Sent

START = datetime(2026, 1, 1, tzinfo=UTC)


def sent(number: int = 1, *, at: float = 0.0) -> Sent:
    return Sent(conversation_id=str(number), question=Question(text="Where is it?"), at=START.timestamp() + at)


def decided(outcome: str, *, spoken: float | None = 1.0, pause: float = 0.0, model: float = 0.0) -> Decided:
    return Decided(
        outcome=outcome,
        confidence=0.9,
        reasons=("confident",),
        draft="There.",
        spoken_at=None if spoken is None else START + timedelta(seconds=spoken),
        pause_milliseconds=pause,
        model_milliseconds=model,
        failed_deliveries=0,
    )


def attempt(number: int, *, conversation: int = 1, ok: bool = True, opens: bool = True, ms: float = 5.0) -> Attempt:
    return Attempt(number=number, conversation_id=str(conversation), opens=opens, acknowledged=ok, milliseconds=ms)


@pytest.mark.parametrize("outcome", ["answered", "held", "handed_over", "silent"])
def test_an_outcome_is_its_own_kind(outcome: str) -> None:
    assert story(sent(), decided(outcome), Seen(answers=("There.",))).kind == outcome


def test_a_message_without_outcome_is_lost() -> None:
    assert story(sent(), None, Seen(answers=())).kind == Kind.LOST


def test_an_answer_that_the_customer_never_saw_is_lost() -> None:
    assert story(sent(), decided("answered"), Seen(answers=())).kind == Kind.LOST
    assert story(sent(), decided("answered"), None).kind == Kind.LOST


def test_silence_on_purpose_is_not_lost() -> None:
    assert story(sent(), decided("silent", spoken=None), Seen(answers=())).kind == Kind.SILENT


def test_a_held_draft_without_holding_message_is_not_lost() -> None:
    assert story(sent(), decided("held", spoken=None), Seen(answers=())).kind == Kind.HELD


def test_two_public_parts_for_one_question_are_a_duplicate() -> None:
    assert story(sent(), decided("answered"), Seen(answers=("There.", "There."))).is_duplicated
    assert not story(sent(), decided("answered"), Seen(answers=("There.",))).is_duplicated


def test_own_time_leaves_out_the_model_and_the_deliberate_pause() -> None:
    one = story(sent(), decided("answered", spoken=3.0, pause=2000.0, model=600.0), Seen(answers=("There.",)))
    assert one.answer_milliseconds == pytest.approx(3000.0)
    assert one.own_milliseconds == pytest.approx(400.0)


def test_answer_times_count_answers_only() -> None:
    assert story(sent(), decided("held"), Seen(answers=("A moment.",))).answer_milliseconds is None


def test_kinds_add_up_to_what_was_sent() -> None:
    stories = [
        story(sent(1), decided("answered"), Seen(answers=("a",))),
        story(sent(2), decided("answered"), Seen(answers=("a", "b"))),
        story(sent(3), decided("held"), Seen(answers=("a",))),
        story(sent(4), decided("handed_over"), Seen(answers=("a",))),
        story(sent(5), decided("silent", spoken=None), Seen(answers=())),
        story(sent(6), None, Seen(answers=())),
    ]
    measured = measures(stories, {}, refused=2)
    assert {kind: measured[kind.value] for kind in Kind} == {
        Kind.ANSWERED: 2,
        Kind.HELD: 1,
        Kind.HANDED_OVER: 1,
        Kind.SILENT: 1,
        Kind.LOST: 1,
    }
    assert sum(int(measured[kind.value] or 0) for kind in Kind) == measured["sent"] == 6
    assert measured["duplicated"] == 1
    assert measured["refused"] == 2


def test_a_retried_webhook_is_acknowledged_once_and_both_attempts_are_timed() -> None:
    stories = [story(sent(1), decided("answered"), Seen(answers=("a",)))]
    attempts = {1: attempt(1, ok=False, ms=5000.0), 2: attempt(2, ms=5.0)}
    measured = measures(stories, attempts)
    assert measured["acknowledged"] == 1
    assert measured["ack_p99_ms"] == 5000.0


def test_acknowledged_means_the_customers_own_message() -> None:
    stories = [story(sent(1), decided("answered"), Seen(answers=("a",)))]
    attempts = {1: attempt(1, ok=False), 2: attempt(2, opens=False)}
    assert measures(stories, attempts)["acknowledged"] == 0


def test_webhooks_of_strangers_are_not_counted() -> None:
    stories = [story(sent(1), decided("answered"), Seen(answers=("a",)))]
    measured = measures(stories, {1: attempt(1, ms=3.0), 2: attempt(2, conversation=99, ms=900.0)})
    assert (measured["acknowledged"], measured["ack_p99_ms"]) == (1, 3.0)


def test_rates_count_until_the_last_words_were_seen() -> None:
    stories = [
        story(sent(1, at=0.0), decided("answered", spoken=1.0), Seen(answers=("a",))),
        story(sent(2, at=1.0), decided("answered", spoken=4.0), Seen(answers=("a",))),
    ]
    measured = measures(stories, {})
    assert measured["answers_per_second"] == pytest.approx(0.5)
    assert measured["seconds"] == pytest.approx(4.0)


def test_nothing_sent_is_measured_as_nothing() -> None:
    measured = measures([], {})
    assert measured["sent"] == measured["lost"] == 0
    assert measured["ack_p99_ms"] is measured["answer_p50_ms"] is measured["answers_per_second"] is None


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.99, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 101)], 1.0, 100.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_percentiles_are_nearest_rank(values: list[float], share: float, expected: float | None) -> None:
    assert percentile(values, share) == expected


def test_examples_show_what_went_wrong_and_every_kind() -> None:
    stories: list[Story] = [
        *(story(sent(n), decided("held"), Seen(answers=("a",))) for n in range(80)),
        story(sent(100), decided("answered"), Seen(answers=("a",))),
        story(sent(101), None, Seen(answers=())),
    ]
    chosen = examples(stories, count=10)
    assert len(chosen) == 10
    assert {one.kind for one in chosen} == {Kind.HELD, Kind.ANSWERED, Kind.LOST}

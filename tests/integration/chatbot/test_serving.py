"""Conversations of one task are served side by side, and none stands in the way of another."""

import threading

import pytest

from chatbot import serving, tasks
from chatbot.conversation_work import WorkDone
from chatbot.intake import TurnDue


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, db: None) -> dict[int, object]:
    """What working on a conversation does, by id: an answer, or an error. A connection may be open, as in a worker."""
    outcomes: dict[int, object] = {}

    def work_on(conversation_id: int) -> WorkDone:
        found = outcomes[conversation_id]
        if isinstance(found, threading.Barrier):
            found.wait(20)
            return WorkDone(again_in_seconds=None)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, WorkDone)
        return found

    monkeypatch.setattr(serving, "work_on", work_on)
    return outcomes


def test_conversations_of_one_task_do_not_wait_for_each_other(work: dict[int, object]) -> None:
    meeting = threading.Barrier(4)
    work.update(dict.fromkeys(range(4), meeting))
    assert serving.serve([0, 1, 2, 3]) == []


def test_one_that_fails_stops_no_other_and_says_nothing_of_itself(work: dict[int, object]) -> None:
    work.update({1: MemoryError(), 2: WorkDone(again_in_seconds=3.0), 3: WorkDone(again_in_seconds=None)})
    assert serving.serve([1, 2, 3]) == [TurnDue(conversation_id=2, seconds=3.0)]


def test_more_conversations_than_threads_are_all_served(work: dict[int, object]) -> None:
    work.update(dict.fromkeys(range(100), WorkDone(again_in_seconds=1.0)))
    assert [due.conversation_id for due in serving.serve(range(100))] == list(range(100))


def test_what_is_due_at_the_same_time_goes_together_and_never_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[list[int], float]] = []
    monkeypatch.setattr(tasks, "_enqueue", lambda task, arguments, *, seconds: sent.append((arguments[0], seconds)))
    dues = {1: 1.95, 2: 1.99, 3: 0.0, 4: 30.0, 5: 2.0}
    tasks.enqueue_conversations([TurnDue(conversation_id=one, seconds=dues[one]) for one in dues])
    assert sent == [([1, 2, 5], 2.0), ([3], 0.0), ([4], 30.0)]
    sent.clear()
    tasks.enqueue_conversations([TurnDue(conversation_id=one, seconds=0.0) for one in range(60)])
    assert [len(conversation_ids) for conversation_ids, _ in sent] == [25, 25, 10]

"""Faults: what may be set, and when one strikes."""

from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.faults import Faults


def test_a_fault_is_spent_after_its_times() -> None:
    faults = Faults()
    faults.set({"rest": {"status": 500, "times": 2}})
    struck = [faults.strike("rest", "/me") for _ in range(3)]
    assert [fault is not None for fault in struck] == [True, True, False]
    assert faults.as_json()["rest"] == [{"probability": 1.0, "struck": 2, "times": 0, "status": 500}]


def test_a_path_limits_a_fault_to_the_calls_that_contain_it() -> None:
    faults = Faults()
    faults.set({"rest": [{"status": 503, "path": "/reply"}, {"status": 429, "path": "/search"}]})
    assert faults.strike("rest", "/conversations/1") is None
    reply, search = faults.strike("rest", "/conversations/1/reply"), faults.strike("rest", "/conversations/search")
    assert reply is not None
    assert search is not None
    assert (reply.status, search.status) == (503, 429)


def test_probability_decides_by_chance() -> None:
    chances = iter([0.2, 0.8])
    faults = Faults(chance=lambda: next(chances))
    faults.set({"webhooks": {"drop": True, "probability": 0.5}})
    assert faults.strike("webhooks") is not None
    assert faults.strike("webhooks") is None


def test_setting_replaces_everything_that_was_set() -> None:
    faults = Faults()
    faults.set({"rest": {"mode": "hang"}, "webhooks": {"drop": True}})
    faults.set({"webhooks": {"duplicate": True}})
    assert faults.strike("rest", "/me") is None
    faults.set({})
    assert faults.strike("webhooks") is None


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"rst": {}}, "rst"),
        ({"rest": 5}, "rest"),
        ({"rest": {"mode": "explode"}}, "rest.mode"),
        ({"rest": {"status": 42}}, "rest.status"),
        ({"rest": {"status": True}}, "rest.status"),
        ({"rest": {"probability": 2}}, "rest.probability"),
        ({"rest": {"delay": -1}}, "rest.delay"),
        ({"rest": {"times": 0}}, "rest.times"),
        ({"webhooks": {"drop": "yes"}}, "webhooks.drop"),
        ({"webhooks": {"path": "/x"}}, "webhooks.path"),
        ({"model": {"reorder": True}}, "model.reorder"),
    ],
)
def test_a_wrong_fault_is_refused_by_name_and_changes_nothing(wanted: dict[str, Any], field: str) -> None:
    faults = Faults()
    faults.set({"rest": {"status": 500}})
    with pytest.raises(Invalid) as refusal:
        faults.set(wanted)
    assert refusal.value.field == field
    assert faults.strike("rest", "/me") is not None

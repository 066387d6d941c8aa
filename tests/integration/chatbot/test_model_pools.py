"""Pools of model servers: the next one takes over at once, and a pool that failed comes back by itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from chatbot.llm import hedging
from chatbot.llm.breaker import Rules, State
from chatbot.llm.errors import ModelError, NoAnswer, NoPoolLeft, Outcome, PromptRefused
from chatbot.llm.model import ChatMessage, ModelReply, Sampling
from chatbot.llm.pool_health import Change, Pool, PoolHealth, Why
from chatbot.llm.pooled import PooledModel
from chatbot.llm.shared_records import SharedRecords
from tests.integration.chatbot.test_model_server import ASK
from tests.integration.sandbox.running import Running, running_sandbox, wait_until

SAMPLING = Sampling(temperature=0.0, maximum_tokens=200)


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Running]]:
    """Three model servers on this machine."""
    with ExitStack() as stack:
        yield [stack.enter_context(running_sandbox()) for _ in range(3)]


@pytest.fixture(autouse=True)
def _no_faults(servers: list[Running]) -> Iterator[None]:
    yield
    for server in servers:
        server.faults()


@pytest.fixture
def pools(
    servers: list[Running], settings: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Makes rows for the first so many servers; gives the model that asks them, as a turn gets it.

    Tests probe by themselves: another thread would not see their rows.
    """
    monkeypatch.setattr(PoolHealth, "_probe_soon", lambda *_: None)
    from chatbot import model_pools
    from chatbot.models import ModelPool

    settings.MODEL_URL = ""
    names = ("Frankfurt", "Dublin", "Attic")

    def made(count: int = 2, **more: Any) -> Any:
        for number, (name, server) in enumerate(zip(names[:count], servers, strict=False)):
            ModelPool.objects.create(
                name=name, url=f"{server.url}/v1", model="openai/gpt-oss-20b", order=number, **more
            )
        model_pools.forget_recent()
        return model_pools.configured_model()

    model_pools.health.cache_clear()
    model_pools.forget_recent()
    yield made
    model_pools.health.cache_clear()
    model_pools.forget_recent()


def ask(model: Any) -> ModelReply:
    reply: ModelReply = model.reply(ASK, SAMPLING)
    return reply


def events() -> list[tuple[str, str, str]]:
    from chatbot.models import ModelPoolEvent

    rows = ModelPoolEvent.objects.order_by("pk").select_related("pool")
    return [(row.pool.name, row.after, row.why) for row in rows]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401},
        {"status": 404},
        {"status": 422},
        {"status": 424},
        {"status": 429},
        {"status": 500},
        {"status": 503},
        {"mode": "close"},
        {"mode": "cut"},
    ],
    ids=str,
)
def test_the_next_pool_takes_over_within_the_same_answer(
    pools: Callable[..., Any], servers: list[Running], fault: dict[str, Any]
) -> None:
    model = pools()
    servers[0].faults(model=fault)
    reply = ask(model)
    assert "30 days" in reply.text
    assert [(one.pool, one.outcome) for one in reply.asked] == [
        ("Frankfurt", Outcome.FAILED),
        ("Dublin", Outcome.ANSWERED),
    ]
    assert reply.pool == "Dublin"


def test_a_silent_pool_costs_its_own_limit_once_and_then_nobody_waits_for_it(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_FAILURES_IN_A_ROW, settings.MODEL_REST_SECONDS = 1, 60.0
    model = pools(first_token_seconds=0.3)
    servers[0].faults(model={"mode": "hang"})
    assert [one.outcome for one in ask(model).asked] == [Outcome.FAILED, Outcome.ANSWERED]
    second = ask(model)
    assert [one.outcome for one in second.asked] == [Outcome.RESTS, Outcome.ANSWERED]
    assert events() == [("Frankfurt", "open", "in_a_row")]


def test_many_errors_open_a_pool_and_probes_bring_it_back(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_LEAST_CALLS, settings.MODEL_REST_SECONDS, settings.MODEL_PROBES = 4, 0.1, 2
    settings.MODEL_FAILURES_IN_A_ROW = 100
    from chatbot import model_pools

    model = pools()
    servers[0].faults(model={"status": 500})
    for _ in range(4):
        assert ask(model).pool == "Dublin"
    assert events() == [("Frankfurt", "open", "errors")]
    servers[0].faults()

    def is_back() -> bool:
        model_pools.probe_pools()
        return bool(ask(model).pool == "Frankfurt")

    wait_until(is_back)
    assert events()[1:] == [("Frankfurt", "half_open", "probe_answered"), ("Frankfurt", "healthy", "probe_answered")]


def test_a_probe_that_fails_makes_the_rest_longer(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_FAILURES_IN_A_ROW, settings.MODEL_REST_SECONDS = 1, 0.2
    from chatbot import model_pools

    model = pools()
    servers[0].faults(model={"status": 500})
    ask(model)
    first = model.pools[0]

    def has_failed() -> bool:
        return model_pools.health().probe(first) is False

    wait_until(has_failed)
    seen = model_pools.health().look(first)
    assert (seen.state, seen.failed_probes) == (State.OPEN, 1)
    assert seen.rest_left_seconds > 0.25
    assert model_pools.health().probe(first) is None, "it rests again"


def test_a_degraded_pool_is_asked_for_less_and_says_so(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_LEAST_CALLS, settings.MODEL_OPEN_PERCENT = 4, 60.0
    model = pools()
    servers[0].faults(model={"status": 500, "times": 1})
    for _ in range(4):
        ask(model)
    assert events() == [("Frankfurt", "degraded", "errors")]
    assert model.is_degraded
    short = model.reply(ASK, Sampling(temperature=0.0, maximum_tokens=8))
    assert short.is_degraded
    assert (short.completion_tokens, short.finish_reason) == (4, "length")


def test_a_request_that_all_pools_refuse_is_nobodys_fault(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_FAILURES_IN_A_ROW = 1
    model = pools()
    for server in servers[:2]:
        server.faults(model={"status": 422})
    with pytest.raises(NoPoolLeft, match=r"Frankfurt.*422.*Dublin.*422"):
        ask(model)
    assert events() == []


def test_an_empty_reply_is_not_asked_for_elsewhere(pools: Callable[..., Any], servers: list[Running]) -> None:
    model = pools()
    servers[0].faults(model={"mode": "null_content"})
    with pytest.raises(NoAnswer):
        ask(model)
    assert events() == []


def test_where_no_pool_answers_the_error_names_each(pools: Callable[..., Any], servers: list[Running]) -> None:
    model = pools()
    for server, status in zip(servers, (503, 401), strict=False):
        server.faults(model={"status": status})
    with pytest.raises(NoPoolLeft, match=r"Frankfurt: .*503; Dublin: .*401") as caught:
        ask(model)
    assert [one.outcome for one in caught.value.asked] == [Outcome.FAILED, Outcome.FAILED]


def test_a_full_pool_sends_the_next_call_on(pools: Callable[..., Any], servers: list[Running]) -> None:
    from chatbot import model_pools

    model = pools(parallel_calls=1)
    first = model.pools[0]
    assert model_pools.health().records.enter(first.key, "another worker's", most=1, seconds=30)
    reply = ask(model)
    assert [one.outcome for one in reply.asked] == [Outcome.FULL, Outcome.ANSWERED]
    model_pools.health().records.leave(first.key, "another worker's")
    assert ask(model).pool == "Frankfurt"
    assert model_pools.health().records.running(first.key) == 0


def test_a_drained_pool_gets_no_new_call_until_it_is_let_in_again(pools: Callable[..., Any]) -> None:
    from chatbot import model_pools
    from chatbot.models import ModelPool

    pools()
    row = ModelPool.objects.get(name="Frankfurt")
    assert model_pools.set_on(row, False, by="mia")
    assert ask(model_pools.configured_model()).pool == "Dublin"
    assert model_pools.set_on(row, True, by="mia")
    assert ask(model_pools.configured_model()).pool == "Frankfurt"
    assert [why for _, _, why in events()] == ["drained", "enabled"]


def test_five_slow_answers_in_a_row_raise_one_alert(pools: Callable[..., Any], settings: Any) -> None:
    settings.MODEL_SLOW_SECONDS = 0.001
    model = pools(1)
    for _ in range(7):
        ask(model)
    assert events() == [("Frankfurt", "healthy", "slow")]


def test_the_server_of_the_settings_is_a_pool_before_the_others(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_URL, settings.MODEL_NAME = servers[2].url, "openai/gpt-oss-20b"
    from chatbot import model_pools
    from chatbot.models import ModelPool

    pools()
    ModelPool.objects.exclude(is_from_settings=True).update(order=10)
    model_pools.forget_recent()
    assert ask(model_pools.configured_model()).pool == "MODEL_URL"
    row = ModelPool.objects.get(is_from_settings=True)
    assert (row.url, row.token) == ("", ""), "what connects it stays in the settings"


def test_a_server_that_answers_in_another_name_is_told_or_refused(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    servers[0].faults(model={"mode": "other_model"})
    reply = ask(pools())
    assert (reply.pool, reply.asked_for) == ("Frankfurt", "openai/gpt-oss-20b")
    assert reply.model != reply.asked_for
    settings.MODEL_NAME_STRICT = True
    from chatbot import model_pools

    model_pools.forget_recent()
    assert ask(model_pools.configured_model()).pool == "Dublin"


def test_a_late_pool_competes_with_the_next_and_the_loser_is_cancelled(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_HEDGE_SECONDS = 0.1
    model = pools()
    servers[0].faults(model={"mode": "stall", "delay": 3.0})
    heard: list[str] = []
    reply = model.reply(ASK, SAMPLING, lambda text: heard.append(text()))
    assert [(one.pool, one.outcome) for one in reply.asked] == [
        ("Frankfurt", Outcome.LOST),
        ("Dublin", Outcome.ANSWERED),
    ]
    assert all(reply.text.startswith(one) for one in heard)


def test_a_pool_that_speaks_in_time_is_not_hedged(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_HEDGE_SECONDS = 5.0
    assert [one.outcome for one in ask(pools()).asked] == [Outcome.ANSWERED]


def test_where_the_winner_fails_the_cancelled_pool_is_asked_again(
    pools: Callable[..., Any], servers: list[Running], settings: Any
) -> None:
    settings.MODEL_HEDGE_SECONDS = 0.1
    model = pools()
    servers[0].faults(model={"delay": 0.5, "times": 1})
    servers[1].faults(model={"mode": "cut"})
    reply = ask(model)
    assert reply.pool == "Frankfurt"
    assert [one.outcome for one in reply.asked] == [Outcome.LOST, Outcome.FAILED, Outcome.ANSWERED]


def test_hedging_is_bounded_and_off_where_the_budget_is_used_up(
    pools: Callable[..., Any], servers: list[Running], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODEL_HEDGE_SECONDS = 0.05
    monkeypatch.setattr(hedging, "budget", threading.BoundedSemaphore(1))
    assert hedging.budget.acquire(blocking=False)
    model = pools()
    servers[0].faults(model={"delay": 0.4, "times": 1})
    assert [one.outcome for one in ask(model).asked] == [Outcome.ANSWERED]


class Failing:
    """A pool's client that raises what it is told to."""

    name = "m"

    def __init__(self, error: ModelError) -> None:
        self._error = error

    def reply(self, *_: Any) -> ModelReply:
        raise self._error


def every_error() -> list[type[ModelError]]:
    found, waiting = [], [ModelError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_says_whether_another_pool_is_asked_and_what_to_do_now(
    kind: type[ModelError], settings: Any
) -> None:
    rules = Rules(
        window_seconds=60,
        least_calls=1,
        degraded_share=0.05,
        open_share=0.1,
        failures_in_a_row=5,
        rest_seconds=5,
        longest_rest_seconds=60,
        probes=1,
        slow_seconds=1,
        slow_answers=0,
    )
    told: list[Change] = []
    health = PoolHealth(SharedRecords("redis://127.0.0.1:1/0", rules), rules, told.append)

    def pool(name: str, error: ModelError) -> Pool:
        return Pool(
            key=name, name=name, region="", model=Failing(error), maximum_tokens=0, parallel_calls=0, longest_seconds=1
        )

    model = PooledModel([pool("first", kind("x")), pool("second", kind("x"))], health)
    with pytest.raises(ModelError) as caught:
        model.reply([ChatMessage(role="user", content="hi")], SAMPLING)
    assert len([one for one in caught.value.asked if one.outcome is Outcome.FAILED]) == 1 + kind.retry_elsewhere
    assert [change.why for change in told] == ([Why.ERRORS] * (1 + kind.retry_elsewhere) if kind.counts else [])
    assert kind is ModelError or str(kind.cure)
    assert issubclass(kind, PromptRefused | NoAnswer) or kind.counts

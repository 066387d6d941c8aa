"""The first pool's server is killed under load: the next one answers all of it, and the first comes back by itself."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from benchmarks.model_server import ModelServer, model_servers
from config.supervisor import System
from tests.acceptance.articles import KETTLE, PASSWORD, RETURNS
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.promises import assert_promises_kept

#: It waits for a server to die, to rest and to come back, each bounded by itself.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

_ADD = """
INSERT INTO chatbot_modelpool (name, region, "order", is_on, url, model, token, signs_calls, key_id, certificate,
    authority, maximum_tokens, parallel_calls, first_token_seconds, idle_seconds, total_seconds, is_from_settings,
    created_at)
VALUES (%s, '', 0, true, %s, 'openai/gpt-oss-20b', '', false, '', '', '', 0, 0, 10, 10, 30, false, now())
"""
_EVENTS = """
SELECT event.after FROM chatbot_modelpoolevent AS event JOIN chatbot_modelpool AS pool ON pool.id = event.pool_id
WHERE pool.name = %s ORDER BY event.id
"""
_WRITTEN = """
SELECT turn.trace -> 'model' ->> 'pool', turn.trace ->> 'model_failure'
FROM chatbot_turn AS turn JOIN sessions_app_conversation AS conversation ON conversation.id = turn.conversation_id
WHERE conversation.external_id = ANY(%s) AND turn.outcome <> 'superseded'
"""


def rows(system: System, statement: str, *values: Any) -> list[Any]:
    with psycopg.connect(system.environment()["DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute(statement, values)
        return found.fetchall() if found.description else []


@pytest.fixture
def servers(system: System) -> Iterator[list[ModelServer]]:
    """Two stand-ins, and their rows before the pool of MODEL_URL."""
    with model_servers(2) as running:
        for name, server in zip(("Frankfurt", "Dublin"), running, strict=True):
            rows(system, _ADD, name, server.url)
        yield running
    rows(system, "DELETE FROM chatbot_modelpoolevent")
    rows(system, "DELETE FROM analytics_hardwarereading")
    rows(system, "DELETE FROM chatbot_modelpool WHERE NOT is_from_settings")


def asked(workspace: Workspace, count: int) -> list[str]:
    """Questions that a model answers."""
    questions = (PASSWORD.question, KETTLE.question, RETURNS.question)
    return [workspace.ask(questions[number % len(questions)]) for number in range(count)]


def test_killed_under_load(system: System, workspace: Workspace, servers: list[ModelServer]) -> None:
    def first_answers() -> bool:
        one = asked(workspace, 1)
        assert_promises_kept(system, workspace, one)
        return rows(system, _WRITTEN, one) == [("Frankfurt", "")]

    eventually(first_answers, "the new pools are known, and the first one answers")
    conversations = asked(workspace, 4)
    servers[0].kill()
    conversations += asked(workspace, 14)
    assert_promises_kept(system, workspace, conversations)
    written = rows(system, _WRITTEN, conversations)
    assert len(written) == len(conversations)
    assert {pool for pool, _ in written} <= {"Frankfurt", "Dublin"}, "no answer was lost to the quotation"
    assert {failure for _, failure in written} == {""}
    eventually(lambda: rows(system, _EVENTS, "Frankfurt")[:1] == [("open",)], "the first pool is left alone")
    servers[0].start()
    eventually(
        lambda: [state for (state,) in rows(system, _EVENTS, "Frankfurt")][-2:] == ["half_open", "healthy"],
        "the first pool is back",
    )
    last = asked(workspace, 1)
    assert_promises_kept(system, workspace, last)
    assert rows(system, _WRITTEN, last) == [("Frankfurt", "")]

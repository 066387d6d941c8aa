"""A real Prometheus reads the running system with our example configuration, rules included."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from config.supervisor import System
from tests.acceptance.articles import PASSWORD
from tests.acceptance.prometheus_server import ABSENT, PROGRAM, Prometheus, watching
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.unit.docs.pages import ROOT

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=ABSENT)


@pytest.fixture(scope="module")
def prometheus(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with watching(system, tmp_path_factory.mktemp("prometheus")) as found:
        yield found


def test_what_a_customer_was_told_arrives_in_prometheus(prometheus: Prometheus, workspace: Workspace) -> None:
    counted = 'sum(handrail_turns_total{outcome="answered"})'
    before = prometheus.value(counted)
    workspace.bot_says(workspace.ask(PASSWORD.question))
    eventually(lambda: prometheus.value(counted) > before, "the answer is counted")
    assert prometheus.value("sum(handrail_webhooks_answered_total)") > 0
    assert prometheus.value('sum(handrail_stage_seconds_count{stage="retrieve"})') > 0
    sent = 'sum(handrail_deliveries_total{status="sent"})'
    eventually(lambda: prometheus.value(sent) > 0, "the delivery is counted, a moment after it reached the customer")


def test_the_state_of_the_system_is_known(prometheus: Prometheus) -> None:
    eventually(lambda: prometheus.value("handrail_heartbeat_age_seconds") > 0, "a worker's sign of life")
    assert prometheus.value("handrail_database_up") == 1.0
    assert prometheus.value("handrail_redis_up") == 1.0


def test_all_rules_are_evaluated_without_an_error_and_nothing_critical_fires(prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]]

    eventually(lambda: all(rule["health"] == "ok" for rule in rules()), "every rule was evaluated")
    critical = {"HandrailDown", "HandrailDatabaseDown", "HandrailRedisDown", "HandrailWorkersSilent"}
    assert prometheus.firing() & critical == set()


#: Panels about what this system has not: a certificate, labels of intents, a language model, words that a rule knows.
NOT_HERE = {
    "Certificate, days left",
    "Intents guessed right, by people's labels of 30 days",
    "The model: first token, whole reply",
    "Model failures",
    "Tokens a second",
    "Sensitive words",
}


def test_every_panel_of_the_dashboard_shows_what_there_is(prometheus: Prometheus, workspace: Workspace) -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "handrail.json").read_text(encoding="utf-8"))
    queries = [
        (panel["title"], one["expr"].replace("$__rate_interval", "20s"))
        for panel in dashboard["panels"]
        for one in panel["targets"]
    ]
    workspace.bot_says(workspace.ask(PASSWORD.question))

    def empty() -> set[str]:
        """Titles of panels with a query that finds no series, or nothing but NaN."""
        return {title for title, expression in queries if not _numbers(prometheus, expression)}

    eventually(lambda: empty() <= NOT_HERE, "every other panel shows something")


def _numbers(prometheus: Prometheus, expression: str) -> list[str]:
    rows = prometheus.get("/api/v1/query", query=expression)["result"]
    return [row["value"][1] for row in rows if row["value"][1] != "NaN"]

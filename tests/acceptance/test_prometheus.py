"""A real Prometheus reads the running system with our example configuration, rules included."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.ports import free_port
from config.supervisor import System
from tests.acceptance.articles import PASSWORD
from tests.acceptance.conftest import METRICS_TOKEN
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.unit.docs.pages import ROOT

PROMETHEUS = shutil.which("prometheus")
pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed: Debian's package prometheus")


class Prometheus:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, **parameters: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=5) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> float:
        rows = self.get("/api/v1/query", query=expression)["result"]
        return float(rows[0]["value"][1]) if rows else 0.0

    def is_up(self) -> bool:
        try:
            return [one["health"] for one in self.get("/api/v1/targets")["activeTargets"]] == ["up"]
        except OSError:
            return False


@pytest.fixture(scope="module")
def prometheus(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Our example as it ships, with another port, and looking every second."""
    folder = tmp_path_factory.mktemp("prometheus")
    example = ROOT / "deploy" / "prometheus"
    shutil.copy(example / "handrail.rules.yml", folder)
    text = (example / "prometheus.yml").read_text(encoding="utf-8")
    assert "127.0.0.1:8000" in text
    (folder / "prometheus.yml").write_text(
        text.replace("127.0.0.1:8000", f"127.0.0.1:{system.web_port}").replace("interval: 15s", "interval: 1s")
    )
    (folder / "metrics_token").write_text(METRICS_TOKEN)
    port = free_port()
    with (folder / "log.txt").open("w") as log, started(folder, port, log) as server:
        watching = Prometheus(port)
        try:
            eventually(watching.is_up, "Prometheus reads the metrics page")
            yield watching
        finally:
            server.terminate()
            server.wait(10)


def started(folder: Path, port: int, log: Any) -> "subprocess.Popen[bytes]":
    assert PROMETHEUS
    return subprocess.Popen(  # the program that was found
        [
            PROMETHEUS,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        cwd=folder,
        stdout=log,
        stderr=log,
    )


def test_what_a_customer_was_told_arrives_in_prometheus(prometheus: Prometheus, workspace: Workspace) -> None:
    counted = 'sum(handrail_turns_total{outcome="answered"})'
    before = prometheus.value(counted)
    workspace.bot_says(workspace.ask(PASSWORD.question))
    eventually(lambda: prometheus.value(counted) > before, "the answer is counted")
    assert prometheus.value("sum(handrail_webhooks_answered_total)") > 0
    assert prometheus.value('sum(handrail_stage_seconds_count{stage="retrieve"})') > 0
    assert prometheus.value('sum(handrail_deliveries_total{status="sent"})') > 0


def test_the_state_of_the_system_is_known(prometheus: Prometheus) -> None:
    eventually(lambda: prometheus.value("handrail_heartbeat_age_seconds") > 0, "a worker's sign of life")
    assert prometheus.value("handrail_database_up") == 1.0
    assert prometheus.value("handrail_redis_up") == 1.0


def test_all_rules_are_evaluated_without_an_error_and_nothing_critical_fires(prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]]

    eventually(lambda: all(rule["health"] == "ok" for rule in rules()), "every rule was evaluated")
    firing = [rule["name"] for rule in rules() if rule.get("state") == "firing"]
    assert [
        name
        for name in firing
        if name in ("HandrailDown", "HandrailDatabaseDown", "HandrailRedisDown", "HandrailWorkersSilent")
    ] == []

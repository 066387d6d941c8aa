"""The alert rules and dashboards that ship: right by Prometheus' own tool, and about metrics that exist."""

import json
import re
import shutil
import subprocess

import pytest
from prometheus_client import Counter, Gauge, Histogram

from analytics import metrics
from tests.unit.docs.pages import ROOT

RULES = ROOT / "deploy" / "prometheus"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: Debian's package prometheus")
SUFFIX = re.compile(r"_(bucket|count|sum)$")


def promtool(*arguments: str) -> str:
    assert PROMTOOL
    done = subprocess.run(  # the tool that was found, our own files
        [PROMTOOL, *arguments], cwd=RULES, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[str]:
    return re.findall(r"- alert: (\w+)", (RULES / "handrail.rules.yml").read_text(encoding="utf-8"))


def declared() -> set[str]:
    names = {gauge.name for gauge in metrics.STATE_GAUGES}
    for metric in vars(metrics).values():
        if isinstance(metric, Counter | Gauge | Histogram):
            names |= {f"{one.name}_total" if one.type == "counter" else one.name for one in metric.describe()}
    return names


@needs_promtool
def test_the_rules_and_the_example_are_valid() -> None:
    promtool("check", "rules", "handrail.rules.yml")
    promtool("check", "config", "--syntax-only", "prometheus.yml")


@needs_promtool
def test_every_alert_fires_where_it_should_and_clears() -> None:
    assert "SUCCESS" in promtool("test", "rules", "handrail.rules.test.yml")


def test_every_alert_has_a_case_that_makes_it_fire_and_clear() -> None:
    cases = (RULES / "handrail.rules.test.yml").read_text(encoding="utf-8")
    firing = re.findall(r'ALERTS\{alertname="(\w+)"[^}]*\}\n\s+eval_time: \S+\n\s+exp_samples: \[\{', cases)
    clear = re.findall(r'ALERTS\{alertname="(\w+)"[^}]*\}\n\s+eval_time: \S+\n\s+exp_samples: \[\]', cases)
    assert set(alerts()) == set(firing) == set(clear)


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    rules = (RULES / "handrail.rules.yml").read_text(encoding="utf-8")
    for text in re.split(r"- alert: ", rules)[1:]:
        assert re.search(r"severity: (info|warning|critical)", text), text[:60]
        assert re.search(r"summary: \S", text), text[:60]
        assert re.search(r"description: \S", text), text[:60]


@pytest.mark.parametrize("file", ["prometheus/handrail.rules.yml", "grafana/handrail.json"])
def test_only_metrics_that_exist_are_asked_for(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<![\w:])handrail_\w+", text))
    known = declared()
    assert {name for name in asked if name not in known and SUFFIX.sub("", name) not in known} == set()


def test_only_recorded_series_are_asked_for() -> None:
    rules = (RULES / "handrail.rules.yml").read_text(encoding="utf-8")
    recorded = set(re.findall(r"record: (\S+)", rules))
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "handrail.json").read_text(encoding="utf-8"))
    asked = set(re.findall(r"handrail:\w+:\w+", rules))
    asked |= {
        name
        for panel in dashboard["panels"]
        for one in panel["targets"]
        for name in re.findall(r"handrail:\w+:\w+", one["expr"])
    }
    assert asked <= recorded

"""A real Prometheus that watches a running system with our example configuration, rules included."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.ports import free_port
from config.supervisor import System
from tests.acceptance.waiting import eventually
from tests.unit.docs.pages import ROOT

PROGRAM = shutil.which("prometheus")
ABSENT = "prometheus is not installed: Debian's package prometheus"
METRICS_TOKEN = "a-token-for-prometheus"
#: Where a rule names a time: how long it must hold, the window looked at, how far back.
_TIMES = re.compile(r"(?<=for: )\d+[smh]|(?<=\[)\d+[smh](?=\])|(?<=offset )\d+[smh]|(?<=interval: )\d+[smh]")
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Prometheus:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, **parameters: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=5) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> float:
        rows = self.get("/api/v1/query", query=expression)["result"]
        return float(rows[0]["value"][1]) if rows else 0.0

    def firing(self) -> set[str]:
        """Names of the alerts that fire now."""
        return self._names('ALERTS{alertstate="firing"}')

    def fired(self, *, seconds: float) -> set[str]:
        """Names of the alerts that fired at some moment of the last `seconds`."""
        return self._names(f'max_over_time(ALERTS{{alertstate="firing"}}[{int(seconds) + 1}s])')

    def is_up(self) -> bool:
        try:
            return [one["health"] for one in self.get("/api/v1/targets")["activeTargets"]] == ["up"]
        except OSError:
            return False

    def _names(self, expression: str) -> set[str]:
        return {row["metric"]["alertname"] for row in self.get("/api/v1/query", query=expression)["result"]}


def hurried(rules: str, *, times: int) -> str:
    """The rules with every time in them divided by `times`, at least a second; bounds and texts stay as they are."""

    def shorter(found: "re.Match[str]") -> str:
        written = found.group()
        return f"{max(1, int(written[:-1]) * _UNITS[written[-1]] // times)}s"

    return _TIMES.sub(shorter, rules)


@contextmanager
def watching(system: System, folder: Path, *, times: int = 1) -> Iterator[Prometheus]:
    """Our example as it ships, with another port, looking every second, and its rules `hurried`."""
    assert PROGRAM, ABSENT
    example = ROOT / "deploy" / "prometheus"
    rules = (example / "handrail.rules.yml").read_text(encoding="utf-8")
    (folder / "handrail.rules.yml").write_text(hurried(rules, times=times))
    text = (example / "prometheus.yml").read_text(encoding="utf-8")
    assert "127.0.0.1:8000" in text
    (folder / "prometheus.yml").write_text(
        text.replace("127.0.0.1:8000", f"127.0.0.1:{system.web_port}").replace("interval: 15s", "interval: 1s")
    )
    (folder / "metrics_token").write_text(METRICS_TOKEN)
    port = free_port()
    command = [
        PROGRAM,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)  # the program that was found
        found = Prometheus(port)
        try:
            eventually(found.is_up, "Prometheus reads the metrics page")
            yield found
        finally:
            server.terminate()
            server.wait(10)

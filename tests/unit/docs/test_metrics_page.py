"""Every metric of ours is explained with its labels."""

import ast
import re

from tests.unit.docs.pages import ROOT, page


def declared() -> dict[str, set[str]]:
    """Labels of each metric, by its name."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "analytics" / "metrics.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Counter", "Gauge", "Histogram", "StateGauge"):
            labels = next((word.value for word in node.keywords if word.arg == "labelnames"), None)
            found[ast.literal_eval(node.args[0])] = set(ast.literal_eval(labels)) if labels else set()
    return found


def test_every_metric_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| `(handrail_\w+)` \| (\w+)(.*?) \|", page("reference/metrics.md"), re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, _kind, labels in rows}
    assert declared()
    assert documented == declared()

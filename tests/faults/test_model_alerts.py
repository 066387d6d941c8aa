"""A slow and a failing model make a real Prometheus raise the alerts that say so, no others, and clear them again.

The rules are ours as they ship, with every time in them divided by HURRY.
"""

import time
from collections.abc import Iterator

import pytest

from config.supervisor import System
from tests.acceptance.articles import KETTLE, PASSWORD
from tests.acceptance.prometheus_server import ABSENT, PROGRAM, Prometheus, watching
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.waiting import eventually
from tests.faults.promises import assert_promises_kept

#: Windows of five and ten minutes must pass before an alert clears; a system starts, and is watched, once.
pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.skipif(PROGRAM is None, reason=ABSENT),
]

HURRY = 15
#: A window of ten minutes, hurried, and as long again for a busy machine.
PATIENCE = 2 * 600 / HURRY + 40
FAILING = {"HandrailModelDegraded", "HandrailModelSwitched", "HandrailPoolOpened", "HandrailNoModel"}
SLOW = {"HandrailAnswersSlow"}
ABOUT_MODELS = FAILING | SLOW


@pytest.fixture(scope="module")
def prometheus(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with watching(system, tmp_path_factory.mktemp("prometheus"), times=HURRY) as found:
        yield found


@pytest.fixture
def well(prometheus: Prometheus, workspace: Workspace) -> Workspace:
    """The model answers, and no alert about models fires."""
    answers(workspace, 2)
    eventually(lambda: not prometheus.firing() & ABOUT_MODELS, "no alert about models fires", seconds=PATIENCE)
    return workspace


def answers(workspace: Workspace, count: int) -> list[str]:
    """One customer after the other, each told something."""
    conversations = []
    for number in range(count):
        conversations.append(workspace.ask((PASSWORD.question, KETTLE.question)[number % 2]))
        workspace.bot_says(conversations[-1])
    return conversations


def test_a_failing_model_raises_its_alerts_and_they_clear(
    system: System, well: Workspace, prometheus: Prometheus
) -> None:
    began = time.monotonic()
    well.set_faults(model={"status": 500})
    conversations = answers(well, 6)
    eventually(lambda: prometheus.firing() >= FAILING, "every alert about a failing model fires", seconds=PATIENCE)
    well.clear_faults()
    eventually(lambda: "HandrailNoModel" not in prometheus.firing(), "the pool takes calls again", seconds=PATIENCE)
    conversations += answers(well, 2)
    eventually(lambda: not prometheus.firing() & ABOUT_MODELS, "all of them clear", seconds=PATIENCE)
    assert not prometheus.fired(seconds=time.monotonic() - began) & SLOW, "failing is not slow"
    assert_promises_kept(system, well, conversations)


def test_a_slow_model_raises_its_alert_and_it_clears(system: System, well: Workspace, prometheus: Prometheus) -> None:
    began = time.monotonic()
    well.set_faults(model={"delay": 1.2})
    conversations = answers(well, 6)
    eventually(lambda: prometheus.firing() >= SLOW, "five slow answers in a row are told", seconds=PATIENCE)
    well.clear_faults()
    conversations += answers(well, 2)
    eventually(lambda: not prometheus.firing() & ABOUT_MODELS, "it clears", seconds=PATIENCE)
    assert not prometheus.fired(seconds=time.monotonic() - began) & FAILING, "slow is not failing"
    assert_promises_kept(system, well, conversations)

"""What a killed process had open is open no more, on the metrics page."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.metrics import exposition

pytestmark = pytest.mark.django_db

_LISTENING = """
import time
from prometheus_client import Gauge
Gauge("handrail_sockets", "Open.", ["kind"], multiprocess_mode="livesum").labels("desk").inc()
print("open", flush=True)
time.sleep(60)
"""


def test_sockets_of_a_killed_process_are_counted_until_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", _LISTENING], stdout=subprocess.PIPE) as web:
        try:
            assert web.stdout is not None
            assert web.stdout.readline() == b"open\n"
            assert b'handrail_sockets{kind="desk"} 1.0' in exposition()
        finally:
            web.send_signal(signal.SIGKILL)
    assert b'handrail_sockets{kind="desk"} 1.0' not in exposition()

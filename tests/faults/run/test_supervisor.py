"""The whole system under its supervisor: started, killed in parts and as a whole, and stopped without a trace."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from config.embedded import EmbeddedServices
from config.errors import ConfigurationError
from config.ports import free_port
from config.programs import PROGRAMS
from config.supervisor import System
from tests.integration.config.commands import PROJECT, assert_one_line, clean_environment, manage
from tests.integration.config.throw_away import eventually, processes_of, query
from tests.prepared_cluster import copy_prepared_cluster

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

HERE = [name for name in PROGRAMS if name != "sandbox" or find_spec("sandbox.__main__")]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """With a database that is migrated already; the first test, and those of `Run`, start from nothing."""
    copy_prepared_cluster(tmp_path, models=Path(os.environ["HANDRAIL_DATA_DIR"]) / "models")
    made = make_system(tmp_path)
    with made:
        yield made


def make_system(folder: Path, **options: object) -> System:
    settings = {
        "data_directory": folder,
        "web_port": free_port(),
        "sandbox_port": free_port(),
        "programs": HERE,
        "environment": clean_environment(folder),
        "durable": False,
        "sample_content": False,
    }
    return System(**(settings | options))  # type: ignore[arg-type]


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as response:
        return int(response.status)


def with_children(process_ids: list[int]) -> list[psutil.Process]:
    found = [psutil.Process(process_id) for process_id in process_ids]
    return found + [child for process in found for child in process.children(recursive=True)]


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


# One system in the hands of a test -----------------------------------------------------------------------------------


def test_every_program_runs_and_the_first_start_makes_an_account(tmp_path: Path) -> None:
    with make_system(tmp_path) as system:
        assert sorted(system.processes) == sorted(HERE)
        assert status_of(f"{system.url}/healthz") == 200
        assert status_of(f"{system.url}/static/admin/css/base.css") == 200
        assert system.admin_password is not None
        done = system.manage(
            "shell",
            "--no-imports",
            "-c",
            f"from django.contrib.auth import authenticate; "
            f"print(authenticate(username='admin', password={system.admin_password!r}).is_superuser)",
        )
        assert done.stdout == "True\n"


def test_nothing_outside_the_static_folders_is_served(system: System) -> None:
    for path in ("../settings.py", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "admin"):
        with socket.create_connection(("127.0.0.1", system.web_port), timeout=10) as client:
            client.sendall(f"GET /static/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            assert client.recv(64).startswith(b"HTTP/1.1 404")


def test_each_program_comes_back_after_its_kill(system: System) -> None:
    before = system.processes
    for name in HERE:
        system.kill(name)
    eventually(
        lambda: set(system.processes) == set(before) and not set(system.processes.values()) & set(before.values())
    )
    system.wait_ready()
    assert status_of(f"{system.url}/healthz") == 200


def test_a_program_that_is_being_started_again_can_be_killed_and_waited_for(system: System) -> None:
    first = system.processes["beat"]
    system.kill("beat")
    system.wait_ready()
    second = system.processes["beat"]
    assert second != first, "wait_ready did not notice the death"
    system.kill("beat")
    eventually(lambda: "beat" not in system.processes)
    system.kill("beat")
    system.wait_ready()
    assert system.processes["beat"] not in (first, second)


def test_a_paused_program_cannot_be_killed_and_that_is_told(system: System) -> None:
    system.pause("beat")
    with pytest.raises(ConfigurationError, match="beat does not run"):
        system.kill("beat")


@pytest.mark.parametrize("programs", [["sandbox"], ["web"]], ids=["with the sandbox", "with a real workspace"])
def test_sample_articles_are_loaded_for_the_sandbox_only(tmp_path: Path, programs: list[str]) -> None:
    """A real workspace's customers must not get a made-up company's answers."""
    with make_system(tmp_path, programs=programs, sample_content=True) as system:
        counted = system.manage(
            "shell", "--no-imports", "-c", "from knowledge.models import Article; print(Article.objects.count())"
        )
    assert (int(counted.stdout) > 0) is ("sandbox" in programs)


def test_a_paused_program_stays_down_until_it_is_resumed(system: System) -> None:
    system.pause("web", signal.SIGKILL)
    time.sleep(1)
    with pytest.raises(OSError, match="refused"):
        status_of(f"{system.url}/healthz")
    system.resume("web")
    assert status_of(f"{system.url}/healthz") == 200


def test_the_system_outlives_the_loss_of_its_services_and_their_keepers(system: System, tmp_path: Path) -> None:
    for name in ("postgres", "redis"):
        os.kill(int((tmp_path / name / "keeper.lock").read_text()), signal.SIGKILL)
    for service in (system.postgres, system.redis):
        service.kill()
        service.wait_ready()
    system.redis.flush()
    system.postgres.restart()
    assert system.manage("showmigrations", "auth").returncode == 0
    system.wait_ready()


def test_stop_leaves_no_process_behind(tmp_path: Path) -> None:
    with make_system(tmp_path) as system:
        everything = with_children(list(system.processes.values())) + processes_of(tmp_path)
    assert living(everything) == []
    assert processes_of(tmp_path) == []


def test_a_program_that_hears_nothing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with make_system(tmp_path) as system:
        everything = with_children(list(system.processes.values()))
        for name in ("web", "worker"):
            system.kill(name, signal.SIGSTOP)
    assert living(everything) == []


def test_a_real_database_and_redis_are_used_where_they_are_named(tmp_path: Path) -> None:
    real = EmbeddedServices(tmp_path / "real", postgres=True, redis=True, durable=False)
    real.acquire()
    try:
        addresses = real.environment()
        options = {"database_url": addresses["DATABASE_URL"], "redis_url": addresses["REDIS_URL"]}
        with make_system(tmp_path / "own", **options) as system:
            assert system.manage("showmigrations", "--plan").returncode == 0
            assert not (tmp_path / "own" / "postgres").exists()
            assert not (tmp_path / "own" / "redis").exists()
        assert query(real, "SELECT count(*) FROM auth_user") == 1
    finally:
        real.release()


def test_make_clean_stops_a_system_that_runs(run: "Run", tmp_path: Path) -> None:
    everything = run.everything() + processes_of(tmp_path)
    subprocess.run([sys.executable, "-m", "config.clean", str(tmp_path)], cwd=PROJECT, check=True, timeout=60)
    run.process.wait(20)
    assert living(everything) == []


def test_two_systems_run_side_by_side(system: System, tmp_path_factory: pytest.TempPathFactory) -> None:
    with make_system(tmp_path_factory.mktemp("second"), programs=["web"]) as second:
        assert status_of(f"{second.url}/healthz") == 200
        assert status_of(f"{system.url}/healthz") == 200


def test_a_data_directory_in_use_is_refused_and_its_system_left_alone(system: System, tmp_path: Path) -> None:
    second = make_system(tmp_path)
    with pytest.raises(ConfigurationError, match="already runs"):
        second.start()
    second.stop()
    assert status_of(f"{system.url}/healthz") == 200


def test_a_program_that_keeps_ending_stops_everything_with_its_name(tmp_path: Path) -> None:
    with make_system(tmp_path, programs=["web", "beat"], restarts_per_minute=2) as system:
        for _ in range(3):
            eventually(lambda: "beat" in system.processes)
            system.kill("beat")
            eventually(lambda: "beat" not in system.processes or system.failure)
        system.wait()
        assert system.failure is not None
        assert "beat ended 3 times" in system.failure
    assert processes_of(tmp_path) == []


# `manage.py run` in the hands of a person ----------------------------------------------------------------------------


class Run:
    """`manage.py run` as its own process, with its output."""

    started: ClassVar[list["Run"]] = []

    def __init__(self, folder: Path, **settings: str) -> None:
        self.started.append(self)
        self.web_port, self.sandbox_port = free_port(), free_port()
        chosen = {
            "HANDRAIL_PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "INTERCOM_TOKEN": "" if "sandbox" in HERE else "a-token",
        }
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("w") as log:
            self.process = psutil.Popen(
                [sys.executable, str(PROJECT / "manage.py"), "run"],
                cwd=PROJECT,
                env=clean_environment(folder, **(chosen | settings)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        eventually(lambda: "Handrail runs" in self.log.read_text() or self.process.poll() is not None, seconds=120)
        assert self.process.poll() is None, self.log.read_text()

    def everything(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@pytest.fixture(autouse=True)
def nothing_is_left_of_a_failed_test() -> Iterator[None]:
    yield
    for one in Run.started:
        if one.process.is_running():
            one.process.terminate()
            psutil.wait_procs([one.process], timeout=20)
    Run.started.clear()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started = Run(tmp_path)
    started.wait_ready()
    yield started
    with contextlib.suppress(psutil.NoSuchProcess):
        started.process.terminate()
        started.process.wait(20)
    eventually(lambda: processes_of(tmp_path) == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    run = Run(tmp_path)
    run.wait_ready()
    everything = run.everything() + processes_of(tmp_path)
    run.process.send_signal(number)
    assert run.process.wait(20) == 0
    assert living(everything) == []
    assert processes_of(tmp_path) == []
    assert "Traceback" not in run.log.read_text()


@pytest.mark.parametrize(
    "moment",
    ["postgres/keeper.lock", "postgres/data.new", "redis/address.json", "*.log:applying", "*.log:ready after"],
)
def test_a_signal_during_the_start_stops_all_of_it_too(tmp_path: Path, moment: str) -> None:
    run = Run(tmp_path)
    file, _, words = moment.partition(":")
    eventually(lambda: words in run.log.read_text() if words else (tmp_path / file).exists(), seconds=120)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 0, run.log.read_text()
    assert processes_of(tmp_path) == []
    assert "Traceback" not in run.log.read_text()


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works(run: Run, tmp_path: Path) -> None:
    everything = run.everything() + processes_of(tmp_path)
    run.process.kill()
    run.process.wait(5)
    eventually(lambda: living(everything) == [])
    assert processes_of(tmp_path) == []
    again = Run(tmp_path, HANDRAIL_PORT=str(run.web_port))
    again.wait_ready()
    assert "password" not in again.log.read_text(), "the account was there already"
    again.process.terminate()
    assert again.process.wait(20) == 0


def test_everything_killed_at_once_and_the_next_start_works(run: Run, tmp_path: Path) -> None:
    for process in {*run.everything(), *processes_of(tmp_path)}:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    run.process.wait(5)
    again = Run(tmp_path, HANDRAIL_PORT=str(run.web_port))
    again.wait_ready()
    again.process.terminate()
    assert again.process.wait(20) == 0


def test_the_password_is_printed_once_and_stored_nowhere(run: Run, tmp_path: Path) -> None:
    text = run.log.read_text()
    assert text.count("password ") == 1
    password = text.partition("password ")[2].split()[0]
    readable = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size < 5_000_000]
    assert all(password.encode() not in path.read_bytes() for path in readable)


def test_the_log_of_a_file_has_no_colours_and_names_each_process(run: Run) -> None:
    lines = run.log.read_text().splitlines()
    assert "\x1b" not in run.log.read_text()
    assert {"web", "worker", "beat"} <= {line.partition("|")[0].strip() for line in lines}


@pytest.mark.parametrize("setting", ["HANDRAIL_PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path, setting: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = {"HANDRAIL_PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        ports[setting] = str(other.getsockname()[1])
        done = manage(tmp_path, "run", **ports)
    assert_one_line(done, setting, ports[setting], "free port")
    assert not (tmp_path / "postgres").exists()


def test_both_ports_the_same_is_told(tmp_path: Path) -> None:
    assert_one_line(manage(tmp_path, "run", HANDRAIL_PORT="8123", SANDBOX_PORT="8123"), "SANDBOX_PORT", "HANDRAIL_PORT")


def test_an_unreachable_database_is_told_before_anything_is_started(tmp_path: Path) -> None:
    done = manage(tmp_path, "run", DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/handrail")
    assert_one_line(done, "DATABASE_URL", "start it")
    assert not (tmp_path / "redis").exists()


# Guards of the guards -------------------------------------------------------------------------------------------------


def test_the_children_of_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from config.guard import Guard\n"
        "from config.program import Program, Running\n"
        "guard = Guard()\n"
        'code = \'import subprocess; p = subprocess.Popen(["sleep", "600"]); print(p.pid, flush=True); p.wait()\'\n'
        "program = Program(name='parent', command=(sys.executable, '-c', code))\n"
        "running = Running(program, environment=os.environ, folder=Path(), write=lambda n, l: print(l, flush=True))\n"
        "guard.begun(running.process_id)\n"
        "print(running.process_id, flush=True)\n"
        "time.sleep(600)\n"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=clean_environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    family = [psutil.Process(int(supervisor.stdout.readline())) for _ in range(2)]
    assert len(living(family)) == 2
    supervisor.kill()
    supervisor.wait()
    eventually(lambda: living(family) == [])


def test_a_killed_guard_is_replaced(run: Run, tmp_path: Path) -> None:
    def guards() -> list[psutil.Process]:
        return [one for one in living(run.process.children()) if is_guard(one)]

    def is_guard(one: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie by now
            return "orphan_guard" in " ".join(one.cmdline())
        return False

    [first] = guards()
    first.kill()
    eventually(lambda: guards() and guards() != [first])
    everything = run.everything()
    run.process.kill()
    eventually(lambda: living(everything) == [])

"""What balancers, monitors and people are told about the state of the system."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from analytics.alerting.measures import BY_NAME as MEASURES
from analytics.health import heartbeat
from analytics.health.checks import State, checks
from analytics.health.facts import Facts, ModelServers, Stored, forget_recent, gather
from analytics.tasks import leave_sign_of_life
from chatbot.llm import breaker
from chatbot.models import Delivery, InboundEvent, ModelPool, Workspace
from chatbot.sampling.intent_accuracy import NOTHING_LABELLED, Line
from sessions_app.models import Conversation, Customer

pytestmark = pytest.mark.django_db

WELL = Facts(
    stored=Stored(
        inbox_waiting=0,
        inbox_oldest=0.0,
        inbox_failed=0,
        last_webhook_age=5.0,
        answers_due=0,
        answers_oldest=0.0,
        outbox_waiting=0,
        outbox_oldest=0.0,
        outbox_failed=0,
        reviews_waiting=0,
        reviews_oldest=0.0,
        workspaces=1,
        is_answering=True,
        intent_accuracy=0.95,
        live_intents=NOTHING_LABELLED,
    ),
    is_redis_up=True,
    heartbeat_age=3.0,
    pools=(),
    certificates=(),
)
AILING = ModelServers(name="main", state=breaker.State.OPEN, error_share=0.4, last_error="no connection")
HEALTHY = ModelServers(name="standby", state=breaker.State.HEALTHY, error_share=0.0, last_error="")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    forget_recent()


@pytest.fixture
def no_redis(settings: Settings) -> None:
    settings.REDIS_ADDRESS = "redis://127.0.0.1:1/0"
    heartbeat._connection.cache_clear()


@pytest.fixture(autouse=True)
def connection_of_its_own() -> object:
    heartbeat._connection.cache_clear()
    yield
    heartbeat._connection.cache_clear()


def state(name: str, facts: Facts) -> State:
    return {check.name: check.state for check in checks(facts)}[name]


def stored(**changes: object) -> Facts:
    assert WELL.stored
    return replace(WELL, stored=replace(WELL.stored, **changes))  # type: ignore[arg-type]


def certificate(folder: Path, days: float) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "model-server")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(file)


def test_all_is_well_when_nothing_waits() -> None:
    assert {check.state for check in checks(WELL)} == {State.OK}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("database", replace(WELL, stored=None)),
        ("redis", replace(WELL, is_redis_up=False, heartbeat_age=None)),
        ("workers", replace(WELL, heartbeat_age=None)),
        ("workers", replace(WELL, heartbeat_age=90.0)),
        ("intake", stored(inbox_waiting=3, inbox_oldest=80.0)),
        ("answers", stored(answers_due=3, answers_oldest=500.0)),
        ("outbox", stored(outbox_waiting=3, outbox_oldest=900.0)),
        ("models", replace(WELL, pools=(AILING,))),
    ],
)
def test_what_is_broken_is_said_with_what_to_do(name: str, facts: Facts) -> None:
    check = next(check for check in checks(facts) if check.name == name)
    assert check.state == State.FAILED
    assert check.finding
    assert check.cure


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("workers", replace(WELL, heartbeat_age=30.0)),
        ("intake", stored(inbox_failed=1)),
        ("intake", stored(workspaces=0)),
        ("answers", stored(is_answering=False)),
        ("reviews", stored(reviews_waiting=1, reviews_oldest=4000.0)),
        ("models", replace(WELL, pools=(AILING, HEALTHY))),
    ],
)
def test_what_wants_a_look_is_told_apart_from_what_is_broken(name: str, facts: Facts) -> None:
    assert state(name, facts) == State.WARNING


def test_facts_are_read_from_the_rows() -> None:
    now = timezone.now()
    Workspace.objects.create(app_id="app", bot_admin_id="1")
    InboundEvent.objects.create(app_id="app", payload="{}", received_at=now - timedelta(seconds=40))
    InboundEvent.objects.create(app_id="app", payload="{", status="failed", received_at=now)
    customer = Customer.objects.create(workspace="app", external_id="c")
    late = Conversation.objects.create(
        workspace="app", external_id="1", customer=customer, reply_due_at=now - timedelta(seconds=70)
    )
    Conversation.objects.create(
        workspace="off", external_id="2", customer=customer, reply_due_at=now - timedelta(days=1)
    )
    Delivery.objects.create(conversation=late, key="k", kind="reply", created_at=now - timedelta(seconds=90))
    found = gather().stored
    assert found is not None
    assert (found.inbox_waiting, found.inbox_failed) == (1, 1)
    assert (found.answers_due, found.outbox_waiting) == (1, 1)
    assert 40 <= found.inbox_oldest < 60
    assert 70 <= found.answers_oldest < 90
    assert 90 <= found.outbox_oldest < 110
    assert found.last_webhook_age is not None
    assert found.last_webhook_age < 20


def test_pools_that_are_on_are_looked_at() -> None:
    ModelPool.objects.create(name="main", url="http://127.0.0.1:9/v1", model="gpt-oss-20b")
    ModelPool.objects.create(name="drained", url="http://127.0.0.1:9/v1", model="gpt-oss-20b", is_on=False)
    assert [pool.name for pool in gather().pools] == ["main"]


def test_a_worker_that_works_off_its_task_leaves_a_sign_of_life() -> None:
    leave_sign_of_life()
    age = gather().heartbeat_age
    assert age is not None
    assert age < 30


def test_a_clock_that_jumps_does_not_age_the_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_sign_of_life()
    monkeypatch.setattr("time.time", lambda: 4e9)
    age = heartbeat.age()
    assert age is not None
    assert age < 30


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_web_process_is_ready_and_says_what_fails(client: Client) -> None:
    leave_sign_of_life()  # says so in the log, and nothing else
    answer = client.get("/readyz")
    assert answer.status_code == 200
    body = json.loads(answer.content)
    assert body["checks"]["redis"] == "failed"
    assert body["state"] == "failed"
    assert client.get("/readyz?all").status_code == 503


def test_without_a_database_the_web_process_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.health.facts._is_database_up", lambda: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"]["database"] == "failed"


def test_strangers_learn_names_and_states_and_nothing_else(client: Client) -> None:
    body = json.loads(client.get("/readyz").content)
    assert set(body) == {"ready", "state", "checks"}
    assert set(body["checks"].values()) <= {"ok", "warning", "failed"}


def test_the_page_is_for_staff(client: Client) -> None:
    assert client.get("/status/").status_code == 302
    client.force_login(User.objects.create_user("lead", is_staff=True))
    page = client.get("/status/").content.decode()
    assert "PostgreSQL" in page
    assert "No Intercom workspace is connected." in page


@pytest.mark.parametrize(
    ("days", "expected"), [(200, State.OK), (9, State.WARNING), (1, State.FAILED), (-3, State.FAILED)]
)
def test_a_certificate_is_watched_until_its_end(
    settings: Settings, tmp_path: Path, days: float, expected: State
) -> None:
    settings.MODEL_CERTIFICATE = certificate(tmp_path, days)
    assert state("certificate_model_certificate", gather()) == expected


def test_a_certificate_that_cannot_be_read_is_said(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_CA = str(tmp_path / "missing.pem")
    assert state("certificate_model_ca", gather()) == State.FAILED


def test_the_metrics_page_shows_the_state_and_leaves_out_what_is_unknown(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-token"
    page = client.get("/metrics", headers={"Authorization": "Bearer a-token"}).content.decode()
    assert "handrail_database_up 1.0" in page
    assert "handrail_reviews_waiting 0.0" in page
    assert "handrail_last_webhook_age_seconds " not in page.replace(
        "# HELP handrail_last_webhook_age_seconds ", ""
    ).replace("# TYPE handrail_last_webhook_age_seconds ", "")


@pytest.mark.parametrize(
    ("labelled", "right", "expected", "words"),
    [
        (7, 2, State.OK, "Too early to say: people have labelled 7 messages"),
        (100, 85, State.OK, "85 % were guessed right, with 95 % certainty between 77 and 91 %, by 100 labels"),
        (100, 80, State.WARNING, "between 71 and 87 %"),
    ],
)
def test_intents_are_a_warning_only_where_they_are_too_bad_at_best(
    labelled: int, right: int, expected: State, words: str
) -> None:
    facts = stored(live_intents=Line(intent="", labelled=labelled, right=right))
    check = {check.name: check for check in checks(facts)}["intents"]
    assert (check.state, words in check.finding) == (expected, True), check.finding
    measure = MEASURES["live_intent_accuracy"].read(facts, timezone.now())
    assert (measure is not None and measure < 90) == (expected is State.WARNING)

"""An experiment from its form to its result: who may do what, what customers meet, and what the page says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.alerting.evaluating import evaluate
from analytics.business.filling import fill
from analytics.experiments.comparing import Verdict
from analytics.experiments.reading import read
from analytics.models import Alert, CostBasis, RoleRate
from chatbot.errors import ExperimentRefused
from chatbot.experiments.acting import start, stop
from chatbot.experiments.running import forget_recent_experiments
from chatbot.models import Delivery, Experiment, PromptVersion, SurveyInvitation, TemperatureProfile, Turn
from chatbot.profiles.choosing import forget_recent_profiles
from chatbot.prompts.in_force import forget_recent_prompts
from sessions_app.models import Conversation, Customer, Handoff, Message

Lever = Experiment.Lever


@pytest.fixture(autouse=True)
def _fresh(db: None) -> Iterator[None]:
    yield
    for forget in (forget_recent_experiments, forget_recent_profiles, forget_recent_prompts):
        forget()


@pytest.fixture
def lead() -> User:
    return User.objects.create_superuser("lead")


@pytest.fixture
def staff(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


def written(lever: Experiment.Lever = Lever.THRESHOLD, **other: Any) -> Experiment:
    values = {"name": "Question", "threshold": 1.0 if lever is Lever.THRESHOLD else None, "share": 50, **other}
    if lever is Lever.HOLDOUT:
        values.setdefault("goal", Experiment.Goal.CSAT)
    return Experiment.objects.create(lever=lever, **values)


def started(lever: Experiment.Lever = Lever.THRESHOLD, **other: Any) -> Experiment:
    experiment = written(lever, **other)
    start(experiment, by=None)
    forget_recent_experiments()
    return experiment


# Who may do what, and when ----------------------------------------------------------------------------------------


def test_the_form_refuses_what_could_answer_nothing(staff: Client) -> None:
    default = TemperatureProfile.objects.get(is_default=True)
    active = PromptVersion.objects.get(name="answer", is_active=True)
    address = reverse("admin:chatbot_experiment_add")
    sound = {"name": "Q", "lever": "threshold", "threshold": "0.7", "share": "20", "goal": "csat", "customers": "400"}
    for wrong, field in (
        ({"threshold": ""}, "threshold"),
        ({"threshold": "1.5"}, "threshold"),
        ({"share": "51"}, "share"),
        ({"share": "0"}, "share"),
        ({"customers": "10"}, "customers"),
        ({"lever": "profile", "profile": str(default.pk)}, "profile"),
        ({"lever": "prompt", "prompt": str(active.pk)}, "prompt"),
        ({"lever": "holdout", "goal": "resolution"}, "goal"),
    ):
        answer = staff.post(address, sound | wrong)
        assert list(answer.context["adminform"].form.errors) == [field]
    assert staff.post(address, sound).status_code == 302
    assert Experiment.objects.get().created_by is not None


def test_started_and_stopped_once_with_names_and_history(staff: Client, lead: User) -> None:
    experiment = written()
    page = reverse("admin:chatbot_experiment_change", args=[experiment.pk])
    assert "Start the experiment" in staff.get(page).content.decode()
    staff.post(reverse("admin:chatbot_experiment_start", args=[experiment.pk]))
    experiment.refresh_from_db()
    assert (experiment.is_running, experiment.started_by) == (True, lead)
    assert experiment.payload == {"threshold": 1.0}
    staff.post(
        page,
        {"name": "Other", "lever": "threshold", "threshold": "0.1", "share": "1", "goal": "csat", "customers": "50"},
    )
    staff.post(reverse("admin:chatbot_experiment_start", args=[experiment.pk]))
    staff.post(reverse("admin:chatbot_experiment_stop", args=[experiment.pk]), {"conclusion": "Too strict"})
    experiment.refresh_from_db()
    assert (experiment.name, experiment.stopped_by, experiment.conclusion) == ("Question", lead, "Too strict")
    assert [row.history_user for row in experiment.history.all()][:2] == [lead, lead]  # type: ignore[attr-defined]
    assert "Too strict" in staff.get(page).content.decode()
    assert staff.get(reverse("admin:chatbot_experiment_history", args=[experiment.pk])).status_code == 200
    with pytest.raises(ExperimentRefused):
        stop(experiment, by=lead)
    with pytest.raises(ExperimentRefused):
        start(experiment, by=lead)


def test_one_experiment_a_lever_runs_and_the_database_sees_to_it() -> None:
    first, second = written(), written()
    start(first, by=None)
    start(written(Lever.HOLDOUT), by=None)
    with pytest.raises(ExperimentRefused, match="Question"):
        start(second, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Experiment.objects.filter(pk=second.pk).update(started_at=timezone.now())
    stop(first, by=None)
    start(second, by=None)


def test_who_may_only_look_can_neither_start_nor_stop() -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_experiment"))
    client = Client()
    client.force_login(looker)
    draft, running = written(Lever.HOLDOUT), started()
    for experiment in (draft, running):
        page = client.get(reverse("admin:chatbot_experiment_change", args=[experiment.pk]))
        assert page.status_code == 200
        assert "the experiment</button>" not in page.content.decode()
        for act in ("start", "stop"):
            assert client.post(reverse(f"admin:chatbot_experiment_{act}", args=[experiment.pk])).status_code == 403


# What the page says -----------------------------------------------------------------------------------------------


def lived(
    experiment: Experiment, arm: str, *, customers: int, each: int = 1, handed_over: int = 0, first: int = 0
) -> None:
    """Conversations of an arm; the first so many customers were handed over, or rated."""
    now = timezone.now()
    for number in range(customers):
        person = Customer.objects.create(workspace="w", external_id=f"{experiment.pk} {arm} {first + number}")
        for nth in range(each):
            conversation = Conversation.objects.create(
                workspace="w",
                external_id=f"{experiment.pk} {arm} {first + number} {nth}",
                customer=person,
                updated_at=now,
            )
            message = Message.objects.create(
                conversation=conversation, external_id="m", author="customer", sent_at=now, text="?"
            )
            is_handed = number < handed_over
            Turn.objects.create(
                conversation=conversation, last_message=message, due_at=now, started_at=now, finished_at=now,
                outcome="handed_over" if is_handed else "answered", arms={str(experiment.pk): arm},
            )  # fmt: skip
            if is_handed:
                Handoff.objects.create(conversation=conversation, reason="bot_failed")


def test_sums_are_those_of_customers_in_their_arm_and_of_nobody_else() -> None:
    experiment, other = started(), started(Lever.HOLDOUT)
    lived(experiment, "control", customers=6, handed_over=2)
    lived(experiment, "tried", customers=5, each=3, handed_over=4)
    lived(other, "tried", customers=9, handed_over=9)
    fill(now=timezone.now())
    reading = read(experiment)
    assert reading.customers == {"control": 6, "tried": 5}
    handovers = next(one for one in reading.others if one.statistic.name == "handovers")
    assert (handovers.control.above, handovers.control.below) == (2, 6)
    assert (handovers.tried.above, handovers.tried.below, handovers.tried.counted) == (12, 15, 5)
    assert (handovers.tried.above_squares, handovers.tried.below_squares, handovers.tried.products) == (36, 45, 36)
    assert handovers.verdict is Verdict.EARLY


def test_an_experiment_that_hurts_is_stated_on_its_page_and_by_an_alert_that_ends_with_it(staff: Client) -> None:
    experiment = started()
    lived(experiment, "control", customers=80, handed_over=4)
    lived(experiment, "tried", customers=80, handed_over=60)
    evaluate(now=timezone.now())
    assert not Alert.objects.exists(), "nothing is counted yet"
    fill(now=timezone.now())
    assert [one.statistic.name for one in read(experiment).hurts] == ["handovers"]
    evaluate(now=timezone.now())
    alert = Alert.objects.get(rule__name="An experiment hurts")
    assert (alert.value, alert.ended_at) == (1.0, None)
    page = staff.get(reverse("admin:chatbot_experiment_change", args=[experiment.pk])).content.decode()
    assert "It hurts" in page
    assert "It hurts" in staff.get(reverse("admin:chatbot_experiment_changelist")).content.decode()
    stop(experiment, by=None)
    evaluate(now=timezone.now() + timedelta(minutes=1))
    alert.refresh_from_db()
    assert alert.ended_at is not None
    assert [one.statistic.name for one in read(experiment).hurts] == ["handovers"], "what was counted stays"


def test_too_early_then_undecided_then_the_planned_size(staff: Client) -> None:
    experiment = started(customers=60, goal="handovers")
    page = reverse("admin:chatbot_experiment_change", args=[experiment.pk])
    assert "Too early to say" in staff.get(page).content.decode()
    lived(experiment, "control", customers=55, handed_over=20)
    lived(experiment, "tried", customers=55, handed_over=21)
    fill(now=timezone.now())
    assert "So far" in staff.get(page).content.decode()
    for arm in ("control", "tried"):
        lived(experiment, arm, first=55, customers=10, handed_over=4)
    fill(now=timezone.now())
    assert "The planned size is reached" in staff.get(page).content.decode()


def test_recommendation_score_first_contact_and_cost_are_compared_with_intervals(staff: Client) -> None:
    experiment = started(goal="nps")
    for arm in ("control", "tried"):
        lived(experiment, arm, customers=60)
    assert "cost" not in {one.statistic.name for one in read(experiment).others}, "nothing has a price"
    RoleRate.objects.create(hourly=60, valid_from=timezone.now().date() - timedelta(days=3))
    CostBasis.objects.create(pk=1, currency="USD", minutes_a_reply=2)
    for number, turn in enumerate(Turn.objects.order_by("pk")):
        is_tried = turn.arms[str(experiment.pk)] == "tried"
        score = 0 if is_tried and number % 4 else 10
        SurveyInvitation.objects.create(
            conversation=turn.conversation, customer=turn.conversation.customer, score=score, asked_at=timezone.now(),
            answered_at=timezone.now(), was_closed=False, delivery=Delivery.objects.create(
                conversation=turn.conversation, key=f"survey:{turn.pk}", kind="survey", status="sent"
            ),
        )  # fmt: skip
        if is_tried:
            Message.objects.create(
                conversation=turn.conversation, external_id="t", author="teammate", text="Hello", sent_at=timezone.now()
            )
    fill(now=timezone.now())
    reading = read(experiment)
    assert (reading.goal.control.value, reading.goal.tried.value) == (1.0, -0.5)
    assert reading.goal.verdict is Verdict.WORSE
    assert reading.goal.high is not None and -1.5 < reading.goal.high < 0
    others = {one.statistic.name: one for one in reading.others}
    assert {"first_contact", "score", "csat"} <= others.keys()
    assert (others["cost"].control.value, others["cost"].tried.value) == (0.0, 2_000_000.0)
    assert others["cost"].verdict is Verdict.WORSE
    page = staff.get(reverse("admin:chatbot_experiment_change", args=[experiment.pk])).content.decode()
    assert "+2.00 USD" in page
    assert "-150.0 points" in page


def test_arms_of_the_wrong_size_are_stated(staff: Client) -> None:
    experiment = started(share=10)
    lived(experiment, "control", customers=60)
    lived(experiment, "tried", customers=60)
    fill(now=timezone.now())
    page = staff.get(reverse("admin:chatbot_experiment_change", args=[experiment.pk])).content.decode()
    assert "not as large as chance would make them" in page


def test_a_value_of_another_lever_is_forgotten() -> None:
    experiment = Experiment(name="Q", lever=Lever.HOLDOUT, threshold=0.3, goal="csat")
    experiment.clean()
    assert experiment.threshold is None
    with pytest.raises(ValidationError):
        Experiment(name="Q", lever=Lever.PROMPT).clean()

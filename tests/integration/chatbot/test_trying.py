"""A change is tried before it is live: beside today, without side effects, and as a gate that it must pass."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from chatbot import calibrations, tasks
from chatbot.errors import ChangeUnusable, GateNotPassed, TrialRefused
from chatbot.intents import jobs
from chatbot.llm.scripted import ScriptedModel
from chatbot.models import (
    Calibration,
    ChangeKind,
    ChangeTrial,
    Delivery,
    Gate,
    GateOverride,
    IntentModel,
    ModelCall,
    ModelPool,
    PromptVersion,
    Steering,
    TemperatureProfile,
    TrialAnswer,
    TriggerRule,
    Turn,
    WordRule,
    WordRuleHits,
)
from chatbot.pipeline.confidence import shipped_weights
from chatbot.profiles.choosing import forget_recent_profiles, make_default
from chatbot.prompts.templates import PromptName
from chatbot.prompts.versions import activate as activate_prompt
from chatbot.prompts.versions import add_version
from chatbot.rules.current import forget_current
from chatbot.steering import steering
from chatbot.trying import trials
from chatbot.trying.change import (
    Change,
    calibration_change,
    embedder_change,
    intents_change,
    model_change,
    profile_change,
    prompt_change,
    rules_change,
    threshold_change,
)
from chatbot.trying.gates import gate_address, let_pass, refuse_ungated, standings, told_change
from chatbot.trying.trials import abandoned, ask_for_trial, cancel, work_on
from chatbot.trying.variant import Variant, is_rehearsal, rehearsing, variant
from chatbot.trying.variants import variant_of
from knowledge.audience import Audience
from knowledge.embedders import activate_embedder, register_embedder
from knowledge.errors import SwitchRefused
from knowledge.filling import fill, start_filling
from knowledge.models import Article, ArticleUsage, Embedder, KnownQuestion, QuestionSet
from knowledge.question_sets import add_question, set_named

pytestmark = pytest.mark.django_db

BLENDER, WEATHER = "How do I return a blender?", "Who won the football game last night?"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    enqueued: list[int] = []
    monkeypatch.setattr(tasks.try_change, "apply_async", lambda arguments, **_: enqueued.append(arguments[0]))
    forget_recent_profiles()
    yield enqueued
    forget_recent_profiles()
    forget_current()


@pytest.fixture
def article(world) -> Article:
    world.threshold(0.5)
    return Article.objects.get()


@pytest.fixture
def returns(article) -> QuestionSet:
    """Two questions: one that the article answers, and one that nothing answers."""
    found = set_named("Returns")
    add_question(found, BLENDER, audience=Audience(), language="en", article_ids=[article.pk])
    nobody = KnownQuestion.Expects.NO_ANSWER
    add_question(found, WEATHER, audience=Audience(), language="en", expects=nobody)
    return found


def tried(question_set: QuestionSet, change: Change) -> ChangeTrial:
    trial = ask_for_trial(question_set, change, subject="a change")
    assert work_on(trial.pk, seconds=60)
    trial.refresh_from_db()
    assert trial.status == "done", trial.error
    return trial


def effects(trial: ChangeTrial) -> dict[str, str]:
    return dict(TrialAnswer.objects.filter(trial=trial).values_list("text", "effect"))


def gate(question_set: QuestionSet, *kinds: ChangeKind, **more: object) -> Gate:
    return Gate.objects.create(question_set=question_set, kinds=list(kinds), **more)


def test_a_stricter_threshold_is_worse_and_nothing_is_stored_counted_or_sent(returns, article) -> None:
    trial = tried(returns, threshold_change(1.0))
    assert effects(trial) == {BLENDER: "worse", WEATHER: "same"}
    row = TrialAnswer.objects.get(text=BLENDER)
    assert (row.today_grade, row.changed_grade) == (TrialAnswer.Grade.RIGHT, TrialAnswer.Grade.RIGHT_HELD)
    assert row.today["cited"] == [article.pk] and (row.today["threshold"], row.changed["threshold"]) == (0.5, 1.0)
    assert trial.summary["judged"] == 2 and trial.summary["changed"]["right"]["value"] == 0.5
    for table in (Turn, Delivery, WordRuleHits, ArticleUsage):
        assert not table.objects.exists(), table
    assert steering().threshold == 0.5 and variant() == Variant() and not is_rehearsal()


def test_each_kind_of_change_is_really_made(returns, article, monkeypatch) -> None:
    rule = WordRule.objects.create(pattern="blender", action="hand_off", scope="incoming", is_on=False)
    trigger = TriggerRule.objects.create(name="Blenders", keywords=["blender"], route="hand_off", is_on=False)
    profile = TemperatureProfile.objects.create(name="Strict", always_review=True)
    forget_current()
    doubtful = {**shipped_weights_as_stored(), "intercept": -50.0}
    doubts = Calibration.objects.create(weights=doubtful, labels=1, right=1)
    pool = ModelPool.objects.create(name="New", url="http://model.example", model="new", is_on=False)
    model = ScriptedModel(replies=["Send it back within 30 days [1]."] * 4)
    monkeypatch.setattr("chatbot.trying.variants.as_pool", lambda row: type("P", (), {"model": model}))
    for change, action in (
        (rules_change(words=[rule.pk], triggers=[]), "hand_over"),
        (rules_change(words=[], triggers=[trigger.pk]), "hand_over"),
        (profile_change(default(profile)), "hold"),
        (calibration_change(doubts.pk), "hold"),
        (calibration_change(None), "answer"),
    ):
        trial = tried(returns, change)
        row = TrialAnswer.objects.get(trial=trial, text=BLENDER)
        assert (row.today["action"], row.changed["action"]) == ("answer", action), change
    row = TrialAnswer.objects.get(trial=tried(returns, model_change(pool)), text=BLENDER)
    assert (row.today["answerer"], row.changed["answerer"]) == ("extractive", model.name)
    assert "30 days" in row.changed["answer"] and trial.summary["judged"] == 2
    rule.refresh_from_db()
    assert not rule.is_on and not TriggerRule.objects.get().is_on
    assert TemperatureProfile.objects.get(is_default=True).name != "Strict"


def default(profile: TemperatureProfile) -> TemperatureProfile:
    profile.is_default = True
    return profile


def shipped_weights_as_stored() -> dict[str, object]:
    weights = shipped_weights()
    features = {
        name: {"weight": weight, "mean": mean, "scale": scale}
        for name, (weight, mean, scale) in weights.features.items()
    }
    return {"intercept": weights.intercept, "features": features}


def test_a_version_of_a_prompt_is_tried_with_the_model_that_answers_today(returns, monkeypatch) -> None:
    model = ScriptedModel(replies=["Send it back within 30 days [1]."] * 4)
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    shipped = PromptVersion.objects.get(name="answer", is_active=True)
    other = add_version(
        PromptName.ANSWER, instructions=f"{shipped.instructions}\nBe very brief.", message=shipped.message
    )
    gate(returns, ChangeKind.PROMPT)
    with pytest.raises(GateNotPassed):
        activate_prompt(other)
    assert effects(tried(returns, prompt_change(other.pk)))[BLENDER] == "same"
    calls = ModelCall.objects.values_list("use", "conversation")
    assert list(calls) == [("trial", None)] * 4, "nobody is answered, and the model is paid all the same"
    told = [messages[0].content for messages, _ in model.asked]
    assert sorted("Be very brief." in one for one in told) == [False, False, True, True]
    activate_prompt(other)
    assert PromptVersion.objects.get(name="answer", is_active=True) == other


def test_another_embedder_is_tried_while_the_old_one_answers_customers(returns) -> None:
    other = register_embedder("minilm")
    with pytest.raises(ChangeUnusable, match="fill it"):
        ask_for_trial(returns, embedder_change("minilm"), subject="fp32")
    start_filling(other.pk)
    assert fill(other.pk, seconds=30)
    asked: list[str] = []
    real = __import__("knowledge.retrieval", fromlist=["x"]).question_vector

    def noted(name: str, question: str):
        asked.append(name)
        return real(name, question)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knowledge.retrieval.question_vector", noted)
        trial = tried(returns, embedder_change("minilm"))
    assert effects(trial)[BLENDER] == "same" and set(asked) == {"minilm", "minilm-int8"}
    assert Embedder.objects.get(is_active=True).name == "minilm-int8"


def test_a_trial_goes_on_where_its_worker_died_and_asks_nothing_twice(returns, monkeypatch) -> None:
    for number in range(6):
        add_question(returns, f"How do I return blender number {number}?", audience=Audience(), language="en")
    trial = ask_for_trial(returns, threshold_change(0.9), subject="0.9")
    add_question(returns, "Added meanwhile?", audience=Audience(), language="en")
    assert not work_on(trial.pk, seconds=0.0), "out of time at once"
    real, asked = trials.ask, []

    def dies(question, tried_variant):
        asked.append(question.question)
        if len(asked) == 6:
            raise KeyboardInterrupt  # as when the process is killed
        return real(question, tried_variant)

    monkeypatch.setattr(trials, "ask", dies)
    with pytest.raises(KeyboardInterrupt):
        work_on(trial.pk, seconds=60)
    assert TrialAnswer.objects.count() == 2

    def lives(question, tried_variant):
        asked.append(question.question)
        return real(question, tried_variant)

    monkeypatch.setattr(trials, "ask", lives)
    assert work_on(trial.pk, seconds=60)
    trial.refresh_from_db()
    assert (trial.status, trial.done, trial.total) == ("done", 8, 8)
    assert "Added meanwhile?" not in asked and len(asked) == 2 * 8 + 2, "only the question under way is asked again"
    assert work_on(trial.pk, seconds=60), "a trial that is done is left alone"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_work_on_one_trial(returns) -> None:
    trial = ask_for_trial(returns, threshold_change(0.9), subject="0.9")
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [trials._LOCKS, trial.pk])
        assert work_on(trial.pk, seconds=60)
    other.close()
    assert not TrialAnswer.objects.exists()
    assert connection.connection is not None


def test_a_lost_trial_is_found_a_cancelled_one_stops_and_few_run_at_a_time(returns) -> None:
    first = ask_for_trial(returns, threshold_change(0.9), subject="1")
    assert abandoned() == []
    ChangeTrial.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert abandoned() == [first.pk]
    assert cancel(first) and not cancel(first)
    assert work_on(first.pk, seconds=60) and not TrialAnswer.objects.exists() and abandoned() == []
    for number in range(3):
        ask_for_trial(returns, threshold_change(0.1 * number), subject="x")
    with pytest.raises(TrialRefused, match="3 trials"):
        ask_for_trial(returns, threshold_change(0.9), subject="x")
    ChangeTrial.objects.all().delete()
    with pytest.raises(TrialRefused, match="no question"):
        ask_for_trial(set_named("Empty"), threshold_change(0.9), subject="x")


def test_a_search_that_fails_costs_its_question_only(returns, monkeypatch) -> None:
    from knowledge.errors import SearchTimedOut

    real = trials.ask

    def sometimes(question, tried_variant):
        if question.question == WEATHER:
            raise SearchTimedOut("too slow")
        return real(question, tried_variant)

    monkeypatch.setattr(trials, "ask", sometimes)
    assert effects(tried(returns, threshold_change(0.5))) == {BLENDER: "same", WEATHER: "failed"}


@pytest.mark.parametrize(
    "change",
    [
        Change(kind=ChangeKind.THRESHOLD, payload={}),
        Change(kind=ChangeKind.THRESHOLD, payload={"threshold": 2.0}),
        Change(kind=ChangeKind.CALIBRATION, payload={"calibration": 99}),
        Change(kind=ChangeKind.INTENTS, payload={"version": 99}),
        Change(kind=ChangeKind.EMBEDDER, payload={"embedder": "nobody"}),
        Change(kind=ChangeKind.MODEL, payload={"pool": 99}),
        Change(kind=ChangeKind.PROFILE, payload={"profile": 1, "is_default": True, "scenario": "", "values": {}}),
        Change(kind=ChangeKind.RULES, payload={"words": "x", "triggers": None}),
    ],
    ids=lambda change: change.kind,
)
def test_a_change_that_cannot_be_made_says_so(change) -> None:
    with pytest.raises(ChangeUnusable):
        variant_of(change)


# Gates ---------------------------------------------------------------------------------------------------------------


def test_a_gate_keeps_back_what_was_not_tried_failed_is_old_or_was_tried_on_other_questions(returns) -> None:
    change = threshold_change(1.0)
    guard = gate(returns, ChangeKind.THRESHOLD)

    def problem() -> str:
        try:
            refuse_ungated(change, subject="The threshold")
        except GateNotPassed as error:
            assert told_change(error.address.partition("change=")[2].replace("%3A", ":")) == (change, "The threshold")
            return str(error)
        return ""

    assert "has not been tried" in problem()
    trial = ask_for_trial(returns, change, subject="1.0")
    assert "at work" in problem()
    work_on(trial.pk, seconds=60)
    assert "1 question gets worse" in problem()
    Gate.objects.filter(pk=guard.pk).update(most_worse=1)
    assert problem() == ""
    Gate.objects.filter(pk=guard.pk).update(least_right=0.9)
    assert "50 % right, and 90 % is the least" in problem()
    Gate.objects.filter(pk=guard.pk).update(least_right=None)
    ChangeTrial.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert "older than 7 days" in problem()
    ChangeTrial.objects.update(finished_at=timezone.now())
    add_question(returns, "Another?", audience=Audience())
    assert "questions have changed" in problem()
    Gate.objects.filter(pk=guard.pk).update(is_on=False)
    assert problem() == ""


def test_more_wrong_answers_never_pass(returns, article) -> None:
    change = threshold_change(0.0)
    gate(returns, ChangeKind.THRESHOLD, most_worse=99)
    assert effects(tried(returns, change))[WEATHER] == "worse"
    with pytest.raises(GateNotPassed, match="1 wrong answers would be sent instead of 0"):
        refuse_ungated(change, subject="x")


def test_every_activation_asks_its_gate_and_what_was_live_stays(returns, article) -> None:
    gate(returns, *(kind for kind in ChangeKind if kind != ChangeKind.THRESHOLD))
    row = Calibration.objects.create(weights=shipped_weights_as_stored(), labels=1, right=1)
    with pytest.raises(GateNotPassed):
        calibrations.activate(row)
    assert not Calibration.objects.filter(is_active=True).exists()
    assert calibrations.step_back() is None, "the way back is always open"
    version = IntentModel.objects.create(status="ready", data=b"x").pk
    with pytest.raises(GateNotPassed):
        jobs.activate(version)
    register_embedder("minilm")
    with pytest.raises(SwitchRefused):
        activate_embedder("minilm")
    activate_embedder("minilm-int8")  # that answers already
    profile = TemperatureProfile.objects.create(name="Other")
    with pytest.raises(GateNotPassed):
        make_default(profile.pk)
    assert not TemperatureProfile.objects.get(name="Other").is_default
    tried(returns, calibration_change(row.pk))
    calibrations.activate(row)
    assert Calibration.objects.get(is_active=True) == row
    tried(returns, profile_change(default(TemperatureProfile.objects.get(name="Other"))))
    make_default(profile.pk)
    assert TemperatureProfile.objects.get(is_default=True).name == "Other"


def test_a_person_lets_a_change_pass_with_a_reason_that_is_kept(returns) -> None:
    gate(returns, ChangeKind.INTENTS)
    change = intents_change(7)
    user = User.objects.create_user("operator")
    with pytest.raises(ValidationError):
        let_pass(change, subject="v7", reason="because", user=user)
    let_pass(change, subject="v7", reason="The old one sends nonsense to everybody.", user=user)
    refuse_ungated(change, subject="v7")
    with pytest.raises(GateNotPassed):
        refuse_ungated(intents_change(8), subject="v8")
    kept = GateOverride.objects.get()
    assert (kept.created_by, "nonsense" in kept.reason, "not been tried" in kept.problem) == (user, True, True)
    GateOverride.objects.update(created_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(GateNotPassed):
        refuse_ungated(change, subject="v7")


# Pages ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin_client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


def test_staff_start_a_trial_and_read_it_question_by_question(admin_client, returns, _nothing_remembered) -> None:
    page = "/admin/chatbot/changetrial/"
    assert admin_client.get(f"{page}add/").status_code == 200
    wrong = admin_client.post(f"{page}add/", {"question_set": returns.pk, "kind": "embedder"})
    assert wrong.status_code == 422 and "Choose what changes" in wrong.content.decode()
    started = admin_client.post(f"{page}add/", {"question_set": returns.pk, "kind": "threshold", "threshold": "1"})
    trial = ChangeTrial.objects.get()
    assert started.status_code == 302 and _nothing_remembered == [trial.pk]
    waiting = admin_client.get(f"{page}{trial.pk}/change/").content.decode()
    assert "0 / 2" in waiting and 'http-equiv="refresh"' in waiting
    work_on(trial.pk, seconds=60)
    shown = admin_client.get(f"{page}{trial.pk}/change/")
    assert shown.context["view"] == "worse" and [one["row"].text for one in shown.context["rows"]] == [BLENDER]
    assert "50 % " in shown.context["sides"][1]["right"] and 'http-equiv="refresh"' not in shown.content.decode()
    everything = admin_client.get(f"{page}{trial.pk}/change/?show=all")
    assert len(everything.context["rows"]) == 2
    assert admin_client.get(page).status_code == 200


def test_the_gate_s_page_tries_the_change_and_takes_a_word(admin_client, returns, _nothing_remembered) -> None:
    gate(returns, ChangeKind.INTENTS)
    version = IntentModel.objects.create(status="ready", data=b"x")
    switch = f"/admin/chatbot/intentmodel/{version.pk}/switch/"
    refused = admin_client.post(switch, {"step": "on"}, follow=True).content.decode()
    assert "goes live only after it has passed its gate" in refused and "changetrial/gate/?change=" in refused
    address = gate_address(intents_change(version.pk), subject="v1")
    assert "has not been tried" in admin_client.get(address).content.decode()
    too_short = admin_client.post(address, {"do": "pass", "reason": "hm"})
    assert too_short.status_code == 422 and "Say why in a sentence" in too_short.content.decode()
    admin_client.post(address, {"do": "pass", "reason": "The old model is broken for everybody."})
    admin_client.post(switch, {"step": "on"})
    version.refresh_from_db()
    assert version.is_active
    threshold = gate_address(threshold_change(0.9), subject="x")
    gate(set_named("Empty"), ChangeKind.THRESHOLD)
    assert "has no question" in admin_client.post(threshold, {"do": "try"}, follow=True).content.decode()
    assert admin_client.get("/admin/chatbot/changetrial/gate/?change=forged", follow=True).status_code == 200


def test_a_profile_s_values_are_tried_from_its_form_and_kept_back_until_they_passed(admin_client, returns) -> None:
    gate(returns, ChangeKind.PROFILE)
    profile = TemperatureProfile.objects.get(is_default=True)
    page = f"/admin/chatbot/temperatureprofile/{profile.pk}/change/"
    values = {
        name: "" if (value := getattr(profile, name)) is None else value
        for name in ("name", "scenario", "temperature", "top_p", "tone", "length", "maximum_tokens", "passages",
                     "reasoning_effort", "threshold")
    } | {"is_default": "on", "threshold": "0.4"}  # fmt: skip
    refused = admin_client.post(page, values)
    assert refused.status_code == 200 and "goes live only after" in refused.content.decode()
    tries = admin_client.post(page, values | {"try_these_values": "1"})
    assert tries.status_code == 302 and "/changetrial/add/?change=" in tries["Location"]
    assert TemperatureProfile.objects.get(pk=profile.pk).threshold == profile.threshold, "nothing is saved"
    assert admin_client.get(tries["Location"]).status_code == 200
    admin_client.post(tries["Location"], {"question_set": returns.pk})
    work_on(ChangeTrial.objects.get().pk, seconds=60)
    assert not [one for one in standings(profile_change(tried_profile(profile))) if one.problem]
    assert admin_client.post(page, values).status_code == 302
    assert TemperatureProfile.objects.get(pk=profile.pk).threshold == 0.4
    renamed = values | {"name": "Renamed"}
    assert admin_client.post(page, renamed).status_code == 302, "a name changes nothing that could be tried"


def tried_profile(profile: TemperatureProfile) -> TemperatureProfile:
    profile.threshold = 0.4
    return profile


def test_the_threshold_s_own_page_asks_its_gate(admin_client, returns) -> None:
    gate(returns, ChangeKind.THRESHOLD, most_worse=9)
    page = "/admin/chatbot/steering/1/change/"
    row = Steering.objects.get()
    sent = {field.name: getattr(row, field.name) for field in Steering._meta.fields if field.name != "id"}
    sent = {name: "on" if value is True else value for name, value in sent.items() if value not in (None, "")}
    sent = {name: value for name, value in sent.items() if value is not False}
    assert admin_client.post(page, sent).status_code == 302, "nothing changes"
    refused = admin_client.post(page, sent | {"threshold": "0.9"})
    assert refused.status_code == 200 and "goes live only after" in refused.content.decode()
    tried(returns, threshold_change(0.9))
    assert admin_client.post(page, sent | {"threshold": "0.9"}).status_code == 302
    assert Steering.objects.get().threshold == 0.9


def test_trials_and_overrides_need_their_rights(returns) -> None:
    client = Client()
    user = User.objects.create_user("member", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_changetrial"))
    client.force_login(user)
    address = gate_address(threshold_change(0.9), subject="x")
    assert client.get("/admin/chatbot/changetrial/add/").status_code == 403
    assert client.get(address).status_code == 200
    assert client.post(address, {"do": "try"}).status_code == 403
    assert client.post(address, {"do": "pass", "reason": "I want it so much now."}).status_code == 403
    trial = ask_for_trial(returns, threshold_change(0.9), subject="x")
    assert client.post(f"/admin/chatbot/changetrial/{trial.pk}/cancel/").status_code == 403


def test_a_rehearsal_ends_with_its_block_whatever_happens() -> None:
    with pytest.raises(RuntimeError), rehearsing(Variant(threshold=0.1)):
        assert is_rehearsal() and variant().threshold == 0.1
        raise RuntimeError
    assert not is_rehearsal()

"""What a model may propose: from masked words, and nothing is taken over by itself."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from analytics.gaps import views as gap_views
from analytics.models import Gap, Topic
from analytics.topics import proposing
from analytics.topics import views as topic_views
from analytics.topics.running import bring_up_to_date
from chatbot.llm.errors import ModelError, ModelUnavailable
from chatbot.llm.scripted import ScriptedModel
from chatbot.models import ModelCall, ModelUse
from knowledge.models import Article
from tests.integration.analytics.asking import CARDS, PARROTS, asked, unanswered

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("lead"))
    return client


def says(monkeypatch: pytest.MonkeyPatch, *replies: str | ModelError) -> ScriptedModel:
    model = ScriptedModel(replies)
    for module in (proposing, gap_views, topic_views):
        monkeypatch.setattr(module, "configured_model", lambda: model)
    return model


def test_a_proposed_name_waits_for_a_person(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in CARDS:
        asked(f"{text}, I am Tom Miller", name="Tom Miller")
    bring_up_to_date()
    model = says(monkeypatch, '"Late cards."')
    topic = Topic.objects.get()
    page = lead.post(f"/analytics/topics/{topic.pk}/", {"do": "propose"}).content.decode()
    assert 'value="Late cards"' in page
    assert Topic.objects.get().name == topic.name
    assert [(call.use, call.conversation_id) for call in ModelCall.objects.all()] == [(ModelUse.PROPOSAL, None)]
    assert "Miller" not in str(model.asked)


def test_a_written_article_waits_for_a_person(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in PARROTS:
        unanswered(text, answer="Parrots travel in the hold, Tom Miller, in cages of 40 cm.", name="Tom Miller")
    bring_up_to_date()
    gap = Gap.objects.get()
    model = says(monkeypatch, "Parrots travel in the **hold**.")
    page = lead.post(f"/analytics/gaps/{gap.pk}/", {"do": "propose"}).content.decode()
    assert "Parrots travel in the **hold**." in page
    assert Gap.objects.get().body == gap.body
    assert not Article.objects.exists()
    assert "Miller" not in str(model.asked)


def test_a_model_that_fails_changes_nothing(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in PARROTS:
        unanswered(text, answer="Parrots travel in the hold, in a cage of at most 40 cm.")
    bring_up_to_date()
    says(monkeypatch, ModelUnavailable("away"), ModelUnavailable("away"))
    page = lead.post(f"/analytics/topics/{Topic.objects.get().pk}/", {"do": "propose"}).content.decode()
    assert "The model did not answer; the name stays." in page
    page = lead.post(f"/analytics/gaps/{Gap.objects.get().pk}/", {"do": "propose"}).content.decode()
    assert "The model did not answer; the draft stays." in page


def test_no_answers_are_no_article(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in PARROTS:
        unanswered(text)
    bring_up_to_date()
    model = says(monkeypatch)
    page = lead.post(f"/analytics/gaps/{Gap.objects.get().pk}/", {"do": "propose"}).content.decode()
    assert "there is nothing to write from" in page
    assert not model.asked

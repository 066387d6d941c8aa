"""The conversation in the reviewer's language, through the door that reviewers use, written by the stand-in model."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from chatbot import translated_packets, translations
from chatbot.intercom.payloads import RedactedPart
from chatbot.llm.client import HubModel
from chatbot.llm.scripted import ScriptedModel
from chatbot.models import (
    Delivery,
    Experiment,
    InboundEvent,
    ModelCall,
    ModelUse,
    PersonalDataRule,
    PromptVersion,
    Translation,
    Turn,
)
from chatbot.personal_data import forget_masking_policy
from chatbot.redaction import forget
from chatbot.reviewing import approve, reject
from chatbot.tasks import translate
from sessions_app.models import Conversation, Handoff, Message, ReviewItem, ReviewQueue
from tests.integration.chatbot.desk_world import client_of, posted, reviewer
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db
PARCEL = "Wo ist mein Paket?"
IN_ENGLISH = "[stand-in, English] Where is my parcel?"


@pytest.fixture
def mia(db: None) -> User:
    return reviewer("mia")


@pytest.fixture
def german(world: World, intercom: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversation]:
    """Held for review, while a model could translate it; the bot itself answers without one."""
    model = HubModel(url=f"{intercom.url}/v1", name="openai/gpt-oss-20b", token="")
    for place in ("chatbot.translations", "chatbot.translated_packets", "chatbot.desk.translating"):
        monkeypatch.setattr(f"{place}.configured_model", lambda: model)
    world.threshold(1.0)
    conversation = world.asked(PARCEL)
    world.work(conversation)
    intercom.http.delete("/calls")
    yield conversation
    forget_masking_policy()


def pane(client: Client, conversation: Conversation) -> str:
    item = ReviewItem.objects.filter(conversation=conversation).latest("pk")
    return client.get(f"/desk/items/{item.pk}/").content.decode()


def switched_on(client: Client, conversation: Conversation) -> str:
    assert client.post(f"/desk/conversations/{conversation.pk}/translate/", {"show": "1"}).json() == {"on": True}
    pane(client, conversation)
    assert translations.work_off(wish(conversation), seconds=20)
    return pane(client, conversation)


def handed_over(conversation: Conversation) -> None:
    """Somebody rejects the draft and writes no answer of their own."""
    reject(ReviewItem.objects.get(status="waiting").pk, user=reviewer("boss"), note="No.")


def wish(conversation: Conversation, language: str = "en") -> translations.Wish:
    return translations.Wish(conversation_id=conversation.pk, language=language)


def test_a_reader_of_another_language_switches_translations_on_and_they_stay_on(
    german: Conversation, world: World, mia: User
) -> None:
    client = client_of(mia)
    before = pane(client, german)
    assert "The customer writes in German." in before
    assert IN_ENGLISH not in before
    assert not Translation.objects.exists(), "nobody asked for one"
    page = switched_on(client, german)
    calls = list(ModelCall.objects.all())
    assert {(call.use, call.conversation_id) for call in calls} == {(ModelUse.TRANSLATION, german.pk)}
    assert all(call.tokens_read and call.tokens_written for call in calls), "somebody pays for them"
    assert f'lang="en"><span class="tag accent">English</span><div class="words">{IN_ENGLISH}' in page
    assert f'lang="de">{PARCEL}' in page, "what was written stays"
    world.wrote_on(german, "Danke")
    thread = client.get(f"/desk/conversations/{german.pk}/thread/").content.decode()
    assert "being translated" in thread
    assert translations.work_off(wish(german), seconds=20)
    thread = client.get(f"/desk/conversations/{german.pk}/thread/").content.decode()
    assert "[stand-in, English] «Danke»" in thread or "[stand-in, English] Thank you" in thread
    assert client.post(f"/desk/conversations/{german.pk}/translate/", {"show": "0"}).json() == {"on": False}
    assert IN_ENGLISH not in pane(client, german)


def test_nothing_is_offered_to_who_reads_the_customers_language(world: World, mia: User) -> None:
    world.threshold(1.0)
    conversation = world.asked("Where is my parcel? I have been waiting for it.")
    world.work(conversation)
    assert "data-translate" not in pane(client_of(mia), conversation)


def test_each_text_is_translated_once_whoever_reads_it(german: Conversation, mia: User, world: World) -> None:
    switched_on(client_of(mia), german)
    rows = list(Translation.objects.values_list("pk", "finished_at"))
    switched_on(client_of(reviewer("jun")), german)
    assert list(Translation.objects.values_list("pk", "finished_at")) == rows
    assert set(Translation.objects.values_list("prompt_version", flat=True)) <= {0, 1}


def test_without_a_model_the_desk_says_so_and_goes_on(
    german: Conversation, mia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.desk.translating.configured_model", lambda: None)
    monkeypatch.setattr("chatbot.translations.configured_model", lambda: None)
    client = client_of(mia)
    client.post(f"/desk/conversations/{german.pk}/translate/", {"show": "1"})
    page = pane(client, german)
    assert "No translation is available: no language model is connected." in page
    assert PARCEL in page
    item = ReviewItem.objects.get()
    refused = posted(client, item, "translate-answer", answer="Tomorrow.")
    assert (refused.status_code, refused.json()["error"][:29]) == (422, "No translation is available: ")
    approve(item.pk, user=mia, answer="Morgen.")


def test_a_model_that_fails_is_told_and_asked_again_later(
    german: Conversation, mia: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sandbox.faults(model={"status": 503})
    page = switched_on(client_of(mia), german)
    assert "the language model does not answer now" in page
    world.sandbox.faults()
    monkeypatch.setattr(translations, "TRANSLATE_AGAIN_SECONDS", -1.0)
    assert IN_ENGLISH in switched_on(client_of(mia), german)


def test_personal_data_does_not_reach_the_model_and_comes_back(
    german: Conversation, mia: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel(["Write to [EMAIL_1], says [PERSON_1]."] * 9)
    monkeypatch.setattr("chatbot.translations.configured_model", lambda: model)
    world.wrote_on(german, "Ich heiße Erika Muster. Schreiben Sie an erika.muster@example.com.")
    page = switched_on(client_of(mia), german)
    assert "Write to erika.muster@example.com, says Erika Muster." in page
    told = "".join(message.content for messages, _sampling in model.asked for message in messages)
    assert "Schreiben Sie an" in told
    assert "muster" not in told.casefold()


def test_what_no_model_may_see_is_not_translated(german: Conversation, mia: User, world: World) -> None:
    PersonalDataRule.objects.update_or_create(type="email", defaults={"treatment": "refuse"})
    forget_masking_policy()
    world.wrote_on(german, "Meine Adresse ist erika.muster@example.com")
    page = switched_on(client_of(mia), german)
    assert "not translated" in page
    row = Translation.objects.get(status="failed")
    assert (row.problem, row.text) == ("personal_data", "")


def test_an_answer_is_put_into_the_customers_language_for_checking_and_nothing_is_sent(
    german: Conversation, mia: User
) -> None:
    item = ReviewItem.objects.get()
    told = posted(client_of(mia), item, "translate-answer", answer="Your parcel arrives tomorrow.").json()
    assert told["text"] == "[stand-in, German] Ihr paket kommt morgen an."
    item.refresh_from_db()
    assert item.status == "waiting"
    assert posted(client_of(mia), item, "translate-answer", answer=" ").status_code == 422
    assert posted(client_of(mia), item, "translate-answer", answer="x" * 4001).status_code == 422


def test_a_handover_keeps_its_translation_and_posts_it_where_the_queue_says_so(
    german: Conversation, world: World
) -> None:
    ReviewQueue.objects.update(translates_into="en", notes_translation=True)
    handed_over(german)
    handoff = Handoff.objects.get(conversation=german)
    assert handoff.packet["translation"] == {"language": "en", "status": "waiting"}
    translate(german.pk, "en")
    handoff.refresh_from_db()
    kept = handoff.packet["translation"]
    assert kept["status"] == "ready"
    assert {"author": "customer", "text": IN_ENGLISH} in kept["messages"]
    translate(german.pk, "en")
    world.work(german)
    notes = [note for note in world.said(german, "note") if "The conversation in English" in note]
    assert len(notes) == 1
    assert IN_ENGLISH in notes[0]


def test_a_queue_that_does_not_ask_gets_no_translation_and_no_note(german: Conversation, world: World) -> None:
    handed_over(german)
    assert "translation" not in Handoff.objects.get(conversation=german).packet
    assert not Delivery.objects.filter(key__startswith="translation:").exists()


def test_a_lost_task_and_a_dead_worker_are_made_good(
    german: Conversation, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ReviewQueue.objects.update(translates_into="en")
    handed_over(german)
    assert translations.forgotten() == []
    monkeypatch.setattr(translations, "TRANSLATE_AGAIN_SECONDS", -10.0)
    assert translations.forgotten() == [wish(german)]
    Translation.objects.update(begun_at="2020-01-01T00:00:00Z", attempts=99)
    translate(german.pk, "en")
    assert set(Translation.objects.values_list("status", flat=True)) == {"failed"}
    assert Handoff.objects.get(conversation=german).packet["translation"]["problem"] == "model_failed"


def test_redacted_words_are_forgotten_in_every_language(german: Conversation, world: World, mia: User) -> None:
    ReviewQueue.objects.update(translates_into="en", notes_translation=True)
    handed_over(german)
    translate(german.pk, "en")
    world.work(german)
    world.look(german.external_id)
    assert "Where is my parcel" in str(Handoff.objects.get(conversation=german).packet)
    note = Message.objects.get(conversation=german, author="note", text__contains="Where is my parcel")
    told = {"data": {"item": {"id": note.external_id, "body": "<p>Where is my parcel?</p>"}}}
    InboundEvent.objects.create(
        app_id=world.workspace.app_id, topic="conversation.admin.noted", payload=json.dumps(told)
    )
    part = Message.objects.get(conversation=german, text=PARCEL)
    forget(
        world.workspace.app_id,
        RedactedPart(conversation_id=german.external_id, part_id=part.external_id, sent_at=part.sent_at),
    )
    assert not Translation.objects.filter(message=part).exists()
    assert not [one for one in everything() if "Where is my parcel" in one]
    assert translated_packets.complete(wish(german)) is False
    assert translations.want(german, language="en") is False, "an emptied message is not wished for"


def everything() -> list[str]:
    return [
        str(row)
        for model in (Translation, Handoff, Delivery, ReviewItem, Message, InboundEvent)
        for row in model._default_manager.values()
    ]


def test_the_prompt_is_a_versioned_one_like_the_others(german: Conversation) -> None:
    boss = reviewer("boss")
    boss.is_superuser = True
    boss.save()
    version = PromptVersion.objects.get(name="translate")
    assert (version.number, version.is_active, version.is_shipped) == (1, True, True)
    client = client_of(boss)
    turn = Turn.objects.get(conversation=german)
    written = {"instructions": version.instructions + "\nBe brief.", "message": "{original}", "number": str(turn.pk)}
    address = "/admin/chatbot/promptversion/write/translate/"
    previewed = client.post(address, {**written, "do": "preview"}).content.decode()
    assert "You translate messages of a support chat into English." in previewed
    assert "Be brief." in previewed
    tried = client.post(address, {**written, "do": "try"}).content.decode()
    assert tried.count(IN_ENGLISH) == 2, "beside the version that counts now"
    refused = client.post(address, {**written, "message": "{question}", "do": "save"})
    assert refused.status_code == 422
    with pytest.raises(ValidationError, match="writes no answers"):
        Experiment(name="No", lever="prompt", prompt=PromptVersion(name="translate", number=2), share=50).clean()

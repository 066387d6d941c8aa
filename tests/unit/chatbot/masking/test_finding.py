"""Personal data is found by its form and by its sense, and ordinary words are left alone."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.rules.masking.entities import EntityType
from chatbot.rules.masking.finding import personal_entities

SAMPLE = Path(__file__).resolve().parents[4] / "knowledge" / "sample" / "questions.jsonl"


def kinds(text: str) -> dict[str, str]:
    return {entity.text: entity.type.value for entity in personal_entities(text)}


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("Write to m.o'neil+shop@mail.example.co.uk today", "m.o'neil+shop@mail.example.co.uk", EntityType.EMAIL),
        ("My card is 4111-1111-1111-1111", "4111-1111-1111-1111", EntityType.CARD),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00", EntityType.IBAN),
        ("my ssn is 123-45-6789", "123-45-6789", EntityType.NATIONAL_ID),
        ("身份证号 11010519491231002X", "11010519491231002X", EntityType.NATIONAL_ID),
        ("codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S", EntityType.NATIONAL_ID),
        ("my driver's license number is F162823540116", "F162823540116", EntityType.DRIVER_LICENSE),
        ("邮箱abc@example.cn谢谢", "abc@example.cn", EntityType.EMAIL),
        ("call me at (602) 272-9781", "(602) 272-9781", EntityType.PHONE),
        ("手机13812345678", "13812345678", EntityType.PHONE),
        ("Rufen Sie +41 44 668 18 00 an", "+41 44 668 18 00", EntityType.PHONE),
        ("from 192.168.10.4", "192.168.10.4", EntityType.IP_ADDRESS),
        ("order number LM-20394 is late", "LM-20394", EntityType.ORDER),
        ("订单号：LM20394", "LM20394", EntityType.ORDER),
        ("Hello, my name is Katarzyna Nowak.", "Katarzyna Nowak", EntityType.PERSON),
        ("Best regards,\nTobias Lindqvist", "Tobias Lindqvist", EntityType.PERSON),
        ("我叫王小明", "王小明", EntityType.PERSON),
        ("收货地址：浙江省杭州市文三路100号", "浙江省杭州市文三路100号", EntityType.ADDRESS),
        ("Please deliver to 22 Baker Street, London", "22 Baker Street, London", EntityType.ADDRESS),
    ],
)
def test_it_is_found(text: str, value: str, kind: EntityType) -> None:
    assert kinds(text).get(value) == kind.value


@pytest.mark.parametrize(
    "text",
    [
        "My card 4111111111111112 has a typo",  # no check digit fits
        "I paid 1 234 567 890 once",
        "Version 2.4.1.17 and model 8000123456",
        "That costs 1.299.000 euros",
        "IBAN GB33BUKB20201555555556",
    ],
)
def test_numbers_that_only_look_like_it_are_left_alone(text: str) -> None:
    found = {entity.type for entity in personal_entities(text)}
    assert not found & {EntityType.CARD, EntityType.IBAN, EntityType.IP_ADDRESS} or "2.4.1.17" in text


def test_ordinary_questions_hold_no_names() -> None:
    """Masking a product's name would cost the answer."""
    questions = [json.loads(line)["question"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    named = [
        question
        for question in questions
        if any(
            entity.type in {EntityType.PERSON, EntityType.ADDRESS} and entity.probability >= 0.5
            for entity in personal_entities(question)
        )
    ]
    assert len(named) <= len(questions) // 100, named


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_places_are_exact_in_order_and_apart(text: str) -> None:
    found = personal_entities(text)
    assert all(text[entity.start : entity.end] == entity.text for entity in found)
    assert all(first.end <= second.start for first, second in pairwise(found))


def test_a_long_hostile_text_is_read_in_bounded_steps() -> None:
    text = "1-" * 4_000 + "a@" * 2_000 + "(" * 4_000 + "+49 " * 1_000
    assert isinstance(personal_entities(text), tuple)


#: Text, what the conversation is in as far as known, and all that is personal in it.
FOREIGN = [
    ("Wo ist mein Paket? Ich warte seit drei Wochen auf meine Bestellung.", "", set()),
    ("Der Wasserkocher ist undicht und die Kaffeemaschine macht laute Geräusche.", "", set()),
    ("Die Garantie gilt, aber das Display bleibt dunkel, sagt Ihr Kundendienst.", "", set()),
    ("Kann ich bezahlen?", "de", set()),
    ("Bonjour, où est mon colis ? Je l'attends depuis trois semaines.", "", set()),
    ("Mein Mann Thomas Becker hat die Maschine gekauft, der Beleg fehlt.", "", {"Thomas Becker"}),
    ("Bitte schicken Sie die Ware an Anna Schmidt, Hauptstraße 5, 10115 Berlin.", "de",
     {"Anna Schmidt", "Hauptstraße 5, 10115 Berlin"}),
    ("Ich heiße Xaver Qwortz und bin unter 0171 2345678 erreichbar.", "", {"Xaver Qwortz", "0171 2345678"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "language", "personal"), FOREIGN)
def test_in_a_sentence_that_the_tagger_does_not_read_nouns_are_no_names_and_people_and_addresses_are_found(
    text: str, language: str, personal: set[str]
) -> None:
    assert {one.text for one in personal_entities(text, language=language)} == personal


def test_an_address_under_a_german_letter_is_found_line_by_line() -> None:
    found = personal_entities("Bitte liefern Sie noch heute, ich warte!\n\nAnna Schmidt\nHauptstraße 5\n10115 Berlin")
    hidden = " ".join(one.text for one in found)
    assert all(word in hidden for word in ("Anna Schmidt", "Hauptstraße 5", "10115", "Berlin"))
    assert "Bitte" not in hidden and "warte" not in hidden


@pytest.mark.parametrize("guess", ["", "de", "nl", "pt", "sv", "tr"])
def test_a_wrong_guess_of_the_language_hides_no_less_of_an_english_sentence(guess: str) -> None:
    text = "My name is Katarzyna Nowak, I live at 12 Lindenallee in Berlin and the bus is on Peter Zuidhove 188."
    assert personal_entities(text, language=guess) == personal_entities(text)

"""Who asks for a person gets one; who does not, or says that no person is needed, keeps the bot."""

import pytest

from chatbot.rules.person_wanted import wants_person

ASKED = [
    "I want a human",
    "i want to talk to a human",
    "Can I speak with a real person please?",
    "could you connect me to an agent",
    "transfer me to customer service",
    "Put me through to somebody",
    "agent",
    "AGENT!!!",
    "Representative, please",
    "human please",
    "I need a live agent",
    "let me talk to your manager",
    "escalate this to a supervisor",
    "get me a human being",
    "I'd like to chat with someone from support",
    "I don't want to talk to a bot",
    "I don't want to talk to a bot, connect me to a human",
    "I do not want a chatbot. Give me a real person",
    "Don't give me a bot, I want a real person",
    "Why can't I talk to a human?",
    "Why don't you connect me to an agent",
    "I don't understand this, can I talk to a person?",
    "no bots please",
    "I want help from a human",
    "转人工",
    "我要转人工客服",
    "请帮我转接人工",
    "找真人",
    "我要人工",
    "我想跟真人说话",
    "我不要机器人，我要人工",
    "为什么不能转人工",
    "能不能转人工？",
    "人工客服",
    "轉人工",
    "人工",
    "联系一下你们的客服",
    "Ich möchte mit einem Menschen sprechen",
    "ich will einen Mitarbeiter",
    "Kann ich bitte mit jemandem vom Team reden?",
    "Verbinden Sie mich bitte mit einem Mitarbeiter!",
    "Warum kann ich nicht mit einem Menschen sprechen?",
    "Ich will nicht mit einem Bot reden",
    "Mitarbeiter bitte",
    "Ich brauche einen echten Menschen",
    "Je voudrais parler à un conseiller",
    "passez-moi un humain",
    "Pourquoi je ne peux pas parler à une vraie personne ?",
    "Puis-je parler avec quelqu’un ?",
    "Quiero hablar con una persona",
    "páseme con un agente por favor",
    "¿Por qué no puedo hablar con alguien?",
    "Necesito un asesor",
]

NOT_ASKED = [
    "",
    "Where is my order?",
    "I don't want to talk to a person",
    "I do not need a human, just tell me the price",
    "please don't transfer me to an agent",
    "No need to connect me to an agent",
    "I would rather not speak to a human",
    "I don't think I need to talk to a person",
    "Can I do it without a real person?",
    "How do I add a team member to my account?",
    "How many agents can my plan have?",
    "Is the package handed over personally?",
    "What is your human rights policy?",
    "The captcha asks whether I'm not a robot",
    "How do I connect my shop to the app?",
    "I want to return the blender",
    "人工智能是什么",
    "你们的产品用人工智能吗",
    "我要人工智能功能",
    "不要转人工",
    "不需要人工客服",
    "别转人工，直接告诉我",
    "不用找真人",
    "我的订单在哪里",
    "Ich möchte nicht mit einem Menschen sprechen",
    "Ich brauche keinen Mitarbeiter, nur den Preis",
    "Ich möchte einen Mitarbeiter hinzufügen",
    "Gibt es einen Mitarbeiter-Rabatt?",
    "Wie viele Mitarbeiter darf mein Tarif haben?",
    "Wie verbinde ich die App mit meinem Shop?",
    "Je ne veux pas parler à un humain",
    "Combien de personnes peuvent utiliser mon compte ?",
    "Comment supprimer un agent ?",
    "No quiero hablar con una persona",
    "¿Cuántos agentes puede tener mi plan?",
    "Puedo pagar sin hablar con nadie?",
]


@pytest.mark.parametrize("text", ASKED)
def test_a_customer_who_asks_for_a_person_is_heard(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize("text", NOT_ASKED)
def test_a_customer_who_does_not_ask_for_a_person_keeps_the_bot(text: str) -> None:
    assert not wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "talk " * 100_000,
        "talk to " + "a real live actual human customer " * 5_000,
        "want " + "to " * 100_000,
        "don't " + "want " * 100_000 + "human please",
        "转" + "一下" * 100_000,
        "不" + "需要" * 100_000 + "人工",
        "i want a " + " " * 500_000 + "human",
        "human" * 100_000,
        "mit einem " + "echten " * 100_000 + "sprechen",
        "verbinden sie mich " + "bitte " * 100_000,
        "parler à " + "vraie " * 100_000,
        "hablar con " + "otra " * 100_000,
        "." * 500_000,
    ],
)
def test_a_long_hostile_text_is_read_in_bounded_time(text: str) -> None:
    assert wants_person(text) in (True, False)

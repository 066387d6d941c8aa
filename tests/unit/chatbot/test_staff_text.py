"""What is written for colleagues is told apart from what may be quoted to a customer."""

import pytest

from chatbot.rules.staff_text import is_for_staff


@pytest.mark.parametrize(
    "text",
    [
        "Warn customer: 'You have three attempts left.'",
        "NEVER tell the customer that the card was flagged.",
        "1. The customer is verified. 2. The customer is at least 18 years old.",
        "If the caller presses for details, transfer the customer to a colleague.",
        "Say: 'I am sorry, but I cannot process this card.'",
        "Use the log_verification tool to log it.",
        "请告知客户我们会在三天内处理。",
        "客服人员应先核实身份。",
    ],
)
def test_words_about_the_customer_are_for_colleagues(text: str) -> None:
    assert is_for_staff(text)


@pytest.mark.parametrize(
    "text",
    [
        "You can reach our customer service from 8:00 to 20:00.",
        "New customers get 10 % off your first order.",
        "If you ask for it, we tell you the price before you pay.",
        "Send your API key in the header `api_key`.",
        "请联系客服。客户服务时间为 8 点到 20 点。",
        "",
    ],
)
def test_words_to_the_customer_are_not(text: str) -> None:
    assert not is_for_staff(text)


@pytest.mark.parametrize("title", ["Internal: opening an account", "Bypass codes (Internal)", "退款流程（内部）"])
def test_a_title_that_says_internal_is_believed(title: str) -> None:
    assert is_for_staff("You may use any code.", title=title)

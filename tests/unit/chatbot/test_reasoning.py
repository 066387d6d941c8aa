"""Hidden reasoning is never shown."""

import pytest

from chatbot.llm.reasoning import visible

SECRET = "We need to consult policy"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("Send it back.", "Send it back."),
        (f"<|channel|>analysis<|message|>{SECRET}<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "Yes."),
        (
            f"<|channel|>analysis<|message|>{SECRET}<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>",
            "Yes.",
        ),
        (f"<|channel|>analysis<|message|>{SECRET}", ""),
        (f"<|channel|>commentary<|message|>{SECRET}<|call|>", ""),
        ("<|channel|>final <|constrain|>json<|message|>Yes.", "Yes."),
        (f"analysis{SECRET}.assistantfinalYes.", "Yes."),
        (f"analysis {SECRET}\nassistant final Yes.", "Yes."),
        (f"analysis{SECRET}", ""),
        (f"commentary {SECRET}", ""),
        (f"<think>{SECRET}</think>Yes.", "Yes."),
        (f"{SECRET}</think>\n\nYes.", "Yes."),
        (f"<think>{SECRET}", ""),
        ("Analysis of your order: it is late.", "Analysis of your order: it is late."),
        ("  ", ""),
        ("", ""),
    ],
)
def test_only_the_answer_is_shown(content: str, shown: str) -> None:
    assert visible(content) == shown
    assert SECRET not in visible(content)

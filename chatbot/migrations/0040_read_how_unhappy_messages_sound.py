"""What customers wrote before is read as new messages are; then all results are counted again, by the next runs."""

from typing import Any

from django.db import migrations

from chatbot.rules.unhappy import mood_of

_BATCH = 5_000


def read(apps: Any, schema_editor: Any) -> None:
    """A batch a transaction, so that it may be broken off and run again."""
    messages = apps.get_model("sessions_app", "Message").objects.filter(author="customer")
    last = 0
    while batch := list(messages.filter(pk__gt=last).order_by("pk").only("pk", "text")[:_BATCH]):
        unhappy = []
        for message in batch:
            message.unhappiness = mood_of(message.text).score
            if message.unhappiness:
                unhappy.append(message)
        messages.bulk_update(unhappy, ["unhappiness"], batch_size=1_000)
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("chatbot", "0039_meaning_of_a_question"),
        ("sessions_app", "0016_how_unhappy_a_message_sounds"),
    ]

    operations = [migrations.RunPython(read, migrations.RunPython.noop)]

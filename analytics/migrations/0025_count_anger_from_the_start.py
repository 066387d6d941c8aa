"""Anger is another number now: everything is counted again, in batches, by the next runs."""

from typing import Any

from django.db import migrations


def count_again(apps: Any, schema_editor: Any) -> None:
    apps.get_model("analytics", "Filling").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("analytics", "0024_language_of_alerts"), ("chatbot", "0040_read_how_unhappy_messages_sound")]

    operations = [migrations.RunPython(count_again, migrations.RunPython.noop)]

"""Lines of costs say what the model was asked for: everything is counted again, in batches, by the next runs."""

from typing import Any

from django.db import migrations


def count_again(apps: Any, schema_editor: Any) -> None:
    apps.get_model("analytics", "Filling").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("analytics", "0027_what_the_model_was_asked_for"), ("chatbot", "0041_calls_of_models")]

    operations = [migrations.RunPython(count_again, migrations.RunPython.noop)]

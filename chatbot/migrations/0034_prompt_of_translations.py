"""Version 1 of the prompt by which conversations are translated for colleagues."""

from django.db import migrations

from chatbot.prompts.shipped import PROMPTS
from chatbot.prompts.templates import PromptName


def write(apps, schema_editor):
    kind = PROMPTS[PromptName.TRANSLATE]
    apps.get_model("chatbot", "PromptVersion").objects.get_or_create(
        name=PromptName.TRANSLATE.value,
        number=1,
        defaults={
            "instructions": kind.shipped.instructions,
            "message": kind.shipped.message,
            "is_shipped": True,
            "is_active": True,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0033_translations")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

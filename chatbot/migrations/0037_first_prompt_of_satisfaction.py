from django.db import migrations

from chatbot.prompts.shipped import PROMPTS
from chatbot.prompts.templates import PromptName


def write(apps, schema_editor):
    text = PROMPTS[PromptName.SATISFACTION].shipped
    apps.get_model("chatbot", "PromptVersion").objects.get_or_create(
        name=text.name.value,
        number=1,
        defaults={
            "instructions": text.instructions,
            "message": text.message,
            "is_shipped": True,
            "is_active": True,
        },
    )


class Migration(migrations.Migration):
    """Version 1 of the prompt by which a model reads how satisfied a customer was."""

    dependencies = [("chatbot", "0036_prompt_of_satisfaction")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

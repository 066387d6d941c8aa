"""Version 1 of each prompt is the text that this release brings. A later release offers its own and changes nothing."""

from django.db import migrations

from chatbot.prompts.shipped import PROMPTS

#: Prompts that came later have migrations of their own.
KNOWN = ("answer", "rewrite")


def write(apps, schema_editor):
    PromptVersion = apps.get_model("chatbot", "PromptVersion")
    for name, kind in PROMPTS.items():
        if name.value not in KNOWN:
            continue
        PromptVersion.objects.get_or_create(
            name=name.value,
            number=1,
            defaults={
                "instructions": kind.shipped.instructions,
                "message": kind.shipped.message,
                "is_shipped": True,
                "is_active": True,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0015_prompt_versions")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

"""The texts and the steering that a new installation begins with; a team changes them in the admin."""

from django.db import migrations

TEXTS = [
    ("greeting", "en", "Hello! What can I help you with?"),
    ("greeting", "zh-hans", "您好！请问有什么可以帮您？"),
    (
        "holding",
        "en",
        "Thank you for your message. I would like a colleague to check my answer first, so that it is right. "
        "You will hear from us here.",
    ),
    ("holding", "zh-hans", "感谢您的留言。为确保答复准确，我请同事先核对一下，随后会在这里回复您。"),
    (
        "handoff",
        "en",
        "Of course: I am passing you on to a colleague. They can see our whole conversation and will answer here.",
    ),
    ("handoff", "zh-hans", "好的，我正在为您转接人工同事。同事可以看到我们的完整对话，并会在这里回复您。"),
]


def write(apps, schema_editor):
    StandardMessage = apps.get_model("chatbot", "StandardMessage")
    StandardMessage.objects.bulk_create(
        [StandardMessage(kind=kind, language=language, text=text) for kind, language, text in TEXTS],
        ignore_conflicts=True,
    )
    apps.get_model("chatbot", "Steering").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

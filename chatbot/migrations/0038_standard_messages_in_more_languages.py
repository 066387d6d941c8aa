"""Who is handed over hears when people answer in their language: the message before that sentence is in it, too.

A team's own text in one of these languages stays as it is.
"""

from django.db import migrations

TEXTS = (
    ("greeting", "de", "Guten Tag! Womit kann ich Ihnen helfen?"),
    (
        "holding",
        "de",
        "Vielen Dank für Ihre Nachricht. Ich lasse meine Antwort zuerst von jemandem aus dem Team prüfen, damit sie "
        "stimmt. Sie hören hier von uns.",
    ),
    (
        "handoff",
        "de",
        "Gern: Ich gebe Sie an jemanden aus dem Team weiter. Dort ist unser ganzes Gespräch zu sehen; die Antwort "
        "kommt hier.",
    ),
    ("greeting", "fr", "Bonjour ! Comment puis-je vous aider ?"),
    (
        "holding",
        "fr",
        "Merci pour votre message. Je fais d’abord vérifier ma réponse par un collègue, pour qu’elle soit exacte. "
        "Nous vous répondrons ici.",
    ),
    (
        "handoff",
        "fr",
        "Bien sûr : je vous mets en relation avec un collègue. Il voit toute notre conversation et vous répondra ici.",
    ),
    ("greeting", "es", "¡Hola! ¿En qué puedo ayudarle?"),
    (
        "holding",
        "es",
        "Gracias por su mensaje. Antes de responder, un compañero revisará mi respuesta para que sea correcta. "
        "Le contestaremos aquí.",
    ),
    (
        "handoff",
        "es",
        "Por supuesto: le paso con un compañero. Puede ver toda nuestra conversación y le responderá aquí.",
    ),
)


def write(apps, schema_editor):
    messages = apps.get_model("chatbot", "StandardMessage").objects
    for kind, language, text in TEXTS:
        off = messages.filter(kind=kind, language="en", is_on=False).exists()
        messages.get_or_create(kind=kind, language=language, defaults={"text": text, "is_on": not off})


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0037_first_prompt_of_satisfaction")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

"""The rule that says when an experiment hurts."""

from django.db import migrations


def add(apps, schema_editor):
    apps.get_model("analytics", "AlertRule").objects.get_or_create(
        name="An experiment hurts",
        defaults={
            "measure": "experiments_hurting",
            "comparison": "over",
            "bound": 0,
            "minutes": 0,
            "severity": "warning",
            "advice": "In its tried arm clearly more is handed over, or fewer customers are satisfied. See Experiments, and stop it.",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("analytics", "0008_topics_and_gaps")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

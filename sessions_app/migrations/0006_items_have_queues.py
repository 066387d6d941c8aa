from django.db import migrations


def fill(apps, schema_editor):
    queues = apps.get_model("sessions_app", "ReviewQueue")
    default, _ = queues.objects.get_or_create(is_default=True, defaults={"name": "Everything else", "position": 1000})
    apps.get_model("sessions_app", "ReviewItem").objects.filter(queue=None).update(queue=default)


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0005_review_queues")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chatbot", "0023_experiments")]

    operations = [
        AddIndexConcurrently(
            model_name="turn",
            index=models.Index(
                condition=models.Q(("arms", {}), _negated=True), fields=["started_at"], name="turn_in_experiment"
            ),
        ),
    ]

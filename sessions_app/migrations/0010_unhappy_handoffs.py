from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0009_handoff_by_experiment"),
    ]

    operations = [
        migrations.AlterField(
            model_name="handoff",
            name="reason",
            field=models.CharField(
                choices=[
                    ("customer_asked", "the customer asked for a person"),
                    ("unhappy", "the customer is unhappy"),
                    ("bot_failed", "the bot could not finish"),
                    ("review_rejected", "the reviewer rejected the draft"),
                    ("rule", "a rule of the team"),
                    ("overdue", "nobody had time for it"),
                    ("colleague", "a colleague took over"),
                    ("experiment", "an experiment keeps the bot out"),
                ],
                max_length=32,
                verbose_name="reason",
            ),
        ),
    ]

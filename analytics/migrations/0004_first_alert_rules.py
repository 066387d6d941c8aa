"""Rules that every team wants; they tell nobody until a recipient is chosen."""

from django.db import migrations

RULES = (
    # name, measure, comparison, bound, minutes, severity, advice
    ("Workers or model: answers are late", "answers_oldest", "over", 60, 1, "critical", "See System status: are workers running, do the model servers answer?"),
    ("Notifications lie unread", "inbox_oldest", "over", 60, 1, "critical", "See System status: workers are behind or down."),
    ("Replies do not reach Intercom", "outbox_oldest", "over", 300, 2, "critical", "See Deliveries for what Intercom answers."),
    ("Intercom refuses calls", "deliveries_refused", "over", 5, 0, "warning", "See Deliveries; a refused token must be renewed."),
    ("No webhook for six hours", "last_webhook", "over", 21600, 5, "warning", "Is the subscription paused in Intercom's developer hub?"),
    ("A customer waits for a person's word", "reviews_oldest", "over", 14400, 0, "warning", "Open the drafts for review."),
    ("Over 5 % of a model pool's calls fail", "model_errors", "over", 5, 1, "warning", "See Model pools."),
    ("A model pool is not asked any more", "pools_resting", "over", 0, 0, "critical", "See Model pools for the reason."),
    ("Five answers in a row were slow", "slow_answers", "over", 0, 0, "warning", "Are the model servers overloaded?"),
    ("Handrail itself is slow", "own_time", "over", 500, 5, "warning", "See the stage times of the newest turns."),
    ("The intent model is right in under 90 %", "intent_accuracy", "under", 90, 10, "info", "Give the weakest intents examples, and train again."),
    ("A certificate ends soon", "certificate_days", "under", 14, 10, "warning", "Replace the file and restart web and workers."),
)  # fmt: skip


def add(apps, schema_editor):
    rule = apps.get_model("analytics", "AlertRule")
    fields = ("name", "measure", "comparison", "bound", "minutes", "severity", "advice")
    rule.objects.bulk_create([rule(**dict(zip(fields, row, strict=True))) for row in RULES], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_alerts")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

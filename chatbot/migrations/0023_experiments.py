import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import chatbot.models.experiment


class Migration(migrations.Migration):
    dependencies = [
        ("chatbot", "0022_pool_and_model_of_a_turn"),
        ("sessions_app", "0009_handoff_by_experiment"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "why",
                    models.TextField(
                        blank=True,
                        help_text="Written before the first number.",
                        verbose_name="what you expect, and why",
                    ),
                ),
                (
                    "lever",
                    models.CharField(
                        choices=[
                            ("prompt", "another prompt"),
                            ("profile", "another default profile"),
                            ("threshold", "another threshold"),
                            ("holdout", "no bot: straight to people"),
                        ],
                        max_length=20,
                        verbose_name="what is other",
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        blank=True,
                        help_text="Instead of the team's own. Profiles with a threshold of their own keep theirs.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="threshold",
                    ),
                ),
                (
                    "share",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text="1 to 50. The others are treated as today. 50 answers soonest, less risks less.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="customers in the tried arm, %",
                    ),
                ),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("resolution", "Resolution"),
                            ("intervention", "People stepped in"),
                            ("handovers", "Handed over"),
                            ("csat", "Satisfaction (CSAT)"),
                            ("first_response", "First word after"),
                            ("reopened", "Reopened"),
                        ],
                        default="resolution",
                        help_text="The one figure that answers the question; the others are looked at beside it.",
                        max_length=20,
                        verbose_name="decides",
                    ),
                ),
                (
                    "customers",
                    models.PositiveIntegerField(
                        default=400,
                        help_text="Said before the start: until then the answer may be “too early to say”.",
                        validators=[
                            django.core.validators.MinValueValidator(50),
                            django.core.validators.MaxValueValidator(1000000),
                        ],
                        verbose_name="customers planned, each arm",
                    ),
                ),
                ("salt", models.CharField(default=chatbot.models.experiment.new_salt, editable=False, max_length=32)),
                ("payload", models.JSONField(default=dict, editable=False)),
                ("subject", models.CharField(blank=True, editable=False, max_length=200, verbose_name="tried")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="written"),
                ),
                ("started_at", models.DateTimeField(editable=False, null=True, verbose_name="started")),
                ("stopped_at", models.DateTimeField(editable=False, null=True, verbose_name="stopped")),
                (
                    "conclusion",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="why it was stopped"),
                ),
            ],
            options={
                "verbose_name": "experiment",
                "verbose_name_plural": "experiments",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalExperiment",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "why",
                    models.TextField(
                        blank=True,
                        help_text="Written before the first number.",
                        verbose_name="what you expect, and why",
                    ),
                ),
                (
                    "lever",
                    models.CharField(
                        choices=[
                            ("prompt", "another prompt"),
                            ("profile", "another default profile"),
                            ("threshold", "another threshold"),
                            ("holdout", "no bot: straight to people"),
                        ],
                        max_length=20,
                        verbose_name="what is other",
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        blank=True,
                        help_text="Instead of the team's own. Profiles with a threshold of their own keep theirs.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="threshold",
                    ),
                ),
                (
                    "share",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text="1 to 50. The others are treated as today. 50 answers soonest, less risks less.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="customers in the tried arm, %",
                    ),
                ),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("resolution", "Resolution"),
                            ("intervention", "People stepped in"),
                            ("handovers", "Handed over"),
                            ("csat", "Satisfaction (CSAT)"),
                            ("first_response", "First word after"),
                            ("reopened", "Reopened"),
                        ],
                        default="resolution",
                        help_text="The one figure that answers the question; the others are looked at beside it.",
                        max_length=20,
                        verbose_name="decides",
                    ),
                ),
                (
                    "customers",
                    models.PositiveIntegerField(
                        default=400,
                        help_text="Said before the start: until then the answer may be “too early to say”.",
                        validators=[
                            django.core.validators.MinValueValidator(50),
                            django.core.validators.MaxValueValidator(1000000),
                        ],
                        verbose_name="customers planned, each arm",
                    ),
                ),
                ("salt", models.CharField(default=chatbot.models.experiment.new_salt, editable=False, max_length=32)),
                ("payload", models.JSONField(default=dict, editable=False)),
                ("subject", models.CharField(blank=True, editable=False, max_length=200, verbose_name="tried")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="written"),
                ),
                ("started_at", models.DateTimeField(editable=False, null=True, verbose_name="started")),
                ("stopped_at", models.DateTimeField(editable=False, null=True, verbose_name="stopped")),
                (
                    "conclusion",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="why it was stopped"),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical experiment",
                "verbose_name_plural": "historical experiments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="turn",
            name="arms",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="experiments"
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="profile",
            field=models.ForeignKey(
                blank=True,
                help_text="Is the default in the tried arm, with its values of the moment of the start.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="chatbot.temperatureprofile",
                verbose_name="profile",
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="prompt",
            field=models.ForeignKey(
                blank=True,
                help_text="A version that is not active. Versions never change.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="chatbot.promptversion",
                verbose_name="prompt",
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="started_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="started by",
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="stopped_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="stopped by",
            ),
        ),
        migrations.AddField(
            model_name="historicalexperiment",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalexperiment",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalexperiment",
            name="profile",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Is the default in the tried arm, with its values of the moment of the start.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="chatbot.temperatureprofile",
                verbose_name="profile",
            ),
        ),
        migrations.AddField(
            model_name="historicalexperiment",
            name="prompt",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="A version that is not active. Versions never change.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="chatbot.promptversion",
                verbose_name="prompt",
            ),
        ),
        migrations.AddField(
            model_name="historicalexperiment",
            name="started_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="started by",
            ),
        ),
        migrations.AddField(
            model_name="historicalexperiment",
            name="stopped_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="stopped by",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("started_at__isnull", False), ("stopped_at__isnull", True)),
                fields=("lever",),
                name="experiment_one_running_a_lever",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stopped_at__isnull", True),
                    models.Q(("started_at__isnull", False), ("stopped_at__gte", models.F("started_at"))),
                    _connector="OR",
                ),
                name="experiment_starts_before_it_stops",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("share__gte", 1), ("share__lte", 50)), name="experiment_share_known"
            ),
        ),
    ]

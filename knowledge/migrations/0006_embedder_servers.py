from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0005_article_history_and_progress"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="embedder",
            options={"ordering": ["id"], "verbose_name": "embedder", "verbose_name_plural": "embedders"},
        ),
        migrations.AddField(
            model_name="embedder",
            name="batch_texts",
            field=models.PositiveIntegerField(
                default=32, help_text="At most what the server takes in one call.", verbose_name="texts a call"
            ),
        ),
        migrations.AddField(
            model_name="embedder",
            name="filled_through",
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="embedder",
            name="kind",
            field=models.CharField(
                choices=[
                    ("minilm", "MiniLM on this machine"),
                    ("minilm-int8", "MiniLM on this machine, in int8: a quarter of the size, twice as fast"),
                    ("server", "text-embeddings-inference server"),
                ],
                default="server",
                max_length=20,
                verbose_name="runs on",
            ),
        ),
        migrations.AddField(
            model_name="embedder",
            name="model",
            field=models.CharField(blank=True, editable=False, max_length=300, verbose_name="model"),
        ),
        migrations.AddField(
            model_name="embedder",
            name="passage_prefix",
            field=models.CharField(
                blank=True, help_text='For example "passage: ".', max_length=200, verbose_name="words before a passage"
            ),
        ),
        migrations.AddField(
            model_name="embedder",
            name="problem",
            field=models.CharField(blank=True, editable=False, max_length=500, verbose_name="problem"),
        ),
        migrations.AddField(
            model_name="embedder",
            name="question_prefix",
            field=models.CharField(
                blank=True,
                help_text='Some models want them, for example "query: ". See the model\'s own page.',
                max_length=200,
                verbose_name="words before a question",
            ),
        ),
        migrations.AddField(
            model_name="embedder",
            name="state",
            field=models.CharField(
                choices=[
                    ("idle", "not filled"),
                    ("filling", "being filled"),
                    ("indexing", "being indexed"),
                    ("complete", "complete"),
                    ("removing", "being removed"),
                ],
                default="idle",
                editable=False,
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            model_name="embedder",
            name="token",
            field=models.CharField(
                blank=True,
                help_text="Sent as bearer token, if the server asks for one.",
                max_length=512,
                verbose_name="token",
            ),
        ),
        migrations.AddField(
            model_name="embedder",
            name="url",
            field=models.CharField(
                blank=True,
                help_text="Of the server, such as http://embedder.internal:8080.",
                max_length=500,
                verbose_name="address",
            ),
        ),
        migrations.AlterField(
            model_name="embedder",
            name="dimensions",
            field=models.PositiveIntegerField(editable=False, verbose_name="dimensions"),
        ),
        migrations.AlterField(
            model_name="embedder",
            name="is_active",
            field=models.BooleanField(default=False, editable=False, verbose_name="answers searches"),
        ),
        migrations.AlterField(
            model_name="embedder",
            name="name",
            field=models.CharField(
                help_text="How your team calls it. Its vectors are kept under this name.",
                max_length=100,
                verbose_name="name",
            ),
        ),
        migrations.AddConstraint(
            model_name="embedder",
            constraint=models.CheckConstraint(
                condition=models.Q(("dimensions__gte", 1), ("dimensions__lte", 4000)),
                name="knowledge_embedder_dimensions_indexable",
            ),
        ),
        migrations.AddConstraint(
            model_name="embedder",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["idle", "filling", "indexing", "complete", "removing"])),
                name="knowledge_embedder_state_known",
            ),
        ),
        migrations.AlterConstraint(
            model_name="embedder",
            name="knowledge_embedder_name_once",
            constraint=models.UniqueConstraint(
                fields=("name",),
                name="knowledge_embedder_name_once",
                violation_error_message="There is an embedder with this name already.",
            ),
        ),
    ]

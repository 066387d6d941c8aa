import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import pgvector.django.halfvec
import pgvector.django.sparsevec
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_articles")]

    operations = [
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("heading_path", models.TextField(blank=True)),
                ("text", models.TextField()),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("language", models.CharField(blank=True, max_length=20)),
                ("published", models.BooleanField()),
                ("internal", models.BooleanField()),
                (
                    "audience_tiers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), default=list, size=None
                    ),
                ),
                ("audience_attributes", models.JSONField(default=dict)),
                ("search_vector", django.contrib.postgres.search.SearchVectorField()),
                ("term_weights", pgvector.django.sparsevec.SparseVectorField()),
                (
                    "article",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="knowledge.article",
                    ),
                ),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="knowledge.collection"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Embedder",
            fields=[
                ("id", models.PositiveSmallIntegerField(editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("dimensions", models.PositiveIntegerField(verbose_name="dimensions")),
                ("is_active", models.BooleanField(default=False, verbose_name="answers searches")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "embedder",
                "verbose_name_plural": "embedders",
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="knowledge_embedder_name_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("is_active",),
                        name="knowledge_embedder_one_active",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChunkVector",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("embedding", pgvector.django.halfvec.HalfVectorField()),
                (
                    "chunk",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="knowledge.chunk",
                    ),
                ),
                (
                    "embedder",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="knowledge.embedder",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TermFrequency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lexeme", models.TextField()),
                ("chunks", models.BigIntegerField(default=0)),
                (
                    "collection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="knowledge.collection",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["search_vector"], name="knowledge_chunk_words"
            ),
        ),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=models.UniqueConstraint(fields=("article", "position"), name="knowledge_chunk_position_once"),
        ),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__gt", models.F("start"))), name="knowledge_chunk_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="chunkvector",
            constraint=models.UniqueConstraint(fields=("chunk", "embedder"), name="knowledge_chunkvector_once"),
        ),
        migrations.AddConstraint(
            model_name="termfrequency",
            constraint=models.UniqueConstraint(fields=("lexeme", "collection"), name="knowledge_termfrequency_once"),
        ),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import knowledge.models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_vector_extension")]

    operations = [
        migrations.CreateModel(
            name="Collection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "collection",
                "verbose_name_plural": "collections",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("name",), name="knowledge_collection_name_once")],
            },
        ),
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="articles",
                        to="knowledge.collection",
                        verbose_name="collection",
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        help_text="Its name where it comes from; once a collection.", max_length=500, verbose_name="id"
                    ),
                ),
                ("title", models.CharField(max_length=500, verbose_name="title")),
                ("body", models.TextField(blank=True, help_text="Markdown.", max_length=2000000, verbose_name="body")),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        help_text="A code such as en or zh-hans; empty = not known.",
                        max_length=20,
                        verbose_name="language",
                    ),
                ),
                ("url", models.CharField(blank=True, max_length=2000, verbose_name="link")),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "draft"), ("published", "published"), ("archived", "archived")],
                        default="draft",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "visibility",
                    models.CharField(
                        choices=[("public", "public"), ("internal", "internal (staff only)")],
                        default="public",
                        max_length=10,
                        verbose_name="visibility",
                    ),
                ),
                (
                    "audience_tiers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Separated by commas; empty = everybody.",
                        size=None,
                        verbose_name="customer tiers",
                    ),
                ),
                (
                    "audience_attributes",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='All must be equal, for example {"country": "de"}; {} = everybody.',
                        validators=[knowledge.models.check_attributes],
                        verbose_name="customer attributes",
                    ),
                ),
                (
                    "content_hash",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="content hash"),
                ),
                ("indexed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="indexed")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "article",
                "verbose_name_plural": "articles",
                "ordering": ["collection_id", "external_id"],
            },
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(
                fields=("collection", "external_id"), name="knowledge_article_once_a_collection"
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "published", "archived"])),
                name="knowledge_article_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ["public", "internal"])),
                name="knowledge_article_visibility_known",
            ),
        ),
    ]

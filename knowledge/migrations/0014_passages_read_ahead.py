"""What passages say word by word, read before somebody asks."""

import django.db.models.deletion
from django.db import migrations, models

# The chunks are removed by plain statements, and their readings go with them. What is stored is compressed already.
FOLLOW = """
ALTER TABLE knowledge_chunkreading
    ADD CONSTRAINT knowledge_chunkreading_chunk FOREIGN KEY (chunk_id) REFERENCES knowledge_chunk (id) ON DELETE CASCADE,
    ALTER COLUMN reading SET STORAGE EXTERNAL
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0013_evaluation_sets")]

    operations = [
        migrations.CreateModel(
            name="ChunkReading",
            fields=[
                (
                    "chunk",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="reading",
                        serialize=False,
                        to="knowledge.chunk",
                    ),
                ),
                ("version", models.CharField(max_length=40)),
                ("reading", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(FOLLOW, "ALTER TABLE knowledge_chunkreading DROP CONSTRAINT knowledge_chunkreading_chunk"),
    ]

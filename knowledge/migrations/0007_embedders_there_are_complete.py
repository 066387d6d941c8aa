"""Embedders of before were local, and every article was embedded by all of them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0006_embedder_servers")]

    operations = [
        migrations.RunSQL(
            "UPDATE knowledge_embedder SET kind = name, state = 'complete' WHERE name IN ('minilm', 'minilm-int8')",
            migrations.RunSQL.noop,
        )
    ]

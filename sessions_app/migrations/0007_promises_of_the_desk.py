from django.db import migrations, models

import sessions_app.models.review

AUDIT = """
CREATE FUNCTION sessions_app_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lines of the audit log are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON sessions_app_auditentry
    FOR EACH ROW EXECUTE FUNCTION sessions_app_audit_stays();
"""
NO_AUDIT = """
DROP TRIGGER audit_stays ON sessions_app_auditentry;
DROP FUNCTION sessions_app_audit_stays();
"""
# Looked at when the transaction ends, so that the mark can move from one queue to another.
DEFAULT = """
CREATE FUNCTION sessions_app_default_queue_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sessions_app_reviewqueue WHERE is_default) THEN
        RAISE EXCEPTION 'one review queue must take the rest' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER default_queue_stays AFTER UPDATE OR DELETE ON sessions_app_reviewqueue
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_default)
    EXECUTE FUNCTION sessions_app_default_queue_stays();
"""
NO_DEFAULT = """
DROP TRIGGER default_queue_stays ON sessions_app_reviewqueue;
DROP FUNCTION sessions_app_default_queue_stays();
"""


class Migration(migrations.Migration):
    """Every item is in exactly one queue, one queue takes the rest, and the audit log only grows."""

    dependencies = [("sessions_app", "0006_items_have_queues")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE sessions_app_reviewitem ALTER COLUMN queue_id SET NOT NULL",
                    "ALTER TABLE sessions_app_reviewitem ALTER COLUMN queue_id DROP NOT NULL",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="reviewitem",
                    name="queue",
                    field=models.ForeignKey(
                        default=sessions_app.models.review.default_queue_id,
                        on_delete=models.SET(sessions_app.models.review.default_queue_id),
                        related_name="items",
                        to="sessions_app.reviewqueue",
                        verbose_name="queue",
                    ),
                )
            ],
        ),
        migrations.RunSQL(AUDIT, NO_AUDIT),
        migrations.RunSQL(DEFAULT, NO_DEFAULT),
    ]

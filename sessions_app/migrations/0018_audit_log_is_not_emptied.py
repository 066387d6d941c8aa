from django.db import migrations

GUARD = """
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON sessions_app_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION sessions_app_audit_stays();
"""
NO_GUARD = "DROP TRIGGER audit_is_not_emptied ON sessions_app_auditentry;"


class Migration(migrations.Migration):
    """TRUNCATE fires no trigger of rows: it needs a guard of its own."""

    dependencies = [("sessions_app", "0017_language_of_a_person")]

    operations = [migrations.RunSQL(GUARD, NO_GUARD)]

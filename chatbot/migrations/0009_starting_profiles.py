"""The profiles that a new installation begins with, and the promise that one of them is always the default.

A unique index keeps two defaults apart; that there is one at all is checked at the end of each transaction, so that
another can be made the default in two steps.
"""

from django.db import migrations

PROFILES = [
    {"name": "Consultation", "scenario": "consultation", "is_default": True, "temperature": 0.3},
    {"name": "Creative", "scenario": "creative", "is_default": False, "temperature": 0.7, "top_p": 0.95},
]

KEEP_ONE_DEFAULT = """
CREATE FUNCTION chatbot_profile_default_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM chatbot_temperatureprofile WHERE is_default) THEN
        RAISE EXCEPTION 'one profile must be the default'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'profile_default_stays';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER profile_default_stays AFTER UPDATE OR DELETE ON chatbot_temperatureprofile
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chatbot_profile_default_stays();
"""
FORGET_IT = """
DROP TRIGGER profile_default_stays ON chatbot_temperatureprofile;
DROP FUNCTION chatbot_profile_default_stays();
"""


def write(apps, schema_editor):
    TemperatureProfile = apps.get_model("chatbot", "TemperatureProfile")
    TemperatureProfile.objects.bulk_create([TemperatureProfile(**values) for values in PROFILES], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0008_intents_and_profiles")]
    operations = [
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunSQL(KEEP_ONE_DEFAULT, FORGET_IT),
    ]

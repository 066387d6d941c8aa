from analytics.models.alert import Alert, AlertRule, AlertTarget
from analytics.models.filling import Filling
from analytics.models.hourly import Daily, Hourly
from analytics.models.outcome import ConversationOutcome

__all__ = ["Alert", "AlertRule", "AlertTarget", "ConversationOutcome", "Daily", "Filling", "Hourly"]

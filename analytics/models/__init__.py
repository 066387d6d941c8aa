from analytics.models.filling import Filling
from analytics.models.hourly import Hourly
from analytics.models.outcome import ConversationOutcome

__all__ = ["ConversationOutcome", "Filling", "Hourly"]

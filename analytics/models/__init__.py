from analytics.models.alert import Alert, AlertRule, AlertTarget
from analytics.models.cost import CostKind, CostLine, HourlyCost
from analytics.models.filling import Filling
from analytics.models.hourly import Daily, Hourly
from analytics.models.outcome import ConversationOutcome
from analytics.models.price import CostBasis, ModelPrice, RoleRate

__all__ = [
    "Alert",
    "AlertRule",
    "AlertTarget",
    "ConversationOutcome",
    "CostBasis",
    "CostKind",
    "CostLine",
    "Daily",
    "Filling",
    "Hourly",
    "HourlyCost",
    "ModelPrice",
    "RoleRate",
]

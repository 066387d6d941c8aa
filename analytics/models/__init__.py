from analytics.models.alert import Alert, AlertNotice, AlertRule, AlertTarget
from analytics.models.cost import CostKind, CostLine, DailyCost, HourlyCost
from analytics.models.export import Export
from analytics.models.filling import Filling
from analytics.models.hardware import HardwareReading
from analytics.models.hourly import Daily, Hourly
from analytics.models.model_reading import ModelReading
from analytics.models.outcome import ConversationOutcome
from analytics.models.price import CostBasis, ModelPrice, RoleRate
from analytics.models.score_weights import ScoreWeights
from analytics.models.topic import AskedQuestion, Gap, Topic, TopicRun
from analytics.models.weekly_report import ReportRecipient, ReportSending

__all__ = [
    "Alert",
    "AlertNotice",
    "AlertRule",
    "AlertTarget",
    "AskedQuestion",
    "ConversationOutcome",
    "CostBasis",
    "CostKind",
    "CostLine",
    "Daily",
    "DailyCost",
    "Export",
    "Filling",
    "Gap",
    "HardwareReading",
    "Hourly",
    "HourlyCost",
    "ModelPrice",
    "ModelReading",
    "ReportRecipient",
    "ReportSending",
    "RoleRate",
    "ScoreWeights",
    "Topic",
    "TopicRun",
]

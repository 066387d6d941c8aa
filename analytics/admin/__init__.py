from analytics.admin.alerting import AlertAdmin, AlertRuleAdmin, AlertTargetAdmin
from analytics.admin.calibration import CalibrationAdmin
from analytics.admin.cost import CostBasisAdmin, ModelPriceAdmin, RoleRateAdmin
from analytics.admin.experiment import ExperimentAdmin
from analytics.admin.outcome import ConversationOutcomeAdmin
from analytics.admin.weekly_report import ReportRecipientAdmin

__all__ = [
    "AlertAdmin",
    "AlertRuleAdmin",
    "AlertTargetAdmin",
    "CalibrationAdmin",
    "ConversationOutcomeAdmin",
    "CostBasisAdmin",
    "ExperimentAdmin",
    "ModelPriceAdmin",
    "ReportRecipientAdmin",
    "RoleRateAdmin",
]

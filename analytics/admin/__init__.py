from analytics.admin.alerting import AlertAdmin, AlertRuleAdmin, AlertTargetAdmin
from analytics.admin.calibration import CalibrationAdmin
from analytics.admin.outcome import ConversationOutcomeAdmin

__all__ = ["AlertAdmin", "AlertRuleAdmin", "AlertTargetAdmin", "CalibrationAdmin", "ConversationOutcomeAdmin"]

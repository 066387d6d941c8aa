from chatbot.models.bookmark import Bookmark
from chatbot.models.calibration import Calibration
from chatbot.models.delivery import Delivery
from chatbot.models.inbound_event import InboundEvent
from chatbot.models.standard_message import StandardMessage
from chatbot.models.steering import Steering
from chatbot.models.turn import Turn
from chatbot.models.word_rule import RulesVersion, WordRule, WordRuleGroup, WordRuleHits
from chatbot.models.workspace import Workspace

__all__ = [
    "Bookmark",
    "Calibration",
    "Delivery",
    "InboundEvent",
    "RulesVersion",
    "StandardMessage",
    "Steering",
    "Turn",
    "WordRule",
    "WordRuleGroup",
    "WordRuleHits",
    "Workspace",
]

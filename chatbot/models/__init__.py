from chatbot.models.answer_check import AnswerCheck, SamplingRule
from chatbot.models.answer_edit import AnswerEdit
from chatbot.models.answer_mark import AnswerMark
from chatbot.models.bookmark import Bookmark
from chatbot.models.calibration import Calibration
from chatbot.models.change_trial import ChangeKind, ChangeTrial, Gate, GateOverride, TrialAnswer
from chatbot.models.delivery import Delivery
from chatbot.models.exemplar import Exemplar
from chatbot.models.experiment import Experiment
from chatbot.models.guidance import Guidance
from chatbot.models.inbound_event import InboundEvent
from chatbot.models.intent import Intent, IntentExample
from chatbot.models.intent_check import IntentCheck
from chatbot.models.intent_model import IntentModel
from chatbot.models.label_suggestion import LabelSuggestion
from chatbot.models.model_call import ModelCall, ModelUse
from chatbot.models.model_pool import ModelPool, ModelPoolEvent
from chatbot.models.personal_data import PersonalDataRule, PersonalPattern
from chatbot.models.playbook import Playbook, PlaybookStep
from chatbot.models.prompt_version import PromptVersion
from chatbot.models.scenario import Scenario
from chatbot.models.standard_message import StandardMessage
from chatbot.models.steering import Steering
from chatbot.models.survey import Survey, SurveyInvitation
from chatbot.models.team import Team
from chatbot.models.temperature_profile import TemperatureProfile
from chatbot.models.translation import Translation
from chatbot.models.trigger_rule import BusinessHours, TriggerRule
from chatbot.models.turn import Turn
from chatbot.models.word_rule import RulesVersion, WordRule, WordRuleGroup, WordRuleHits
from chatbot.models.workspace import Workspace

__all__ = [
    "AnswerCheck",
    "AnswerEdit",
    "AnswerMark",
    "Bookmark",
    "BusinessHours",
    "Calibration",
    "ChangeKind",
    "ChangeTrial",
    "Delivery",
    "Exemplar",
    "Experiment",
    "Gate",
    "GateOverride",
    "Guidance",
    "InboundEvent",
    "Intent",
    "IntentCheck",
    "IntentExample",
    "IntentModel",
    "LabelSuggestion",
    "ModelCall",
    "ModelPool",
    "ModelPoolEvent",
    "ModelUse",
    "PersonalDataRule",
    "PersonalPattern",
    "Playbook",
    "PlaybookStep",
    "PromptVersion",
    "RulesVersion",
    "SamplingRule",
    "Scenario",
    "StandardMessage",
    "Steering",
    "Survey",
    "SurveyInvitation",
    "Team",
    "TemperatureProfile",
    "Translation",
    "TrialAnswer",
    "TriggerRule",
    "Turn",
    "WordRule",
    "WordRuleGroup",
    "WordRuleHits",
    "Workspace",
]

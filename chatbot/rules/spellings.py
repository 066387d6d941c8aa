"""How people write kinds, actions and switches in tables, and what we call them."""

from chatbot.rules.matching.matcher import Kind, RuleAction, Scope

_KINDS = {
    Kind.LITERAL: "literal word words phrase exact text plain string keyword term 词 词语 关键词",
    Kind.EXPRESSION: "expression regex regexp re re2 pattern 表达式 正则 正则表达式",
}
_ACTIONS = {
    RuleAction.BLOCK: "block blocked blocking reject refuse deny stop reply 拦截 屏蔽 阻止",
    RuleAction.HAND_OFF: "hand_off handoff hand_over handover escalate human person transfer 转人工",
    RuleAction.REVIEW: "review hold held queue send_to_review send_to_review_queue review_queue 审核 复核",
    RuleAction.MASK: "mask masked masking redact replace hide 打码 遮盖",
    RuleAction.TAG: "tag tag_only tagonly tagged label flag mark log 标记 打标签",
}
_SCOPES = {
    Scope.BOTH: "both all any 全部",
    Scope.INCOMING: "incoming inbound in customer customers input 进 客户",
    Scope.OUTGOING: "outgoing outbound out bot output 出 机器人",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_ACTION_OF = {word: action for action, words in _ACTIONS.items() for word in words.split()}
_SCOPE_OF = {word: scope for scope, words in _SCOPES.items() for word in words.split()}
_NOTHINGS = "none no ok okay clean allow allowed pass innocent safe fine nothing false 0 n negative 无 正常"
_SOMETHINGS = "1 yes true hit y match positive bad any sensitive"
_NOTHING = frozenset(["", *_NOTHINGS.split()])
_SOMETHING = frozenset(_SOMETHINGS.split())


def _word(written: str) -> str:
    return "_".join(written.strip().casefold().replace("-", " ").replace("_", " ").split())


def kind_of(written: str) -> Kind | None:
    """None if it is no word for a kind; the default for an empty cell."""
    return _KIND_OF.get(_word(written)) if written.strip() else Kind.LITERAL


def action_of(written: str) -> RuleAction | None:
    return _ACTION_OF.get(_word(written))


def scope_of(written: str) -> Scope | None:
    return _SCOPE_OF.get(_word(written)) if written.strip() else Scope.BOTH


def is_nothing(written: str) -> bool:
    """True for the labels of innocent texts."""
    return written.strip() == "-" or _word(written) in _NOTHING


def is_something(written: str) -> bool:
    """True for labels that only say that some rule should match."""
    return _word(written) in _SOMETHING


def switch_of(written: str, *, default: bool) -> bool | None:
    """True or False for a cell that says yes or no, `default` if it is empty, None if it says neither."""
    word = _word(written)
    if not word:
        return default
    if word in ("1", "yes", "true", "on", "y", "x", "是", "开"):
        return True
    return False if word in ("0", "no", "false", "off", "n", "否", "关") else None

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.rules.folding import fold
from chatbot.rules.matching.expressions import ExpressionRefused, compiled
from chatbot.rules.matching.matcher import Kind, Matcher, Rule, RuleAction, Scope
from chatbot.rules.matching.wanted import letters_of


class WordRuleGroup(models.Model):
    """Rules that are switched together."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_on = models.BooleanField(_("on"), default=True, help_text=_("Off: no rule of the group applies."))
    note = models.TextField(_("note"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("group of rules")
        verbose_name_plural = _("groups of rules")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WordRule(models.Model):
    """One line of the table of sensitive words: what to look for, where, and what follows."""

    class KindChoice(models.TextChoices):
        LITERAL = Kind.LITERAL.value, _("word or phrase")
        EXPRESSION = Kind.EXPRESSION.value, _("expression (RE2)")

    class ScopeChoice(models.TextChoices):
        BOTH = Scope.BOTH.value, _("both")
        INCOMING = Scope.INCOMING.value, _("what customers write")
        OUTGOING = Scope.OUTGOING.value, _("what the bot says")

    class ActionChoice(models.TextChoices):
        BLOCK = RuleAction.BLOCK.value, _("block, with a set reply")
        HAND_OFF = RuleAction.HAND_OFF.value, _("hand over to a person")
        REVIEW = RuleAction.REVIEW.value, _("hold for review")
        MASK = RuleAction.MASK.value, _("mask the words")
        TAG = RuleAction.TAG.value, _("tag only")

    class Severity(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")

    #: Longer words and phrases are no words.
    LITERAL_CHARACTERS = 200

    pattern = models.CharField(
        _("pattern"),
        max_length=1_000,
        help_text=_(
            "A word or phrase as one would write it, or an RE2 expression. Case, width, accents, look-alike letters, "
            "stretched and spaced-out spellings are seen through."
        ),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=KindChoice.choices, default=KindChoice.LITERAL)
    whole_word = models.BooleanField(
        _("whole word"),
        default=True,
        help_text=_(
            "On: “ass” is not found in “class”. Scripts without blanks, such as Chinese, are cut by a dictionary."
        ),
    )
    language = models.CharField(
        _("language"), max_length=16, blank=True, help_text=_("A code such as en or zh; empty: any language.")
    )
    scope = models.CharField(_("applies to"), max_length=16, choices=ScopeChoice.choices, default=ScopeChoice.BOTH)
    category = models.CharField(
        _("category"),
        max_length=64,
        blank=True,
        help_text=_("Your own word for it, such as “legal”. “Tag only” tags with it."),
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.MEDIUM)
    action = models.CharField(_("action"), max_length=16, choices=ActionChoice.choices, default=ActionChoice.REVIEW)
    reply = models.TextField(
        _("set reply"),
        max_length=2_000,
        blank=True,
        help_text=_(
            "What the customer gets when this rule blocks. Empty, for what the bot says: a person looks at the draft."
        ),
    )
    priority = models.PositiveIntegerField(
        _("priority"),
        default=100,
        help_text=_("If several rules match, the smallest number decides; then block, hand over, review."),
    )
    active_from = models.DateTimeField(_("active from"), null=True, blank=True)
    active_to = models.DateTimeField(_("active to"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, help_text=_("Why this rule exists; for colleagues."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Whom to ask about it."),
    )
    group = models.ForeignKey(
        WordRuleGroup, on_delete=models.SET_NULL, null=True, blank=True, related_name="rules", verbose_name=_("group")
    )
    is_on = models.BooleanField(_("on"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("sensitive-word rule")
        verbose_name_plural = _("sensitive-word rules")
        ordering = ["priority", "pattern"]
        constraints = [
            models.UniqueConstraint(fields=["pattern", "kind", "scope", "language"], name="word_rule_once"),
            models.CheckConstraint(
                condition=Q(active_from__isnull=True) | Q(active_to__isnull=True) | Q(active_to__gt=F("active_from")),
                name="word_rule_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(action__in=[word.value for word in RuleAction]), name="word_rule_action"
            ),
        ]

    def __str__(self) -> str:
        return self.pattern[:60]

    def clean(self) -> None:
        """Raises `ValidationError` by field."""
        problems: dict[str, Any] = {}
        self.pattern = self.pattern.strip()
        if problem := pattern_problem(self.pattern, self.kind):
            problems["pattern"] = problem
        if self.action == RuleAction.BLOCK and not self.reply.strip() and self.scope != Scope.OUTGOING:
            problems["reply"] = _("Blocking what a customer wrote needs a reply; else the customer would get silence.")
        elif self._is_stopping_itself(problems):
            problems["reply"] = _("The reply holds the pattern itself, and would be stopped by this very rule.")
        if self.action == RuleAction.TAG and not self.category.strip():
            problems["category"] = _("“Tag only” needs a category: it is the tag.")
        if self.active_from and self.active_to and self.active_to <= self.active_from:
            problems["active_to"] = _("The end must be after the beginning.")
        if problems:
            raise ValidationError(problems)

    def _is_stopping_itself(self, problems: dict[str, Any]) -> bool:
        if problems or not self.reply or self.scope == Scope.INCOMING or self.action not in self.ActionChoice.values:
            return False
        return bool(Matcher([self.rule()]).check(self.reply).hits)

    def rule(self) -> Rule:
        """This line as the matcher needs it."""
        return Rule(
            id=self.pk or 0,
            pattern=self.pattern,
            kind=Kind(self.kind),
            action=RuleAction(self.action),
            whole_word=self.whole_word,
            scope=Scope(self.scope),
            language=self.language.strip().lower(),
            category=self.category.strip(),
            severity=self.severity,
            priority=self.priority,
            reply=self.reply,
            active_from=self.active_from,
            active_to=self.active_to,
        )


def pattern_problem(pattern: str, kind: str) -> str:
    """Why `pattern` cannot be used, in words for whoever wrote it; "" if it can."""
    if kind == Kind.EXPRESSION:
        try:
            compiled(pattern)
        except ExpressionRefused as refused:
            return str(refused)
        return ""
    if len(pattern) > WordRule.LITERAL_CHARACTERS:
        counts = {"count": len(pattern), "limit": WordRule.LITERAL_CHARACTERS}
        return str(_("The word or phrase has %(count)d characters; %(limit)d fit.") % counts)
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in pattern):
        return str(_("The pattern holds a control character; take it out."))
    if not letters_of(pattern) and len(fold(pattern).text.strip()) < 2:
        return str(_("The pattern holds no letter, digit or emoji; a single sign would stand everywhere."))
    return ""


class WordRuleHits(models.Model):
    """How often a rule matched on one day. Counts only: what the customer wrote stands in the conversation alone."""

    rule = models.ForeignKey(WordRule, on_delete=models.CASCADE, related_name="hits", verbose_name=_("rule"))
    day = models.DateField(_("day"))
    scope = models.CharField(_("found in"), max_length=16, choices=WordRule.ScopeChoice.choices)
    count = models.PositiveIntegerField(_("texts"), default=0)

    class Meta:
        verbose_name = _("hits of a rule")
        verbose_name_plural = _("hits of rules")
        constraints = [models.UniqueConstraint(fields=["rule", "day", "scope"], name="word_rule_hits_once_a_day")]

    def __str__(self) -> str:
        return f"{self.rule}, {self.day}: {self.count}"


class RulesVersion(models.Model):
    """Changes with every change of a rule, by a trigger of the database: who sees a new number reads the rules anew."""

    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="rules_version_one_row")]

    def __str__(self) -> str:
        return str(self.number)

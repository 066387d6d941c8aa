"""A few made-up articles, and questions about them: small enough to know by heart, clear enough to judge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallArticle:
    title: str
    body: str  #: Markdown
    language: str
    question: str  #: what a customer asks whom this article answers
    words: str  #: what an answer from this article must say

    @property
    def url(self) -> str:
        return f"https://help.example.com/{self.title.encode().hex()[:24]}"


PASSWORD = SmallArticle(
    title="Reset your password",
    body="To reset your password, open the sign-in page and press **Forgot password**. We send a link that is valid "
    "for 47 minutes. If no e-mail with the link arrives, look into the spam folder.",
    language="en",
    question="How do I reset my password?",
    words="47 minutes",
)
KETTLE = SmallArticle(
    title="Descale the kettle",
    body="To descale the kettle, fill it with 300 ml of white vinegar and water, boil it once, wait 25 minutes and "
    "rinse it three times. Descale the kettle every two months.",
    language="en",
    question="How do I descale the kettle?",
    words="white vinegar",
)
INVOICES = SmallArticle(
    title="Download your invoices",
    body="You find all invoices under **Billing**. To download an invoice, open it and press **Save as PDF**. "
    "Invoices stay there for eleven years.",
    language="en",
    question="Where can I download my invoices?",
    words="eleven years",
)
RETURNS = SmallArticle(
    title="如何退货",
    body="如果您想退货，请在收到商品后三十三天内打开“我的订单”，点击“申请退货”，然后打印退货标签并寄回商品。",
    language="zh-hans",
    question="如何退货？",
    words="三十三天",
)
ARTICLES = (PASSWORD, KETTLE, INVOICES, RETURNS)

#: No article knows anything of this.
UNANSWERABLE = "Does the lighthouse keeper of Ardnamurchan sell knitted gloves for left-handed octopuses?"

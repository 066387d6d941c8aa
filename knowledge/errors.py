"""What can go wrong in this app.

KnowledgeError
├── QuestionTooLong        the caller's fault: shorten the question, do not retry
├── FileUnreadable         the file's fault: the message is to be read after its name, do not retry
├── SourceUnavailable      what is imported cannot be fetched now: retry later
│   └── AddressRefused     we do not fetch from there, whatever happens: use another address
├── ArticleRefused         the article's fault: the message names the field and the cure, do not retry
├── QuestionRefused        the question's fault: the message names the field and the cure, do not retry
├── ArticleChanging        somebody saves the article again and again: retry later
├── SearchTimedOut         the database is too slow now: retry later, or hand over
├── EmbeddingUnavailable   no vectors can be made now: retry later
│   ├── ModelDamaged       the model's file is missing or not the one we trust: install it again (`make setup`)
│   └── EmbedderRefused    address, token, model or size of an embedding server is wrong: correct it, then retry
├── PairDecided            somebody has decided about these two articles: read the list again
└── EmbedderNotReady       it cannot answer searches yet: the message says what is missing
    └── SwitchRefused      the app above keeps it back: its `address` says what is missing
"""


class KnowledgeError(Exception):
    """Base of all errors of this app."""


class QuestionTooLong(KnowledgeError):
    """The question has more characters than are searched; shorten it, do not retry."""


class ArticleRefused(KnowledgeError):
    """The article cannot be stored; `field` is the field at fault and the message says how to cure it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class QuestionRefused(KnowledgeError):
    """A question of an evaluation set cannot be stored; `field` is at fault and the message says how to cure it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem


class FileUnreadable(KnowledgeError):
    """A file of an import cannot be read; the message goes on after the file's name and says the cure."""


class SourceUnavailable(KnowledgeError):
    """What is imported could not be fetched; retry later."""


class AddressRefused(SourceUnavailable):
    """An address that is not fetched: private, of another scheme, or forbidden by the site itself."""


class ArticleChanging(KnowledgeError):
    """The article changed each time while it was being indexed; retry later."""


class SearchTimedOut(KnowledgeError):
    """The database did not answer in the time given; retry later, or answer without passages."""


class EmbeddingUnavailable(KnowledgeError):
    """No vectors can be made now; retry later."""


class ModelDamaged(EmbeddingUnavailable):
    """The embedding model's file is missing or is not the one we trust; install it again with `make setup`."""


class EmbedderRefused(EmbeddingUnavailable):
    """An embedding server cannot be used as it is set; the message says what to correct."""


class EmbedderNotReady(KnowledgeError):
    """The embedder cannot answer searches yet, or not be removed; the message says why and what to do."""


class SwitchRefused(EmbedderNotReady):
    """The app above does not agree that another embedder answers; `address` is the page that says what is missing."""

    def __init__(self, words: str, *, address: str) -> None:
        super().__init__(words)
        self.address = address


class PairDecided(KnowledgeError):
    """Somebody has decided about this pair of articles already; read the list again."""

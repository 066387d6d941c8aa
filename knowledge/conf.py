"""Every bound and constant of this app, with its unit. After changing one marked "re-index", raise INDEX_VERSION."""

from pathlib import Path
from typing import Final

from django.conf import settings

# Articles -----------------------------------------------------------------------------------------------------------

#: Characters an article's body may have; longer ones are refused with a clear error.
ARTICLE_MAX_CHARACTERS: Final = 2_000_000
TITLE_MAX_CHARACTERS: Final = 500

# Chunks (re-index) --------------------------------------------------------------------------------------------------

#: Characters a chunk aims at, at most.
CHUNK_TARGET_CHARACTERS: Final = 900
#: Characters no chunk exceeds; tables and code blocks up to this size are never cut.
CHUNK_MAX_CHARACTERS: Final = 1_800
#: A chunk shorter than this many characters goes on into the next section.
CHUNK_LEAST_CHARACTERS: Final = 200
#: Part of what an article's content hash covers: raise it when the same article would now be indexed differently.
INDEX_VERSION: Final = 2

# Words (re-index) ---------------------------------------------------------------------------------------------------

#: BM25's saturation of repeated words.
BM25_SATURATION: Final = 1.2
#: BM25's share of length normalisation, 0.0..1.0.
BM25_LENGTH_SHARE: Final = 0.9
#: Words (without stop words) of a chunk of ordinary length; shorter ones count as so long. Fixed, because chunks are
#: cut to one size and a stored weight must not age.
BM25_ORDINARY_WORDS: Final = 30.0
#: How often a word of the title, or of the heading path, counts beside one of the text.
TITLE_BOOST: Final = 2.0
HEADING_BOOST: Final = 1.0

# Search -------------------------------------------------------------------------------------------------------------

#: Characters a question may have; longer ones raise `QuestionTooLong`.
QUESTION_MAX_CHARACTERS: Final = 20_000
#: Characters of a question that are looked at: its beginning says what is wanted.
QUESTION_READ_CHARACTERS: Final = 4_000
#: Chunks each of the two searches, by vector and by words, may propose.
CANDIDATES_EACH: Final = 60
#: Most passages one search returns.
PASSAGES_MAX: Final = 200
#: Chunks that the search by words scores at most because of a rare word, and because of two more common ones.
RARE_CHUNKS_MAX: Final = 1_000
PAIRED_CHUNKS_MAX: Final = 500
#: Words that are too common alone and lead to chunks in pairs; the rarest ones.
PAIRED_WORDS: Final = 4
#: Entries of their lists in the index that are read at most. Together with the chunks they bound the time of the search
#: by words in any collection.
READ_POSTINGS_MAX: Final = 20_000
#: Chunks of collections asked for by name up to which each is looked at: the index knows all collections' words only.
EXHAUSTIVE_CHUNKS: Final = 2_000
#: HNSW: how many neighbours the graph walk keeps. Bounds: 1..1,000.
EF_SEARCH: Final = 100
#: The same in an index of more than so many vectors: among a million, 100 miss one neighbour in twelve, 600 one in 34.
EF_SEARCH_LARGE: Final = 600
LARGE_INDEX_VECTORS: Final = 200_000
SEARCH_TIMEOUT_SECONDS: Final = 3.0

# Reranker; RERANKER_URL, RERANKER_TOKEN, RERANKER_SECONDS and RERANKER_PASSAGES are settings --------------------------

#: Characters of a passage that the reranker reads; its models see 512 tokens.
RERANKER_PASSAGE_CHARACTERS: Final = 2_500
RERANKER_ANSWER_MAX_BYTES: Final = 100_000
#: After so many failures in a row it is not asked for so many seconds.
RERANKER_FAILURES: Final = 3
RERANKER_REST_SECONDS: Final = 30.0

# Approved answers ---------------------------------------------------------------------------------------------------

#: Characters a question, and each other wording of it, may have; a longer message never is an approved question.
APPROVED_QUESTION_MAX_CHARACTERS: Final = 500
APPROVED_ANSWER_MAX_CHARACTERS: Final = 10_000
#: Cosine similarity from which a question counts as an approved one. Measured: `manage.py evaluate_approved_answers`.
APPROVED_SIMILARITY: Final = 0.94

# Embedding ----------------------------------------------------------------------------------------------------------

DEFAULT_EMBEDDER: Final = "minilm-int8"
#: Numbers a vector may have: pgvector indexes a halfvec up to here.
DIMENSIONS_MAX: Final = 4_000
#: An embedding server: seconds to connect, for a question (a customer waits) and for a batch of passages.
EMBEDDER_CONNECT_SECONDS: Final = 2.0
EMBEDDER_QUESTION_SECONDS: Final = 2.0
EMBEDDER_PASSAGES_SECONDS: Final = 60.0
#: Pauses between tries with passages; one more try than pauses.
EMBEDDER_RETRY_SECONDS: Final = (0.5, 2.0)
#: Characters of a text that are sent; the server cuts to its model's tokens.
EMBEDDER_READ_CHARACTERS: Final = 32_000
#: After so many failed questions in a row it is not asked for so many seconds, and words alone are searched.
EMBEDDER_FAILURES: Final = 3
EMBEDDER_REST_SECONDS: Final = 15.0
#: Chunks that filling a new embedder embeds and stores in one transaction.
FILL_CHUNKS: Final = 256
#: Seconds after which a task that fills hands over to a new one, so that no worker is kept for hours.
FILL_TASK_SECONDS: Final = 60.0
#: Articles that one transaction of a bulk import indexes together, and characters of their bodies (at least one
#: article): some seconds of work.
BULK_ARTICLES: Final = 256
BULK_CHARACTERS: Final = 250_000
#: Seconds another process may take to build the model file before we give up waiting.
MODEL_BUILD_SECONDS: Final = 300.0


def models_directory() -> Path:
    """Where built models lie; made on first use."""
    directory = Path(settings.HANDRAIL_DATA_DIR) / "models"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


# Evaluation sets ----------------------------------------------------------------------------------------------------

#: Characters a question of an evaluation set may have: as many of a message as are searched for.
KNOWN_QUESTION_MAX_CHARACTERS: Final = 4_000
#: Characters of one expected point.
POINT_MAX_CHARACTERS: Final = 500

# Answers given before ------------------------------------------------------------------------------------------------

#: Answers kept at most; the one not used for longest goes.
KEPT_ANSWERS: Final = 1_000
#: Hours after which a kept answer is made anew.
KEPT_HOURS: Final = 24.0
#: Cosine similarity of a new passage to a kept question from which it may answer that better, so that the answer goes.
#: Low on purpose: what goes in vain costs one search, what stays in vain keeps a new article from being quoted.
KEPT_NEW_PASSAGE: Final = 0.35
KEPT_QUESTION_MAX_CHARACTERS: Final = 500
KEPT_ANSWER_MAX_CHARACTERS: Final = 10_000
#: Cosine similarity from which two questions count as nearly the same. Measured: `manage.py evaluate_answer_cache`.
NEARLY_THE_SAME: Final = 0.94
#: Seconds that Redis may take for a kept answer, and for which it is left alone after it failed.
KEPT_REDIS_SECONDS: Final = 0.2
KEPT_REDIS_REST_SECONDS: Final = 5.0
#: Seconds for which a process remembers which embedder is active and which attributes articles ask for.
KEPT_ENVIRONMENT_SECONDS: Final = 10.0
#: Vectors of questions that a process remembers.
QUESTION_VECTORS_KEPT: Final = 1_000
#: Passages that a process remembers word by word, at some 40 kB each.
READ_PASSAGES_KEPT: Final = 1_000
#: Passages that are read ahead and stored in one transaction, and seconds after which the others wait a minute.
READ_AHEAD_CHUNKS: Final = 32
READ_AHEAD_SECONDS: Final = 20.0

"""Search by words: BM25, with what does not depend on the question stored beside each chunk.

A chunk's `term_weights` is a sparse vector: at each word's index the saturated, length-normalised count of the word
(title and headings count as text). A text shorter than an ordinary one counts as an ordinary one: between entries of
five and of ten words, length says nothing. A question's vector has each word's inverse document frequency at the same
index. Their inner product is the BM25 score, computed by pgvector in C instead of by reading the words back.
"""

from typing import Final

from knowledge.conf import (
    BM25_LENGTH_SHARE,
    BM25_ORDINARY_WORDS,
    BM25_SATURATION,
    EXHAUSTIVE_CHUNKS,
    HEADING_BOOST,
    PAIRED_CHUNKS_MAX,
    PAIRED_WORDS,
    RARE_CHUNKS_MAX,
    READ_POSTINGS_MAX,
    TITLE_BOOST,
)
from knowledge.segmentation import stemmer, words_of_question

#: Indexes a word may have (28 bits of its MD5); two words of one question share one about once in 100,000 questions.
_INDEXES: Final = 2**28

#: The index of the word in column `lexeme`, 1..2^28.
_INDEX: Final = "(('x' || left(md5(lexeme), 7))::bit(28)::int + 1)"

#: `term_weights` of the tsvector `{vector}`: label A is the title, B the heading path, D the text.
TERM_WEIGHTS: Final = f"""(
    SELECT ('{{{{' || coalesce(string_agg(index || ':' || weight, ','), '') || '}}}}/{_INDEXES}')::sparsevec
    FROM (
        SELECT {_INDEX} AS index,
               round(max(
                   boosted * {BM25_SATURATION + 1}
                   / (boosted + {BM25_SATURATION * (1 - BM25_LENGTH_SHARE)}
                      + {BM25_SATURATION * BM25_LENGTH_SHARE / BM25_ORDINARY_WORDS}
                      * greatest(words, {BM25_ORDINARY_WORDS}))
               )::numeric, 4) AS weight
        FROM (
            SELECT lexeme, boosted, sum(plain) OVER () AS words
            FROM (
                SELECT lexeme,
                       (SELECT sum(CASE label WHEN 'A' THEN {TITLE_BOOST} WHEN 'B' THEN {HEADING_BOOST} ELSE 1.0 END)
                        FROM unnest(weights) AS label) AS boosted,
                       cardinality(weights) AS plain
                FROM unnest({{vector}})
            ) AS word
        ) AS counted
        GROUP BY 1
    ) AS weighed
)"""  # noqa: S608  built from constants of this app

#: One row about the question's words; no row where no chunk has any of them.
#:
#: Which chunks are read and scored is bounded, however large the collection and however common the words:
#: `rare`, a tsquery of the rarest words, any of them, as long as they stand in RARE_CHUNKS_MAX chunks together;
#: `common`, a tsquery of the rarest words that are left, in pairs, because two of them together are rare again: as long
#: as about PAIRED_CHUNKS_MAX chunks are to be expected and the lists of the pairs' rarer words have READ_POSTINGS_MAX
#: entries together. A word that is left alone stands alone. What matches is cut to PAIRED_CHUNKS_MAX.
#: The lists are those of all collections, whichever are asked for. Of collections with up to EXHAUSTIVE_CHUNKS chunks
#: together every chunk is looked at instead: `every`, a tsquery of all words.
#: A question with nothing but more common words has neither: vectors propose the chunks, and all of its words score
#: them. `%(words_alone)s`, where nothing else proposes any, lifts the bound on the lists.
#:
#: `weights` is the sparse vector of all its words, as text; `ideal` is the sum of the inverse document frequencies of
#: its own words, those that no chunk has included. Words are looked up as the question's language stems them and
#: unstemmed, as articles of an unknown language have them; stop words of the question's language never count, else the
#: few articles that are taken for another language would win by them, as by the rarest of all words. They are counted
#: over whole collections, whoever may see the chunks: that moves weights a little and shows nothing of what stands in
#: them. A word is put between quotes with both special characters doubled, so no question can break a tsquery.
ASKED_WORDS: Final = f"""
    WITH word AS MATERIALIZED (
        SELECT index, own, quoted, chunks, total,
               round(ln(1 + (greatest(total - chunks, 0) + 0.5) / (chunks + 0.5))::numeric, 4) AS weight,
               everywhere,
               sum(chunks) OVER (ORDER BY chunks, quoted) <= %(rare_chunks)s AND everywhere <= %(postings)s AS is_rare
        FROM (
            SELECT DISTINCT ON (index) *
            FROM (
                SELECT {_INDEX} AS index, own, known.chunks, known.everywhere,
                       '''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''' AS quoted
                FROM (
                    SELECT lexeme, bool_or(own) AS own
                    FROM (
                        SELECT unnest(tsvector_to_array(to_tsvector(%(stemmer)s::regconfig, %(words)s))), TRUE
                        UNION ALL
                        SELECT plain, FALSE
                        FROM unnest(tsvector_to_array(to_tsvector('simple', %(all_words)s))) AS plain
                        WHERE length(to_tsvector(%(stemmer)s::regconfig, plain)) > 0
                    ) AS given (lexeme, own)
                    GROUP BY lexeme
                ) AS asked
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(known.chunks) FILTER (WHERE TRUE {{collections}}), 0)::float8 AS chunks,
                           coalesce(sum(known.chunks), 0)::float8 AS everywhere
                    FROM knowledge_termfrequency AS known
                    WHERE known.lexeme = asked.lexeme AND known.chunks > 0
                ) AS known
                WHERE own OR known.chunks > 0
            ) AS found
            ORDER BY index, chunks
        ) AS counted
        CROSS JOIN (
            SELECT coalesce(sum(known.chunks), 0)::float8 AS total FROM knowledge_termfrequency AS known
            WHERE known.lexeme = '' {{collections}}
        ) AS size
    ),
    common AS (
        SELECT quoted, chunks, total, place, list <= %(postings)s OR (place = 1 AND %(words_alone)s) AS may_lead
        FROM (
            SELECT quoted, chunks, total, row_number() OVER rarest_first AS place,
                   sum(everywhere) OVER rarest_first AS list
            FROM word WHERE NOT is_rare AND chunks > 0
            WINDOW rarest_first AS (ORDER BY chunks, quoted)
        ) AS ordered
        WHERE place <= %(paired_words)s
    ),
    pair AS (
        SELECT one.quoted || coalesce(' & ' || other.quoted, '') AS words, row_number() OVER rarest_first AS place,
               sum(one.chunks * coalesce(other.chunks / one.total, 1)) OVER rarest_first AS expected
        FROM common AS one
        LEFT JOIN common AS other ON other.place > one.place
        WHERE one.may_lead AND (other.place IS NOT NULL OR one.place = 1)
        WINDOW rarest_first AS (ORDER BY one.chunks * other.chunks, one.place, other.place)
    )
    SELECT CASE WHEN max(total) > %(exhaustive_chunks)s
                THEN string_agg(quoted, ' | ') FILTER (WHERE is_rare AND chunks > 0) END::tsquery AS rare,
           CASE WHEN max(total) > %(exhaustive_chunks)s
                THEN (SELECT string_agg(words, ' | ') FROM pair
                      WHERE expected <= %(paired_chunks)s OR place = 1) END::tsquery AS common,
           CASE WHEN max(total) <= %(exhaustive_chunks)s
                THEN string_agg(quoted, ' | ') FILTER (WHERE chunks > 0) END::tsquery AS every,
           (SELECT '{{{{' || string_agg(index || ':' || weight, ',') || '}}}}/{_INDEXES}'
            FROM unnest(array_agg(index), array_agg(weight)) AS given (index, weight)) AS weights,
           coalesce(sum(weight) FILTER (WHERE own), sum(weight))::float8 AS ideal
    FROM word
    HAVING bool_or(chunks > 0)
"""  # noqa: S608  built from constants of this app


def asked_words(question: str, *, language: str | None, in_collections: bool) -> dict[str, object] | None:
    """Parameters of ASKED_WORDS; None for a question without a letter or digit."""
    words = words_of_question(question, language=language or "", pairs=False)
    if not words:
        return None
    return {
        "words": words,
        "all_words": words_of_question(question, language=language or ""),
        "stemmer": stemmer(language or "en"),
        "rare_chunks": RARE_CHUNKS_MAX,
        "paired_chunks": PAIRED_CHUNKS_MAX,
        "paired_words": PAIRED_WORDS,
        "postings": READ_POSTINGS_MAX,
        "exhaustive_chunks": EXHAUSTIVE_CHUNKS if in_collections else 0,
        "words_alone": False,
    }

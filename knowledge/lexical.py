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
    HEADING_BOOST,
    MATCHED_CHUNKS_MAX,
    TITLE_BOOST,
)

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

#: One row about the question's words:
#: `matching`, a tsquery of the words that lead to candidates: rarest first, as long as they stand in MATCHED_CHUNKS_MAX
#: chunks together, always at least one. A word is put between quotes with both special characters doubled, so no
#: question can break the tsquery;
#: `weights`, the sparse vector of all its words, as text;
#: `ideal`, the sum of the inverse document frequencies of its own words, those that no chunk has included.
#: No row where no chunk has any of the words. Words are looked up as the question's language stems them and unstemmed,
#: as articles of an unknown language have them. They are counted over whole collections, whoever may see the chunks:
#: that moves weights a little and shows nothing of what stands in them.
ASKED_WORDS: Final = f"""
    SELECT string_agg(quoted, ' | ')
               FILTER (WHERE chunks > 0 AND (so_far <= {MATCHED_CHUNKS_MAX} OR rarity = 1))::tsquery AS matching,
           (SELECT '{{{{' || string_agg(index || ':' || weight, ',') || '}}}}/{_INDEXES}'
            FROM unnest(array_agg(index), array_agg(weight)) AS pair (index, weight)) AS weights,
           coalesce(sum(weight) FILTER (WHERE own), sum(weight)) AS ideal
    FROM (
        SELECT index, own, quoted, chunks,
               round(ln(1 + (greatest(total - chunks, 0) + 0.5) / (chunks + 0.5))::numeric, 4) AS weight,
               sum(chunks) OVER rarest_first AS so_far,
               row_number() OVER rarest_first AS rarity
        FROM (
            SELECT DISTINCT ON (index) *
            FROM (
                SELECT {_INDEX} AS index, own, known.chunks,
                       '''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''' AS quoted
                FROM (
                    SELECT lexeme, bool_or(own) AS own
                    FROM (
                        SELECT unnest(tsvector_to_array(to_tsvector(%(stemmer)s::regconfig, %(words)s))), TRUE
                        UNION ALL
                        SELECT unnest(tsvector_to_array(to_tsvector('simple', %(all_words)s))), FALSE
                    ) AS word (lexeme, own)
                    GROUP BY lexeme
                ) AS asked
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(known.chunks), 0) AS chunks FROM knowledge_termfrequency AS known
                    WHERE known.lexeme = asked.lexeme AND known.chunks > 0 {{collections}}
                ) AS known
                WHERE own OR known.chunks > 0
            ) AS found
            ORDER BY index, chunks
        ) AS counted
        CROSS JOIN (
            SELECT coalesce(sum(known.chunks), 0) AS total FROM knowledge_termfrequency AS known
            WHERE known.lexeme = '' {{collections}}
        ) AS size
        WINDOW rarest_first AS (ORDER BY chunks = 0, chunks, quoted)
    ) AS weighed
    HAVING bool_or(chunks > 0)
"""  # noqa: S608  built from constants of this app

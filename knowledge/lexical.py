"""Search by words: BM25, with what does not depend on the question stored beside each chunk.

A chunk's `term_weights` is a sparse vector: at each word's index the saturated, length-normalised count of the word
(title and headings count as text). A question's vector has each word's inverse document frequency at the same index.
Their inner product is the BM25 score, computed by pgvector in C instead of by reading the words back.
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
                   / (boosted + {BM25_SATURATION} * ({1 - BM25_LENGTH_SHARE} + {BM25_LENGTH_SHARE} * words / {BM25_ORDINARY_WORDS}))
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
)"""

#: One row about the question's words: `matching`, a tsquery of those that lead to candidates (rarest first, until they
#: stand in {MATCHED_CHUNKS_MAX} chunks together; always at least one), `weights`, the sparse vector of all, and `ideal`,
#: the sum of their inverse document frequencies. No row where no chunk has any of them. Words are counted over whole
#: collections, whoever may see the chunks: that moves weights a little and shows nothing of what stands in them.
#: A word is put between quotes with both special characters doubled, so no question can break the tsquery.
ASKED_WORDS: Final = f"""
    SELECT string_agg(quoted, ' | ') FILTER (WHERE so_far <= {MATCHED_CHUNKS_MAX} OR rarity = 1)::tsquery AS matching,
           (SELECT '{{{{' || string_agg(index || ':' || weight, ',') || '}}}}/{_INDEXES}'
            FROM unnest(array_agg(index), array_agg(weight)) AS pair (index, weight)) AS weights,
           sum(weight) AS ideal
    FROM (
        SELECT index, quoted,
               round(ln(1 + greatest(total - chunks, 0) / (chunks + 0.5) + 0.5 / (chunks + 0.5))::numeric, 4) AS weight,
               sum(chunks) OVER (ORDER BY chunks, quoted) AS so_far,
               row_number() OVER (ORDER BY chunks, quoted) AS rarity
        FROM (
            SELECT DISTINCT ON (index) index, quoted, chunks, total
            FROM (
                SELECT {_INDEX} AS index,
                       '''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''' AS quoted,
                       sum(known.chunks) AS chunks
                FROM unnest(tsvector_to_array(
                    to_tsvector(%(stemmer)s::regconfig, %(words)s) || to_tsvector('simple', %(words)s))) AS lexeme
                JOIN knowledge_termfrequency AS known USING (lexeme)
                WHERE known.chunks > 0 {{collections}}
                GROUP BY lexeme
            ) AS found
            CROSS JOIN (
                SELECT sum(known.chunks) AS total FROM knowledge_termfrequency AS known
                WHERE known.lexeme = '' {{collections}}
            ) AS size
            ORDER BY index, chunks
        ) AS counted
    ) AS weighed
    HAVING count(*) > 0
"""

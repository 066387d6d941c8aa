"""Two promises the database keeps itself, whoever writes: a chunk is seen by exactly those who may see its article, and
every word's number of chunks is right."""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION knowledge_chunks_follow_article() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE knowledge_chunk
    SET collection_id = NEW.collection_id,
        published = (NEW.status = 'published'),
        internal = (NEW.visibility <> 'public'),
        audience_tiers = NEW.audience_tiers,
        audience_attributes = NEW.audience_attributes
    WHERE article_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER knowledge_chunks_follow_article
AFTER UPDATE OF collection_id, status, visibility, audience_tiers, audience_attributes ON knowledge_article
FOR EACH ROW
WHEN ((OLD.collection_id, OLD.status, OLD.visibility, OLD.audience_tiers, OLD.audience_attributes)
      IS DISTINCT FROM (NEW.collection_id, NEW.status, NEW.visibility, NEW.audience_tiers, NEW.audience_attributes))
EXECUTE FUNCTION knowledge_chunks_follow_article();
"""

# One writer a collection counts at a time (until its commit), so that two of them never wait for each other's words.
# Removed words are updated and never inserted: their collection may be going away in the same transaction.
COUNT = """
CREATE FUNCTION knowledge_count_added_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(735105, collection_id::int)
    FROM (SELECT DISTINCT collection_id FROM added ORDER BY collection_id) AS touched;
    INSERT INTO knowledge_termfrequency AS known (collection_id, lexeme, chunks)
    SELECT collection_id, lexeme, count(*)
    FROM added CROSS JOIN LATERAL unnest(tsvector_to_array(search_vector) || ARRAY['']) AS lexeme
    GROUP BY collection_id, lexeme
    ON CONFLICT (lexeme, collection_id) DO UPDATE SET chunks = known.chunks + excluded.chunks;
    RETURN NULL;
END $$;

CREATE FUNCTION knowledge_count_removed_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(735105, collection_id::int)
    FROM (SELECT DISTINCT collection_id FROM removed ORDER BY collection_id) AS touched;
    UPDATE knowledge_termfrequency AS known SET chunks = known.chunks - gone.chunks
    FROM (
        SELECT collection_id, lexeme, count(*) AS chunks
        FROM removed CROSS JOIN LATERAL unnest(tsvector_to_array(search_vector) || ARRAY['']) AS lexeme
        GROUP BY collection_id, lexeme
    ) AS gone
    WHERE known.collection_id = gone.collection_id AND known.lexeme = gone.lexeme;
    DELETE FROM knowledge_termfrequency AS known
    USING (SELECT DISTINCT collection_id FROM removed) AS touched
    WHERE known.collection_id = touched.collection_id AND known.chunks <= 0;
    RETURN NULL;
END $$;

CREATE FUNCTION knowledge_count_moved_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM removed JOIN added USING (id) WHERE removed.collection_id <> added.collection_id) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(735105, collection_id::int)
    FROM (SELECT collection_id FROM removed UNION SELECT collection_id FROM added ORDER BY collection_id) AS touched;
    INSERT INTO knowledge_termfrequency AS known (collection_id, lexeme, chunks)
    SELECT collection_id, lexeme, sum(change)
    FROM (SELECT collection_id, search_vector, 1 AS change FROM added
          UNION ALL SELECT collection_id, search_vector, -1 FROM removed) AS moved
    CROSS JOIN LATERAL unnest(tsvector_to_array(search_vector) || ARRAY['']) AS lexeme
    GROUP BY collection_id, lexeme
    HAVING sum(change) <> 0
    ON CONFLICT (lexeme, collection_id) DO UPDATE SET chunks = known.chunks + excluded.chunks;
    RETURN NULL;
END $$;

CREATE TRIGGER knowledge_count_added_terms AFTER INSERT ON knowledge_chunk
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION knowledge_count_added_terms();
CREATE TRIGGER knowledge_count_removed_terms AFTER DELETE ON knowledge_chunk
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION knowledge_count_removed_terms();
CREATE TRIGGER knowledge_count_moved_terms AFTER UPDATE ON knowledge_chunk
REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION knowledge_count_moved_terms();
"""

UNDO = """
DROP TRIGGER knowledge_count_moved_terms ON knowledge_chunk;
DROP TRIGGER knowledge_count_removed_terms ON knowledge_chunk;
DROP TRIGGER knowledge_count_added_terms ON knowledge_chunk;
DROP FUNCTION knowledge_count_moved_terms;
DROP FUNCTION knowledge_count_removed_terms;
DROP FUNCTION knowledge_count_added_terms;
DROP TRIGGER knowledge_chunks_follow_article ON knowledge_article;
DROP FUNCTION knowledge_chunks_follow_article;
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_chunks_and_vectors")]

    operations = [migrations.RunSQL(FOLLOW + COUNT, UNDO)]

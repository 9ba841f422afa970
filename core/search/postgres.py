"""Searching on PostgreSQL: words in a ``tsvector``, found by a ``tsquery``.

Both are made by the same function of ours, so that they always agree: letters decomposed (NFKD),
accents taken off, small letters, and a space for what is neither letter nor number. With that, the
configuration ``simple`` finds what FTS5 does. What still differs: PostgreSQL counts positions up to
16 383, keeps at most 1 MB of words for a row (the rest of a longer text is not indexed), and reads
compatibility characters as what they stand for (``x²`` is found as ``x2``).
"""

from __future__ import annotations

from collections.abc import Sequence

from piccolo.querystring import QueryString

from core.search.language import Term

SEPARATORS = r"[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"
SEPARATORS += r"\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\ufe00-\ufe6f]+"


def functions(*, icu: bool) -> list[str]:
    """Return the statements that make the functions. ``icu``: small letters of every script.

    They call nothing but what PostgreSQL has itself, or restoring a dump would fail.
    """
    return [
        "CREATE OR REPLACE FUNCTION tenfold_search_words(given text) RETURNS text"
        f" LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT {_words('given', icu)} $$",
        f"""
        CREATE OR REPLACE FUNCTION tenfold_search_vector(VARIADIC texts text[]) RETURNS tsvector
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
        DECLARE
            room integer := 4194304;
            words tsvector;
        BEGIN
            LOOP
                BEGIN
                    words := ''::tsvector;
                    FOR place IN 1 .. array_length(texts, 1) LOOP
                        words := words || setweight(
                            to_tsvector('simple', left({_words("texts[place]", icu)}, room)),
                            substr('ABCD', place, 1)::"char"
                        );
                    END LOOP;
                    RETURN words;
                EXCEPTION WHEN program_limit_exceeded THEN
                    room := least(room, 1048576) / 2;
                END;
            END LOOP;
        END $$
        """,
    ]


def _words(expression: str, icu: bool) -> str:
    collation = ' COLLATE pg_catalog."und-x-icu"' if icu else ""
    plain = f"lower(normalize(coalesce({expression}, ''), NFKD){collation})"
    bare = rf"regexp_replace({plain}, '[\u0300-\u036f]+', '', 'g')"
    return f"regexp_replace({bare}, '{SEPARATORS}', ' ', 'g')"


def query(terms: Sequence[Term]) -> QueryString | None:
    """Return the ``tsquery`` for the terms that are words; None when there are none."""
    parts = [_term(term) for term in terms if not term.verbatim]
    if not parts:
        return None
    together = QueryString(" && ".join(["{}"] * len(parts)), *parts)
    return QueryString("({})", together)


def _term(term: Term) -> QueryString:
    sign = "!!" if term.excluded else ""
    if term.prefix:
        return QueryString(
            f"{sign}coalesce((nullif(phraseto_tsquery('simple',"
            " tenfold_search_words({}))::text, '') || ':*')::tsquery, ''::tsquery)",
            term.text,
        )
    return QueryString(f"{sign}phraseto_tsquery('simple', tenfold_search_words({{}}))", term.text)


def rank(weights: Sequence[float], table: str) -> str:
    """Return the SQL for how well a row fits ``sought``; more is better."""
    padded = [*weights, *[0.0] * (4 - len(weights))]
    scaled = ", ".join(f"{weight / max(weights):.4f}" for weight in reversed(padded))
    return f'ts_rank_cd(ARRAY[{scaled}]::real[], "{table}"."search_vector", sought, 1)'

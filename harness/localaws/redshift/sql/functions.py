"""Functions that differ by more than being in the database: renamed, given quoted date parts, or refused.

Sources: Redshift guide, "SQL functions reference", "Unsupported PostgreSQL functions", "Leader node-only functions".
"""

from __future__ import annotations

__all__ = ["AGGREGATES", "DATE_PART_FIRST", "NOT_HERE", "NOT_REDSHIFT", "RENAMED"]

# A date part as first argument, written as a bare word in Redshift and given as text to the database's function.
DATE_PART_FIRST = {
    "DATEADD": "dateadd",
    "DATE_ADD": "dateadd",
    "DATEDIFF": "datediff",
    "DATE_DIFF": "datediff",
    "DATE_PART": "local_redshift.date_part",
    "PGDATE_PART": "local_redshift.date_part",
    "DATE_TRUNC": "local_redshift.date_trunc",
}

# PostgreSQL has another function of that name, or has it under another one.
RENAMED = {
    "NVL": "coalesce",
    "LEN": "length",
    "TEXTLEN": "length",
    "DATALENGTH": "octet_length",
    "REGEXP_REPLACE": "local_redshift.regexp_replace",
    "REGEXP_SUBSTR": "local_redshift.regexp_substr",
    "REGEXP_INSTR": "local_redshift.regexp_instr",
    "REGEXP_COUNT": "local_redshift.regexp_count",
    "ARRAY": "jsonb_build_array",
    "OBJECT": "jsonb_build_object",
    "STRTOL": "local_redshift.strtol",
    "SPLIT_PART": "local_redshift.split_part",
    "VERSION": "local_redshift.version",
    "PG_GET_CONSTRAINTDEF": "local_redshift.constraint_text",
    "AVG": "local_redshift.avg",
    "TO_VARBYTE": "local_redshift.to_varbyte",
    "FROM_VARBYTE": "local_redshift.from_varbyte",
    "JSON_TYPEOF": "local_redshift.json_typeof",
    "TO_DATE": "local_redshift.to_date",
    "SIZE": "local_redshift.size",
}

# Redshift has them, this endpoint has not.
NOT_HERE = frozenset(
    """
    HLL HLL_CREATE_SKETCH HLL_COMBINE HLL_CARDINALITY HLL_COMBINE_SKETCHES FARMFINGERPRINT64 MURMUR3_32_HASH EXPLAIN_MODEL
    AI_GENERATE_TEXT OBJECT_TRANSFORM ST_ASTEXT ST_GEOMFROMTEXT ST_POINT ST_MAKEPOINT ST_DISTANCE ST_CONTAINS ST_WITHIN ST_X ST_Y
    H3_FROMLONGLAT LISTAGGDISTINCT XPATH COLLATE INTERVAL_CMP SOUNDEX DIFFERENCE
    SHA SHA1 FUNC_SHA1 FNV_HASH CHECKSUM BPCHARCMP BTTEXT_PATTERN_CMP
    """.split()
)

# PostgreSQL has them, Redshift does not (guide, "Unsupported PostgreSQL functions").
NOT_REDSHIFT = frozenset(
    """
    STRING_AGG ARRAY_AGG JSON_AGG JSONB_AGG JSON_OBJECT_AGG JSONB_OBJECT_AGG JSON_BUILD_OBJECT JSONB_BUILD_OBJECT JSON_BUILD_ARRAY
    JSONB_BUILD_ARRAY TO_JSON TO_JSONB ROW_TO_JSON JSON_EACH JSONB_EACH JSON_EXTRACT_PATH JSONB_EXTRACT_PATH JSONB_EXTRACT_PATH_TEXT
    JSONB_SET JSON_POPULATE_RECORD REGEXP_MATCHES REGEXP_MATCH REGEXP_LIKE REGEXP_SPLIT_TO_ARRAY REGEXP_SPLIT_TO_TABLE STRING_TO_ARRAY
    UNNEST GEN_RANDOM_UUID MAKE_DATE MAKE_TIME MAKE_TIMESTAMP MAKE_INTERVAL CLOCK_TIMESTAMP STATEMENT_TIMESTAMP TRANSACTION_TIMESTAMP
    JUSTIFY_DAYS JUSTIFY_HOURS JUSTIFY_INTERVAL FORMAT OVERLAY NUM_NONNULLS NUM_NULLS WIDTH_BUCKET_ARRAY CBRT_ SETSEED NEXTVAL CURRVAL
    LASTVAL SETVAL XMLPARSE XMLELEMENT TO_TSVECTOR TO_TSQUERY PG_SLEEP LO_IMPORT PG_READ_FILE PG_LS_DIR PG_READ_BINARY_FILE MODE EVERY
    BIT_XOR CORR COVAR_POP REGR_SLOPE SCALE TRIM_SCALE MIN_SCALE DATE_BIN PG_TERMINATE_BACKEND_ GCD LCM RANDOM_NORMAL STARTS_WITH
    STRING_TO_TABLE UNISTR
    """.split()
)

AGGREGATES = frozenset(
    """
    AVG COUNT MAX MIN SUM STDDEV STDDEV_SAMP STDDEV_POP VARIANCE VAR_SAMP VAR_POP MEDIAN LISTAGG PERCENTILE_CONT PERCENTILE_DISC
    BIT_AND BIT_OR BOOL_AND BOOL_OR ANY_VALUE
    """.split()
)

"""Settings of a session that Redshift has and PostgreSQL has not (Redshift guide, "Modifying the server configuration")."""

from __future__ import annotations

__all__ = ["REDSHIFT_SETTINGS"]

# Settings of Redshift that PostgreSQL has not: kept under a prefix of ours, with their defaults.
REDSHIFT_SETTINGS = {
    "query_group": "default",
    "enable_result_cache_for_session": "on",
    "wlm_query_slot_count": "1",
    "analyze_threshold_percent": "10",
    "mv_enable_aqmv_for_session": "on",
    "max_cursor_result_set_size": "default",
    "enable_case_sensitive_identifier": "off",
    "use_fips_ssl": "off",
    "stored_proc_log_min_messages": "notice",
    "json_parse_dedup_attributes": "off",
    "json_parse_truncate_strings": "off",
    "spectrum_enable_pseudo_columns": "on",
    "downcase_delimited_identifier": "on",
    "describe_field_name_in_uppercase": "off",
    "error_on_nondeterministic_update": "off",
}

"""Settings of a session: those of PostgreSQL that may be set, Redshift's own, and which of these cannot be anything else here.

Source: Redshift guide, "Modifying the server configuration" and the pages of the settings. What Redshift has and PostgreSQL has not is
kept under a prefix of ours. A setting that would change what a statement gives, and does not here, has one value; a setting of how
fast or by which queue a statement runs may be set, since no result depends on it.
"""

from __future__ import annotations

import re

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError

__all__ = ["REDSHIFT_SETTINGS", "check_setting", "postgres_setting"]

_PREFIX = "local_redshift."
_PLAIN = frozenset(
    (
        *("search_path", "statement_timeout", "timezone", "datestyle", "client_encoding", "application_name", "extra_float_digits"),
        *("intervalstyle", "standard_conforming_strings", "seed"),
    )
)
_FIXED = {
    "enable_case_sensitive_identifier": "off",
    "downcase_delimited_identifier": "on",
    "describe_field_name_in_uppercase": "off",
    "json_parse_dedup_attributes": "off",
    "json_parse_truncate_strings": "off",
    "error_on_nondeterministic_update": "off",
    "spectrum_enable_pseudo_columns": "on",
    "stored_proc_log_min_messages": "log",
    "use_fips_ssl": "off",
}
REDSHIFT_SETTINGS = {
    "query_group": "default",
    "enable_result_cache_for_session": "on",
    "wlm_query_slot_count": "1",
    "analyze_threshold_percent": "10",
    "mv_enable_aqmv_for_session": "on",
    "max_cursor_result_set_size": "default",
    **_FIXED,
}
"""With the value that a session begins with."""
_BOUNDS = {"wlm_query_slot_count": (1, 50), "analyze_threshold_percent": (0, 100)}
_FRACTIONS = ("analyze_threshold_percent",)
_WHOLE, _FRACTION = re.compile("[0-9]+"), re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_MEANINGS = {**dict.fromkeys(("on", "true", "t", "yes", "y", "1"), "on"), **dict.fromkeys(("off", "false", "f", "no", "n", "0"), "off")}


def postgres_setting(name: str) -> str:
    """How PostgreSQL calls it.

    Raises:
        NotSupportedHereError: it is none that may be set here.
    """
    if name in REDSHIFT_SETTINGS:
        return _PREFIX + name
    if name not in _PLAIN:
        raise NotSupportedHereError(f"The setting {name}", f"These are: {', '.join(sorted({*_PLAIN, *REDSHIFT_SETTINGS}))}.")
    return name


def check_setting(name: str, value: str | None) -> None:
    """Whether one of Redshift's settings may have a value, which is None where it is not known before the statement runs.

    Raises:
        NotSupportedHereError: it would have no effect here.
        RedshiftError: it is no value of the setting.
    """
    name = name.removeprefix(_PREFIX)
    begins_with = REDSHIFT_SETTINGS.get(name)
    given = None if value is None else value.lower()
    if begins_with is None or given == "default":
        return
    if given is not None and begins_with in ("on", "off"):
        given = _MEANINGS.get(given)
        if given is None:
            raise RedshiftError(f'parameter "{name}" requires a Boolean value', "22023")
    if name in _FIXED and given != begins_with:
        raise NotSupportedHereError(f"{name} with another value than {begins_with}")
    if given is not None and name in _BOUNDS:
        low, high = _BOUNDS[name]
        number = _FRACTION if name in _FRACTIONS else _WHOLE
        if not number.fullmatch(given) or not low <= float(given) <= high:
            raise RedshiftError(f'{value} is outside the valid range for parameter "{name}" ({low} .. {high})', "22023")

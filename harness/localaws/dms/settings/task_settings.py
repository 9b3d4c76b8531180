"""Task settings: how a task loads and applies (DMS guide, "Specifying task settings for AWS DMS tasks").

What the engine does not do is refused where it would change the result, and taken where it only tunes AWS's machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.reading import Reader, parsed

__all__ = ["TaskSettings"]

_SECTIONS = (
    "TargetMetadata", "FullLoadSettings", "ChangeProcessingTuning", "ErrorBehavior", "ControlTablesSettings", "ValidationSettings",
    "Logging", "StreamBufferSettings", "ChangeProcessingDdlHandlingPolicy", "BeforeImageSettings", "LoopbackPreventionSettings",
    "CharacterSetSettings", "PostProcessingRules", "FailTaskWhenCleanTaskResourceFailed", "TTSettings", "LocalEngine",
)  # fmt: skip
_PREPARATION = ("DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD")
_TARGET_METADATA = (
    "TargetSchema", "SupportLobs", "FullLobMode", "LobChunkSize", "LimitedSizeLobMode", "LobMaxSize", "InlineLobMaxSize",
    "LoadMaxFileSize", "ParallelLoadThreads", "ParallelLoadBufferSize", "ParallelLoadQueuesPerThread", "ParallelApplyThreads",
    "ParallelApplyBufferSize", "ParallelApplyQueuesPerThread", "BatchApplyEnabled", "TaskRecoveryTableEnabled",
)  # fmt: skip
_FULL_LOAD = (
    "TargetTablePrepMode", "CreatePkAfterFullLoad", "StopTaskCachedChangesApplied", "StopTaskCachedChangesNotApplied",
    "MaxFullLoadSubTasks", "TransactionConsistencyTimeout", "CommitRate",
)  # fmt: skip
_TUNING = (
    "BatchApplyPreserveTransaction", "BatchApplyTimeoutMin", "BatchApplyTimeoutMax", "BatchApplyMemoryLimit", "BatchSplitSize",
    "MinTransactionSize", "CommitTimeout", "MemoryLimitTotal", "MemoryKeepTime", "StatementCacheSize", "RecoveryTimeout",
)  # fmt: skip
_ERRORS = (
    "DataErrorPolicy", "EventErrorPolicy", "DataTruncationErrorPolicy", "DataMaskingErrorPolicy", "DataErrorEscalationPolicy",
    "DataErrorEscalationCount", "TableErrorPolicy", "TableErrorEscalationPolicy", "TableErrorEscalationCount", "RecoverableErrorCount",
    "RecoverableErrorInterval", "RecoverableErrorThrottling", "RecoverableErrorThrottlingMax",
    "RecoverableErrorStopRetryAfterThrottlingMax", "ApplyErrorDeletePolicy", "ApplyErrorInsertPolicy", "ApplyErrorUpdatePolicy",
    "ApplyErrorEscalationPolicy", "ApplyErrorEscalationCount", "ApplyErrorFailOnTruncationDdl", "FullLoadIgnoreConflicts",
    "FailOnTransactionConsistencyBreached", "FailOnNoTablesCaptured",
)  # fmt: skip
_CONTROL = (
    "ControlSchema", "HistoryTimeslotInMinutes", "historyTimeslotInMinutes", "HistoryTableEnabled", "SuspendedTablesTableEnabled",
    "StatusTableEnabled", "FullLoadExceptionTableEnabled",
)  # fmt: skip
_LOGGING = ("EnableLogging", "EnableLogContext", "LogComponents", "CloudWatchLogGroup", "CloudWatchLogStream")
_KEPT_ROWS = ("DataErrorPolicy", "DataTruncationErrorPolicy")
_TABLE_ERRORS = ("SUSPEND_TABLE", "STOP_TASK")
_DDL = ("HandleSourceTableDropped", "HandleSourceTableTruncated", "HandleSourceTableAltered")


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """Settings with DMS's defaults. Sizes are bytes, times seconds."""

    prepare: str = "DROP_AND_CREATE"
    subtasks: int = 8
    lob_bytes: int = 32 * 1024
    target_schema: str = ""
    control_schema: str = ""
    batch_seconds: int = 1
    batch_seconds_max: int = 30
    batch_bytes: int = 500 << 20
    table_error: str = "SUSPEND_TABLE"
    handle_drop: bool = True
    handle_truncate: bool = True
    handle_alter: bool = True
    strict: bool = True

    @classmethod
    def parse(cls, text: str) -> TaskSettings:
        """From the JSON text of a task; without one, the defaults.

        Raises:
            SettingsError: a setting is unknown, out of range, not done by this engine, or contradicts another.
        """
        document = Reader(parsed(text or "{}", "ReplicationTaskSettings"), "$")
        document.only(_SECTIONS)
        metadata, load, tuning = (document.child(name) for name in ("TargetMetadata", "FullLoadSettings", "ChangeProcessingTuning"))
        metadata.only(_TARGET_METADATA)
        load.only(_FULL_LOAD)
        tuning.only(_TUNING)
        errors, ddl = document.child("ErrorBehavior"), document.child("ChangeProcessingDdlHandlingPolicy")
        ddl.only(_DDL)
        errors.only(_ERRORS)
        document.child("ControlTablesSettings").only(_CONTROL)
        document.child("Logging").only(_LOGGING)
        _refuse(document, metadata, load, errors)
        low = tuning.number("BatchApplyTimeoutMin", 1, 1)
        high = tuning.number("BatchApplyTimeoutMax", max(30, low), 1)
        if high < low:
            raise SettingsError(f"{tuning.path}.BatchApplyTimeoutMax", f"{high} is less than BatchApplyTimeoutMin, {low}")
        engine = document.child("LocalEngine")
        engine.only(("Mode",))
        return cls(
            prepare=load.one_of("TargetTablePrepMode", _PREPARATION, "DROP_AND_CREATE"),
            subtasks=load.number("MaxFullLoadSubTasks", 8, 1, 49),
            lob_bytes=metadata.number("LobMaxSize", 32, 1, 102400) * 1024,
            target_schema=metadata.text("TargetSchema", ""),
            control_schema=document.child("ControlTablesSettings").text("ControlSchema", ""),
            batch_seconds=low,
            batch_seconds_max=high,
            batch_bytes=tuning.number("BatchApplyMemoryLimit", 500, 1) << 20,
            table_error=errors.one_of("TableErrorPolicy", _TABLE_ERRORS, "SUSPEND_TABLE"),
            handle_drop=ddl.flag("HandleSourceTableDropped", True),
            handle_truncate=ddl.flag("HandleSourceTableTruncated", True),
            handle_alter=ddl.flag("HandleSourceTableAltered", True),
            strict=engine.one_of("Mode", ("strict_dms", "safe"), "strict_dms") == "strict_dms",
        )


def _refuse(document: Reader, metadata: Reader, load: Reader, errors: Reader) -> None:
    for name in ("StopTaskCachedChangesApplied", "StopTaskCachedChangesNotApplied"):
        if load.flag(name, False):
            raise SettingsError(f"{load.path}.{name}", "the engine goes on after the full load: set it to false and stop the task yourself")
    for name in _KEPT_ROWS:
        if errors.text(name, "LOG_ERROR") != "LOG_ERROR":
            raise SettingsError(
                f"{errors.path}.{name}", "this engine keeps such rows in awsdms_apply_exceptions and goes on: set it to LOG_ERROR"
            )
    if metadata.flag("FullLobMode", False):
        raise SettingsError(f"{metadata.path}.FullLobMode", "Redshift and S3 have no full LOB mode: set LimitedSizeLobMode and LobMaxSize")
    if not metadata.flag("BatchApplyEnabled", True):
        raise SettingsError(
            f"{metadata.path}.BatchApplyEnabled", "this engine applies batches of whole transactions only: set it to true, or leave it out"
        )
    if document.child("ValidationSettings").flag("EnableValidation", False):
        raise SettingsError("$.ValidationSettings.EnableValidation", "validation is not done by this engine yet")
    for section in ("PostProcessingRules", "BeforeImageSettings", "LoopbackPreventionSettings"):
        if document.has(section):
            raise SettingsError(f"$.{section}", "it is not done by this engine yet")

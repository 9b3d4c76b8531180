"""Task settings: how a task loads and applies, read by the table of `task_catalogue`."""

from __future__ import annotations

from dataclasses import dataclass, field

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.catalogue import Document, checked
from localaws.dms.settings.reading import Reader, parsed
from localaws.dms.settings.task_catalogue import TASK_SETTINGS

__all__ = ["ControlTablesSettings", "ErrorPolicies", "Retries", "TaskSettings", "Validation"]

_FIRST_RETRY, _LARGEST_RETRY = 1, 30


@dataclass(frozen=True, slots=True)
class Retries:
    """Attempts after a lost connection: how many (-1 without end), seconds before the first, at most, and whether the wait doubles."""

    count: int = -1
    seconds: int = _FIRST_RETRY
    seconds_max: int = _LARGEST_RETRY
    doubling: bool = True
    stop_at_max: bool = False

    def wait(self, attempt: int) -> float | None:
        """Seconds before an attempt, counted from 0; None when there is to be none."""
        seconds = self.seconds * 2**attempt if self.doubling else self.seconds
        if (self.count >= 0 and attempt >= self.count) or (self.stop_at_max and self.doubling and seconds > self.seconds_max):
            return None
        return min(seconds, self.seconds_max) if self.doubling else seconds


@dataclass(frozen=True, slots=True)
class ErrorPolicies:
    """What becomes of a table whose rows are refused: because a value does not fit (`truncation`), for another reason (`data`), and
    after `count` of them, 0 for never."""

    data: str = "LOG_ERROR"
    truncation: str = "LOG_ERROR"
    count: int = 0
    escalation: str = "SUSPEND_TABLE"


@dataclass(frozen=True, slots=True)
class Validation:
    """How a target is compared with its source. `only`: nothing is loaded; `delay` and `failure_delay` are seconds."""

    enabled: bool = False
    only: bool = False
    partition_rows: int = 10_000
    failures: int = 10_000
    table_failures: int = 1000
    failure_delay: float = 0.0
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class ControlTablesSettings:
    """Which of the tables `status`, `suspended_tables` and `history` are written, and the minutes of a slot of the last."""

    tables: tuple[str, ...] = ()
    slot_minutes: int = 5


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """Settings with DMS's defaults. Sizes are bytes, times seconds. `batch_changes` of 0 is no limit."""

    prepare: str = "DROP_AND_CREATE"
    subtasks: int = 8
    stop_after_load: bool = False
    stop_after_cached: bool = False
    lob_bytes: int = 32 * 1024
    target_schema: str = ""
    control_schema: str = ""
    control: ControlTablesSettings = field(default_factory=ControlTablesSettings)
    batch_seconds: int = 1
    batch_seconds_max: int = 30
    batch_bytes: int = 500 << 20
    batch_changes: int = 0
    memory_bytes: int = 1024 << 20
    memory_seconds: int = 60
    replace_existing: bool = False
    table_error: str = "SUSPEND_TABLE"
    data_errors: ErrorPolicies = field(default_factory=ErrorPolicies)
    fail_on_truncate: bool = False
    fail_without_tables: bool = False
    retries: Retries = field(default_factory=Retries)
    handle_drop: bool = True
    handle_truncate: bool = True
    handle_alter: bool = True
    strict: bool = True
    validation: Validation = field(default_factory=Validation)
    before_image: str = ""
    """The attribute of a message that has the row before an update; empty without one."""
    before_image_columns: str = "pk-only"
    remarks: tuple[str, ...] = ()
    """A line for each setting that was given and has no effect here."""

    @classmethod
    def parse(cls, text: str) -> TaskSettings:
        """From the JSON text of a task; without one, the defaults.

        Raises:
            SettingsError: a setting is unknown, out of range, not done by this engine, or contradicts another.
        """
        found = checked(Reader(parsed(text or "{}", "ReplicationTaskSettings"), "$"), TASK_SETTINGS)
        _contradictions(found)
        load, errors, ddl = "FullLoadSettings", "ErrorBehavior", "ChangeProcessingDdlHandlingPolicy"
        return cls(
            prepare=found[f"{load}.TargetTablePrepMode"],
            subtasks=found[f"{load}.MaxFullLoadSubTasks"],
            stop_after_load=found[f"{load}.StopTaskCachedChangesNotApplied"],
            stop_after_cached=found[f"{load}.StopTaskCachedChangesApplied"],
            lob_bytes=found["TargetMetadata.LobMaxSize"] * 1024,
            target_schema=found["TargetMetadata.TargetSchema"],
            control_schema=found["ControlTablesSettings.ControlSchema"],
            control=_control_tables(found),
            replace_existing=found[f"{errors}.ApplyErrorInsertPolicy"] == "INSERT_RECORD",
            table_error=found[f"{errors}.TableErrorPolicy"],
            data_errors=ErrorPolicies(
                found[f"{errors}.DataErrorPolicy"],
                found[f"{errors}.DataTruncationErrorPolicy"],
                found[f"{errors}.DataErrorEscalationCount"],
                found[f"{errors}.DataErrorEscalationPolicy"],
            ),
            fail_on_truncate=found[f"{errors}.ApplyErrorFailOnTruncationDdl"],
            fail_without_tables=found[f"{errors}.FailOnNoTablesCaptured"],
            retries=_retries(found),
            handle_drop=found[f"{ddl}.HandleSourceTableDropped"],
            handle_truncate=found[f"{ddl}.HandleSourceTableTruncated"],
            handle_alter=found[f"{ddl}.HandleSourceTableAltered"],
            strict=found["LocalEngine.Mode"] == "strict_dms",
            validation=_validation(found),
            before_image=found["BeforeImageSettings.FieldName"] if found["BeforeImageSettings.EnableBeforeImage"] else "",
            before_image_columns=found["BeforeImageSettings.ColumnFilter"],
            memory_bytes=found["ChangeProcessingTuning.MemoryLimitTotal"] << 20,
            memory_seconds=found["ChangeProcessingTuning.MemoryKeepTime"],
            remarks=found.remarks,
            **_batches(found),
        )


def _batches(found: Document) -> dict[str, int]:
    """When what is captured is applied."""
    tuning = "ChangeProcessingTuning"
    if not found["TargetMetadata.BatchApplyEnabled"]:
        seconds = found[f"{tuning}.CommitTimeout"]
        return {"batch_seconds": seconds, "batch_seconds_max": seconds, "batch_changes": found[f"{tuning}.MinTransactionSize"]}
    return {
        "batch_seconds": found[f"{tuning}.BatchApplyTimeoutMin"],
        "batch_seconds_max": found[f"{tuning}.BatchApplyTimeoutMax"],
        "batch_bytes": found[f"{tuning}.BatchApplyMemoryLimit"] << 20,
        "batch_changes": found[f"{tuning}.BatchSplitSize"],
    }


def _control_tables(found: Document) -> ControlTablesSettings:
    section = "ControlTablesSettings"
    asked = {"status": "StatusTableEnabled", "suspended_tables": "SuspendedTablesTableEnabled", "history": "HistoryTableEnabled"}
    tables = tuple(table for table, setting in asked.items() if found[f"{section}.{setting}"])
    spellings = [f"{section}.{name}" for name in ("HistoryTimeslotInMinutes", "historyTimeslotInMinutes")]
    return ControlTablesSettings(tables, found[next((path for path in spellings if path in found.given), spellings[0])])


def _retries(found: Document) -> Retries:
    """DMS waits 5 seconds, and up to half an hour: on one machine, where nothing is said, less is enough."""
    first, largest = "ErrorBehavior.RecoverableErrorInterval", "ErrorBehavior.RecoverableErrorThrottlingMax"
    return Retries(
        found["ErrorBehavior.RecoverableErrorCount"],
        found[first] if first in found.given else _FIRST_RETRY,
        found[largest] if largest in found.given else _LARGEST_RETRY,
        found["ErrorBehavior.RecoverableErrorThrottling"],
        found["ErrorBehavior.RecoverableErrorStopRetryAfterThrottlingMax"],
    )


def _validation(found: Document) -> Validation:
    """DMS tells a failure after five minutes: where nothing is said, it is told when the target is known to have every change."""
    section = "ValidationSettings"
    delays = [f"{section}.{name}" for name in ("RecordFailureDelayInMinutes", "RecordFailureDelayLimitInMinutes")]
    return Validation(
        found[f"{section}.EnableValidation"],
        found[f"{section}.EnableValidation"] and found[f"{section}.ValidationOnly"],
        found[f"{section}.PartitionSize"],
        found[f"{section}.FailureMaxCount"],
        found[f"{section}.TableFailureMaxCount"],
        60.0 * max((found[path] for path in delays if path in found.given), default=0),
        found[f"{section}.ValidationQueryCdcDelaySeconds"],
    )


def _contradictions(found: Document) -> None:
    if found["ValidationSettings.ValidationOnly"] and not found["ValidationSettings.EnableValidation"]:
        raise SettingsError("$.ValidationSettings.ValidationOnly", "EnableValidation is false: a task that only validates needs both")
    mode = "FullLoadSettings.TargetTablePrepMode"
    if found["ValidationSettings.ValidationOnly"] and mode in found.given and found[mode] != "DO_NOTHING":
        raise SettingsError(f"$.{mode}", "a task that only validates needs DO_NOTHING")
    tuning, load, lobs = "ChangeProcessingTuning", "FullLoadSettings", "TargetMetadata.LimitedSizeLobMode"
    low, high = found[f"{tuning}.BatchApplyTimeoutMin"], found[f"{tuning}.BatchApplyTimeoutMax"]
    slots = [f"ControlTablesSettings.{name}" for name in ("HistoryTimeslotInMinutes", "historyTimeslotInMinutes")]
    if all(path in found.given for path in slots) and found[slots[0]] != found[slots[1]]:
        raise SettingsError(f"$.{slots[1]}", f"{slots[0].partition('.')[2]} says {found[slots[0]]}: one of them")
    if found["BeforeImageSettings.EnableBeforeImage"] and not found["BeforeImageSettings.FieldName"]:
        raise SettingsError("$.BeforeImageSettings.FieldName", "EnableBeforeImage needs it")
    if high < low:
        raise SettingsError(f"$.{tuning}.BatchApplyTimeoutMax", f"{high} is less than BatchApplyTimeoutMin, {low}")
    if found[f"{load}.StopTaskCachedChangesApplied"] and found[f"{load}.StopTaskCachedChangesNotApplied"]:
        raise SettingsError(f"$.{load}.StopTaskCachedChangesApplied", "StopTaskCachedChangesNotApplied is true too: one of them")
    if not found[lobs]:
        raise SettingsError(f"$.{lobs}", "with SupportLobs either it or FullLobMode is true, and FullLobMode is not done by this engine")

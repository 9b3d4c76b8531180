"""Every setting of a task (DMS guide, "Specifying task settings for AWS DMS tasks" and its pages), and what becomes of it here.

The table in docs/dms-settings.md is written from this one.
"""

from __future__ import annotations

from localaws.dms.settings.catalogue import Setting, choice, done, flag, nothing, number, only, text, texts

__all__ = ["TASK_SETTINGS"]

_POLICIES = choice("IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK")
_TABLE_POLICIES = choice("SUSPEND_TABLE", "STOP_TASK")
_ORACLE = "it is about Oracle"
_ADAPTS = "the engine works on whole columns in memory, by batches, and takes its sizes from them"
_KEPT = "such rows are always kept in awsdms_apply_exceptions with the reason; the batch is committed before the table or the task ends"

_METADATA = "TargetMetadata"
_TARGET_METADATA = (
    done(_METADATA, "TargetSchema", text(), "", "schema of every table whose schema no rule renames"),
    only(_METADATA, "SupportLobs", flag(), True, "LOB columns are migrated: leave one out by a remove-column rule"),
    only(_METADATA, "FullLobMode", flag(), False, "Redshift and S3 have no full LOB mode: set LimitedSizeLobMode and LobMaxSize"),
    done(_METADATA, "LimitedSizeLobMode", flag(), True, "LOBs are limited by LobMaxSize"),
    done(_METADATA, "LobMaxSize", number(1, 102_400), 32, "KB of a LOB: size of the columns that the engine makes"),
    only(_METADATA, "InlineLobMaxSize", number(0, 102_400), 0, "it belongs to FullLobMode"),
    nothing(_METADATA, "LobChunkSize", number(0), 64, "it belongs to FullLobMode"),
    nothing(_METADATA, "LoadMaxFileSize", number(0, 100_000), 0, "files hold a chunk of 200,000 rows"),
    nothing(_METADATA, "ParallelLoadThreads", number(0, 200), 0, "MaxFullLoadSubTasks says how much is loaded at once"),
    nothing(_METADATA, "ParallelLoadBufferSize", number(0, 1000), 0, _ADAPTS),
    nothing(_METADATA, "ParallelLoadQueuesPerThread", number(0, 512), 0, _ADAPTS),
    nothing(_METADATA, "ParallelApplyThreads", number(0, 64), 0, "a batch is one transaction, applied by one connection"),
    nothing(_METADATA, "ParallelApplyBufferSize", number(0, 1000), 0, _ADAPTS),
    nothing(_METADATA, "ParallelApplyQueuesPerThread", number(0, 512), 0, _ADAPTS),
    done(_METADATA, "BatchApplyEnabled", flag(), False,
         "true: batches by the BatchApply settings; false: whole transactions of the source in their order, committed together when they "
         "have MinTransactionSize changes or after CommitTimeout"),
    nothing(_METADATA, "TaskRecoveryTableEnabled", flag(), False, "positions are committed with the data, in awsdms_txn_state"),
)  # fmt: skip

_LOAD = "FullLoadSettings"
_FULL_LOAD = (
    done(_LOAD, "TargetTablePrepMode", choice("DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"), "DROP_AND_CREATE",
         "what becomes of a table that is there"),
    nothing(_LOAD, "CreatePkAfterFullLoad", flag(), False, "keys are made with the table: on Redshift they are informational"),
    done(_LOAD, "StopTaskCachedChangesApplied", flag(), False, "stops when the changes made during the load are applied"),
    done(_LOAD, "StopTaskCachedChangesNotApplied", flag(), False, "stops when the load is complete"),
    done(_LOAD, "MaxFullLoadSubTasks", number(1, 49), 8, "connections that load at once, tables and ranges of keys"),
    nothing(_LOAD, "TransactionConsistencyTimeout", number(0), 600, "the snapshot has its position: nothing is waited for"),
    nothing(_LOAD, "CommitRate", number(1, 50_000), 10_000, "a range of keys is committed as a whole"),
)  # fmt: skip

_TUNING = "ChangeProcessingTuning"
_CHANGES = (
    nothing(_TUNING, "BatchApplyPreserveTransaction", flag(), True, "it is about Oracle; transactions are always kept whole"),
    done(_TUNING, "BatchApplyTimeoutMin", number(1), 1, "seconds between batches, at least"),
    done(_TUNING, "BatchApplyTimeoutMax", number(1), 30, "seconds between batches, at most"),
    done(_TUNING, "BatchApplyMemoryLimit", number(1), 500, "MB of binlog after which a batch is applied"),
    done(_TUNING, "BatchSplitSize", number(0), 0, "changes after which a batch is applied, a transaction kept whole; 0: no limit"),
    done(_TUNING, "MinTransactionSize", number(0), 1000, "changes of a target's transaction, at least; without BatchApplyEnabled"),
    done(_TUNING, "CommitTimeout", number(0), 1, "seconds after which it is committed with fewer; without BatchApplyEnabled"),
    done(_TUNING, "MemoryLimitTotal", number(0), 1024, "MB of binlog of an open transaction in memory; what is more waits in files"),
    done(_TUNING, "MemoryKeepTime", number(0), 60, "seconds that an open transaction stays in memory; then, from 16 MB on, in files"),
    nothing(_TUNING, "StatementCacheSize", number(0, 200), 50, "changes are loaded as files, not by statements"),
    nothing(_TUNING, "RecoveryTimeout", number(-1), -1, "a task that was interrupted reads on from its checkpoint"),
)  # fmt: skip

_ERROR = "ErrorBehavior"
_ERRORS = (
    done(_ERROR, "DataErrorPolicy", _POLICIES, "LOG_ERROR", _KEPT),
    done(_ERROR, "DataTruncationErrorPolicy", _POLICIES, "LOG_ERROR", f"for values that do not fit; {_KEPT}"),
    only(_ERROR, "DataMaskingErrorPolicy", choice("IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK"), "STOP_TASK",
         "a mask that cannot be done on a column is refused when the task begins"),
    done(_ERROR, "DataErrorEscalationPolicy", _TABLE_POLICIES, "SUSPEND_TABLE", "what happens then"),
    done(_ERROR, "DataErrorEscalationCount", number(0), 0, "rows of a table that are refused until then, since the task's start; 0: never"),
    nothing(_ERROR, "EventErrorPolicy", choice("IGNORE", "STOP_TASK"), "IGNORE", "events are sent by the endpoint, not by the task"),
    done(_ERROR, "TableErrorPolicy", _TABLE_POLICIES, "SUSPEND_TABLE", "what becomes of the task when a table cannot be replicated"),
    nothing(_ERROR, "TableErrorEscalationPolicy", choice("STOP_TASK"), "STOP_TASK", "it is asked for by TableErrorEscalationCount"),
    nothing(_ERROR, "TableErrorEscalationCount", number(0), 0, "the first error of a table suspends it"),
    done(_ERROR, "RecoverableErrorCount", number(-1), -1, "attempts after a lost connection; -1: without end"),
    done(_ERROR, "RecoverableErrorInterval", number(0), 5, "seconds before the first of them (1 where it is left out)"),
    done(_ERROR, "RecoverableErrorThrottling", flag(), True, "whether each waits twice as long as the one before"),
    done(_ERROR, "RecoverableErrorThrottlingMax", number(0), 1800, "seconds that they wait at most (30 where it is left out)"),
    done(_ERROR, "RecoverableErrorStopRetryAfterThrottlingMax", flag(), False, "whether the task fails when they would wait longer"),
    only(_ERROR, "ApplyErrorDeletePolicy", _POLICIES, "IGNORE_RECORD", "a delete of a row that is not there is none"),
    only(_ERROR, "ApplyErrorInsertPolicy", choice("IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK", "INSERT_RECORD"), "LOG_ERROR",
         "INSERT_RECORD replaces a row that is there; with LOG_ERROR a second row of one key is refused by MySQL, and taken by Redshift",
         "LOG_ERROR", "INSERT_RECORD"),
    only(_ERROR, "ApplyErrorUpdatePolicy", choice("IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK", "UPDATE_RECORD"), "LOG_ERROR",
         "an update is a delete and an insert, which writes a row that was missing, as UPDATE_RECORD does", "LOG_ERROR", "UPDATE_RECORD"),
    nothing(_ERROR, "ApplyErrorEscalationPolicy", choice("LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK"), "LOG_ERROR",
            "it is asked for by ApplyErrorEscalationCount"),
    only(_ERROR, "ApplyErrorEscalationCount", number(0), 0, "conflicts are not counted apart: see DataErrorEscalationCount"),
    done(_ERROR, "ApplyErrorFailOnTruncationDdl", flag(), False, "whether a TRUNCATE on the source fails the task"),
    nothing(_ERROR, "FullLoadIgnoreConflicts", flag(), True, "changes made during the load are applied so that there are no conflicts"),
    nothing(_ERROR, "FailOnTransactionConsistencyBreached", flag(), False, _ORACLE),
    done(_ERROR, "FailOnNoTablesCaptured", flag(), False, "whether the task fails when its mappings find no table"),
)  # fmt: skip

_TABLES = "ControlTablesSettings"
_ON_SQL = "on Redshift and MySQL targets, for tasks that capture changes"
_CONTROL = (
    done(_TABLES, "ControlSchema", text(), "", "where control tables are: public on Redshift, awsdms_control on MySQL"),
    done(_TABLES, "HistoryTimeslotInMinutes", number(1), 5, "minutes of a row of awsdms_history"),
    done(_TABLES, "historyTimeslotInMinutes", number(1), 5, "the same, as older documents spell it"),
    done(_TABLES, "HistoryTableEnabled", flag(), False, f"awsdms_history {_ON_SQL}"),
    done(_TABLES, "SuspendedTablesTableEnabled", flag(), False, f"awsdms_suspended_tables {_ON_SQL}"),
    done(_TABLES, "StatusTableEnabled", flag(), False, f"awsdms_status {_ON_SQL}"),
    nothing(_TABLES, "FullLoadExceptionTableEnabled", flag(), False, "what a load refuses is in awsdms_apply_exceptions"),
)

_CHECK = "ValidationSettings"
_VALIDATION = (
    done(_CHECK, "EnableValidation", flag(), False,
         "compares Redshift and MySQL targets with the source, row by row, after the load and then as rows change"),
    done(_CHECK, "ValidationOnly", flag(), False,
         "loads and applies nothing; for tasks of the type full-load. Differences are looked at again for some seconds"),
    nothing(_CHECK, "ValidationMode", choice("ROW_LEVEL", "GROUP_LEVEL"), "ROW_LEVEL", "every row is compared"),
    nothing(_CHECK, "ThreadCount", number(1, 200), 5, "one thread validates"),
    done(_CHECK, "PartitionSize", number(1), 10_000, "rows that are compared at once, where the key begins with a whole number"),
    done(_CHECK, "FailureMaxCount", number(1), 10_000, "rows that may differ in all tables before their validation ends"),
    done(_CHECK, "TableFailureMaxCount", number(1), 1000, "rows that may differ in a table before its validation ends"),
    done(_CHECK, "RecordFailureDelayInMinutes", number(0), 5,
         "minutes before a difference is told (where it is left out: when the target is known to have every change)"),
    done(_CHECK, "RecordFailureDelayLimitInMinutes", number(0), 0, "minutes before a difference is told; the greater of both counts"),
    nothing(_CHECK, "RecordSuspendDelayInMinutes", number(0), 30, "a table's validation ends at once when too many rows differ"),
    nothing(_CHECK, "MaxKeyColumnSize", number(1), 8096, "keys have any length"),
    nothing(_CHECK, "HandleCollationDiff", flag(), False, "rows are compared by their bytes, in no order of a server"),
    only(_CHECK, "SkipLobColumns", flag(), False, "LOBs are compared as what the target should hold"),
    only(_CHECK, "ValidationPartialLobSize", number(0), 0, "LOBs are compared as what the target should hold"),
    done(_CHECK, "ValidationQueryCdcDelaySeconds", number(0), 0, "seconds after a change before its row is compared"),
    nothing(_CHECK, "ValidationS3Mask", number(0), 0, "it is about S3 as a target, which is not validated"),
    nothing(_CHECK, "ValidationS3Time", number(0), 0, "it is about S3 as a target, which is not validated"),
)  # fmt: skip

_LOG = "the task's log has one level, and is a file of the home"
_OTHERS = (
    nothing("Logging", "EnableLogging", flag(), False, "the log is always written: dms/<task>/task.log of the home"),
    nothing("Logging", "EnableLogContext", flag(), False, _LOG),
    nothing("Logging", "LogComponents", texts("Id", "Severity"), [], _LOG),
    nothing("Logging", "CloudWatchLogGroup", text(), "", _LOG),
    nothing("Logging", "CloudWatchLogStream", text(), "", _LOG),
    nothing("Logging", "DeleteTaskLogs", flag(), False, "a task's log goes with the task"),
    nothing("StreamBufferSettings", "StreamBufferCount", number(1), 3, _ADAPTS),
    nothing("StreamBufferSettings", "StreamBufferSizeInMB", number(1), 8, _ADAPTS),
    nothing("StreamBufferSettings", "CtrlStreamBufferSizeInMB", number(1, 8), 5, _ADAPTS),
    done("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableDropped", flag(), True, "whether DROP TABLE is followed"),
    done("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableTruncated", flag(), True, "whether TRUNCATE is followed"),
    done("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableAltered", flag(), True, "whether changes of columns are followed"),
    done("BeforeImageSettings", "EnableBeforeImage", flag(), False, "whether messages of updates have the row before; for Kinesis"),
    done("BeforeImageSettings", "FieldName", text(), "", "the attribute that has it"),
    done("BeforeImageSettings", "ColumnFilter", choice("pk-only", "non-lob", "all"), "pk-only", "which columns it has"),
    only("LoopbackPreventionSettings", "EnableLoopbackPrevention", flag(), False, "replication in both directions is not done"),
    nothing("LoopbackPreventionSettings", "SourceSchema", text(), "", "it is asked for by EnableLoopbackPrevention"),
    nothing("LoopbackPreventionSettings", "TargetSchema", text(), "", "it is asked for by EnableLoopbackPrevention"),
    only("CharacterSetSettings", "CharacterReplacements", texts("SourceCharacterCodePoint", "TargetCharacterCodePoint"), [],
         "characters are not replaced: texts arrive as they are"),
    only("CharacterSetSettings.CharacterSetSupport", "CharacterSet", text(), "", "characters are not replaced: texts arrive as they are"),
    only("CharacterSetSettings.CharacterSetSupport", "ReplaceWithCharacterCodePoint", number(0), 0,
         "characters are not replaced: texts arrive as they are"),
    only("TTSettings", "EnableTT", flag(), False, "DMS has Time Travel for other sources than MySQL"),
    *(nothing("TTSettings.TTS3Settings", name, text(), "", "it is asked for by EnableTT")
      for name in ("EncryptionMode", "ServerSideEncryptionKmsKeyId", "ServiceAccessRoleArn", "BucketName", "BucketFolder")),
    nothing("TTSettings.TTS3Settings", "EnableDeletingFromS3OnTaskDelete", flag(), False, "it is asked for by EnableTT"),
    nothing("TTSettings.TTRecordSettings", "EnableRawData", flag(), False, "it is asked for by EnableTT"),
    nothing("TTSettings.TTRecordSettings", "RawDataFormat", choice("TEXT", "HEX"), "TEXT", "it is asked for by EnableTT"),
    nothing("TTSettings.TTRecordSettings", "OperationsToLog", text(), "ALL", "it is asked for by EnableTT"),
    nothing("TTSettings.TTRecordSettings", "MaxRecordSize", number(0), 64, "it is asked for by EnableTT"),
    only("ResyncSettings", "EnableResync", flag(), False, "data are not resynchronised by schedule: reload the table"),
    nothing("ResyncSettings", "ResyncSchedule", text(), "", "it is asked for by EnableResync"),
    nothing("ResyncSettings", "MaxResyncTime", number(5, 14_400), 5, "it is asked for by EnableResync"),
    nothing("ResyncSettings", "ValidationTaskId", text(), "", "it is asked for by EnableResync"),
    only("", "PostProcessingRules", text(), "", "there is no such processing here"),
    nothing("", "FailTaskWhenCleanTaskResourceFailed", flag(), False, "a task's files are deleted with it, or the error is told"),
    done("LocalEngine", "Mode", choice("strict_dms", "safe"), "strict_dms",
         "this engine's own, refused by AWS: what DMS does, or what loses nothing"),
)  # fmt: skip

TASK_SETTINGS: tuple[Setting, ...] = (*_TARGET_METADATA, *_FULL_LOAD, *_CHANGES, *_ERRORS, *_CONTROL, *_VALIDATION, *_OTHERS)
"""In the order of the documentation."""

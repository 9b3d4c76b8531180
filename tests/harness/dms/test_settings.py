"""Table mappings and task settings: what DMS takes is taken, what is unknown or contradictory is refused with its path."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localaws.dms.data_types import redshift_type
from localaws.dms.exceptions import SettingsError
from localaws.dms.planning import plan_table
from localaws.dms.settings.table_mappings import TableMappings, condition_of, matches
from localaws.dms.settings.task_catalogue import TASK_SETTINGS
from localaws.dms.settings.task_settings import Retries, TaskSettings, Validation
from localaws.dms.types import ColumnType, SourceColumn, SourceTable

TABLE = SourceTable(
    "Shop", "Order_Lines", tuple(SourceColumn(name, ColumnType("int", 4), False) for name in ("Id", "Amount", "note_old")), ("Id",)
)


def selection(number: int = 1, schema: str = "Shop", table: str = "%", action: str = "include", **more: Any) -> dict[str, Any]:
    locator = {"schema-name": schema, "table-name": table}
    return {"rule-type": "selection", "rule-id": str(number), "rule-name": "s", "rule-action": action, "object-locator": locator, **more}


def transformation(number: int, target: str, action: str, column: str = "%", table: str = "%", **more: Any) -> dict[str, Any]:
    locator = {"schema-name": "Shop"} | ({"table-name": table} if target != "schema" else {})
    locator |= {"column-name": column} if target == "column" else {}
    rule = {"rule-type": "transformation", "rule-id": str(number), "rule-name": "t", "rule-target": target, "rule-action": action}
    return {**rule, "object-locator": locator, **more}


def parse(*rules: dict[str, Any]) -> TableMappings:
    return TableMappings.parse(json.dumps({"rules": rules}))


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [("%", "anything", True), ("ord%", "orders", True), ("ord_", "orde", True), ("ord_", "orders", False), ("a[_]b", "a_b", True),
     ("a[_]b", "axb", False), ("t[ab]", "tb", True), ("t[a-d]1", "tc1", True), ("t[a-d]1", "te1", False), ("a.b", "axb", False)],
)  # fmt: skip
def test_wildcards(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) is fits


def test_a_table_is_selected_unless_a_rule_excludes_it() -> None:
    found = parse(selection(1), selection(2, table="Order%", **{"load-order": 5}), selection(3, table="tmp[_]%", action="exclude"))

    assert found.selection("Shop", "Order_Lines", False).load_order == 5  # type: ignore[union-attr]
    assert found.selection("Shop", "tmp_1", False) is None
    assert found.selection("Other", "Order_Lines", False) is None
    assert found.selection("Shop", "a_view", True) is None


def test_a_rule_gives_a_column_another_type() -> None:
    def change(number: int, column: str, **kind: Any) -> dict[str, Any]:
        return transformation(number, "column", "change-data-type", column, **{"data-type": kind})

    rules = (
        change(2, "Id", type="int8"),
        change(3, "Amount", type="numeric", precision="20", scale=0),
        change(4, "note_old", type="string", length=9),
    )

    plan = plan_table(parse(selection(), *rules), TABLE, changes=True)

    assert [redshift_type(column.declared, 0) for column in plan.columns if column.declared] == ["BIGINT", "NUMERIC(20,0)", "VARCHAR(9)"]
    assert [column.declared for column in plan_table(parse(selection()), TABLE, changes=True).columns] == [None, None, None]


def test_filters_become_a_condition() -> None:
    def one(column: str, *conditions: dict[str, str]) -> dict[str, Any]:
        return {"filter-type": "source", "column-name": column, "filter-conditions": list(conditions)}

    rule = selection(filters=[
        one("Amount", {"filter-operator": "between", "start-value": "1", "end-value": "5"}, {"filter-operator": "null"}),
        one("Id", {"filter-operator": "noteq", "value": "it's"}),
    ])  # fmt: skip

    condition = condition_of(parse(rule).selections[0].filters)

    assert condition == "(`Amount` BETWEEN '1' AND '5' OR `Amount` IS NULL) AND (`Id` <> 'it''s')"


def test_names_follow_the_rules_in_their_order() -> None:
    plan = plan_table(
        parse(
            selection(),
            transformation(2, "schema", "rename", value="mart"),
            transformation(3, "table", "convert-lowercase"),
            transformation(4, "table", "add-prefix", value="x_"),
            transformation(5, "column", "convert-lowercase"),
            transformation(6, "column", "remove-suffix", column="note%", value="_old"),
            transformation(7, "column", "remove-column", column="Amount"),
        ),
        TABLE,
        changes=True,
    )

    assert plan.full_name == "mart.x_order_lines"
    assert [(column.name, column.source) for column in plan.columns] == [("id", "Id"), ("note", "note_old")]
    assert plan.key == ("id",)
    assert plan.source_key == ("Id",)


def test_a_table_whose_key_is_left_out_has_none_unless_one_is_defined() -> None:
    without = parse(selection(), transformation(2, "column", "remove-column", column="Id"))
    definition = {"primary-key-def": {"name": "k", "columns": ["Amount"]}}
    defined = parse(selection(), transformation(2, "table", "define-primary-key", **definition))

    assert plan_table(without, TABLE, changes=True).key == ()
    assert plan_table(defined, TABLE, changes=True).key == ("Amount",)


@pytest.mark.parametrize(
    ("rules", "path", "reason"),
    [
        ([selection(action="exclude")], "$.rules", "no selection rule includes"),
        ([selection(), selection()], "$.rules[1].rule-id", "is the id of"),
        ([selection(filter=[])], "$.rules[0].filter", "there is no such setting"),
        ([selection(action="explicit")], "$.rules[0].object-locator.table-name", "without wildcards"),
        ([selection(), transformation(2, "column", "add-column", value="x")], "$.rules[1].object-locator.column-name", "no such setting"),
        ([selection(), transformation(2, "table", "remove-column")], "$.rules[1].rule-target", "none of column"),
        ([selection(), transformation(2, "table", "add-prefix")], "$.rules[1].value", "missing"),
        (
            [selection(), transformation(2, "column", "change-data-type", **{"data-type": {"type": "clob"}})],
            "$.rules[1].data-type.type",
            "is none of",
        ),
        (
            [selection(), transformation(2, "column", "change-data-type", **{"data-type": {"type": "string"}})],
            "$.rules[1].data-type.length",
            "missing",
        ),
        ([selection(), {"rule-type": "post-processing", "rule-id": "2"}], "$.rules[1].rule-type", "not supported by this engine yet"),
    ],
)
def test_mappings_that_cannot_be_done_are_refused_with_their_path(rules: list[Any], path: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(*rules)

    assert refused.value.path == path
    assert reason in refused.value.reason


def test_task_settings_have_dmss_defaults() -> None:
    found = TaskSettings.parse("")

    assert (found.prepare, found.subtasks, found.lob_bytes, found.strict) == ("DROP_AND_CREATE", 8, 32 * 1024, True)
    assert (found.batch_changes, found.batch_seconds) == (1000, 1)  # BatchApplyEnabled is false
    assert found.remarks == ()


def test_every_setting_of_the_catalogue_is_taken_with_its_default_and_with_null() -> None:
    """As DescribeReplicationTasks gives them back on AWS: everything is there, and much of it is null."""

    def document(value_of: Any) -> str:
        whole: dict[str, Any] = {}
        for setting in TASK_SETTINGS:
            place = whole
            for name in filter(None, setting.section.split(".")):
                place = place.setdefault(name, {})
            place[setting.name] = value_of(setting)
        return json.dumps(whole)

    left_out = {"PostProcessingRules": None}

    assert TaskSettings.parse(document(lambda setting: None)) == TaskSettings.parse(json.dumps(left_out)) == TaskSettings.parse("")
    given = TaskSettings.parse(document(lambda setting: None if setting.name == "PostProcessingRules" else setting.default))
    assert replace(given, retries=Retries(), validation=Validation()) == TaskSettings.parse("")
    assert given.retries == Retries(-1, 5, 1800, True, False)
    assert given.validation == Validation(failure_delay=300)


def test_a_setting_without_an_effect_is_taken_and_told() -> None:
    found = TaskSettings.parse(json.dumps({"StreamBufferSettings": {"StreamBufferCount": 4}, "FullLoadSettings": {"CommitRate": 50_000}}))

    paths = [remark.partition(" ")[0] for remark in found.remarks]
    assert paths == ["$.FullLoadSettings.CommitRate", "$.StreamBufferSettings.StreamBufferCount"]
    assert "a range of keys is committed as a whole" in found.remarks[0]


def test_batches_are_those_that_the_mode_of_applying_asks_for() -> None:
    tuning = {"BatchApplyTimeoutMin": 2, "BatchApplyTimeoutMax": 9, "BatchSplitSize": 70, "MinTransactionSize": 5, "CommitTimeout": 3}

    def parsed(enabled: bool) -> TaskSettings:
        return TaskSettings.parse(json.dumps({"TargetMetadata": {"BatchApplyEnabled": enabled}, "ChangeProcessingTuning": tuning}))

    batches, transactions = parsed(True), parsed(False)
    assert (batches.batch_seconds, batches.batch_seconds_max, batches.batch_changes) == (2, 9, 70)
    assert (transactions.batch_seconds, transactions.batch_seconds_max, transactions.batch_changes) == (3, 3, 5)


@pytest.mark.parametrize(
    ("retries", "waits"),
    [
        (Retries(), [1, 2, 4, 8, 16, 30, 30]),
        (Retries(count=2, seconds=5), [5, 10, None]),
        (Retries(count=0), [None]),
        (Retries(seconds=5, doubling=False), [5, 5, 5]),
        (Retries(seconds=10, seconds_max=30, stop_at_max=True), [10, 20, None]),
    ],
    ids=["default", "two-attempts", "none", "without-throttling", "stop-at-the-largest"],
)
def test_the_waits_before_attempts_follow_the_settings(retries: Retries, waits: list[float | None]) -> None:
    assert [retries.wait(attempt) for attempt in range(len(waits))] == waits


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"FullLoadSetting": {}}, "$.FullLoadSetting"),
        ({"FullLoadSettings": {"TargetTablePrepMode": "DROP"}}, "$.FullLoadSettings.TargetTablePrepMode"),
        ({"FullLoadSettings": {"MaxFullLoadSubTasks": 99}}, "$.FullLoadSettings.MaxFullLoadSubTasks"),
        ({"FullLoadSettings": {"CommitRate": 60_000}}, "$.FullLoadSettings.CommitRate"),
        ({"Logging": {"EnableLogging": "yes"}}, "$.Logging.EnableLogging"),
        ({"Logging": {"LogComponents": [{"Id": "SORTER", "Level": "x"}]}}, "$.Logging.LogComponents[0].Level"),
        ({"StreamBufferSettings": {"CtrlStreamBufferSizeInMB": 9}}, "$.StreamBufferSettings.CtrlStreamBufferSizeInMB"),
        ({"TTSettings": {"TTS3Settings": {"Bucket": "x"}}}, "$.TTSettings.TTS3Settings.Bucket"),
        ({"TTSettings": {"EnableTT": True}}, "$.TTSettings.EnableTT"),
        ({"CharacterSetSettings": {"CharacterSetSupport": {"CharacterSet": "UTF8"}}},
         "$.CharacterSetSettings.CharacterSetSupport.CharacterSet"),
        ({"ErrorBehavior": {"ApplyErrorUpdatePolicy": "STOP_TASK"}}, "$.ErrorBehavior.ApplyErrorUpdatePolicy"),
        ({"ErrorBehavior": {"RecoverableErrorCount": -2}}, "$.ErrorBehavior.RecoverableErrorCount"),
        ({"PostProcessingRules": "x"}, "$.PostProcessingRules"),
        ({"TargetMetadata": {"LimitedSizeLobMode": False}}, "$.TargetMetadata.LimitedSizeLobMode"),
        ({"ErrorBehavior": {"DataTruncationErrorPolicy": "SUSPEND"}}, "$.ErrorBehavior.DataTruncationErrorPolicy"),
        ({"ErrorBehavior": {"DataErrorPolice": "LOG_ERROR"}}, "$.ErrorBehavior.DataErrorPolice"),
        ({"ControlTablesSettings": {"Schema": "x"}}, "$.ControlTablesSettings.Schema"),
        ({"Logging": {"Enable": True}}, "$.Logging.Enable"),
        ({"FullLoadSettings": {"StopTaskCachedChangesApplied": True, "StopTaskCachedChangesNotApplied": True}},
         "$.FullLoadSettings.StopTaskCachedChangesApplied"),
        ({"TargetMetadata": {"FullLobMode": True}}, "$.TargetMetadata.FullLobMode"),
        ({"TargetMetadata": {"SupportLobs": False}}, "$.TargetMetadata.SupportLobs"),
        ({"ChangeProcessingTuning": {"BatchApplyTimeoutMin": 20, "BatchApplyTimeoutMax": 10}},
         "$.ChangeProcessingTuning.BatchApplyTimeoutMax"),
        ({"ValidationSettings": {"PartitionSize": 0}}, "$.ValidationSettings.PartitionSize"),
    ],
)  # fmt: skip
def test_task_settings_that_cannot_be_done_are_refused_with_their_path(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        TaskSettings.parse(json.dumps(settings))

    assert refused.value.path == path


def test_the_files_that_aws_dms_is_given_are_taken_as_they_are() -> None:
    folder = Path(__file__).parents[3] / "dms"
    mapped, settings = TableMappings.parse((folder / "table_mappings.json").read_text()), (folder / "task_settings.json").read_text()

    table = SourceTable("wholesale", "Orders", (SourceColumn("O_Id", ColumnType("int", 4), False),), ("O_Id",))
    plan = plan_table(mapped, table, changes=True)

    assert (plan.full_name, plan.key) == ("replica.orders", ("o_id",))
    assert TaskSettings.parse(settings).control_schema == "awsdms"
    # What only the local engine knows would be refused there.
    assert "LocalEngine" not in settings


def test_control_tables_are_asked_for_in_either_spelling_of_their_minutes() -> None:
    def control(**values: Any) -> TaskSettings:
        return TaskSettings.parse(json.dumps({"ControlTablesSettings": values}))

    asked = control(StatusTableEnabled=True, HistoryTableEnabled=True, historyTimeslotInMinutes=9).control
    assert (asked.tables, asked.slot_minutes) == (("status", "history"), 9)
    assert control().control.tables == ()
    with pytest.raises(SettingsError, match="historyTimeslotInMinutes.*one of them"):
        control(HistoryTimeslotInMinutes=5, historyTimeslotInMinutes=9)

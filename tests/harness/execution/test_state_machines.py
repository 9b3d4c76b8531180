"""State machines are interpreted: data flows as the language says, and tasks are done by the endpoint's own services."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

ROLE = "arn:aws:iam::123456789012:role/machine"


class Machines:
    """Makes state machines of states, runs them, and gives what became of them."""

    def __init__(self, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
        self.endpoint, self.wait_until = endpoint, wait_until
        self.states = endpoint.client("stepfunctions")
        self.count = 0

    def create(self, definition: dict[str, Any], kind: str = "STANDARD") -> str:
        self.count += 1
        arn: str = self.states.create_state_machine(name=f"m{self.count}", definition=json.dumps(definition), roleArn=ROLE, type=kind)[
            "stateMachineArn"
        ]
        return arn

    def start(self, definition: dict[str, Any], data: Any = None, **given: Any) -> str:
        arn = self.create(definition)
        execution: str = self.states.start_execution(stateMachineArn=arn, input=json.dumps({} if data is None else data), **given)[
            "executionArn"
        ]
        return execution

    def ended(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.wait_until(
            lambda: (e := self.states.describe_execution(executionArn=arn))["status"] != "RUNNING" and e
        )
        return found

    def run(self, definition: dict[str, Any], data: Any = None) -> dict[str, Any]:
        return self.ended(self.start(definition, data))

    def output(self, definition: dict[str, Any], data: Any = None) -> Any:
        found = self.run(definition, data)
        assert found["status"] == "SUCCEEDED", found
        return json.loads(found["output"])

    def events(self, arn: str) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]


@pytest.fixture(scope="module")
def machines(endpoint: EndpointProcess) -> Machines:
    def wait(check: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 30
        while not (answer := check()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return answer

    return Machines(endpoint, wait)


def one(state: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"StartAt": "S", "States": {"S": {"End": True, **state}, **others}}


ITEMS = {"p": [{"n": 1, "m": "x"}, {"n": 2, "m": "y"}], "s": "text", "deep": {"a": {"b": [1, 2, 3]}}}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(
            {"Parameters": {"v.$": "$.p[0].n", "all.$": "$.p[*].n", "c": "$.kept"}},
            {"v": 1, "all": [1, 2], "c": "$.kept"},
            id="one_value_or_a_list",
        ),
        pytest.param(
            {"Parameters": {"f.$": "$.p[?(@.n==2 && @.m=='y')].m", "slice.$": "$.deep.a.b[0:2]", "any.$": "$..n"}},
            {"f": ["y"], "slice": [1, 2], "any": [1, 2]},
            id="filters_slices_descendants",
        ),
        pytest.param({"InputPath": "$.deep", "ResultPath": "$.r", "Result": 5, "OutputPath": "$.r"}, 5, id="input_result_output_paths"),
        pytest.param(
            {"Result": 1, "ResultPath": "$.deep.a.new"}, {**ITEMS, "deep": {"a": {"b": [1, 2, 3], "new": 1}}}, id="result_in_depth"
        ),
        pytest.param({"Result": 1, "ResultPath": None}, ITEMS, id="result_discarded"),
        pytest.param({"Parameters": {"name.$": "$$.StateMachine.Name", "state.$": "$$.State.Name"}}, None, id="context_object"),
        pytest.param(
            {
                "Parameters": {
                    "f.$": "States.Format('{} has {} of {}', $.s, $.p[1].n, States.ArrayLength($.p))",
                    "a.$": "States.Array(1, 'b', null, $.deep.a.b)",
                    "p.$": "States.ArrayPartition($.deep.a.b, 2)",
                    "r.$": "States.ArrayRange(1, 9, 4)",
                    "g.$": "States.ArrayGetItem($.deep.a.b, 2)",
                    "c.$": "States.ArrayContains($.deep.a.b, 2)",
                    "u.$": "States.ArrayUnique(States.Array(1, 1, 2))",
                    "b.$": "States.Base64Encode('x')",
                    "h.$": "States.Hash('x', 'SHA-256')",
                    "j.$": "States.StringToJson('[1]')",
                    "t.$": "States.JsonToString($.p[0])",
                    "m.$": "States.JsonMerge($.p[0], $.p[1], false)",
                    "i.$": "States.MathAdd(1, -3)",
                    "s.$": "States.StringSplit('a,b;c', ',;')",
                }
            },
            {
                "f": "text has 2 of 2",
                "a": [1, "b", None, [1, 2, 3]],
                "p": [[1, 2], [3]],
                "r": [1, 5, 9],
                "g": 3,
                "c": True,
                "u": [1, 2],
                "b": "eA==",
                "h": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
                "j": [1],
                "t": '{"n":1,"m":"x"}',
                "m": {"n": 2, "m": "y"},
                "i": -2,
                "s": ["a", "b", "c"],
            },
            id="intrinsic_functions",
        ),
    ],
)
def test_data_flows_through_a_state_as_its_paths_say(machines: Machines, state: dict[str, Any], expected: Any) -> None:
    output = machines.output(one({"Type": "Pass", **state}), ITEMS)
    assert output == (expected if expected is not None else {"name": f"m{machines.count}", "state": "S"})


@pytest.mark.parametrize(
    ("rule", "data", "holds"),
    [
        ({"Variable": "$.a", "NumericEquals": 1}, {"a": 1}, True),
        ({"Variable": "$.a[0].b", "StringLessThan": "b"}, {"a": [{"b": "a"}]}, True),
        ({"Variable": "$.a", "NumericGreaterThanEqualsPath": "$.b"}, {"a": 1, "b": 2}, False),
        ({"Variable": "$.a", "NumericEquals": 1}, {"a": "1"}, False),
        ({"Variable": "$.a", "IsPresent": False}, {}, True),
        ({"Variable": "$.a", "IsPresent": True}, {"a": None}, True),
        ({"Variable": "$.a", "IsNull": True}, {"a": None}, True),
        ({"Variable": "$.a", "StringMatches": "log-*.tx\\*"}, {"a": "log-1.tx*"}, True),
        ({"Variable": "$.a", "TimestampLessThan": "2026-01-01T00:00:00Z"}, {"a": "2026-01-01T00:30:00+01:00"}, True),
        ({"And": [{"Variable": "$.a", "BooleanEquals": True}, {"Not": {"Variable": "$.b", "IsString": True}}]}, {"a": True, "b": 1}, True),
        ({"Or": [{"Variable": "$.a", "IsTimestamp": True}, {"Variable": "$.a", "IsNumeric": True}]}, {"a": "x"}, False),
    ],
)
def test_a_choice_goes_where_its_rules_say(machines: Machines, rule: dict[str, Any], data: Any, holds: bool) -> None:
    states = {
        "C": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": True, "End": True},
        "No": {"Type": "Pass", "Result": False, "End": True},
    }
    assert machines.output({"StartAt": "C", "States": states}, data) is holds


def test_a_choice_without_a_rule_that_holds_fails(machines: Machines) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "S"}]}
    found = machines.run({"StartAt": "C", "States": {"C": choice, "S": {"Type": "Succeed"}}}, {"a": 2})
    assert (found["status"], found["error"]) == ("FAILED", "States.NoChoiceMatched")


def test_map_and_parallel_give_their_results_in_order(machines: Machines) -> None:
    processor = one({"Type": "Pass", "Parameters": {"n.$": "$.n", "i.$": "$.i", "name.$": "$.name"}})
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"n.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "name.$": "$.name"},
        "ItemProcessor": processor,
        "ResultPath": "$.mapped",
        "Next": "P",
    }
    branches = [one({"Type": "Pass", "Result": 1}), one({"Type": "Wait", "Seconds": 0}), one({"Type": "Succeed"})]
    del branches[2]["States"]["S"]["End"]
    both = {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": {"first.$": "$[0]", "second.$": "$[1].name"},
        "ResultPath": "$.both",
        "End": True,
    }
    output = machines.output({"StartAt": "M", "States": {"M": each, "P": both}}, {"items": ["a", "b", "c"], "name": "x"})
    assert output["mapped"] == [{"n": value, "i": at, "name": "x"} for at, value in enumerate("abc")]
    assert output["both"] == {"first": 1, "second": "x"}


def test_a_failed_branch_stops_the_others_and_can_be_caught(machines: Machines) -> None:
    slow, fast = one({"Type": "Wait", "Seconds": 600}), one({"Type": "Fail", "Error": "Bad", "Cause": "because"})
    del fast["States"]["S"]["End"]
    state = {
        "Type": "Parallel",
        "Branches": [slow, fast],
        "Catch": [{"ErrorEquals": ["Bad"], "ResultPath": "$.error", "Next": "After"}],
        "End": True,
    }
    assert machines.output(one(state, After={"Type": "Pass", "End": True}), {"a": 1}) == {
        "a": 1,
        "error": {"Error": "Bad", "Cause": "because"},
    }


def test_tasks_are_done_by_the_services_and_failures_are_retried_and_caught(machines: Machines) -> None:
    dynamodb = machines.endpoint.client("dynamodb")
    dynamodb.create_table(
        TableName="leases",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "ResultPath": None,
        "Next": "Again",
        "Parameters": {"TableName": "leases", "Item": {"pk": {"S.$": "$.key"}}, "ConditionExpression": "attribute_not_exists(pk)"},
    }
    again = {
        **put,
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 2}],
        "Next": "Never",
        "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "ResultPath": "$.refused", "Next": "Get"}],
    }
    get = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
        "End": True,
        "ResultSelector": {"pk.$": "$.Item.pk.S"},
        "ResultPath": "$.found",
        "Parameters": {"TableName": "leases", "Key": {"pk": {"S.$": "$.key"}}},
    }
    arn = machines.start({"StartAt": "Put", "States": {"Put": put, "Again": again, "Get": get, "Never": {"Type": "Fail"}}}, {"key": "one"})

    output = json.loads(machines.ended(arn)["output"])

    assert output["found"] == {"pk": "one"}
    assert output["refused"]["Cause"].startswith("The conditional request failed (Service: DynamoDB, Status Code: 400")
    types = [event["type"] for event in machines.events(arn)]
    assert types.count("TaskFailed") == 3
    assert types[:6] == ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"]
    assert types[-1] == "ExecutionSucceeded"
    assert [event["id"] for event in machines.events(arn)] == list(range(1, len(types) + 1))


def test_an_athena_query_is_waited_for_and_its_failure_is_the_tasks(machines: Machines) -> None:
    machines.endpoint.client("s3").create_bucket(Bucket="machine-results")
    query = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Parameters": {"QueryString.$": "$.sql", "ResultConfiguration": {"OutputLocation": "s3://machine-results/"}},
    }
    rows = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:getQueryResults",
        "End": True,
        "Parameters": {"QueryExecutionId.$": "$.QueryExecution.QueryExecutionId"},
        "OutputPath": "$.ResultSet.Rows[1].Data[0].VarCharValue",
    }
    assert machines.output({"StartAt": "Q", "States": {"Q": {**query, "Next": "R"}, "R": rows}}, {"sql": "select 40 + 2"}) == "42"

    found = machines.run(one(query), {"sql": "select 1 / 0"})
    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(found["cause"])["Status"]["StateChangeReason"] == "DIVISION_BY_ZERO: Division by zero"


def test_a_stopped_execution_stops_what_it_started(machines: Machines) -> None:
    athena = machines.endpoint.client("athena")
    machines.endpoint.client("s3").create_bucket(Bucket="stopped-results")
    sql = "select count(*) from unnest(sequence(1, 1000000)) a(x), unnest(sequence(1, 1000000)) b(y) where x * y % 7 = 1"
    query = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Parameters": {"QueryString": sql, "ResultConfiguration": {"OutputLocation": "s3://stopped-results/"}},
    }
    outer = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": machines.create(one(query))},
    }
    arn = machines.start(one(outer))

    def submitted() -> Any:
        ids = athena.list_query_executions()["QueryExecutionIds"]
        queries = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"] if ids else []
        return next((query["QueryExecutionId"] for query in queries if query["Query"] == sql), None)

    query_id = machines.wait_until(submitted)
    machines.states.stop_execution(executionArn=arn, error="Enough", cause="by hand")

    found = machines.states.describe_execution(executionArn=arn)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Enough", "by hand")
    machines.wait_until(lambda: athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] == "CANCELLED")


def test_time_outs_of_a_task_and_of_an_execution(machines: Machines) -> None:
    queue = machines.endpoint.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
    }
    caught = {**wait, "TimeoutSeconds": 1, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]}
    assert machines.output(one(caught, Late={"Type": "Pass", "Result": "late", "End": True})) == "late"
    found = machines.run({**one({"Type": "Wait", "Seconds": 100}), "TimeoutSeconds": 1})
    assert (found["status"], found["error"]) == ("TIMED_OUT", "States.Timeout")


def test_a_task_token_is_waited_for_until_somebody_answers(machines: Machines) -> None:
    sqs = machines.endpoint.client("sqs")
    queue = sqs.create_queue(QueueName="answers")["QueueUrl"]
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token", "n.$": "$.n"}},
    }
    arn = machines.start(one(wait), {"n": 5})
    message = machines.wait_until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]
    body = json.loads(message["Body"])
    machines.states.send_task_heartbeat(taskToken=body["token"])
    machines.states.send_task_success(taskToken=body["token"], output=json.dumps({"got": body["n"]}))
    assert json.loads(machines.ended(arn)["output"]) == {"got": 5}
    with pytest.raises(ClientError, match="TaskTimedOut"):
        machines.states.send_task_success(taskToken=body["token"], output="1")


def test_jsonata_states_and_variables(machines: Machines) -> None:
    states = {
        "Set": {"Type": "Pass", "Assign": {"rate": "{% $states.input.rate * 2 %}"}, "Output": "{% $states.input.items %}", "Next": "Each"},
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "ItemSelector": {"v": "{% $states.context.Map.Item.Value.v * $rate %}"},
            "ItemProcessor": one({"Type": "Pass"}),
            "Next": "Pick",
        },
        "Pick": {"Type": "Choice", "Choices": [{"Condition": "{% $sum($states.input.v) > 10 %}", "Next": "Big"}], "Default": "Small"},
        "Big": {"Type": "Succeed", "Output": {"total": "{% $sum($states.input.v) %}", "rate": "{% $rate %}"}},
        "Small": {"Type": "Fail", "Error": "Small", "Cause": "{% 'only ' & $string($sum($states.input.v)) %}"},
    }
    machine = {"QueryLanguage": "JSONata", "StartAt": "Set", "States": states}
    assert machines.output(machine, {"rate": 2, "items": [{"v": 1}, {"v": 2}]}) == {"total": 12, "rate": 4}
    found = machines.run(machine, {"rate": 1, "items": [{"v": 1}, {"v": 1}]})
    assert (found["error"], found["cause"]) == ("Small", "only 4")


def test_names_of_executions_are_used_once_and_listings_show_them(machines: Machines) -> None:
    arn = machines.create(one({"Type": "Pass"}))
    first = machines.states.start_execution(stateMachineArn=arn, name="once", input="{}")["executionArn"]
    machines.ended(first)
    with pytest.raises(machines.states.exceptions.ExecutionAlreadyExists):
        machines.states.start_execution(stateMachineArn=arn, name="once", input='{"a": 1}')
    assert [each["name"] for each in machines.states.list_executions(stateMachineArn=arn)["executions"]] == ["once"]
    assert machines.states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"] == []
    with pytest.raises(machines.states.exceptions.ExecutionDoesNotExist):
        machines.states.describe_execution(executionArn=first + "x")
    with pytest.raises(machines.states.exceptions.StateMachineDoesNotExist):
        machines.states.start_execution(stateMachineArn=arn + "x")


def test_an_express_machine_answers_at_once(machines: Machines) -> None:
    arn = machines.create(one({"Type": "Pass", "Parameters": {"b.$": "$.a"}}), "EXPRESS")
    found = machines.states.start_sync_execution(stateMachineArn=arn, input='{"a": 1}')
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"b": 1})


def test_what_is_not_interpreted_fails_and_names_itself(machines: Machines) -> None:
    found = machines.run(one({"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {"JobName": "j"}}))
    assert found["cause"] == "batch:submitJob.sync is not interpreted by this endpoint; nothing was done."

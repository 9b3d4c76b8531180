"""Operations that moto answers as if it had done the work. Here they are refused by name until something runs them.

An operation that gets a handler leaves this table.
"""

from __future__ import annotations

from collections.abc import Mapping

from localaws.errors import NotExecutedError

__all__ = ["NOT_EXECUTED", "refuse"]

_SPARK = "no Spark session would run it"
_SERVER = "no server would be started"
_QUERY = "no engine would run the query"
_INFERENCE = "there is no model here"
_MOVE = "no data would be moved"
_MAIL = "nothing here delivers mail or text messages"

NOT_EXECUTED: Mapping[str, Mapping[str, str]] = {
    "glue": {
        "ResumeWorkflowRun": "no job would be started",
        "CreateSession": _SPARK,
        "RunStatement": _SPARK,
        "StartDataQualityRuleRecommendationRun": "no data would be profiled",
    },
    "rds-data": dict.fromkeys(("ExecuteStatement", "BatchExecuteStatement", "ExecuteSql"), _QUERY),
    "athena": dict.fromkeys(("StartCalculationExecution", "StartSession"), _QUERY),
    "lambda": {"InvokeWithResponseStream": "no answer would be streamed"},
    "stepfunctions": {
        "RedriveExecution": "the execution would not go on",
        "TestState": "no state would be tried",
        "GetActivityTask": "no execution waits for an activity here",
    },
    "emr": dict.fromkeys(("RunJobFlow", "AddJobFlowSteps", "AddInstanceGroups"), _SPARK),
    "emr-containers": dict.fromkeys(("StartJobRun",), _SPARK),
    "dms": dict.fromkeys(("StartReplication", "StartReplicationTaskAssessment"), _MOVE),
    "firehose": dict.fromkeys(("PutRecord", "PutRecordBatch"), "records would not reach their destination"),
    "kinesisanalyticsv2": dict.fromkeys(("StartApplication", "CreateApplication"), "there is no Flink here"),
    "batch": dict.fromkeys(("SubmitJob",), "no job would run"),
    "ecs": dict.fromkeys(("RunTask", "StartTask", "CreateService"), "no container would run"),
    "ec2": dict.fromkeys(("RunInstances", "StartInstances", "RequestSpotInstances"), _SERVER),
    "rds": dict.fromkeys(
        (
            "CreateDBCluster",
            "StartDBInstance",
            "StartDBCluster",
            "RestoreDBInstanceFromDBSnapshot",
            "CreateDBInstanceReadReplica",
        ),
        _SERVER,
    )
    | dict.fromkeys(("StopDBInstance", "RebootDBInstance"), "the server would go on as it is: `etl down mysql` stops it"),
    "redshift": dict.fromkeys(("CreateClusterSnapshot", "EnableSnapshotCopy"), "no snapshot would be written")
    | {"RestoreFromClusterSnapshot": _SERVER},
    "kafka": dict.fromkeys(("CreateCluster", "CreateClusterV2"), _SERVER),
    "elasticache": dict.fromkeys(("CreateCacheCluster", "CreateReplicationGroup"), _SERVER),
    "opensearch": dict.fromkeys(("CreateDomain",), _SERVER),
    "es": dict.fromkeys(("CreateElasticsearchDomain",), _SERVER),
    "sagemaker": dict.fromkeys(
        ("CreateTrainingJob", "CreateProcessingJob", "CreateTransformJob", "CreateEndpoint", "StartPipelineExecution"), _INFERENCE
    ),
    "sagemaker-runtime": dict.fromkeys(("InvokeEndpoint", "InvokeEndpointAsync"), _INFERENCE),
    "bedrock-runtime": dict.fromkeys(("InvokeModel", "Converse"), _INFERENCE),
    "comprehend": dict.fromkeys(("DetectSentiment", "DetectKeyPhrases", "DetectPiiEntities"), _INFERENCE),
    "textract": dict.fromkeys(("DetectDocumentText", "StartDocumentTextDetection", "StartDocumentAnalysis"), _INFERENCE),
    "transcribe": dict.fromkeys(("StartTranscriptionJob",), _INFERENCE),
    "rekognition": dict.fromkeys(("CompareFaces", "DetectLabels", "DetectText", "StartFaceSearch"), _INFERENCE),
    "timestream-query": dict.fromkeys(("Query",), _QUERY),
    "logs": {"StartQuery": _QUERY, "CreateExportTask": _MOVE},
    "dynamodb": {"ExportTableToPointInTime": _MOVE, "ImportTable": _MOVE},
    "datasync": dict.fromkeys(("StartTaskExecution",), _MOVE),
    "codebuild": dict.fromkeys(("StartBuild",), "nothing would be built"),
    "codepipeline": dict.fromkeys(("StartPipelineExecution",), "nothing would be built"),
    "ssm": dict.fromkeys(("SendCommand", "StartAutomationExecution"), "no machine would run it"),
    "ses": dict.fromkeys(("SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail"), _MAIL),
    "sesv2": dict.fromkeys(("SendEmail", "SendBulkEmail"), _MAIL),
    "databrew": dict.fromkeys(("StartJobRun",), _SPARK),
    "mwaa": dict.fromkeys(("CreateEnvironment",), _SERVER),
    "s3": {
        "PutBucketReplication": "no object would be replicated",
        "PutBucketInventoryConfiguration": "no inventory would be written",
        "PutBucketLogging": "no access log would be written",
    },
}
"""botocore's name of the service, operation, and what would not happen."""


def refuse(service: str, operation: str) -> None:
    """Raise NotExecutedError when the table has the operation."""
    reason = NOT_EXECUTED.get(service, {}).get(operation)
    if reason is not None:
        raise NotExecutedError(service, operation, reason)

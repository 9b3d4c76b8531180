"""`EvaluateDataQuality`, as visual jobs and scripts import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.exceptions import NotSupportedError
from awsglue.transforms.transform import GlueTransform
from awsgluedq.dqdl import parse
from awsgluedq.evaluation import Outcome, evaluate, row_outcomes
from awsgluedq.history import MetricHistory

__all__ = ["EvaluateDataQuality"]

_SCHEMA = "Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string,double>, EvaluatedRule string"
_RESULTS = "resultsS3Prefix"


class EvaluateDataQuality(GlueTransform):
    """A ruleset evaluated over a frame: `apply` gives the rules' outcomes, `process_rows` also the rows with theirs."""

    def __call__(self, frame, ruleset, publishing_options={}, additional_data_sources={}):  # noqa: B006 the API's; never changed
        """Frame of `Rule, Outcome, FailureReason, EvaluatedMetrics, EvaluatedRule`, one record for each rule."""
        outcomes = _evaluated(frame, ruleset, publishing_options, additional_data_sources)
        return DynamicFrame(_outcome_frame(frame, outcomes, publishing_options), frame.glue_ctx, "ruleOutcomes")

    def process_rows(self, frame, ruleset, publishing_options={}, additional_options={}, additional_data_sources={}):  # noqa: B006
        """Frames `ruleOutcomes` and `rowLevelOutcomes`: the rows with the rules that each passes, fails and that skip it."""
        del additional_options  # performanceTuning.caching, observations.scope, dataQualityResultsPublishing.strategy: how, not what
        outcomes = _evaluated(frame, ruleset, publishing_options, additional_data_sources)
        rows = row_outcomes(parse(ruleset), frame.toDF(), MetricHistory(""))
        context = frame.glue_ctx
        frames = {
            "ruleOutcomes": DynamicFrame(_outcome_frame(frame, outcomes, publishing_options), context, "ruleOutcomes"),
            "rowLevelOutcomes": DynamicFrame(rows, context, "rowLevelOutcomes"),
        }
        return DynamicFrameCollection(frames, context)


def _evaluated(frame: Any, ruleset: str, publishing: Mapping[str, Any], others: Mapping[str, Any]) -> list[Outcome]:
    if publishing.get("enableDataQualityCloudWatchMetrics") is True and publishing.get("cloudWatchNamespace"):
        raise NotSupportedError("publishing_options cloudWatchNamespace", "Leave it out: metrics are in the frame.")
    data = frame.toDF()
    sources = {name: one.toDF() if isinstance(one, DynamicFrame) else one for name, one in others.items()}
    history = MetricHistory(str(publishing.get("dataQualityEvaluationContext", "")))
    return evaluate(parse(ruleset), data, {**sources, "primary": data}, history)[0]


def _outcome_frame(frame: Any, outcomes: list[Outcome], publishing: Mapping[str, Any]) -> DataFrame:
    rows = [(one.text, "Passed" if one.passed else "Failed", one.reason, one.metrics, one.text) for one in outcomes]
    made: DataFrame = frame.glue_ctx.spark_session.createDataFrame(rows, _SCHEMA)
    if publishing.get(_RESULTS):
        made.write.mode("append").json(str(publishing[_RESULTS]))
    return made

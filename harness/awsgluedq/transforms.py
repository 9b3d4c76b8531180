"""`EvaluateDataQuality`, as visual jobs and scripts import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.exceptions import BadOptionError
from awsglue.transforms.transform import GlueTransform
from awsgluedq.dqdl import parse
from awsgluedq.evaluation import Evaluation, evaluate
from awsgluedq.history import MetricHistory
from awsgluedq.model import Ruleset
from awsgluedq.publishing import outcome_frame, publish
from awsgluedq.rows import RowOptions, row_outcomes

__all__ = ["EvaluateDataQuality"]

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "performanceTuning.caching": ("CACHE_NOTHING", "CACHE_INPUT"),
    "compositeRuleEvaluation.method": ("COLUMN", "ROW"),
    "rowLevelConfiguration.filteredRowLabel": ("PASSED", "SKIPPED"),
    "rowLevelConfiguration.ruleWithLabels": ("DISABLED", "ENABLED"),
    "observations.scope": ("ALL", "HEADLINES", "NONE"),
}
"""Options of `additional_options` and their values, the default first. Observations are the service's: their scope changes nothing."""


class EvaluateDataQuality(GlueTransform):
    """A ruleset evaluated over a frame: `apply` gives the rules' outcomes, `process_rows` also the rows with theirs."""

    def __call__(self, frame, ruleset, publishing_options={}, additional_data_sources={}, additional_options={}):  # noqa: B006 the API's
        """Frame of `Rule, Outcome, FailureReason, EvaluatedMetrics, EvaluatedRule`, and `Labels` where there are any: a record a rule."""
        found = _evaluated(frame, parse(ruleset), publishing_options, additional_data_sources, _checked(additional_options))
        return DynamicFrame(outcome_frame(frame.glue_ctx.spark_session, found), frame.glue_ctx, "ruleOutcomes")

    def process_rows(self, frame, ruleset, publishing_options={}, additional_options={}, additional_data_sources={}):  # noqa: B006
        """Frames `originalData`, `ruleOutcomes` and `rowLevelOutcomes`: the rows with the rules that they pass, fail and skip."""
        options, rules, context = _checked(additional_options), parse(ruleset), frame.glue_ctx
        found = _evaluated(frame, rules, publishing_options, additional_data_sources, options)
        labelling = RowOptions(
            skip_filtered=options["rowLevelConfiguration.filteredRowLabel"] == "SKIPPED",
            with_labels=options["rowLevelConfiguration.ruleWithLabels"] == "ENABLED",
        )
        rows = row_outcomes(rules, frame.toDF(), _frames(additional_data_sources), found.unmeasured, labelling)
        frames = {
            "originalData": frame,
            "ruleOutcomes": DynamicFrame(outcome_frame(context.spark_session, found), context, "ruleOutcomes"),
            "rowLevelOutcomes": DynamicFrame(rows, context, "rowLevelOutcomes"),
        }
        return DynamicFrameCollection(frames, context)


def _checked(given: Mapping[str, Any]) -> dict[str, str]:
    """Options with their defaults; those that this runtime does not know are left to Glue. Raises BadOptionError for a wrong value."""
    found = {name: values[0] for name, values in _OPTIONS.items()}
    for name in found.keys() & dict(given).keys():
        found[name] = str(given[name]).upper()
        if found[name] not in _OPTIONS[name]:
            raise BadOptionError("additional_options", f"{name} {given[name]!r}", _OPTIONS[name])
    return found


def _frames(others: Mapping[str, Any]) -> dict[str, DataFrame]:
    return {name: one.toDF() if isinstance(one, DynamicFrame) else one for name, one in others.items()}


def _evaluated(
    frame: Any, rules: Ruleset, publishing: Mapping[str, Any], others: Mapping[str, Any], options: Mapping[str, str]
) -> Evaluation:
    data = frame.toDF()
    kept = options["performanceTuning.caching"] == "CACHE_INPUT" and data.cache()
    history = MetricHistory(str(publishing.get("dataQualityEvaluationContext", "")))
    try:
        found = evaluate(rules, data, _frames(others), history, by_row=options["compositeRuleEvaluation.method"] == "ROW")
    finally:
        _ = kept and kept.unpersist()
    publish(found, publishing, data.sparkSession)
    return found

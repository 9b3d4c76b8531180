"""The events of one home: matched against moto's rules, and delivered to the rules' targets in the background.

moto keeps buses, rules and targets and matches patterns; functions, state machines, topics and workflows it does not reach. Services
here `emit` what they do (an object that was made, a job run that ended), as AWS's services do on the default bus.
"""

from __future__ import annotations

import json
import logging
import queue
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.eventbridge.targets import Targets
from localaws.moto_app import ACCOUNT_ID
from localaws.schedules import Schedule, Ticker

__all__ = ["Bus", "bus_of", "emit", "reach_all_targets"]

_LOG = logging.getLogger("localaws")
_buses: dict[Path, Bus] = {}


def bus_of(home: Path) -> Bus | None:
    """The bus of a home whose endpoint runs in this process."""
    return _buses.get(home)


def emit(home: Path, source: str, kind: str, detail: Mapping[str, Any], resources: tuple[str, ...] = ()) -> None:
    """Tell the default bus. Without an endpoint in this process nobody listens."""
    bus = _buses.get(home)
    if bus is not None:
        bus.put(source, kind, detail, resources)


def reach_all_targets() -> None:
    """Make moto's rules hand their events to the bus, where those that are disabled fire nothing."""
    from moto.events.models import Rule

    original = Rule.send_to_targets
    if getattr(original, "by_the_bus", False):
        return

    def send(self: Any, original_event: Any, transform_input: bool = True) -> None:
        bus = next(iter(_buses.values()), None)
        if bus is not None and self.state == "ENABLED" and self.event_pattern.matches_event(original_event):
            bus.deliver(self.name, self.targets, original_event)

    send.by_the_bus = True  # type: ignore[attr-defined]
    Rule.send_to_targets = send  # type: ignore[method-assign]


class Bus:
    """Rules and targets of one home, one region."""

    def __init__(self, home: Path, endpoint_url: str, control_plane: Callable[[str], Any], region: str) -> None:
        self.home, self.client, self.region = home, control_plane, region
        self._targets = Targets(endpoint_url, control_plane)
        self._waiting: queue.Queue[tuple[str, Mapping[str, Any], Mapping[str, Any]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="event deliveries", daemon=True)
        self._thread.start()
        self._ticker = Ticker("event schedules", self._schedules, self._scheduled)
        _buses[home] = self

    def close(self) -> None:
        """Ends both threads."""
        _buses.pop(self.home, None)
        self._ticker.close()
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def put(self, source: str, kind: str, detail: Mapping[str, Any], resources: tuple[str, ...] = ()) -> None:
        """An event of a service, on the default bus."""
        event = self._event(source, kind, detail, resources)
        for rule in self._rules():
            if rule.event_pattern.get_pattern():
                rule.send_to_targets(event)

    def deliver(self, rule: str, targets: list[dict[str, Any]], event: Mapping[str, Any]) -> None:
        """To all targets, in the background."""
        for target in targets:
            self._waiting.put((rule, dict(target), dict(event)))

    def _rules(self) -> list[Any]:
        from moto.backends import get_backend

        return list(get_backend("events")[ACCOUNT_ID][self.region].event_buses["default"].rules.values())

    def _schedules(self) -> list[Schedule]:
        return [
            Schedule(rule.name, rule.scheduled_expression)
            for rule in self._rules()
            if rule.scheduled_expression and rule.state == "ENABLED"
        ]

    def _scheduled(self, name: str, _: datetime) -> None:
        rule = next((rule for rule in self._rules() if rule.name == name), None)
        if rule is not None:
            self.deliver(name, rule.targets, self._event("aws.events", "Scheduled Event", {}, (rule.arn,)))

    def _event(self, source: str, kind: str, detail: Mapping[str, Any], resources: tuple[str, ...]) -> dict[str, Any]:
        return {
            "version": "0", "id": str(uuid.uuid4()), "detail-type": kind, "source": source, "account": ACCOUNT_ID,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "region": self.region, "resources": list(resources),
            "detail": dict(detail),
        }  # fmt: skip

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            rule, target, event = item
            try:
                self._targets.reach(target, _input(target, event))
            except Exception:  # noqa: BLE001 - one target's failure must not keep the others from theirs
                _LOG.exception("rule %s: the event did not reach %s", rule, target["Arn"])


def _input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """What a target gets: the event, a part of it, a constant, or a template filled in."""
    event = {**event, "time": _iso(event.get("time"))}
    event.pop("ingestion-time", None)
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        import jsonpath

        found = jsonpath.findall(target["InputPath"], event)
        return json.dumps(found[0] if found else None)
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        return _filled(str(transformer["InputTemplate"]), transformer.get("InputPathsMap", {}), event)
    return json.dumps(event)


def _filled(template: str, paths: Mapping[str, str], event: Mapping[str, Any]) -> str:
    """The template with its variables. Within quotes a variable is text, elsewhere JSON ("Input transformation", User Guide)."""
    import jsonpath

    values = {name: next(iter(jsonpath.findall(path, dict(event))), None) for name, path in paths.items()}
    values["aws.events.event.json"] = event

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        is_quoted = template[: found.start()].replace('\\"', "").count('"') % 2
        kept = values[found[1]]
        if not is_quoted:
            return json.dumps(kept)
        return json.dumps(kept if isinstance(kept, str) else "" if kept is None else json.dumps(kept))[1:-1]

    return re.sub(r"<([\w.-]+)>", value, template)


def _iso(moment: Any) -> str:
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(moment)

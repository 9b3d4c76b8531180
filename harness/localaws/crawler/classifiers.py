"""Custom classifiers: CreateClassifier and its like. moto has none of them; they are kept below the home."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from localaws.crawler.exceptions import AlreadyExistsError
from localaws.glue.exceptions import EntityNotFoundError, InvalidInputError
from localaws.operation import Handler, Request
from localaws.records import Records

__all__ = ["OPERATIONS"]

_KINDS = ("CsvClassifier", "JsonClassifier", "GrokClassifier", "XMLClassifier")


def _store(request: Request) -> Records:
    return Records(request.home / "classifiers")


def _given(request: Request) -> tuple[str, dict[str, Any]]:
    given = [kind for kind in _KINDS if request.parameters.get(kind)]
    if len(given) != 1 or not request.parameters[given[0]].get("Name"):
        raise InvalidInputError(f"Exactly one of {', '.join(_KINDS)} is needed, with a Name.")
    return given[0], request.parameters[given[0]]


def create_classifier(request: Request) -> dict[str, Any]:
    """CreateClassifier."""
    kind, settings = _given(request)
    store, now = _store(request), time.time()
    with store.lock:
        if store.get(settings["Name"]) is not None:
            raise AlreadyExistsError("Classifier", settings["Name"])
        store.put(settings["Name"], {kind: {**settings, "CreationTime": now, "LastUpdated": now, "Version": 1}})
    return {}


def update_classifier(request: Request) -> dict[str, Any]:
    """UpdateClassifier: what is given replaces what was, the kind stays."""
    kind, settings = _given(request)
    store = _store(request)
    with store.lock:
        current = _found(store, settings["Name"])
        if kind not in current:
            raise InvalidInputError(f"Classifier {settings['Name']} is a {next(iter(current))}, not a {kind}.")
        version = current[kind]["Version"] + 1
        store.put(settings["Name"], {kind: {**current[kind], **settings, "LastUpdated": time.time(), "Version": version}})
    return {}


def get_classifier(request: Request) -> dict[str, Any]:
    """GetClassifier."""
    return {"Classifier": _found(_store(request), request.parameters.get("Name", ""))}


def get_classifiers(request: Request) -> dict[str, Any]:
    """GetClassifiers, all of them."""
    return {"Classifiers": _store(request).all()}


def delete_classifier(request: Request) -> dict[str, Any]:
    """DeleteClassifier."""
    name = request.parameters.get("Name", "")
    if not _store(request).delete(name):
        raise EntityNotFoundError(f"Classifier {name} not found")
    return {}


def _found(store: Records, name: str) -> dict[str, Any]:
    document = store.get(name)
    if document is None:
        raise EntityNotFoundError(f"Classifier {name} not found")
    return document


OPERATIONS: Mapping[str, Handler] = {
    "CreateClassifier": create_classifier,
    "DeleteClassifier": delete_classifier,
    "GetClassifier": get_classifier,
    "GetClassifiers": get_classifiers,
    "UpdateClassifier": update_classifier,
}

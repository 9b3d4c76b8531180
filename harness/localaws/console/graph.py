"""A state machine as a drawing: states in layers from the start to the end, with lines between them.

The usual way of layered drawings: lines that lead back are set aside, each state stands below all that lead to it, and a line that passes
layers goes by places of its own there, which lines to the same state share. Branches and iterations are drawings inside their state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

__all__ = ["Box", "Drawing", "Line", "draw"]

_WIDTH, _HEIGHT, _GAP, _LAYER, _HEAD, _MARGIN = 150.0, 40.0, 26.0, 40.0, 26.0, 16.0
_START, _END = "\0start", "\0end"


@dataclass
class Box:
    """A state and where its left upper corner is, in pixels of the drawing it belongs to."""

    name: str
    kind: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    inner: list[tuple[float, Drawing]] = field(default_factory=list)
    """Drawings of branches, each with its left edge inside the box."""


@dataclass(frozen=True)
class Line:
    """An SVG path; `caught` lines lead from a Catch."""

    path: str
    caught: bool


@dataclass(frozen=True)
class Drawing:
    """Boxes and lines, in pixels."""

    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]


def draw(machine: Mapping[str, Any]) -> Drawing:
    """The drawing of a machine with `StartAt` and `States`."""
    states: Mapping[str, Any] = machine["States"]
    boxes = {_START: Box("", "Start", 14, 14), **{name: _box(name, state) for name, state in states.items()}, _END: Box("", "End", 14, 14)}
    edges = {(_START, machine["StartAt"], False), *(edge for name, state in states.items() for edge in _edges(name, state))}
    known = sorted(edge for edge in edges if edge[1] in boxes)
    back = _leading_back(boxes, known)
    layers, ways = _layered(boxes, [edge for edge in known if edge not in back])
    _place(layers, ways, boxes)
    width = max(box.x + box.width for box in boxes.values()) + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN
    lines = [Line(_curve([(boxes[stop].x + boxes[stop].width / 2, boxes[stop]) for stop in way]), caught) for way, caught in ways]
    lines += [Line(_return(boxes[source], boxes[target], width), caught) for source, target, caught in sorted(back)]
    shown = [box for name, box in boxes.items() if not name.startswith("\0via")]
    return Drawing(width + (30 if back else 0), height, shown, lines)


def _box(name: str, state: Mapping[str, Any]) -> Box:
    parts = [*state.get("Branches", []), *(state[key] for key in ("ItemProcessor", "Iterator") if key in state)]
    inner: list[tuple[float, Drawing]] = []
    left = 8.0
    for drawing in map(draw, parts):
        inner.append((left, drawing))
        left += drawing.width + 8
    width = max(_WIDTH, left, len(name) * 7.5 + 24)
    height = _HEIGHT if not inner else _HEAD + max(drawing.height for _, drawing in inner) + 8
    return Box(name, state["Type"], width, height, inner=inner)


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for target in [state.get("Next"), state.get("Default"), *(choice.get("Next") for choice in state.get("Choices", []))]:
        if target:
            yield name, target, False
    for catcher in state.get("Catch", []):
        yield name, catcher["Next"], True
    if state.get("End") or state["Type"] in ("Succeed", "Fail"):
        yield name, _END, False


def _leading_back(boxes: Iterable[str], edges: list[tuple[str, str, bool]]) -> set[tuple[str, str, bool]]:
    """Edges that close a circle, found by going through the machine from its start."""
    following: dict[str, list[tuple[str, str, bool]]] = {name: [] for name in boxes}
    for edge in edges:
        following[edge[0]].append(edge)
    back: set[tuple[str, str, bool]] = set()
    seen: set[str] = set()

    def walk(name: str, above: frozenset[str]) -> None:
        seen.add(name)
        for edge in following[name]:
            if edge[1] in above | {name}:
                back.add(edge)
            elif edge[1] not in seen:
                walk(edge[1], above | {name})

    for name in boxes:
        if name not in seen:
            walk(name, frozenset())
    return back


def _layered(boxes: dict[str, Box], edges: list[tuple[str, str, bool]]) -> tuple[list[list[str]], list[tuple[list[str], bool]]]:
    """Names by layer, and the way of each edge from layer to layer. Places that edges only pass are added to the boxes."""
    depth = dict.fromkeys(boxes, 0)
    for _ in boxes:  # the longest way from the start: without circles it is found after as many rounds as there are states
        for source, target, _caught in edges:
            depth[target] = max(depth[target], depth[source] + 1)
    depth[_END] = max(depth.values())
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in boxes:
        layers[depth[name]].append(name)
    ways = []
    for source, target, caught in edges:
        via = [f"\0via {target} {level} {caught}" for level in range(depth[source] + 1, depth[target])]
        for level, name in enumerate(via, depth[source] + 1):
            if name not in boxes:
                boxes[name] = Box("", "", 10, _HEIGHT)
                layers[level].append(name)
        ways.append(([source, *via, target], caught))
    return layers, ways


def _place(layers: list[list[str]], ways: list[tuple[list[str], bool]], boxes: dict[str, Box]) -> None:
    """Layers from top to bottom; in each, the boxes as near as they can be to below those that lead to them."""
    before: dict[str, list[str]] = {}
    for way, _ in ways:
        for above, below in pairwise(way):
            before.setdefault(below, []).append(above)
    middle: dict[str, float] = {}
    top = _MARGIN
    for layer in layers:
        wanted = {name: sum(middle[b] for b in before[name]) / len(before[name]) if name in before else 0.0 for name in layer}
        layer.sort(key=lambda name: (wanted[name], name.startswith("\0via")))
        edge = float("-inf")
        for name in layer:
            middle[name] = max(wanted[name], edge + _GAP + boxes[name].width / 2)
            edge = middle[name] + boxes[name].width / 2
        drift = sum(middle[name] - wanted[name] for name in layer) / max(len(layer), 1)
        tallest = max((boxes[name].height for name in layer), default=0.0)
        for name in layer:
            middle[name] -= drift
            if name.startswith("\0via"):
                boxes[name].height = tallest  # a line passes the whole layer, beside what is tall in it
            boxes[name].y = top + (tallest - boxes[name].height) / 2
        top += tallest + _LAYER
    left = min(middle[name] - boxes[name].width / 2 for name in boxes) - _MARGIN
    for name, box in boxes.items():
        box.x = middle[name] - box.width / 2 - left


def _curve(stops: list[tuple[float, Box]]) -> str:
    x, first = stops[0]
    y = first.y + first.height
    path = [f"M{x:.0f} {y:.0f}"]
    for place, box in stops[1:]:
        bend = (y + box.y) / 2
        path.append(f"C{x:.0f} {bend:.0f} {place:.0f} {bend:.0f} {place:.0f} {box.y:.0f}")
        x, y = place, box.y
        if box.kind == "":
            y = box.y + box.height
            path.append(f"L{x:.0f} {y:.0f}")
    return " ".join(path)


def _return(source: Box, target: Box, edge: float) -> str:
    start, end = source.y + source.height / 2, target.y + target.height / 2
    bend, begin, stop = edge + 20, source.x + source.width, target.x + target.width
    return f"M{begin:.0f} {start:.0f} C{bend:.0f} {start:.0f} {bend:.0f} {end:.0f} {stop:.0f} {end:.0f}"

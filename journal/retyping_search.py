"""The order in which the types of a document's values are tried.

A step gives other types to some values: to all of a kind in the document, to all at one path, or to
one value. Each step has a cost, the lower the likelier; combinations of steps are tried by their
total cost.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from journal.ion.structure import DECIMAL, INT, LIST, STRING
from journal.retyping_labels import LABELS, Label, date_shape, looks_like_base64

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from journal.retyping_tree import Choice, Node, Tree

_NULL = 0
_STRINGS, _KIND, _SHAPE, _PATH, _ONE = range(5)
"""Ranges of steps; the narrower one decides where two of them give a label to one value."""

_MAX_SINGLE_STEPS = 2_000
"""Maximum of steps for one value, of which long lists would have any number."""

_MAX_STARTS = 64
"""Maximum number of choices in which all values of a kind have the same label."""

_LOOKS_PER_TRY = 4
"""Combinations that may be looked at for each one that is tried; others repeat a choice."""

_COST_OF_DATES, _COST_OF_SHAPE, _COST_OF_BASE64 = 1, 2, 2
_COSTS_OF_KIND: dict[int, dict[Label, int]] = {
    STRING: {Label.SYMBOL: 5, Label.CLOB: 8},
    DECIMAL: {Label.FLOAT: 2, Label.DECIMAL: 6},
    INT: {Label.FLOAT: 3, Label.DECIMAL: 4},
    LIST: {Label.SEXP: 5},
    _NULL: dict.fromkeys(LABELS[_NULL], 5),
}
"""Costs of giving a label to all values of a kind."""

_COST_OF_LIKELY_PATH = 3
_COSTS_OF_PATH: dict[int, dict[Label, int]] = {
    STRING: {Label.TIMESTAMP: 2, Label.BLOB: 8, Label.SYMBOL: 6, Label.CLOB: 10},
    DECIMAL: {Label.FLOAT: 3, Label.DECIMAL: 6},
    INT: {Label.FLOAT: 5, Label.DECIMAL: 5},
    LIST: {Label.SEXP: 7},
    _NULL: dict.fromkeys(LABELS[_NULL], 7),
}
"""Costs of giving a label to all values at one path."""

_COST_OF_LEARNED = 1
_MORE_FOR_ONE = 4
"""What a step costs more if it is about one of several values at a path."""


class Step(NamedTuple):
    """Labels for some values.

    Attributes
    ----------
    cost
        The lower, the likelier.
    reach
        How wide it is; a narrower step has a higher number.
    target
        What it is about: of two steps with one target, only one is taken.
    labels
        The labels by unit.
    """

    cost: int
    reach: int
    target: object
    labels: tuple[tuple[int, Label], ...]


class Plan(NamedTuple):
    """What is tried for a document.

    Attributes
    ----------
    start
        The choice to start with.
    wide
        Steps that are about all values of a kind, by cost.
    narrow
        Steps that are about one path or one value, by cost.
    """

    start: Choice
    wide: list[Step]
    narrow: list[Step]


def choices(plan: Plan, limit: int) -> Iterator[Choice]:
    """Yield choices by increasing cost of the steps that lead to them, each choice once.

    Parameters
    ----------
    plan
        The start and the steps.
    limit
        Maximum number of choices.
    """
    seen: set[bytes] = set()
    for choice in _by_cost(plan, limit):
        key = bytes(choice)
        if key not in seen:
            seen.add(key)
            yield choice
            if len(seen) == limit:
                return


def _by_cost(plan: Plan, limit: int) -> Iterator[Choice]:
    starts = _starts(plan)
    paths: dict[int, _Combinations] = {}
    # A start waits with its own cost, and then with that of its next combination of narrow steps.
    waiting = [(cost, number, False) for number, (cost, _) in enumerate(starts)]
    for _ in range(limit * _LOOKS_PER_TRY):
        if not waiting:
            return
        _, number, is_expanded = heapq.heappop(waiting)
        own_cost, start = starts[number]
        if is_expanded:
            taken = paths[number].take()
            if taken is not None:
                yield _applied(start, taken)
        else:
            yield start
            paths[number] = _Combinations([step for step in plan.narrow if _changes(step, start)])
        cost = paths[number].next_cost
        if cost is not None:
            heapq.heappush(waiting, (own_cost + cost, number, True))


def _starts(plan: Plan) -> list[tuple[int, Choice]]:
    """Return the start, and what wide steps make of it, with their costs and by them."""
    found = {bytes(plan.start): (0, plan.start)}
    combinations = _Combinations(plan.wide)
    for _ in range(_MAX_STARTS * _LOOKS_PER_TRY):
        cost = combinations.next_cost
        if cost is None or len(found) == _MAX_STARTS:
            break
        taken = combinations.take()
        if taken is not None:
            choice = _applied(plan.start, taken)
            found.setdefault(bytes(choice), (cost, choice))
    return list(found.values())


def _applied(start: Choice, taken: list[Step]) -> Choice:
    choice = start.copy()
    for step in sorted(taken, key=_reach) if len(taken) > 1 else taken:
        for unit, label in step.labels:
            choice[unit] = label
    return choice


def _changes(step: Step, choice: Choice) -> bool:
    return any(choice[unit] != label for unit, label in step.labels)


def _reach(step: Step) -> int:
    return step.reach


def _cost(step: Step) -> int:
    return step.cost


class _Combinations:
    """Sets of steps by increasing total cost, of which no two have one target."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._waiting: list[tuple[int, tuple[int, ...]]] = []
        if steps:
            self._waiting.append((steps[0].cost, (0,)))

    @property
    def next_cost(self) -> int | None:
        """The cost of the next set; None if there is none."""
        return self._waiting[0][0] if self._waiting else None

    def take(self) -> list[Step] | None:
        """Return the next set; None if two of its steps have one target."""
        steps = self._steps
        cost, taken = heapq.heappop(self._waiting)
        newest = steps[taken[-1]]
        is_possible = all(steps[each].target != newest.target for each in taken[:-1])
        following = taken[-1] + 1
        if following < len(steps):
            added = steps[following].cost
            heapq.heappush(self._waiting, (cost - newest.cost + added, (*taken[:-1], following)))
            if is_possible:
                heapq.heappush(self._waiting, (cost + added, (*taken, following)))
        return [steps[each] for each in taken] if is_possible else None


def first_plan(tree: Tree) -> Plan:
    """Return what is tried from the types that JSON has, as if nothing were known."""
    narrow = _single_steps(tree.nodes)
    for nodes in _by_path(tree.nodes):
        narrow += _steps_of_path(nodes)
    wide = _steps_of_kinds(tree.nodes)
    return Plan(bytearray(len(tree.nodes)), sorted(wide, key=_cost), sorted(narrow, key=_cost))


def learned_plan(tree: Tree) -> Plan:
    """Return what is tried from the types that fitted before."""
    start = bytearray(len(tree.nodes))
    narrow: list[Step] = []
    for nodes in _by_path(tree.nodes):
        steps = list(_steps_of_path(nodes))
        if _is_known(nodes[0]):
            known = nodes[0].place.learned[nodes[0].kind]
            for node in nodes:
                start[node.unit] = next(filter(node.has, known), Label.AS_IS)
            steps = [
                step._replace(cost=_COST_OF_LEARNED) if step.labels[0][1] in known else step
                for step in steps
            ]
        narrow += steps
    wide = _steps_of_kinds([node for node in tree.nodes if not _is_known(node)])
    return Plan(start, sorted(wide, key=_cost), sorted(narrow, key=_cost))


def is_anything_known(tree: Tree) -> bool:
    """Return whether types fitted before at any path of a document."""
    return any(map(_is_known, tree.nodes))


def _is_known(node: Node) -> bool:
    return node.kind in node.place.learned


def _path(node: Node) -> tuple[int, int]:
    return id(node.place), node.kind


def _by_path(nodes: Iterable[Node]) -> Iterable[list[Node]]:
    """Return the values that can have labels, by their path and kind."""
    found: dict[tuple[int, int], list[Node]] = defaultdict(list)
    for node in nodes:
        if node.kind in LABELS:
            found[_path(node)].append(node)
    return found.values()


def _step(
    cost: int, reach: int, target: object, nodes: Iterable[Node], label: Label
) -> Step | None:
    """Return the step that gives a label to all values that can have it; None if there are none."""
    labels = tuple((node.unit, label) for node in nodes if node.has(label))
    return Step(cost, reach, target, labels) if labels else None


def _steps_of_kinds(nodes: Sequence[Node]) -> Iterator[Step]:
    by_kind: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        by_kind[node.kind].append(node)
    for kind, costs in _COSTS_OF_KIND.items():
        for label, cost in costs.items():
            reach = _STRINGS if kind == STRING else _KIND
            yield from _if_any(_step(cost, reach, kind, by_kind[kind], label))
    texts = by_kind[STRING]
    yield from _if_any(_step(_COST_OF_DATES, _KIND, "dates", texts, Label.TIMESTAMP))
    likely = filter(_is_likely_base64, texts)
    yield from _if_any(_step(_COST_OF_BASE64, _KIND, "base64", likely, Label.BLOB))
    by_shape: dict[str, list[Node]] = defaultdict(list)
    for node in texts:
        if node.has(Label.TIMESTAMP):
            by_shape[date_shape(node.text)].append(node)
    for shape, dates in by_shape.items():
        yield from _if_any(_step(_COST_OF_SHAPE, _SHAPE, shape, dates, Label.TIMESTAMP))


def _if_any(step: Step | None) -> tuple[Step, ...]:
    return () if step is None else (step,)


def _is_likely_base64(node: Node) -> bool:
    return looks_like_base64(node.text)


def _path_costs(nodes: Sequence[Node]) -> dict[Label, int]:
    """Return the costs of the labels that values at a path can have, and of none."""
    kind = nodes[0].kind
    costs = {
        label: cost
        for label, cost in _COSTS_OF_PATH[kind].items()
        if any(node.has(label) for node in nodes)
    }
    if Label.BLOB in costs and any(map(_is_likely_base64, nodes)):
        costs[Label.BLOB] = _COST_OF_LIKELY_PATH
    return costs | {Label.AS_IS: min(costs.values())} if costs else costs


def _steps_of_path(nodes: Sequence[Node]) -> Iterator[Step]:
    for label, cost in _path_costs(nodes).items():
        yield from _if_any(_step(cost, _PATH, _path(nodes[0]), nodes, label))


def _single_steps(nodes: Iterable[Node]) -> list[Step]:
    found: list[Step] = []
    for several in _by_path(nodes):
        if len(several) > 1:
            for label, cost in _path_costs(several).items():
                for node in several[: _MAX_SINGLE_STEPS - len(found)]:
                    found += _if_any(_step(cost + _MORE_FOR_ONE, _ONE, node.unit, [node], label))
    return found

"""Gives a document the types that fitted the others of its table, in one walk.

Nearly all documents of a table have the same types at the same paths, so this is how nearly all are
proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from journal.ion.integers import END_FLAG, var_uint
from journal.ion.structure import LIST, SEXP, STRUCT, bounds
from journal.ion.writing import symbol, value
from journal.retyping_labels import Label, encoded, json_kind, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from journal.ion.structure import Span
    from journal.retyping_tree import Place


class Rule(NamedTuple):
    """The types at a path: labels by the type that JSON has, and the rules inside."""

    labels: Mapping[int, tuple[Label, ...]]
    inner: Rules


Rules: TypeAlias = "Mapping[str | None, Rule]"
"""Rules by the name of a field; None for the elements of a list."""


def rules(place: Place) -> Rules:
    """Return the rules of what was learned, without the places where JSON has the right type."""
    found: dict[str | None, Rule] = {}
    for name, inner in place.inner.items():
        labels = {
            kind: known for kind, known in inner.learned.items() if known[0] is not Label.AS_IS
        }
        rule = Rule(labels, rules(inner))
        if rule.labels or rule.inner:
            found[name] = rule
    return found


def rewritten(document: Span, known: Rules) -> Span:
    """Return a document in the types of the rules; itself if it has them already.

    Raises
    ------
    RecursionError
        If it is nested too deeply.
    """
    data, names, head, start, stop = document
    texts: dict[str, int] = {}
    inside = _inside(document, known, texts)
    if inside == data[start:stop]:
        return document
    content = value(head >> 4, inside)
    return content, names + tuple(texts) if texts else names, *bounds(content, 0, len(content))


def _inside(container: Span, known: Rules, texts: dict[str, int]) -> bytes:
    """Return the content of a struct or a list; `texts` are the new symbols, to be added to."""
    data, names, head, position, end = container
    is_struct = head >> 4 == STRUCT
    rule = known.get(None)
    parts: list[bytes] = []
    copied = position
    while position < end:
        if is_struct:
            number = data[position]
            if number >= END_FLAG:
                number -= END_FLAG
                position += 1
            else:
                number, position = var_uint(data, position)
            rule = known.get(names[number])
        begin = position
        inner, start, position = bounds(data, position, end)
        if rule is not None:
            new = _ruled((data, names, inner, start, position), rule, texts)
            if new is not None:
                parts += (data[copied:begin], new)
                copied = position
    parts.append(data[copied:end])
    return b"".join(parts)


def _ruled(span: Span, rule: Rule, texts: dict[str, int]) -> bytes | None:
    """Return a value in the type of a rule; None to keep it."""
    kind = json_kind(span[2])
    labels = rule.labels.get(kind, ())
    if kind in (STRUCT, LIST):
        if not (labels or rule.inner):
            return None
        return value(SEXP if labels else kind, _inside(span, rule.inner, texts))
    for label in labels:
        if label is Label.SYMBOL:
            return symbol(texts.setdefault(text_of(span), len(span[1]) + len(texts)))
        if label is Label.AS_IS:
            return None
        new = encoded(label, span)
        if new is not None:
            return new
    return None

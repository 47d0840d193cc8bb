"""A document whose values can be tried in several types, and hashed in each combination cheaply.

Ion Hash hashes a struct from the sorted hashes of its fields, so a try only needs new hashes of
what differs, and all of those are kept.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from journal.errors import IonError
from journal.ion.hashing import serialized, struct_of, symbol_of
from journal.ion.integers import var_uint
from journal.ion.structure import (
    LIST,
    STRING,
    STRUCT,
    bounds,
)
from journal.ion.writing import sequence, struct, symbol
from journal.retyping_labels import Label, encoded, json_kind, text_of

if TYPE_CHECKING:
    from journal.ion.structure import Span

Choice: TypeAlias = bytearray
"""The label of each unit of a tree."""


class Place:
    """A path in the documents of a table, and the types that its values were found to have.

    Attributes
    ----------
    inner
        The places of its fields by name; that of the elements of a list has the name None.
    learned
        Labels that fitted, by the type that JSON has.
    """

    __slots__ = ("inner", "learned")

    def __init__(self) -> None:
        self.inner: dict[str | None, Place] = {}
        self.learned: dict[int, tuple[Label, ...]] = {}


class Leaf:
    """A value that is neither a struct nor a list.

    Attributes
    ----------
    unit
        Its position in a choice.
    place, kind
        Its path, and the type that JSON has.
    span
        The value.
    kept
        What its container hashes of it, by label.
    """

    __slots__ = ("_begin", "_name", "_values", "kept", "kind", "place", "span", "unit")

    def __init__(self, unit: int, place: Place, span: Span, begin: int, name: bytes | None) -> None:
        self.unit = unit
        self.place = place
        self.span = span
        self.kind = json_kind(span[2])
        self._begin = begin
        self._name = name
        self.kept: dict[int, bytes] = {}
        self._values: dict[Label, bytes | None] = {}

    @property
    def text(self) -> str:
        """The text of a string."""
        return text_of(self.span)

    def has(self, label: Label) -> bool:
        """Return whether a value of this type is printed like this one."""
        if label is Label.AS_IS or (label is Label.SYMBOL and self.kind == STRING):
            return True
        return self._encoded_as(label) is not None

    def finished(self, choice: Choice) -> bytes:
        """Return what its container hashes of it."""
        label = choice[self.unit]
        return self.kept.get(label) or self._finished_as(Label(label))

    def _finished_as(self, label: Label) -> bytes:
        if label is Label.AS_IS:
            content = serialized(self.span)
        elif label is Label.SYMBOL:
            content = symbol_of(self.text)
        else:
            value = self._encoded_as(label) or b""
            content = serialized((value, (), *bounds(value, 0, len(value))))
        found = self.kept[label] = _finished(self._name, content)
        return found

    def _encoded_as(self, label: Label) -> bytes | None:
        if label not in self._values:
            self._values[label] = encoded(label, self.span)
        return self._values[label]

    def written(self, choice: Choice, texts: dict[str, int]) -> bytes:
        """Return the value in its type as binary Ion; `texts` are the symbols, to be added to."""
        label = Label(choice[self.unit])
        if label is Label.AS_IS:
            return self.span[0][self._begin : self.span[4]]
        if label is Label.SYMBOL:
            return symbol(texts.setdefault(self.text, len(texts) + len(self.span[1])))
        return self._encoded_as(label) or b""


class Container:
    """A struct or a list.

    Attributes
    ----------
    unit, last
        Its own position in a choice (a list can be an S-expression), and that after its contents'.
    place, kind
        Its path, and the type that JSON has.
    """

    __slots__ = (
        *("_codes", "_containers", "_inner", "_kept", "_leaves", "_name"),
        *("kind", "last", "place", "unit"),
    )

    def __init__(self, unit: int, place: Place, kind: int, name: bytes | None) -> None:
        self.unit = unit
        self.last = unit + 1
        self.place = place
        self.kind = kind
        self._name = name
        self._codes: list[bytes] = []
        self._inner: list[Node] = []
        self._leaves: list[Leaf] = []
        self._containers: list[Container] = []
        self._kept: dict[bytes, bytes] = {}

    @property
    def text(self) -> str:
        """Empty: only strings have a text."""
        return ""

    def add(self, node: Node, code: bytes) -> None:
        """Add what is inside; `code` is the symbol of a field's name."""
        self._inner.append(node)
        self._codes.append(code)
        if isinstance(node, Leaf):
            self._leaves.append(node)
        else:
            self._containers.append(node)

    def has(self, label: Label) -> bool:
        """Return whether it can be of this type."""
        return label is Label.AS_IS or (label is Label.SEXP and self.kind == LIST)

    def finished(self, choice: Choice) -> bytes:
        """Return what its container hashes of it."""
        key = bytes(choice[self.unit : self.last])
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = _finished(self._name, self.serialized(choice))
        return found

    def serialized(self, choice: Choice) -> bytes:
        """Return what Ion Hash hashes of it."""
        if self.kind == STRUCT:
            # Most tries are about the fields of a struct, whose order has no meaning.
            parts = [
                leaf.kept.get(choice[leaf.unit]) or leaf.finished(choice) for leaf in self._leaves
            ]
            parts += [container.finished(choice) for container in self._containers]
            return struct_of(parts)
        parts = [node.finished(choice) for node in self._inner]
        start = b"\x0b\xc0" if choice[self.unit] else b"\x0b\xb0"
        return start + b"".join(parts) + b"\x0e"

    def written(self, choice: Choice, texts: dict[str, int]) -> bytes:
        """Return the value in its types as binary Ion; `texts` are the symbols, to be added to."""
        parts = [node.written(choice, texts) for node in self._inner]
        if self.kind == STRUCT:
            return struct(
                b"".join([code + part for code, part in zip(self._codes, parts, strict=True)])
            )
        return sequence(parts, sexp=bool(choice[self.unit]))


Node: TypeAlias = Leaf | Container


class Tree:
    """A document, taken apart.

    Parameters
    ----------
    data
        The document.
    place
        The documents of its table; the paths of this one are added to it.

    Raises
    ------
    IonError
        If it cannot be hashed.
    RecursionError
        If it is nested too deeply.
    """

    def __init__(self, data: Span, place: Place) -> None:
        self._names = data[1]
        self.nodes: list[Node] = []
        """All values, each at the position of its unit."""
        self._added: list[tuple[Place, str | None]] = []
        try:
            self._root = self._node(data, data[3], place, None)
        except (IonError, IndexError, RecursionError):
            self.forget_places()
            raise

    def hash(self, choice: Choice) -> bytes:
        """Return the Ion Hash of the document in these types."""
        return sha256(self._root.finished(choice)).digest()

    def written(self, choice: Choice) -> Span:
        """Return the document in these types."""
        texts: dict[str, int] = {}
        data = self._root.written(choice, texts)
        names = self._names + tuple(texts) if texts else self._names
        return data, names, *bounds(data, 0, len(data))

    @property
    def added_places(self) -> int:
        """Number of paths that no document of the table had before."""
        return len(self._added)

    def forget_places(self) -> None:
        """Remove those paths again."""
        for place, text in reversed(self._added):
            del place.inner[text]

    def _node(self, span: Span, begin: int, place: Place, name: bytes | None) -> Node:
        data, names, head, position, end = span
        kind = head >> 4
        unit = len(self.nodes)
        if kind not in (STRUCT, LIST):
            leaf = Leaf(unit, place, span, begin, name)
            self.nodes.append(leaf)
            return leaf
        node = Container(unit, place, kind, name)
        self.nodes.append(node)
        while position < end:
            start = position
            text, inner_name = None, None
            if kind == STRUCT:
                number, position = var_uint(data, position)
                text = names[number]
                inner_name = symbol_of(text)
            begin = position
            head, first, position = bounds(data, position, end)
            inner = place.inner.get(text)
            if inner is None:
                inner = place.inner[text] = Place()
                self._added.append((place, text))
            node.add(
                self._node((data, names, head, first, position), begin, inner, inner_name),
                data[start:begin],
            )
        node.last = len(self.nodes)
        return node


def _finished(name: bytes | None, content: bytes) -> bytes:
    """Return a field's hash, or what a list hashes of its element."""
    return content if name is None else sha256(name + content).digest()

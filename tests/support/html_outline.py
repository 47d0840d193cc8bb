"""Reads a page as a strict reader would: every element is closed, every id is there once."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

from typing_extensions import override

# HTML standard, 13.1.2, "Void elements".
_VOID = frozenset(("meta", "link", "br", "hr", "img", "input"))


class HtmlOutline(HTMLParser):
    """The elements, texts and ids of a page.

    Attributes
    ----------
    elements
        Tags and attributes, in order.
    texts
        Texts by the tag of their innermost element.
    ids
        Number of elements by id.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.ids: Counter[str] = Counter()
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"<{tag}> has an attribute twice"
        self.elements.append((tag, attributes))
        identifier = attributes.get("id")
        if identifier is not None:
            self.ids[identifier] += 1
        if tag not in _VOID:
            self._open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    @override
    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a class."""
        return [
            attributes
            for _, attributes in self.elements
            if name in (attributes.get("class") or "").split()
        ]

    @property
    def text(self) -> str:
        """All text outside of the style sheet."""
        return "".join(text for tag, text in self.texts if tag != "style")

"""Self-contained HTML pages without scripts, in which every text is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

# The standard library's serializer escapes text and attributes; nothing is parsed here.
from xml.etree.ElementTree import Element, tostring

from ops.exports.page_style import STYLE
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The page loads nothing, even if a text were to get into its markup."""

_BLOCKS = frozenset(
    (
        *("body", "div", "dl", "footer", "h1", "h2", "h3", "header", "li", "link", "main", "meta"),
        *("ol", "p", "pre", "section", "style", "svg", "table", "tbody", "thead", "title"),
        *("tr", "ul"),
    )
)


def element(name: str, /, *children: Element | str, **attributes: str | None) -> Element:
    """Return an element of a page.

    Parameters
    ----------
    name
        Its tag.
    children
        Elements and text. Of text, control and other unprintable characters become escapes, among
        them those that turn the direction of writing.
    attributes
        A closing underscore is removed (``class_``), others become hyphens; None omits one.
    """
    made = Element(
        name,
        {
            key.removesuffix("_").replace("_", "-"): printable(value)
            for key, value in attributes.items()
            if value is not None
        },
    )
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            if child.tag in _BLOCKS:
                child.tail = "\n"
            made.append(child)
            last = child
        elif last is None:
            made.text = (made.text or "") + printable(child)
        else:
            last.tail = (last.tail or "") + printable(child)
    return made


def foreign(text: str) -> Element:
    """Return a name or key from the data, in a typewriter font.

    Letters of right-to-left scripts do not change the order of the text around it.
    """
    return element("bdi", element("code", text))


def section(heading: str, *children: Element | str) -> Element:
    """Return a part of the page under its heading."""
    return element("section", element("h2", heading), *children)


def facts(pairs: Iterable[tuple[str, Element | str]]) -> Element:
    """Return names and values, as a list of definitions."""
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", value)) for name, value in pairs),
    )


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[Element | str | int]]
) -> Element:
    """Return a table, with a header for each column and each row.

    Parameters
    ----------
    caption
        What the table shows, for those who do not see it.
    columns
        Headers.
    rows
        Cells; numbers are aligned on the right. The first one of a row is its header.
    """
    body = [list(row) for row in rows]
    numeric = [bool(body) and isinstance(cell, int) for cell in (body[0] if body else columns)]
    head = element(
        "tr",
        *(
            element("th", name, scope="col", class_="number" if is_number else None)
            for name, is_number in zip(columns, numeric, strict=True)
        ),
    )
    made = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *(_row(row) for row in body)),
    )
    # A table that is too wide for the screen scrolls by itself, with the keyboard too.
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _row(cells: Sequence[Element | str | int]) -> Element:
    header, *others = cells
    return element(
        "tr", element("th", _shown(header), scope="row"), *(_cell(each) for each in others)
    )


def _cell(value: Element | str | int) -> Element:
    return element("td", _shown(value), class_="number" if isinstance(value, int) else None)


def _shown(value: Element | str | int) -> Element | str:
    return f"{value:,}" if isinstance(value, int) else value


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    title
        What the browser's tab shows.
    children
        Its content.
    """

    title: str
    children: Sequence[Element]

    def html(self) -> str:
        """Return the page, the same for the same content."""
        style = element("style")
        # Browsers read the content of this element as it is: never put anything else there.
        style.text = STYLE
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=CONTENT_SECURITY_POLICY),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            # Without an icon of its own, a browser would ask the page's server for one.
            element("link", rel="icon", href="data:,"),
            element("title", self.title),
            style,
        )
        root = element("html", head, element("body", element("main", *self.children)), lang="en")
        return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"

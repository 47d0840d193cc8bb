"""Pages: escaping, structure, colors."""

from __future__ import annotations

import re

import pytest

from ops.exports.html_page import Page, element, facts, foreign, section, table
from ops.exports.page_style import DARK, LIGHT, STYLE
from tests.support.html_outline import HtmlOutline


def page(*children: object) -> str:
    return Page("a title", [element("div", *children)]).html()  # type: ignore[arg-type]


def outline(*children: object) -> HtmlOutline:
    return HtmlOutline(page(*children))


@pytest.mark.parametrize("text", ["<b>", "a & b", "&lt;", "&#60;", "\"'", "]]>", "<!--", "é"])
def test_text_is_shown_as_it_is(text: str) -> None:
    assert ("div", text) in outline(text).texts


@pytest.mark.parametrize("text", ['"', "'", "<", ">", "&", "&quot;", '" onload="x'])
def test_attributes_cannot_be_left(text: str) -> None:
    found = outline(element("p", title=text))

    assert ("p", {"title": text}) in found.elements


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x00", "\\x00"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb", "a\\nb"),
        ("\u202egpj", "\\u202egpj"),
        ("\u200f", "\\u200f"),
        ("\u2066", "\\u2066"),
        ("\udc80", "\\udc80"),
        ("\ufeff", "\\ufeff"),
    ],
)
def test_characters_that_nobody_sees_are_escapes(text: str, shown: str) -> None:
    found = outline(text, element("p", title=text))

    assert ("div", shown) in found.texts
    assert ("p", {"title": shown}) in found.elements


def test_a_page_can_always_be_written_as_utf_8() -> None:
    assert page("\udcff\ud800").encode()


def test_text_between_elements_keeps_its_place() -> None:
    made = element("p", "a", "b", element("b", "c"), "d", "e", element("i"), "f")

    assert page(made).count("<p>ab<b>c</b>de<i></i>f</p>") == 1


def test_attribute_names_are_those_of_html() -> None:
    made = element("p", class_="x", aria_label="y", title=None)

    assert made.attrib == {"class": "x", "aria-label": "y"}


def test_foreign_text_does_not_turn_the_text_around_it() -> None:
    assert "<bdi><code>שלום</code></bdi>" in page(foreign("שלום"))


def test_a_section_begins_with_its_heading() -> None:
    assert "<section><h2>Rules</h2>\n<p>one</p>" in page(section("Rules", element("p", "one")))


def test_facts_are_pairs() -> None:
    assert "<dt>name</dt><dd>value</dd>" in page(facts([("name", "value")]))


def test_a_table_has_headers_of_rows_and_columns() -> None:
    found = outline(table("what", ["name", "number"], [["a", 1000], ["b", 2]]))

    scopes = [attributes.get("scope") for tag, attributes in found.elements if tag == "th"]
    assert scopes == ["col", "col", "row", "row"]
    assert ("caption", "what") in found.texts
    assert ("td", "1,000") in found.texts


def test_numbers_and_their_header_are_on_the_right() -> None:
    found = outline(table("what", ["name", "number"], [["a", 1000]]))

    assert [tag for tag, attributes in found.elements if attributes.get("class") == "number"] == [
        "th",
        "td",
    ]


def test_a_table_without_rows_has_its_headers() -> None:
    found = outline(table("what", ["name", "number"], []))

    assert [text for tag, text in found.texts if tag == "th"] == ["name", "number"]


def test_a_wide_table_can_be_scrolled_with_the_keyboard() -> None:
    (region,) = outline(table("what", ["name"], [])).with_class("scroll")

    assert (region["tabindex"], region["role"], region["aria-label"]) == ("0", "region", "what")


def test_a_page_forbids_everything_but_its_style() -> None:
    found = outline()

    policies = [
        attributes["content"]
        for _, attributes in found.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_a_page_has_language_title_and_encoding() -> None:
    found = outline()

    assert page().startswith("<!DOCTYPE html>\n")
    assert ("html", {"lang": "en"}) in found.elements
    assert ("title", "a title") in found.texts
    assert ("meta", {"charset": "utf-8"}) in found.elements


def test_the_style_ends_where_it_should() -> None:
    assert "</" not in STYLE
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_the_style_uses_only_colors_that_it_has() -> None:
    used = set(re.findall(r"var\(--([a-z-]+)\)", STYLE))

    assert used == set(LIGHT) == set(DARK)


def _luminance(color: str) -> float:
    # WCAG 2.1, definition of relative luminance.
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("ink", "paper"),
        ("ink", "panel"),
        ("quiet", "paper"),
        ("quiet", "panel"),
        *((name, "paper") for name in ("good", "bad", "open")),
        *((name, f"{name}-panel") for name in ("good", "bad", "open")),
        *(("ink", f"{name}-panel") for name in ("good", "bad", "open")),
    ],
)
def test_text_has_enough_contrast(colors: dict[str, str], text: str, behind: str) -> None:
    # WCAG 2.1, 1.4.3.
    assert _contrast(colors[text], colors[behind]) >= 4.5


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_bars_have_enough_contrast(colors: dict[str, str]) -> None:
    # WCAG 2.1, 1.4.11.
    assert _contrast(colors["bar"], colors["paper"]) >= 3

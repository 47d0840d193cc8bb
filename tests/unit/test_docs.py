"""Links, paths, names and defaults in the documentation are correct."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml
from pulumi_aws_standin.quirks import NOT_READ

from handler.contract import (
    BATCHES_PREFIX,
    HISTORY_ATTRIBUTES,
    RECORDS_PREFIX,
    RESERVED_ATTRIBUTES,
    Metric,
    Variable,
)
from handler.replay_contract import RUNS_PREFIX, ReplayVariable
from infra import section
from infra.settings import sections_by_name
from ops.failure_objects import DISCARDED_PREFIX
from tests.support.paths import REPOSITORY as ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
GUIDES = sorted(ROOT.glob("docs/*.md"))
PICTURE = ROOT / "docs" / "picture.dot"

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(
    r"[\w.*-]+(?:/[\w.*-]+)+/?|[\w-]+/|[\w.-]+\.(?:py|md|ya?ml|toml|txt|in|dot|svg|lock)"
)
MADE_LATER = (
    ".venv",
    ".local",
    "Pulumi.local.yaml",
    "ledger/Pulumi.local.yaml",
    "bench/results",
    "../",
)
"""Paths that a fresh clone does not have."""
NOT_OURS = (RECORDS_PREFIX, BATCHES_PREFIX, DISCARDED_PREFIX, RUNS_PREFIX, "alias/", "AWS/")
"""Names of AWS and keys of objects that look like paths."""

SENTENCE_END = re.compile(r"[a-z0-9)`*]\. +[A-Z`]")
RANGE = re.compile(r"-?\d+ to \d+")
TYPE_TABLE_ROW = re.compile(r"blob, clob\W+B\b")


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


def every(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=ids)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(
        r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def rows(name: str) -> dict[str, str]:
    """Return the first table row of a page for each name in backticks at its start."""
    lines = re.findall(r"^\| `.*$", text_of(name), re.MULTILINE)
    return {line.split("`")[1]: line for line in reversed(lines)}


def anchors(page: Path) -> set[str]:
    """Return the fragments that the headings of a page make on GitHub."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def configuration(name: str = "Pulumi.yaml") -> dict[str, dict[str, object]]:
    settings: dict[str, dict[str, object]] = yaml.safe_load(text_of(name))["config"]
    return settings


def labels(source: str) -> list[str]:
    """Return the texts of a picture, line by line."""
    plain = re.findall(r'label="(.*?)"', source)
    rich = re.findall(r"label=<(<.*?>)>", source)
    return [*plain, *(text for label in rich for text in re.findall(r">([^<]+)<", label))]


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 120


@every(PAGES)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target, fragment in LINK.findall(prose(page)):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not fragment or fragment in anchors(linked), f"{target}#{fragment}"


@every(PAGES)
def test_paths_exist(page: Path) -> None:
    paths = [code for code in CODE.findall(prose(page)) if PATH.fullmatch(code)]
    missing = [
        path
        for path in paths
        if not path.startswith((*MADE_LATER, *NOT_OURS)) and not [*ROOT.glob(path.rstrip("/"))]
    ]
    assert not missing


@every(PAGES)
def test_make_targets_exist(page: Path) -> None:
    named = set(re.findall(r"`make ([a-z0-9-]+)[^`]*`", prose(page)))
    existing = set(re.findall(r"^([a-z0-9-]+):", text_of("Makefile"), re.MULTILINE))
    assert named <= existing


@every(PAGES)
def test_each_sentence_has_a_line_of_its_own(page: Path) -> None:
    lines = [line for line in prose(page).splitlines() if not line.startswith("|")]
    assert [line for line in lines if SENTENCE_END.search(line)] == []


@every(GUIDES)
def test_a_guide_starts_with_its_audience(page: Path) -> None:
    heading, empty, reader = page.read_text(encoding="utf-8").splitlines()[:3]
    assert heading.startswith("# ")
    assert not empty
    assert reader.startswith("For ")


@every(GUIDES)
def test_the_readme_leads_to_every_guide(page: Path) -> None:
    assert f"(docs/{page.name})" in text_of("README.md")


@pytest.mark.parametrize("name", configuration())
def test_a_setting_is_documented_with_its_default(name: str) -> None:
    setting = configuration()[name]
    default = setting.get("default", "none, required")
    written = str(default).lower() if isinstance(default, bool) else str(default) or "none"
    assert rows("docs/settings.md")[name].split("|")[2].strip(" `") == written


@pytest.mark.parametrize("name", configuration())
def test_a_setting_is_documented_with_its_range(name: str) -> None:
    for numbers in RANGE.findall(str(configuration()[name]["description"])):
        assert numbers in rows("docs/settings.md")[name]


@pytest.mark.parametrize("settings", sections_by_name().values())
def test_a_section_is_documented_with_its_optional_settings(
    settings: type[section.Section],
) -> None:
    assert set(section.names(settings)) <= set(rows("docs/settings.md"))


@pytest.mark.parametrize("name", configuration("ledger/Pulumi.yaml"))
def test_a_setting_of_the_upstream_stack_is_documented(name: str) -> None:
    assert name in rows("docs/settings.md")


@pytest.mark.parametrize("variable", [*Variable, *ReplayVariable])
def test_a_variable_of_a_function_is_documented(variable: Variable | ReplayVariable) -> None:
    assert variable in rows("docs/settings.md")


@pytest.mark.parametrize("metric", Metric)
def test_a_metric_is_documented(metric: Metric) -> None:
    assert metric in rows("docs/operations.md")


def test_no_metric_is_documented_that_does_not_exist() -> None:
    metrics = text_of("docs/operations.md").partition("## Metrics")[2].partition("AWS's own")
    assert set(re.findall(r"^\| `(\w+)`", metrics[0], re.MULTILINE)) == set(Metric)


@pytest.mark.parametrize("attribute", RESERVED_ATTRIBUTES)
def test_an_attribute_of_items_is_documented(attribute: str) -> None:
    section = "## History" if attribute in HISTORY_ATTRIBUTES else "## Attributes of an item"
    rows = text_of("docs/items.md").partition(f"{section}\n")[2].partition("\n## ")[0]
    assert re.search(rf"^\|.*`{attribute}`.*\|", rows, re.MULTILINE)


@pytest.mark.parametrize("output", re.findall(r'export\("(\w+)"', text_of("__main__.py")))
def test_a_stack_output_is_documented(output: str) -> None:
    assert f"`{output}`" in text_of("docs/operations.md").partition("## Stack outputs")[2]


def test_what_the_local_aws_does_not_carry_out_is_documented() -> None:
    row = re.compile(r"^\| `aws\.([\w.]+)` \| `([\w.]+)` \|", re.MULTILINE)
    rows = row.findall(text_of("docs/local-aws.md"))
    kept = [
        (re.sub(r"/\w+:", ".", token.removeprefix("aws:")), path)
        for token, paths in NOT_READ.items()
        for path in paths
    ]
    assert sorted(rows) == sorted(kept)


def test_the_picture_shows_what_its_source_says() -> None:
    drawn = text_of("docs/picture.svg")
    shown = labels(PICTURE.read_text(encoding="utf-8"))
    assert "failure bucket" in shown
    assert [label for label in shown if f">{label}<" not in drawn] == []


def test_the_picture_names_files_that_exist() -> None:
    monospaced = re.findall(r"monospace\"[^>]*>([^<]+)<", PICTURE.read_text(encoding="utf-8"))
    paths = [path for text in monospaced for path in text.split()]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_table_of_types_exists_once() -> None:
    sources = [
        path
        for folder in ("*", "docs/*", "*/*", "packages/*/*", "packages/*/src/*/*")
        for path in ROOT.glob(folder)
        if path.suffix in {".md", ".py"}
    ]
    holders = {path for path in sources if TYPE_TABLE_ROW.search(path.read_text(encoding="utf-8"))}
    assert [ids(path) for path in holders] == ["docs/items.md"]

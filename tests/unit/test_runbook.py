"""The runbook has a section for every alarm, and the list of alarms and metrics is correct."""

from __future__ import annotations

import re

import pytest

from infra.alarm_rules import ALARMS, AlarmRule, Missing
from infra.alarms import RUNBOOK
from infra.metrics import METRICS
from tests.support.paths import REPOSITORY

PARTS = ("What it means", "How to look", "What to do", "Harmless when")
WITHOUT_DATA = {Missing.IS_BAD: "bad", Missing.IS_GOOD: "good", Missing.IS_UNKNOWN: "unknown"}


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    """Return the sections of the runbook by their headings."""
    found = re.split(r"^## (.+)$", text_of(RUNBOOK), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def part(title: str) -> str:
    """Return a part of the page about operations."""
    return text_of("docs/operations.md").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    assert list(sections()) == [rule.name for rule in ALARMS]


@pytest.mark.parametrize("rule", ALARMS, ids=lambda rule: rule.name)
def test_a_section_says_what_how_and_when_not(rule: AlarmRule) -> None:
    found = re.findall(r"^\*\*(.+?):\*\*\s+[^*\s]", sections()[rule.name], re.MULTILINE)

    assert tuple(found) == PARTS


@pytest.mark.parametrize("rule", ALARMS, ids=lambda rule: rule.name)
def test_the_list_of_alarms_is_that_of_the_program(rule: AlarmRule) -> None:
    [row] = [row for row in rows(part("Alarms")) if f"[`{rule.name}`]" in row[0]]

    assert row[0] == f"[`{rule.name}`](runbook.md#{rule.name})"
    assert row[1].startswith(f"`{rule.metric.name}`: ")
    assert row[1].endswith(
        ", for a minute" if rule.minutes == 1 else f", for {rule.minutes} minutes in succession"
    )
    assert row[2] == WITHOUT_DATA[rule.missing]


def test_no_alarm_is_listed_that_does_not_exist() -> None:
    listed = [row[0] for row in rows(part("Alarms")) if row[0].startswith("[")]

    assert len(listed) == len(ALARMS)


def test_the_list_of_awss_metrics_is_that_of_the_program() -> None:
    names = re.compile(r"`([^`]+)`")
    listed = {
        (names.findall(row[0])[0], name, tuple(names.findall(row[2])))
        for row in rows(part("Metrics"))
        if row[0].startswith("`AWS/")
        for name in names.findall(row[1])
    }

    assert listed == {
        (metric.namespace, metric.name, metric.dimensions)
        for metric in METRICS
        if metric.namespace.startswith("AWS/")
    }


def test_the_number_of_alarms_of_a_stack_is_that_of_the_program() -> None:
    each_table = sum(rule.name.startswith("table-") for rule in ALARMS)
    single = len(ALARMS) - each_table - 1  # one row is of indexes

    # The second kind of alarms on a table is one for each of two operations.
    assert f"a stack with one table has {single + each_table + 1} of them" in part("Alarms")

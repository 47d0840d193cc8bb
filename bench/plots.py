"""Draws results as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_INCHES = (9.0, 4.5)
_DOTS_PER_INCH = 120


def plot_lag(phases: Sequence[tuple[str, Sequence[tuple[float, float]]]], file: Path) -> None:
    """Draw each document's lag over the time of its commit.

    Parameters
    ----------
    phases
        Title, and seconds from the phase's start with the lag in seconds, of each document.
    file
        A PNG picture.
    """
    figure = Figure(figsize=_INCHES, layout="constrained")
    panels = figure.subplots(1, len(phases), squeeze=False)[0]
    for panel, (title, samples) in zip(panels, phases, strict=True):
        panel.plot(*zip(*samples, strict=True), ".", markersize=3)
        panel.set(title=title, xlabel="commit, s after the start", ylabel="lag, s")
        panel.set_ylim(bottom=0)
        panel.grid(alpha=0.3)
    figure.savefig(file, dpi=_DOTS_PER_INCH)


def plot_flatness(figures: Mapping[str, Sequence[Mapping[str, Any]]], file: Path) -> None:
    """Draw the cost of a revision over the number of revisions."""
    figure = Figure(figsize=_INCHES, layout="constrained")
    panel = figure.subplots()
    for contender, rows in figures.items():
        panel.plot(
            [row["revisions"] for row in rows],
            [row["cpu_microseconds_per_revision"] for row in rows],
            "o-",
            label=contender,
        )
    panel.set(
        title="CPU time per revision, updates, stub answering after 4 ms",
        xlabel="revisions",
        ylabel="microseconds",
        xscale="log",
        yscale="log",
    )
    panel.legend()
    panel.grid(alpha=0.3, which="both")
    figure.savefig(file, dpi=_DOTS_PER_INCH)


def plot_throughput(comparisons: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Draw the ratios of speed and cost to the baseline for each workload."""
    figure = Figure(figsize=_INCHES, layout="constrained")
    panel = figure.subplots()
    titles = [f"{found['title']} ({found['server']})" for found in comparisons]
    places = range(len(titles))
    panel.barh([y - 0.2 for y in places], [c["speedup"] for c in comparisons], 0.4, label="speed")
    panel.barh([y + 0.2 for y in places], [c["saving"] for c in comparisons], 0.4, label="cost")
    panel.set_yticks(list(places), titles)
    panel.invert_yaxis()
    panel.set(title="This handler against one UpdateItem per revision", xlabel="times better")
    panel.legend()
    panel.grid(alpha=0.3, axis="x")
    figure.savefig(file, dpi=_DOTS_PER_INCH)


def plot_exports(exports: Mapping[str, Any], file: Path) -> None:
    """Draw the revisions per second of each command by format, on one core and on all."""
    figure = Figure(figsize=_INCHES, layout="constrained")
    panel = figure.subplots()
    runs = exports["runs"]
    places = range(len(runs))
    panel.set_yticks(list(places), [_run_title(run) for run in runs])
    panel.barh(places, [run["revisions_per_second"] for run in runs])
    panel.axvline(1e6 / exports["hashing"]["java_microseconds"], color="black", linestyle="--")
    panel.invert_yaxis()
    panel.set(
        title="Journal exports (dashed: the hashes of ion-hash-java alone, one core)",
        xlabel="revisions/s",
    )
    panel.grid(alpha=0.3, axis="x")
    figure.savefig(file, dpi=_DOTS_PER_INCH)


def _run_title(run: Mapping[str, Any]) -> str:
    processes = "1 process" if run["processes"] == 1 else f"{run['processes']} processes"
    return f"{run['command']}, {run['form']}, {run['megabytes']:,.0f} MB, {processes}"

"""Prints results as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from bench.targets import TARGETS, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from bench.targets import Results

_STYLES = {Mark.REACHED: "green", Mark.MISSED: "red", Mark.UNKNOWN: "dim"}


def print_report(console: Console, results: Results) -> None:
    """Print all results, the targets last."""
    if "profile" in results:
        for workload, found in results["profile"].items():
            console.print(profile_table(workload, found))
    if "throughput" in results:
        for server in dict.fromkeys(found["server"] for found in results["throughput"]):
            rows = [found for found in results["throughput"] if found["server"] == server]
            console.print(speed_table(server, rows))
            if rows[0]["handler"]["stub_busy"] is not None:
                console.print(usage_table(server, rows))
    for part, table_of in (
        ("flat", flat_table),
        ("cold", cold_table),
        ("lag", lag_table),
        ("exports", exports_table),
        ("replay", replay_table),
    ):
        if part in results:
            console.print(table_of(results[part]))
    if "profile" not in results:
        console.print(targets_table(results))


def speed_table(server: str, comparisons: Sequence[Mapping[str, Any]]) -> Table:
    """Return the table of throughput and cost of both contenders, with their ratios."""
    table = _table(
        f"{server}: throughput and CPU time, one UpdateItem per revision | ours",
        "workload|rev/s|ours|ratio|us/rev|ours|ratio",
    )
    for found in comparisons:
        baseline, ours = found["baseline"], found["handler"]
        table.add_row(
            found["title"],
            f"{baseline['revisions_per_second']:,.0f}",
            f"{ours['revisions_per_second']:,.0f}",
            f"[bold]{found['speedup']:.1f}x[/]",
            f"{baseline['cpu_microseconds_per_revision']:,.0f}",
            f"{ours['cpu_microseconds_per_revision']:,.0f}",
            f"[bold]1/{found['saving']:.1f}[/]",
        )
    return table


def usage_table(server: str, comparisons: Sequence[Mapping[str, Any]]) -> Table:
    """Return the table of requests, memory and the stub's load."""
    table = _table(
        f"{server}: requests per revision, peak memory, how busy the stub was",
        "workload|requests|ours|ratio|MB|ours|ratio|stub",
    )
    for found in comparisons:
        baseline, ours = found["baseline"], found["handler"]
        table.add_row(
            found["title"],
            f"{baseline['requests_per_revision']:.2f}",
            f"{ours['requests_per_revision']:.4f}",
            f"1/{baseline['requests_per_revision'] / ours['requests_per_revision']:.1f}",
            f"{baseline['peak_megabytes']:.0f}",
            f"{ours['peak_megabytes']:.0f}",
            f"{ours['peak_megabytes'] / baseline['peak_megabytes']:.2f}x",
            f"{ours['stub_busy']:.0%}",
        )
    return table


def flat_table(figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    """Return the table of the cost of a revision by the number of revisions."""
    table = _table(
        "Cost per revision, by the number of revisions (updates, stub)",
        "contender|revisions|revisions/s|CPU us/revision|peak MB",
    )
    for contender, rows in figures.items():
        for row in rows:
            table.add_row(
                contender,
                f"{row['revisions']:,}",
                f"{row['revisions_per_second']:,.0f}",
                f"{row['cpu_microseconds_per_revision']:.1f}",
                f"{row['peak_megabytes']:.0f}",
            )
    return table


def cold_table(cold: Mapping[str, Any]) -> Table:
    """Return the table of cold start and package size."""
    table = _table(
        f"Cold start of the built package ({cold['package_bytes'] / 2**20:.2f} MB stored, "
        f"{cold['deflated_bytes'] / 2**20:.2f} MB deflated)",
        "package|import|CPU|first batch|again",
    )
    for title, name in (
        ("as deployed: no bytecode", "as_deployed"),
        ("with bytecode", "with_bytecode"),
    ):
        start = cold[name]
        keys = ("imported", "imported_cpu", "first_batch", "next_batch")
        table.add_row(title, *(f"{start[key]:.0f} ms" for key in keys))
    return table


def lag_table(lag: Mapping[str, Any]) -> Table:
    """Return the table of the lag on the local AWS."""
    table = _table(
        "Lag from ledger commit (after a pause: from its end) to item, local AWS",
        "phase|revisions|committed/s|median|99th percentile|longest",
    )
    for phase in (lag["steady"], lag["after_pause"]):
        table.add_row(
            phase["name"],
            f"{phase['revisions']:,}",
            f"{phase['revisions_per_second']:.0f}",
            f"{phase['median']:.2f} s",
            f"{phase['p99']:.2f} s",
            f"{phase['longest']:.2f} s",
        )
    return table


def exports_table(exports: Mapping[str, Any]) -> Table:
    """Return the table of the commands for journal exports."""
    hashing = exports["hashing"]
    table = _table(
        f"Journal exports (the two hashes of a revision alone: {hashing['python_microseconds']:.1f}"
        f" us CPU,\nby ion-hash-java {hashing['java_microseconds']:.1f} us)",
        "command|format|cores|MB|MB/s|rev/s|us CPU/rev|peak MB",
    )
    for run in exports["runs"]:
        table.add_row(
            run["command"],
            run["form"],
            f"{run['processes']}",
            f"{run['megabytes']:,.1f}",
            f"{run['megabytes_per_second']:.1f}",
            f"{run['revisions_per_second']:,.0f}",
            f"{run['cpu_microseconds_per_revision']:.1f}",
            f"{run['peak_megabytes']:.0f}",
        )
    return table


def replay_table(replay: Mapping[str, Any]) -> Table:
    """Return the table of the commands that load exports."""
    table = _table(
        f"Loading exports of flat documents, {replay['bytes_per_document']:,.0f} bytes of Ion "
        f"binary each\n({replay['processes']} processes, stub; writes per document)",
        "command|documents|versions|docs/s|us CPU|writes|peak MB|index MB|stub",
    )
    for run in replay["runs"]:
        writes, index = run["writes_per_document"], run["index_megabytes"]
        table.add_row(
            run["command"],
            f"{run['documents']:,}",
            f"{run['revisions'] // run['documents']}",
            f"{run['documents_per_second']:,.0f}",
            f"{run['cpu_microseconds_per_document']:.0f}",
            "" if writes is None else f"{writes:.3f}",
            f"{run['peak_megabytes']:.0f}",
            "" if index is None else f"{index:.1f}",
            f"{run['stub_busy']:.0%}",
        )
    return table


def profile_table(workload: str, found: Mapping[str, Any]) -> Table:
    """Return the table of the handler's CPU time by part."""
    table = _table(
        f"CPU time of the handler per revision, {workload} "
        f"({found['total']:.1f} us; lower bound {sum(found['lower_bound'].values()):.1f} us)",
        "part|us|share",
    )
    for part, cost in found["parts"].items():
        table.add_row(part, f"{cost:.1f}", f"{cost / found['total']:.0%}")
    table.add_section()
    for step, cost in found["lower_bound"].items():
        table.add_row(f"lower bound: {step}", f"{cost:.1f}", f"{cost / found['total']:.0%}")
    return table


def targets_table(results: Results) -> Table:
    """Return the table that compares the run with each target."""
    table = _table("Targets", "|at least|aim|measured|least|aim")
    for target in TARGETS:
        figure = target.measured(results)
        marks = [target.mark(figure, bound) for bound in (target.at_least, target.aim)]
        bounds = [f"{bound:g}" for bound in (target.at_least, target.aim)]
        table.add_row(
            target.title,
            *(_bound(target.unit, bound) for bound in bounds),
            "" if figure is None else f"[bold]{target.unit.format(figure)}[/]",
            *(f"[{_STYLES[mark]}]{mark.value}[/]" for mark in marks),
        )
    return table


def _bound(unit: str, bound: str) -> str:
    before, _, rest = unit.partition("{")
    return before + bound + rest.partition("}")[2]


def _table(title: str, columns: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for number, column in enumerate(columns.split("|")):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=True)
    return table

"""What comes out: the tables in Markdown, for the screen and for the docs alike."""

from collections.abc import Iterator, Sequence
from statistics import median

from benchmark.figures import Entry, Measurement, Results, spread

Row = Sequence[str]


def tables(results: Results, workloads: Sequence[str]) -> Iterator[str]:
    """All tables, database by database."""
    for database in ("sqlite", "postgres"):
        entries = [entry for entry in results.visits if entry.database == database]
        if entries:
            yield from database_tables(results, database, entries, workloads)
    if results.skipped:
        yield "## Skipped"
        yield "\n".join(f"- {line}" for line in results.skipped)


def database_tables(
    results: Results, database: str, entries: Sequence[Entry], workloads: Sequence[str]
) -> Iterator[str]:
    """What the servers on one database cost."""
    title = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[database]
    head = ["server", *workloads]
    yield f"## {title}: CPU microseconds per request"
    yield table(head, [[entry.server, *cpu_cells(results, entry, workloads)] for entry in entries])
    if any(entry.server == "bare" for entry in entries):
        yield f"## {title}: times the CPU of `bare`"
        yield table(head, [[entry.server, *ratios(results, entry, workloads)] for entry in entries])
    yield f"## {title}: requests, latency, errors"
    head = ["server", "workload", "requests/s", "p50 ms", "p99 ms", "errors"]
    yield table(head, [row for entry in entries for row in rate_rows(results, entry, workloads)])
    yield f"## {title}: memory and start"
    head = ["server", "peak RSS MB", "PSS MB", "start s"]
    yield table(head, [visit_row(results, entry) for entry in entries])


def cpu_cells(results: Results, entry: Entry, workloads: Sequence[str]) -> Iterator[str]:
    """Median and spread of the CPU per request."""
    for workload in workloads:
        values = [one.cpu for one in results.measured.get((entry, workload), [])]
        around = f" ± {spread(values) * 50:.0f}%" if len(values) > 1 else ""
        yield f"{median(values):.0f}{around}" if values else "-"


def ratios(results: Results, entry: Entry, workloads: Sequence[str]) -> Iterator[str]:
    """The CPU per request beside the bare server's."""
    for workload in workloads:
        ratio = results.ratio(entry, workload)
        yield "-" if ratio is None else f"{ratio:.2f}"


def rate_rows(results: Results, entry: Entry, workloads: Sequence[str]) -> Iterator[Row]:
    """One row for each workload of a server."""
    for workload in workloads:
        measured = results.measured.get((entry, workload), [])
        if measured:
            yield [entry.server, workload, *rate_cells(measured)]


def rate_cells(measured: Sequence[Measurement]) -> Row:
    """Throughput, latency and what went wrong."""
    rate = median(one.rate for one in measured)
    times = [median(one.p50 for one in measured), median(one.p99 for one in measured)]
    wrong = sorted({kind for one in measured for kind in one.wrong})
    errors = str(sum(one.errors for one in measured)) + (f" ({', '.join(wrong)})" if wrong else "")
    return [f"{rate:.0f}", *(f"{time:.1f}" for time in times), errors]


def visit_row(results: Results, entry: Entry) -> Row:
    """Medians of a server's memory and of its start."""
    visits = results.visits[entry]
    memory = [median(one.peak_rss for one in visits), median(one.pss for one in visits)]
    start = median(one.start for one in visits)
    return [entry.server, *(f"{megabytes:.0f}" for megabytes in memory), f"{start:.2f}"]


def table(head: Row, rows: Sequence[Row]) -> str:
    """A Markdown table with columns of even width."""
    ruler = ["---", *("---:" for _ in head[1:])]
    lines = [head, ruler, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(table_line(line, widths) for line in lines)


def table_line(cells: Row, widths: Sequence[int]) -> str:
    """One line of a table; the figures stand right."""
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "| " + " | ".join(padded) + " |"

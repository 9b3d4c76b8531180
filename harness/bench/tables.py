"""The benchmark's results as Markdown: for the terminal, and for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Line, Measurement

__all__ = ["machine", "markdown", "write_page"]

BEGIN, END = "<!-- begin of what `{}` writes -->", "<!-- end of what `{}` writes -->"
_GIB = 1 << 30


def machine() -> str:
    """Processor, cores that may be used, memory, and how busy it was."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB
    cores = f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
    return f"{model}, {cores}, {memory:.0f} GiB; load average {os.getloadavg()[0]:.1f} when it began"


def markdown(found: Sequence[Measurement], where: str, command: str) -> str:
    """One table per pass."""
    parts = [f"Command: `{command}`\n\nMachine: {where}\n"]
    for made in found:
        days = f"{made.days_per_batch} day{'s' * (made.days_per_batch > 1)} per later batch"
        settings = ", ".join(f"{name} {value}" for name, value in made.settings.items())
        parts.append(f"### Scale {made.scale:g}, {days}\n\nSettings: {settings}. Peak memory: {made.peak_bytes / _GIB:.1f} GiB.\n")
        parts.append(_table(made.lines))
        if made.limits:
            parts.append(f"Limits on the same rows, in the same run:\n\n{_table(made.limits)}")
    return "\n".join(parts)


def write_page(page: Path, text: str, command: str = "./etl bench") -> None:
    """Replace what stands between the page's two marks of a command. Raises ValueError when they are not there."""
    first, last = BEGIN.format(command), END.format(command)
    before, begin, rest = page.read_text("utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(f"{page} lacks the lines\n{first}\n{last}\nbetween which the tables go. Put them back.")
    page.write_text(f"{before}{first}\n\n{text}\n{last}{after}", "utf-8")


def _table(lines: Sequence[Line]) -> str:
    head = "| stage | seconds | rows | rows/s | CPU seconds | peak GiB |\n|---|---:|---:|---:|---:|---:|\n"
    return head + "".join(f"| {' | '.join(_cells(line))} |\n" for line in lines)


def _cells(line: Line) -> tuple[str, ...]:
    rate = f"{line.rows / line.seconds:,.0f}" if line.rows and line.seconds > 0 else ""
    usage = (f"{line.usage.cpu_seconds:.0f}", f"{line.usage.peak_bytes / _GIB:.1f}") if line.usage else ("", "")
    return (line.stage.strip(), f"{line.seconds:.2f}", f"{line.rows:,}" if line.rows else "", rate, *usage)

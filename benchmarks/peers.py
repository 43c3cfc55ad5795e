"""Times of other tools for the same work, each in an environment of its own that is made here.

Part of ``speed.py --peers``. A tool that cannot be installed is left out, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURED = Path(__file__).resolve().parent / "measured"
CASES = 1_000
CONCURRENCIES = (1, 8, 32)
_INSTALLING, _RUNNING = 600, 600  # seconds


@dataclass(frozen=True)
class Peer:
    """A tool that does something like it.

    Attributes:
        name: The name to install it by.
        plugin: The name of its plugin for pytest, or ``None`` where it has none: it is imported instead.
        concurrencies: The numbers of concurrent calls to measure.
    """

    name: str
    plugin: str | None = None
    concurrencies: tuple[int, ...] = CONCURRENCIES

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")


PEERS = (Peer("deepeval", "deepeval"), Peer("pydantic-evals"), Peer("gemtest", "metamorphic", (1,)))


@dataclass
class Found:
    """Measurements of one tool in milliseconds, microseconds, seconds; or the reason that it has none."""

    name: str
    start: float | None = None
    case: float | None = None
    waiting: dict[int, float] = field(default_factory=dict)
    skipped: str = ""


def peers(folder: Path, starts: int = 5) -> list[Found]:
    """Measure each peer that can be installed."""
    return [_measure(peer, folder, starts) for peer in PEERS]


def show_peers(found: list[Found]) -> None:
    """The table; the first row is ours."""
    print(f"\nbeside others: start-up, {CASES:,} cases that take no time, 200 that take 50 ms")
    waited = "".join(f"{f's at {concurrency}':>10}" for concurrency in CONCURRENCIES)
    print(f"{'':26}{'start ms':>10}{'µs CPU a case':>15}{waited}")
    for each in found:
        if each.skipped:
            print(f"{each.name:26}  left out: {each.skipped}")
            continue
        cells = [_cell(each.start, 10, 0), _cell(each.case, 15, 0)]
        cells += [_cell(each.waiting.get(concurrency), 10, 2) for concurrency in CONCURRENCIES]
        print(f"{each.name:26}{''.join(cells)}")


def _cell(value: float | None, width: int, digits: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:{width},.{digits}f}"


def _measure(peer: Peer, folder: Path, starts: int) -> Found:
    try:
        python = _environment(peer, folder / peer.name)
        version = _output_of(
            python, "-c", f"from importlib.metadata import version as v; print(v({peer.name!r}))"
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        message = (getattr(error, "stderr", "") or str(error)).strip()
        return Found(peer.name, skipped=message.splitlines()[-1] if message else str(error))
    script = MEASURED / f"peer_{peer.module}.py"
    found = Found(f"{peer.name} {version.strip()}", start=_start(peer, python, starts))
    if used := _tried(python, script, CASES, 0, peer.concurrencies[-1]):
        found.case = used["cpu"] / CASES * 1e6
    for concurrency in peer.concurrencies:
        if used := _tried(python, script, 200, 0.05, concurrency):
            found.waiting[concurrency] = used["wall"]
    return found


def _tried(python: Path, script: Path, *arguments: object) -> Mapping[str, float]:
    """The times of a run; none if it broke or took too long."""
    try:
        return _run(python, script, *arguments)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{script.name} {' '.join(map(str, arguments))}: {error}", file=sys.stderr)
        return {}


def _environment(peer: Peer, place: Path) -> Path:
    """The interpreter of an environment with the peer, which is made if missing."""
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        install = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            peer.name,
            "pytest",
        ]
        try:
            subprocess.run(install, check=True, capture_output=True, text=True, timeout=_INSTALLING)
        except BaseException:
            python.unlink()  # or the next run would take it for complete
            raise
    return python


def _start(peer: Peer, python: Path, starts: int) -> float:
    """Milliseconds of CPU that it adds to the start of pytest, or that its import takes."""
    if peer.plugin is None:
        timed = "import time, {0}; print(time.process_time())"
        with_it, without = (
            [float(_output_of(python, "-c", timed.format(module))) for _ in range(starts)]
            for module in (peer.module, "sys")
        )
    else:
        with_it, without = (
            [_run(python, MEASURED / "idle.py", how, peer.plugin)["cpu"] for _ in range(starts)]
            for how in ("with", "without")
        )
    return (median(with_it) - median(without)) * 1e3


def _run(python: Path, script: Path, *arguments: object) -> Mapping[str, float]:
    [row] = json.loads(_output_of(python, script, *map(str, arguments)).splitlines()[-1])
    return row


def _output_of(*command: object) -> str:
    done = subprocess.run(
        [*map(str, command)], check=True, capture_output=True, text=True, timeout=_RUNNING, cwd=MEASURED
    )
    return done.stdout

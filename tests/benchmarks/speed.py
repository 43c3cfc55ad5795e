"""What the framework itself costs: ``MODELCHECK_DATA=... python tests/benchmarks/speed.py``.

One command, one run, one table, in which everything is also a ratio:

- the CheckList sentiment suite (``tests/acceptance/checklist``) inside pytest, with VADER's recorded answers
  as the model, so that what is left is the framework's own time: microseconds for each of its 178,578
  predictions, beside a plain loop over the same cases with the same asserts;
- one golden test over 1,000 to 1,000,000 cases of a JSON Lines file, its time and memory a case, beside
  ``pytest.mark.parametrize``;
- 200 cases of a model that takes 50 ms, beside the ideal of its concurrency, and twenty checks of eight of
  them with and without asking ahead;
- how many calls are saved: by asking nothing twice, by the cache, and by stopping early;
- the start-up of ``pytest`` on one empty test, with the plugin idle and without it;
- with ``--peers``, start-up, 1,000 cases and the 200 slow ones beside other tools, each in an environment of
  its own that is made for it (``peers.py``).

Times are medians over runs that take turns. CPU time is the measure on a machine that does other things too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from statistics import median

import pytest
from peers import Found, peers, show_peers

import pytest_modelcheck

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent / "acceptance" / "checklist"
SUITE_RUN, LOOP, IDLE, GOLDEN, WAITING, AHEAD, SAVINGS = (
    HERE / "measured" / f"{name}.py"
    for name in (
        "suite_run",
        "plain_loop",
        "idle",
        "golden_run",
        "waiting_run",
        "ahead_run",
        "savings_run",
    )
)

PREDICTIONS = 178_578
AIM = {"microseconds": 7.0, "milliseconds": 20.0, "modules": 20, "waiting": 1.15}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PARAMETRIZED = 10_000
CONCURRENCIES = (1, 8, 32)


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of the suite (default: 5)")
    parser.add_argument("--starts", type=int, default=15, help="starts of pytest (default: 15)")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="cases of a golden test (default: all)")
    parser.add_argument("--peers", action="store_true", help="measure other tools, too, which are installed")
    parser.add_argument("--peers-in", type=Path, help="where their environments are made and kept")
    options = parser.parse_args()
    print(f"python {sys.version.split()[0]}, pytest {pytest.__version__}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        if options.rounds:
            show_suite(suite(Path(folder), options.rounds))
        if options.most:
            show_scale(scale(Path(folder), [size for size in SIZES if size <= options.most]))
            show_waiting(waiting(Path(folder)))
            show_ahead(ahead(Path(folder)))
            show_savings(savings(Path(folder)))
        if options.starts:
            show_idle(idle(Path(folder), options.starts))
        if options.peers:
            ours = beside_peers(Path(folder), options.starts or 5)
            show_peers([ours, *peers(options.peers_in or Path(folder))])


def measured(script: Path, *arguments: object, **environment: str) -> list[dict[str, float]]:
    """Run a script in a process of its own, and read what it says in its last line."""
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)],
        env={**os.environ, **environment},
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{script.name} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


# -- the suite -----------------------------------------------------------------------------------


def suite(folder: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Times of the whole suite, in seconds, by kind of run."""
    if "MODELCHECK_DATA" not in os.environ:
        sys.exit("MODELCHECK_DATA does not name the folder that holds the suite")
    found = defaultdict(list)
    for number in range(rounds):
        cache = folder / f"cache-{number}"
        found["plain loop"] += measured(LOOP, PROJECT)
        cold, again = measured(SUITE_RUN, PROJECT, cache, 2)
        found["cold: empty cache"].append(cold)
        found["warm: again in the same process"].append(again)
        found["warm: in a new process"] += measured(SUITE_RUN, PROJECT, cache, 1)
        shutil.rmtree(cache)
    return found


def show_suite(found: dict[str, list[dict[str, float]]]) -> None:
    print(f"\nCheckList sentiment suite, {PREDICTIONS:,} predictions; aim: {AIM['microseconds']:.0f} µs")
    print(f"{'µs a prediction':34}{'CPU':>8}{'best':>8}{'wall':>8}{'x loop':>8}")
    loop = median(run["cpu"] for run in found["plain loop"])
    for name, runs in found.items():
        cpu, wall = (median(run[clock] for run in runs) for clock in ("cpu", "wall"))
        best = min(run["cpu"] for run in runs)
        row = "".join(f"{seconds / PREDICTIONS * 1e6:8.2f}" for seconds in (cpu, best, wall))
        print(f"{name:34}{row}{cpu / loop:8.1f}")


# -- size ----------------------------------------------------------------------------------------


def scale(folder: Path, sizes: list[int]) -> dict[tuple[str, int], dict[str, float]]:
    """What a golden test takes, cold and warm, by its number of cases."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for size in sizes:
        place = folder / f"golden-{size}"
        for kind in ("golden, cold", "golden, warm"):
            [found[kind, size]] = measured(GOLDEN, place, size)
        if size <= PARAMETRIZED:
            [found["parametrize", size]] = measured(GOLDEN, place, size, "--parametrize")
        shutil.rmtree(place)
    return found


def show_scale(found: dict[tuple[str, int], dict[str, float]]) -> None:
    print(f"\n{'one test':16}{'cases':>11}{'µs CPU a case':>16}{'memory MB':>12}{'x parametrize':>16}")
    for (kind, size), used in found.items():
        beside = found.get(("parametrize", min(size, PARAMETRIZED)))
        ratio = (
            ""
            if beside is None
            else f"{used['cpu'] / size / (beside['cpu'] / min(size, PARAMETRIZED)):16.3f}"
        )
        print(f"{kind:16}{size:11,}{used['cpu'] / size * 1e6:16.1f}{used['memory']:12.0f}{ratio}")


# -- waiting -------------------------------------------------------------------------------------


def waiting(folder: Path) -> dict[int, dict[str, float]]:
    """How long 200 calls of 50 ms take, by how many may be under way at once."""
    found = {}
    for concurrency in CONCURRENCIES:
        place = folder / f"waiting-{concurrency}"
        place.mkdir()
        [found[concurrency]] = measured(WAITING, place, concurrency)
    return found


def show_waiting(found: dict[int, dict[str, float]]) -> None:
    print(f"\n200 cases at 50 ms; aim at concurrency 32: {AIM['waiting']} of the ideal")
    print(f"{'concurrency':16}{'ideal':>9}{'first':>9}{'x ideal':>9}{'later':>9}{'x ideal':>9}")
    for concurrency, used in found.items():
        ideal = -(-200 // concurrency) * 0.05
        cells = "".join(f"{used[which]:9.2f}{used[which] / ideal:9.2f}" for which in ("wall", "again"))
        print(f"{concurrency:<16}{ideal:9.2f}{cells}")


# -- asking ahead --------------------------------------------------------------------------------


def ahead(folder: Path) -> dict[str, float]:
    """How long twenty checks of eight cases take that each take 50 ms, 32 at a time."""
    found = {}
    for name, options in (("asked ahead", ()), ("one after another", ("--modelcheck-no-lookahead",))):
        place = folder / name.replace(" ", "-")
        place.mkdir()
        found[name] = measured(AHEAD, place, *options)[0]["wall"]
    return found


def show_ahead(found: dict[str, float]) -> None:
    print("\n20 checks of 8 cases at 50 ms, concurrency 32; ideal 0.25 s")
    for name, seconds in found.items():
        print(f"{name:32}{seconds:9.2f}{seconds / 0.25:9.2f}")


# -- calls ---------------------------------------------------------------------------------------


def savings(folder: Path) -> dict[str, dict[str, float]]:
    """How often bodies ask, and how often the model is called, by what saves calls."""
    place = folder / "savings"
    place.mkdir()
    early = ("--modelcheck-early-stop", "--modelcheck-cache=off")
    runs = {"nothing asked twice": (), "and the cache": (), "and stopping early, no cache": early}
    return {name: measured(SAVINGS, place, *options)[0] for name, options in runs.items()}


def show_savings(found: dict[str, dict[str, float]]) -> None:
    print("\ncalls of three checks of 500 tickets, 50 of them twice")
    print(f"{'':32}{'asked':>9}{'called':>9}{'saved':>9}")
    most = max(run["asked"] for run in found.values())
    for name, run in found.items():
        print(f"{name:32}{run['asked']:9,}{run['called']:9,}{1 - run['called'] / most:9.0%}")


# -- others --------------------------------------------------------------------------------------


def beside_peers(folder: Path, starts: int) -> Found:
    """The row that is ours."""
    found = idle(folder, starts)
    with_it, without = (median(run["cpu"] for run in found["written", plugin]) for plugin in (True, False))
    [used] = measured(GOLDEN, folder / "beside", 1_000)
    ours = Found("pytest-modelcheck", (with_it - without) * 1e3, used["cpu"] / 1_000 * 1e6)
    for concurrency in CONCURRENCIES:
        place = folder / f"beside-{concurrency}"
        place.mkdir()
        ours.waiting[concurrency] = measured(WAITING, place, concurrency)[0]["wall"]
    return ours


# -- start-up ------------------------------------------------------------------------------------


def idle(folder: Path, starts: int) -> dict[tuple[str, bool], list[dict[str, float]]]:
    """What starting pytest on one empty test takes, by whether byte-code and the plugin are there."""
    found = defaultdict(list)
    for _ in range(starts):
        for byte_code in ("written", "not written"):
            for plugin in (True, False):
                place = as_installed(folder / byte_code.replace(" ", "-"))
                environment = {"PYTHONPATH": str(place)}
                if byte_code == "not written":
                    environment["PYTHONDONTWRITEBYTECODE"] = "1"
                found[byte_code, plugin] += measured(IDLE, "with" if plugin else "without", **environment)
    return found


def as_installed(place: Path) -> Path:
    """The package as a wheel would put it: pytest has its own way with the modules of installed plugins."""
    if place.exists():
        return place
    source = Path(pytest_modelcheck.__file__).parent
    shutil.copytree(source, place / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", place], check=True)
    about = place / f"pytest_modelcheck-{pytest_modelcheck.__version__}.dist-info"
    about.mkdir()
    version = f"Metadata-Version: 2.1\nName: pytest-modelcheck\nVersion: {pytest_modelcheck.__version__}\n"
    (about / "METADATA").write_text(version, encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[pytest11]\nmodelcheck = pytest_modelcheck.plugin\n", encoding="utf-8"
    )
    files = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    (about / "RECORD").write_text("".join(f"{file},,\n" for file in files), encoding="utf-8")
    return place


def show_idle(found: dict[tuple[str, bool], list[dict[str, float]]]) -> None:
    print(
        f"\nstart of pytest on one empty test; aim: {AIM['milliseconds']:.0f} ms CPU and "
        f"{AIM['modules']} modules more than without the plugin"
    )
    print(f"{'byte-code':16}{'':16}{'CPU ms':>9}{'wall ms':>9}{'modules':>9}")
    for byte_code in ("written", "not written"):
        with_it, without = (
            {
                clock: median(run[clock] for run in found[byte_code, plugin])
                for clock in ("cpu", "wall", "modules")
            }
            for plugin in (True, False)
        )
        more = {clock: with_it[clock] - without[clock] for clock in with_it}
        for name, row in (("without", without), ("with", with_it), ("more", more)):
            times = f"{row['cpu'] * 1e3:9.1f}{row['wall'] * 1e3:9.1f}{row['modules']:9.0f}"
            print(f"{byte_code:16}{name:16}{times}")


if __name__ == "__main__":
    main()

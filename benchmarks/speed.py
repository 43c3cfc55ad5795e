"""The cost of the framework itself: ``MODELCHECK_DATA=... python benchmarks/speed.py``.

One command, one run, one table, in which everything is also a ratio, beside its aim:

- the CheckList sentiment suite (``tests/acceptance/checklist``) inside pytest, with VADER's recorded answers
  as the model, so that the rest is the framework's own time: microseconds for each of its 178,578
  predictions, with the durable cache, beside a plain loop over the same cases with the same asserts;
- typed answers to pairs and to mappings, beside a plain loop and beside the suite;
- 1,000 checks of 100 cases, the whole run of pytest;
- one golden test over 1,000 to 1,000,000 cases of a JSON Lines file, its time and memory a case, beside
  ``pytest.mark.parametrize``; and one that fails, up to 100,000 cases;
- 200 cases of a model that takes 50 ms, beside the ideal of its concurrency, in the first run of a test and
  once the calls of its body are known; and twenty checks of eight of them;
- the number of calls saved by making none twice, by the cache, and by stopping early;
- the start-up of ``pytest`` on one empty test, with the plugin idle and without it;
- with ``--peers``, start-up, 1,000 cases and the 200 slow ones beside other tools, each in an environment of
  its own that is made for it (``peers.py``).

Times are medians over runs that take turns. CPU time is the measure on a machine that does other things too.
To measure another copy of the package, name its folder in ``PYTHONPATH``.
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
PROJECT = HERE.parent / "tests" / "acceptance" / "checklist"
MEASURED = HERE / "measured"

PREDICTIONS = 178_578
TYPED = 20_000
CHECKS = 1_000
AIMS = {
    "warm": 6.0,
    "cold": 12.0,
    "typed": 1.3,
    "a million": 1.3,
    "megabytes": 200,
    "milliseconds": 10.0,
    "modules": 8,
    "first": 1.20,
    "known": 1.10,
}
"""Aims of issues: times the plain loop, the suite, ten thousand cases, the ideal."""

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PARAMETRIZED = 10_000
FAILING = 100_000
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
    print(f"measured: {Path(pytest_modelcheck.__file__).parent}")
    with tempfile.TemporaryDirectory() as folder:
        if options.rounds:
            found = suite(Path(folder), options.rounds)
            show_suite(found)
            show_typed(typed(Path(folder), options.rounds), found)
        if options.most:
            show_many(many(Path(folder)))
            show_scale(scale(Path(folder), [size for size in SIZES if size <= options.most]))
            show_waiting(waiting(Path(folder)))
            show_savings(savings(Path(folder)))
        if options.starts:
            show_idle(idle(Path(folder), options.starts))
        if options.peers:
            ours = beside_peers(Path(folder), options.starts or 5)
            show_peers([ours, *peers(options.peers_in or Path(folder))])


def measured(script: str, *arguments: object, **environment: str) -> list[dict[str, float]]:
    """Run a script in a process of its own, and read its last line."""
    done = subprocess.run(
        [sys.executable, MEASURED / f"{script}.py", *map(str, arguments)],
        env={**os.environ, **environment},
        cwd=MEASURED,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{script}.py failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def aim(value: float, most: float) -> str:
    """The most that a value should be, marked if it is more."""
    return f"{most:9g}{' ' if value <= most else '!'}"


# -- the suite -----------------------------------------------------------------------------------


def suite(folder: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Times of the whole suite, in seconds, by kind of run."""
    if "MODELCHECK_DATA" not in os.environ:
        sys.exit("MODELCHECK_DATA does not name the folder that holds the suite")
    found = defaultdict(list)
    for number in range(rounds):
        cache = folder / f"cache-{number}"
        found["loop"] += measured("plain_loop", PROJECT)
        found["cold"] += measured("suite_run", PROJECT, cache)
        found["warm"] += measured("suite_run", PROJECT, cache)
        shutil.rmtree(cache)
    return found


def cpu_of(runs: list[dict[str, float]], name: str = "cpu") -> float:
    return median(run[name] for run in runs)


def show_suite(found: dict[str, list[dict[str, float]]]) -> None:
    print(f"\nCheckList sentiment suite, {PREDICTIONS:,} predictions, durable cache")
    print(f"{'µs a prediction':34}{'CPU':>8}{'best':>8}{'wall':>8}{'x loop':>8}{'aim':>9}")
    loop = cpu_of(found["loop"])
    for name, runs in found.items():
        best = min(run["cpu"] for run in runs)
        times = (cpu_of(runs), best, cpu_of(runs, "wall"))
        row = "".join(f"{seconds / PREDICTIONS * 1e6:8.2f}" for seconds in times)
        wanted = aim(times[0] / loop, AIMS[name]) if name in AIMS else ""
        print(f"{name:34}{row}{times[0] / loop:8.1f}{wanted}")


# -- typed answers -------------------------------------------------------------------------------


def typed(folder: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Times of typed answers to pairs and to mappings, in seconds, by kind of run."""
    found = defaultdict(list)
    for number in range(rounds):
        place = folder / f"typed-{number}"
        for kind in ("cold", "warm"):
            found[kind] += measured("typed_run", place, TYPED)
        shutil.rmtree(place)
    return found


def show_typed(found: dict[str, list[dict[str, float]]], suite: dict[str, list[dict[str, float]]]) -> None:
    print(f"\ntyped answers, {TYPED:,} predictions each; x suite: µs a prediction beside the suite's")
    print(f"{'µs a prediction':34}{'CPU':>8}{'loop':>8}{'x loop':>8}{'x suite':>8}{'aim':>9}")
    for kind, runs in found.items():
        of_suite = cpu_of(suite[kind]) / PREDICTIONS
        for name in ("pairs", "mappings"):
            each, loop = cpu_of(runs, name) / TYPED, cpu_of(runs, f"loop {name}") / TYPED
            ratio = each / of_suite
            row = f"{each * 1e6:8.2f}{loop * 1e6:8.2f}{each / loop:8.1f}{ratio:8.2f}"
            print(f"{f'{name}, {kind}':34}{row}{aim(ratio, AIMS['typed'])}")


# -- many checks ---------------------------------------------------------------------------------


def many(folder: Path) -> dict[str, dict[str, float]]:
    """The time of many checks of a hundred cases, in seconds."""
    place = folder / "many"
    return {kind: measured("many_run", place, CHECKS)[0] for kind in ("cold", "warm")}


def show_many(found: dict[str, dict[str, float]]) -> None:
    print(f"\n{CHECKS:,} checks of 100 cases")
    print(f"{'':34}{'CPU s':>8}{'wall s':>8}{'ms each':>9}")
    for kind, used in found.items():
        print(f"{kind:34}{used['cpu']:8.1f}{used['wall']:8.1f}{used['cpu'] / CHECKS * 1e3:9.2f}")


# -- size ----------------------------------------------------------------------------------------


def scale(folder: Path, sizes: list[int]) -> dict[tuple[str, int], dict[str, float]]:
    """The time of a golden test, cold and warm, by its number of cases."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for size in sizes:
        place = folder / f"golden-{size}"
        for kind in ("golden, cold", "golden, warm"):
            [found[kind, size]] = measured("golden_run", place, size)
        if size <= FAILING:
            [found["golden, fails", size]] = measured("golden_run", place, size, "--failing")
        if size <= PARAMETRIZED:
            [found["parametrize", size]] = measured("golden_run", place, size, "--parametrize")
        shutil.rmtree(place)
    return found


def show_scale(found: dict[tuple[str, int], dict[str, float]]) -> None:
    print(
        f"\n{'one test':14}{'cases':>11}{'µs CPU a case':>15}{'x 10,000':>10}{'aim':>9}{'MB':>7}{'aim':>9}"
        f"{'x parametrize':>15}"
    )
    for (kind, size), used in found.items():
        each = used["cpu"] / size
        few = found.get((kind, PARAMETRIZED))
        ratio = each / (few["cpu"] / PARAMETRIZED) if few is not None and size > PARAMETRIZED else None
        wanted = f"{ratio:10.2f}{aim(ratio, AIMS['a million'])}" if ratio is not None else f"{'':20}"
        memory = f"{used['memory']:6.0f}"
        memory += aim(used["memory"], AIMS["megabytes"]) if size == SIZES[-1] else f"{'':10}"
        beside = found.get(("parametrize", min(size, PARAMETRIZED)))
        share = "" if beside is None else f"{each / (beside['cpu'] / min(size, PARAMETRIZED)):14.3f}"
        print(f"{kind:14}{size:11,}{each * 1e6:15.1f}{wanted}{memory}{share}")


# -- waiting -------------------------------------------------------------------------------------


def waiting(folder: Path) -> dict[str, float]:
    """The time of 200 calls of 50 ms beside the ideal, and of twenty checks of eight of them."""
    found = {}
    for kind, concurrency in (*(("threads", number) for number in CONCURRENCIES), ("async", 32)):
        ideal, place = -(-200 // concurrency) * 0.05, folder / f"{kind}-{concurrency}"
        for name, version in (("first", "1"), ("known", "2")):
            [used] = measured("waiting_run", place, concurrency, version, kind)
            found[f"200 cases, {kind}, concurrency {concurrency}, {name}"] = used["wall"] / ideal
    found["20 checks of 8 cases, concurrency 32"] = measured("small_run", folder / "small")[0]["wall"] / 0.25
    return found


def show_waiting(found: dict[str, float]) -> None:
    print(f"\n{'cases at 50 ms':44}{'x ideal':>8}{'aim':>9}")
    for name, ratio in found.items():
        kind = name.rpartition(" ")[2]
        print(f"{name:44}{ratio:8.2f}{aim(ratio, AIMS[kind]) if kind in AIMS and ' 32,' in name else ''}")


# -- calls ---------------------------------------------------------------------------------------


def savings(folder: Path) -> dict[str, dict[str, float]]:
    """The numbers of requested and of actual calls, by the means of saving calls."""
    place = folder / "savings"
    place.mkdir()
    early = ("--modelcheck-early-stop", "--modelcheck-cache=off")
    runs = {"no call made twice": (), "and the cache": (), "and stopping early, no cache": early}
    return {name: measured("savings_run", place, *options)[0] for name, options in runs.items()}


def show_savings(found: dict[str, dict[str, float]]) -> None:
    print("\ncalls of three checks of 500 tickets, 50 of them twice")
    print(f"{'':32}{'requested':>10}{'called':>9}{'saved':>9}")
    most = max(run["requested"] for run in found.values())
    for name, run in found.items():
        print(f"{name:32}{run['requested']:10,}{run['called']:9,}{1 - run['called'] / most:9.0%}")


# -- others --------------------------------------------------------------------------------------


def beside_peers(folder: Path, starts: int) -> Found:
    """Our row."""
    found = idle(folder, starts)
    with_it, without = (median(run["cpu"] for run in found["written", plugin]) for plugin in (True, False))
    [used] = measured("golden_run", folder / "beside", 1_000)
    ours = Found("pytest-modelcheck", (with_it - without) * 1e3, used["cpu"] / 1_000 * 1e6)
    for concurrency in CONCURRENCIES:
        place = folder / f"beside-{concurrency}"
        ours.waiting[concurrency] = measured("waiting_run", place, concurrency, "1", "threads")[0]["wall"]
    return ours


# -- start-up ------------------------------------------------------------------------------------


def idle(folder: Path, starts: int) -> dict[tuple[str, bool], list[dict[str, float]]]:
    """The time to start pytest on one empty test, with and without byte-code and the plugin."""
    found = defaultdict(list)
    for _ in range(starts):
        for byte_code in ("written", "not written"):
            for plugin in (True, False):
                place = as_installed(folder / byte_code.replace(" ", "-"))
                environment = {"PYTHONPATH": str(place)}
                if byte_code == "not written":
                    environment["PYTHONDONTWRITEBYTECODE"] = "1"
                found[byte_code, plugin] += measured("idle", "with" if plugin else "without", **environment)
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
        f"\nstart of pytest on one empty test; aim: {AIMS['milliseconds']:.0f} ms CPU and "
        f"{AIMS['modules']} modules more than without the plugin"
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

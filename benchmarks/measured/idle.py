"""Start pytest on one empty test: ``python idle.py with|without [PLUGIN]``, and print the time."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points
from pathlib import Path
from time import perf_counter


def main(how: str, plugin: str = "modelcheck") -> None:
    others = {each.name for each in entry_points(group="pytest11")} - {plugin}
    blocked = [f"-pno:{name}" for name in sorted(others | ({plugin} if how == "without" else set()))]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
        Path(folder, "conftest.py").write_text(
            "import sys\ndef pytest_unconfigure(): sys.__stderr__.write(str(len(sys.modules)))\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider", *blocked, folder]
        before, start = children_cpu(), perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
        wall, cpu = perf_counter() - start, children_cpu() - before
    print(json.dumps([{"wall": wall, "cpu": cpu, "modules": int(done.stderr)}]))


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])

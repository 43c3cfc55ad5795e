"""The suite inside pytest: ``python suite_run.py PROJECT CACHE``.

Says how long its checks took, from the call of each test on. Left out are files read by fixtures, as
for the plain loop, and the clean-up of pytest at its end.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from watched import Watch, run


def main(project: Path, cache: Path) -> dict[str, float]:
    watch = Watch()
    folders = [f"--override-ini=modelcheck_{name}_dir={cache}" for name in ("cache", "baseline")]
    run(project, "--model-version=recorded", *folders, watch=watch)
    return {"wall": watch.wall, "cpu": watch.cpu}


if __name__ == "__main__":
    print(json.dumps([main(*map(Path, sys.argv[1:]))]))

"""Take the picture of the HTML report that the docs show: of a real run of the example, in Chromium.

    python docs/pictures/report.py

Needs Chromium on the path, and the project installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = Path(__file__).parent
SIZE = "1280,800"
PAGES = {
    "report": "",
    "report-check": "#test_triage.py%3A%3Atest_known_tickets",
}


def main():
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("no Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "support_tickets"
        shutil.copytree(
            ROOT / "examples/support_tickets", project, ignore=shutil.ignore_patterns(".*", "__pycache__")
        )
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        for version in ("2.0", "2.1"):
            subprocess.run(
                [*pytest, f"--model-version={version}", "--modelcheck-report=report.html"],
                cwd=project,
                check=False,
                env={**os.environ, "GIT_CEILING_DIRECTORIES": folder},
                stdout=subprocess.DEVNULL,
            )
        address = (project / "report.html").as_uri()
        for name, fragment in PAGES.items():
            picture = PICTURES / f"{name}.png"
            options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            subprocess.run(
                [
                    browser,
                    *options,
                    f"--user-data-dir={folder}/{name}",
                    "--virtual-time-budget=3000",
                    f"--window-size={SIZE}",
                    f"--screenshot={picture}",
                    address + fragment,
                ],
                check=True,
                stderr=subprocess.DEVNULL,
            )
            print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()

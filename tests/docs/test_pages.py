"""Examples on every page of the documentation, README and those of the examples work as shown."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATTERNS = (
    "docs/**/*.md",
    "README.md",
    *(f"examples/support_{name}/README.md" for name in ("tickets", "assistant", "agent")),
)
PAGES = sorted(path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in ROOT.glob(pattern))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(run_page, page):
    if "support_agent" in page:
        pytest.importorskip("openai")
    run_page(page)

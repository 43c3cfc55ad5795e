"""README does what it says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_does_what_it_says(tell):
    tell("README.md")


def test_the_example_does_what_its_readme_says(tell):
    tell("examples/support_tickets/README.md")


def test_the_other_example_does_what_its_readme_says(tell):
    tell("examples/support_assistant/README.md")


def test_what_readme_does_not_run_is_run_by_ci():
    commands = re.findall(r"^\$ (python3 -m venv .*)$", README, re.MULTILINE)
    assert len(commands) == 3
    assert README.count("<!-- not run:") == 3
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [script.count(f"readme_command {number} ") for number in (1, 2, 3)] == [1, 1, 1]


def test_the_workflow_in_readme_runs_pytest_and_keeps_the_cache():
    import yaml

    text = re.search(r"```yaml\n(name: tests\n.*?)```", README, re.DOTALL)[1]
    steps = yaml.safe_load(text)["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step][-1] == "pytest"
    (cache,) = [step["with"] for step in steps if step.get("uses", "").startswith("actions/cache@")]
    assert cache["path"] == ".modelcheck_cache"
    assert cache["key"].startswith(cache["restore-keys"])


def test_every_page_that_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)", README)
    assert len(links) > 5
    assert [link for link in links if "://" not in link and not (ROOT / link).is_file()] == []


def test_contributing_names_the_commands_that_ci_runs():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("ruff check .", "mypy", "lint-imports", "sphinx-build -W", "--group dev"):
        assert command in contributing
        assert command in script

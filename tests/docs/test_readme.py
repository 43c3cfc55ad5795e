"""README, the pages beside it and the scripts of CI agree."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands_in(path):
    return re.findall(r"^\$ (python3 -m venv .*)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_commands_of_the_readme_that_are_not_run_here_are_run_by_ci():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert len(commands_in(ROOT / "README.md")) == 2
    assert README.count("<!-- not run:") == 2
    assert [script.count(f"page_command README.md {number} ") for number in (1, 2)] == [1, 1]


def test_ci_runs_the_command_of_every_example():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "for page in examples/*/README.md" in script
    examples = sorted(path.parent.name for path in ROOT.glob("examples/*/README.md"))
    commands = {name: commands_in(ROOT / "examples" / name / "README.md") for name in examples}
    assert commands.pop("support_tickets") == []  # README's own first command
    for name, found in commands.items():
        assert len(found) == 1
        assert f"pytest examples/{name} " in found[0]


def workflows_in(path):
    import yaml

    text = (ROOT / path).read_text(encoding="utf-8")
    found = re.findall(r"```yaml\n(name: .*?)```", text, re.DOTALL)
    return {one["name"]: one for one in map(yaml.safe_load, found)}


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/ci.md"])
def test_the_workflow_keeps_the_answers_of_a_red_job_too(page):
    """``actions/cache`` saves in a step after the job, and only if the job succeeded."""
    steps = workflows_in(page)["tests"]["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step][-1] == "pytest"
    assert not any(step.get("uses", "").startswith("actions/cache@") for step in steps)
    (restore,) = [step for step in steps if step.get("uses", "").startswith("actions/cache/restore@")]
    (save,) = [step for step in steps if step.get("uses", "").startswith("actions/cache/save@")]
    assert save["if"] == "always()"
    assert restore["with"] == save["with"] | {"restore-keys": "modelcheck-"}
    assert save["with"]["path"] == ".modelcheck_cache/predictions"
    assert save["with"]["key"].startswith("modelcheck-")


def test_all_workflows_use_the_same_versions_of_actions():
    pages = ["README.md", *sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md"))]
    used = {
        name
        for page in pages
        for name in re.findall(r"uses: (actions/\S+)", (ROOT / page).read_text("utf-8"))
    }
    versions = {}
    for name in used:
        action, _, version = name.partition("@")
        versions.setdefault(action.split("/")[1], set()).add(version)
    assert {"checkout", "setup-python", "cache", "upload-artifact"} <= set(versions)
    assert [action for action, found in versions.items() if len(found) > 1] == []


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

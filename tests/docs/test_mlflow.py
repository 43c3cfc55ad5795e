"""The example of the hook in the docs, with a stand-in for MLflow."""

import re
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "reports.md"


def test_the_example_logs_every_rate(project, monkeypatch):
    logged, tags = {}, {}
    stand_in = ModuleType("mlflow")
    stand_in.set_experiment = lambda name: None
    stand_in.log_metric = logged.__setitem__
    stand_in.set_tags = tags.update

    @contextmanager
    def start_run(run_name):
        assert run_name.startswith("20")
        yield

    stand_in.start_run = start_run
    monkeypatch.setitem(sys.modules, "mlflow", stand_in)
    hook = re.search(
        r"^def pytest_modelcheck_report.*?(?=^```)", PAGE.read_text(encoding="utf-8"), re.M | re.S
    )
    with (project.path / "conftest.py").open("a") as file:
        file.write("\n" + hook[0])
    project.golden('"tickets.yaml"', "assert triage(case.input) == case.expected")
    result = project.run("--model-version=2.1")
    result.assert_outcomes(failed=1)
    assert logged == {"test_it.passed": 0.0, "test_it.rate": 0.8}
    assert tags == {"triage": "2.1"}

"""Pitfall: scipy.stats takes a second to import. Nothing heavy is imported before it is needed."""

import json
import pkgutil
import subprocess
import sys

import pytest

import pytest_modelcheck.stats

MODULES = sorted(found.name for found in pkgutil.iter_modules(pytest_modelcheck.stats.__path__))
HEAVY = ("numpy", "scipy", "scipy.special", "scipy.stats", "scipy.optimize", "sklearn", "pandas")


def heavy_after(code):
    """Run code in a new interpreter and return which of the heavy modules it imported."""
    report = (
        f"{code}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_modules_that_every_check_may_import_are_light():
    light = ("early", "judging", "means", "metrics", "nights", "paired", "rates")
    assert heavy_after("\n".join(f"import pytest_modelcheck.stats.{name}" for name in light)) == set()


def test_no_module_imports_scipy_by_itself():
    assert "rates" in MODULES
    assert heavy_after("\n".join(f"import pytest_modelcheck.stats.{name}" for name in MODULES)) == {"numpy"}


@pytest.mark.parametrize(
    ("call", "imported"),
    [
        ("paired import mcnemar_exact as f; f(7, 2)", set()),
        ("early import Curtailment as f; f([(0, 1)] * 5, 0.1)", set()),
        ("early import watch_mean as f; f(0.9, 0.1, 0.01, 0.1).feed([1, 0, 0])", set()),
        ("means import gaffke_bounds as f; f([0.5, 1], 0.99)", {"numpy"}),
        ("permutation import sign_flip_test as f; f([1, 0, 1], 0.01)", {"numpy"}),
        ("exchange import exchange_p_value as f; f([[1, 1]], [[1, 0]])", {"numpy"}),
        ("rates import clopper_pearson as f; f(3, 4, 0.99)", set()),
        ("paired import drop_p_value as f; f(9, 2, 50, 0.02)", {"numpy", "scipy", "scipy.special"}),
    ],
)
def test_a_call_imports_only_what_it_uses(call, imported):
    assert heavy_after(f"from pytest_modelcheck.stats.{call}") == imported

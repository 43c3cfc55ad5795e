"""Your model is a dependency. Test it like one.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck import cases, errors, perturb
    from pytest_modelcheck.models.calling import per_worker
    from pytest_modelcheck.models.identity import files
    from pytest_modelcheck.models.usage import Answer
    from pytest_modelcheck.plugin.fixtures import judge_fixture, model_fixture
    from pytest_modelcheck.plugin.interface import InconclusiveWarning, LintWarning, ModelcheckWarning
    from pytest_modelcheck.records import Case, Verdict
    from pytest_modelcheck.trajectories.calls import in_order, unordered
    from pytest_modelcheck.trajectories.trajectory import Trajectory, talk

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Case",
    "InconclusiveWarning",
    "LintWarning",
    "ModelcheckWarning",
    "Trajectory",
    "Verdict",
    "cases",
    "errors",
    "files",
    "in_order",
    "judge_fixture",
    "model_fixture",
    "per_worker",
    "perturb",
    "talk",
    "unordered",
]

# Where each public name lives. Imported at first use: every pytest run of every project that has this
# plugin installed imports this package.
_HOMES = {
    "Answer": "models.usage",
    "Case": "records",
    "InconclusiveWarning": "plugin.interface",
    "LintWarning": "plugin.interface",
    "ModelcheckWarning": "plugin.interface",
    "Trajectory": "trajectories.trajectory",
    "Verdict": "records",
    "cases": "",
    "errors": "",
    "files": "models.identity",
    "in_order": "trajectories.calls",
    "judge_fixture": "plugin.fixtures",
    "model_fixture": "plugin.fixtures",
    "per_worker": "models.calling",
    "perturb": "",
    "talk": "trajectories.trajectory",
    "unordered": "trajectories.calls",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not home:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _Finder:
    """Finds the modules of this package before pytest does.

    Pytest would rewrite the assertions of every module of an installed plugin. It has byte-code of its own
    for that, and where it cannot write any (PYTHONDONTWRITEBYTECODE, a read-only folder), it compiles all
    modules in each run.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Find a module of this package as Python does; leave all others to pytest."""
        return PathFinder.find_spec(name, path, target) if name.startswith("pytest_modelcheck.") else None


if "pytest" in sys.modules:
    sys.meta_path.insert(0, _Finder)

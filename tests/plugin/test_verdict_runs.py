"""The fast half of ``benchmarks/verdict_runs.py``, with fixed seeds: what a user sees of whole runs.

A promise that takes more than two checks to be seen is measured there.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "benchmarks" / "verdict_runs.py"


def loaded():
    spec = importlib.util.spec_from_file_location("benchmark_of_verdict_runs", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


BENCHMARK = loaded()


@pytest.mark.parametrize("scene", BENCHMARK.SCENES, ids=lambda scene: scene.name)
def test_a_scene_keeps_what_is_promised_of_it(project, scene):
    found = BENCHMARK.verdicts(scene, project.path, 2, lambda arguments: project.run(*arguments))
    seen = BENCHMARK.told(scene, found)
    assert BENCHMARK.kept(scene, seen), (seen, [verdict["findings"] for verdict in found])

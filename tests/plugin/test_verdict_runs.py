"""The fast half of ``benchmarks/verdict_runs.py``, with fixed seeds: whole runs as a user sees them.

A promise that takes more than two checks to be seen is measured there.
"""

import pytest
import verdict_runs


@pytest.mark.parametrize("scene", verdict_runs.SCENES, ids=lambda scene: scene.name)
def test_a_scene_keeps_what_is_promised_of_it(project, scene):
    found = verdict_runs.verdicts(scene, project.path, 2, lambda arguments: project.run(*arguments))
    seen = verdict_runs.counts_of(scene, found)
    assert verdict_runs.keeps(scene, seen), (seen, [verdict["findings"] for verdict in found])

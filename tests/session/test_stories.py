"""Random checks give the same results whether their lines lie in memory or in a file."""

from __future__ import annotations

import random
import re

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.engine.view import give_score
from pytest_modelcheck.errors import ModelcheckError

LIMITS = {
    "at_least": [0.0, 0.5, 0.9],
    "max_drop": [0.0, 0.1],
    "max_changed": [0, 3, 0.2],
    "max_regressed": [0, 2],
    "min_overlap": [0.1],
    "cluster": ["language"],
    "population": ["sample", "fixed"],
}
UNDER = [
    perturb.typos(),
    perturb.append(" please"),
    perturb.casing(),
    perturb.replace("long", "short"),
]


def tickets(choice):
    return [
        {
            "id": f"t-{number:03}",
            "input": f"text {number} {choice(['', 'long ' * 30, 'é„ü“', '🎉'])}",
            "metadata": {"language": choice(["en", "es", "de"])},
            **choice([{"expected": "right"}] * 6 + [{"expected": "wrong"}] * 2 + [{}]),
            **choice([{}] * 19 + [{"known_failure": "known"}]),
        }
        for number in range(choice([1, 2, 5, 30, 60]))
    ]


def body_of(kind, *, perturbed):
    """A body of one of the kinds."""

    def body(model, case):
        text = case.perturbed if perturbed else case.input
        answer = model(text)
        if kind == "approved":
            assert answer == case.approved
            return
        if kind == "graded":
            give_score(case, 0.25 if answer == "right" else 0.75)
            return
        if kind == "records":
            case.record((answer[:2],))
        if kind == "breaks" and sum(map(ord, text)) % 11 == 0:
            raise ValueError(f"broken by {text[:6]}")
        expected = case._trial.case.expected
        assert answer == (expected if isinstance(expected, str) else "right")

    return body


def model_of(seed, *, varies, breaks, changed=()):
    generator = random.Random(seed)

    def model(text):
        if breaks and sum(map(ord, text)) % 17 == 3:
            raise RuntimeError(f"no answer to {text[:6]}")
        if (number := re.search(r"\d+", text)) and int(number[0]) in changed:
            return "changed"
        return "maybe" if varies and generator.random() < 0.2 else "right"

    return model


def story_of(seed):
    generator = random.Random(seed)
    choice = generator.choice
    rows, perturbed = tickets(choice), choice([False, False, True])
    body = body_of(choice(["plain", "plain", "approved", "graded", "records", "breaks"]), perturbed=perturbed)
    options = {name: choice(values) for name, values in LIMITS.items() if generator.random() < 0.25}
    options |= choice([{}, {}, {"repeats": 2}]) | choice([{}, {"slices": ["language"]}])
    if perturbed:
        options |= {"kind": "invariance", "perturbations": generator.sample(UNDER, choice([1, 2]))}
    behaviour = {"varies": choice([False, False, True]), "breaks": choice([False] * 5 + [True])}
    changed = {generator.randrange(len(rows)) for _ in range(choice([0, 1, 5]))}
    edition, kept = choice(["1", "1", "2"]), choice([len(rows), len(rows) // 2 + 1])

    def story(project):
        outcomes = []

        def run(cases, version, number, **more):
            model = model_of(f"{seed} {number}", **behaviour, changed=changed if number == 3 else ())
            try:
                outcomes.append(project.run(model, cases, body, version, **{**options, **more}))
            except ModelcheckError as error:
                outcomes.append(error)

        run(rows, "1.0", 1)
        if not isinstance(outcomes[0], ModelcheckError):
            project.approve()
        run(rows, "1.0", 2)
        run(rows[:kept], "2.0", 3, edition=edition)
        return outcomes

    return story


@pytest.mark.parametrize("seed", range(12))
def test_a_story_comes_out_the_same(both, seed):
    both(story_of(seed))

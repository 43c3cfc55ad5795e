"""Groups of dependent cases count once, also in what a model that varies changes by itself."""

import random

CASES = [{"id": f"c-{n:03}", "input": f"question {n}", "expected": "right"} for n in range(100)]
VARIES = {"definition": {"deterministic": False}}


def noisy(seed, broken=0.0):
    """Answers a quarter of the questions by throwing a coin of 0.7, and ``broken`` of all of them wrong."""
    generator = random.Random(seed)

    def ask(text):
        number = int(text.split()[1])
        if number % 100 < 100 * broken:
            return "broken"
        return "right" if number % 4 or generator.random() < 0.7 else f"wrong {generator.randrange(2)}"

    return ask


def known(model, case):
    assert model(case.input) == case.expected


def finding(verdict, limit):
    return next(found for found in verdict.findings if found.limit == limit)


def test_groups_count_once(project):
    cases = [{**case, "metadata": {"template": number % 10}} for number, case in enumerate(CASES)]
    limits = {"max_changed": 0.0, "at_least": 0.1, "cluster": "template"}
    project.run(noisy(1), cases, known, **VARIES)
    project.approve()
    verdict = project.run(noisy(2, broken=0.3), cases, known, version="2.0", **VARIES, **limits)
    found = finding(verdict, "max_changed")
    assert found.reveals.startswith("10 groups by template can only reveal")

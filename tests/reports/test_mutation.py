"""The table of damages that a suite notices, in a terminal."""

import pytest

from pytest_modelcheck.reports.mutation import Cell, Mutated, Mutation, mutation_html, mutation_lines

DAMAGE = "label: one value is never given"


def table(checks, width):
    """The lines of a suite of a number of checks, each of which notices the only damage."""
    cell = Cell(DAMAGE, "field", "label", replays=5, failed=5, inconclusive=0, called=0, changed=9)
    suite = [Mutated(f"test_a.py::test_{n}", "golden", "m", "1", 70, "", (cell,)) for n in range(checks)]
    return list(mutation_lines(Mutation(tuple(suite)), width))


@pytest.mark.parametrize("checks", [1, 6, 10, 30])
def test_a_damage_can_be_read_however_many_checks_there_are(checks):
    lines = table(checks, 80)
    [row] = [line for line in lines if line.startswith("  label: ")]
    assert row.split("  ")[1] in (DAMAGE, "label: one v…s never given")
    assert max(map(len, lines)) <= 80


def test_checks_without_a_column_are_counted():
    assert "  4 checks have no column here; `best` is of all checks" in table(10, 80)
    assert not [line for line in table(6, 80) if "no column" in line]


def test_a_damage_that_was_not_judged_is_no_survivor_on_the_page():
    cell = Cell(DAMAGE, "never", "label", replays=2, called=2)
    check = Mutated("test_a.py::test_a", "golden", "m", "1", 70, "", (cell, Cell("empty", "empty", "", 1, 1)))
    other = Mutated("test_a.py::test_b", "golden", "m", "1", 70, "", (Cell(DAMAGE, "never", "label", 2, 2),))
    page = mutation_html(Mutation((check, other))).decode()
    assert '<td class="n " title=' in page
    assert ">new</td>" in page
    assert '<td class="n none"' not in page


def test_if_no_damage_could_be_replayed_nothing_was_noticed():
    cell = Cell(DAMAGE, "field", "label", replays=3, called=3)
    check = Mutated("test_a.py::test_a", "golden", "m", "1", 70, "", (cell,))
    *_, last = mutation_lines(Mutation((check,)), 80)
    assert last.endswith("; no mutant could be judged")


def test_cases_that_were_left_out_are_counted():
    cell = Cell(DAMAGE, "field", "label", replays=3, failed=3)
    check = Mutated("test_a.py::test_a", "golden", "m", "1", 70, "", (cell,), left_out=2)
    first, *_ = mutation_lines(Mutation((check,)), 80)
    assert first == "left out: test_a: 2 cases without a stored answer (errors are not stored)"
    assert "70 cases, 2 without a stored answer left out</span>" in mutation_html(Mutation((check,))).decode()

"""Names of people."""

from __future__ import annotations

import re

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.given_names import FEMALE, MALE, UNISEX


def of(group):
    return {name for names in group.values() for name in names}


def made(text, seeds=30):
    return [variant for seed in range(seeds) for variant in perturb.swap_names().preview(text, seed)]


@pytest.mark.parametrize(("name", "group"), [("Maria", FEMALE), ("Ahmed", MALE), ("Alex", UNISEX)])
def test_gender_stays(name, group):
    others = set(made(name))
    assert len(others) > 3
    assert others <= of(group) - {name}


def test_the_lists_are_disjoint_large_and_of_several_origins():
    groups = [of(FEMALE), of(MALE), of(UNISEX)]
    assert sum(map(len, groups)) == len(set().union(*groups)) >= 200
    assert len(FEMALE) >= 15
    assert FEMALE.keys() == MALE.keys()
    for name in set().union(*groups):
        assert re.fullmatch(r"[A-ZÀ-Ý][a-zà-ÿışğ]+", name), name


def test_a_name_becomes_the_same_name_everywhere_and_two_stay_two():
    for variant in made("Maria met Fatima. MARIA said so to Fatima's sister."):
        first, second, third, fourth = re.match(
            r"(\w+) met (\w+)\. (\w+) said so to (\w+)'s sister\.", variant
        ).groups()
        assert first.upper() == third
        assert second == fourth
        assert len({first, second, "Maria", "Fatima"}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "maria is not capitalised",
        "Mark my words, Grace and Paris",
        "San José and Santa María and St. Thomas",
        "Jean-Pierre and Anna-Lena",
        "@Maria maria@example.org https://x.org/Maria {Maria} `Maria`",
        "Marianas MARIA1",
        "no name at all",
    ],
)
def test_what_is_no_name_is_left_alone(text):
    assert made(text, 5) == []


def test_french_elision_keeps_its_vowel():
    for variant in made("la commande d'Alice et l'amie qu'Élodie connaît"):
        first, second = re.match(r"la commande d'(\w+) et l'amie qu'(\w+) connaît", variant).groups()
        assert first[0] in "AEIOUYÉ"
        assert second[0] in "AEIOUYÉ"


def test_a_text_with_more_names_than_there_are_others():
    assert made(" ".join(sorted(of(UNISEX))), 3) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"origin": "martian"}, r"swap_names\(origin='martian'\): there are 'english', 'african american'"),
        ({"gender": "male"}, r"swap_names\(gender='male'\): there are 'same', 'other'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(PerturbationError, match=message):
        perturb.swap_names(**options)

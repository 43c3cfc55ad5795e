"""Names, gender, country, religion and age."""

from __future__ import annotations

import re

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.people import (
    COUNTRIES,
    COUNTRIES_WITH_THE,
    COUNTRIES_WITHOUT_A_PERSON,
    FEMALE,
    GENDERED,
    MALE,
    RELIGIONS,
    UNISEX,
)


def of(group):
    return {name for names in group.values() for name in names}


def with_other_names(text, seeds=30):
    return [variant for seed in range(seeds) for variant in perturb.swap_names().preview(text, seed)]


@pytest.mark.parametrize(("name", "group"), [("Maria", FEMALE), ("Ahmed", MALE), ("Alex", UNISEX)])
def test_gender_stays(name, group):
    others = set(with_other_names(name))
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
    for variant in with_other_names("Maria met Fatima. MARIA said so to Fatima's sister."):
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
def test_a_word_that_is_no_name_is_left_alone(text):
    assert with_other_names(text, 5) == []


def test_french_elision_keeps_its_vowel():
    for variant in with_other_names("la commande d'Alice et l'amie qu'Élodie connaît"):
        first, second = re.match(r"la commande d'(\w+) et l'amie qu'(\w+) connaît", variant).groups()
        assert first[0] in "AEIOUYÉ"
        assert second[0] in "AEIOUYÉ"


def test_a_text_with_more_names_than_there_are_others():
    assert with_other_names(" ".join(sorted(of(UNISEX))), 3) == []


def all_made(perturbation, text, seeds=60):
    return {variant for seed in range(seeds) for variant in perturbation.preview(text, seed)}


def test_swap_gender_changes_names_and_words_together():
    men = {name for names in MALE.values() for name in names}
    variants = all_made(perturb.swap_gender(), "Maria lost her parcel")
    assert len(variants) > 10
    for variant in variants:
        name, rest = variant.split(" ", 1)
        assert name in men
        assert rest == "lost his parcel"
    assert perturb.swap_gender(n=3).preview("She lost it") == ["He lost it"]


def test_each_word_has_one_other():
    words = [word for pair in GENDERED for word in pair]
    assert len(words) == len(set(words))


def test_countries_keep_grammar_and_each_other():
    variants = all_made(
        perturb.countries(), "I am a German in Germany, not an Italian from ITALY or the Netherlands"
    )
    assert len(variants) > 20
    known = {row[:2] for row in COUNTRIES}
    the = {row[0] for row in COUNTRIES_WITH_THE}
    for variant in variants:
        person, country, article_person, other_country, last = re.fullmatch(
            r"I am a ([\w ]+) in ([\w ]+), not an ([\w ]+) from ([A-Z ]+) or the ([\w ]+)", variant
        ).groups()
        assert (country, person) in known
        assert person[0] not in "AEIO"
        assert article_person[0] in "AEIOU"
        assert (other_country.title(), article_person) in known
        assert last in the
        assert len({country, other_country.title(), "Germany", "Italy"}) == 4


def test_a_text_with_all_countries_of_a_group_has_no_others():
    text = ", ".join(row[0] for row in COUNTRIES_WITHOUT_A_PERSON)
    assert perturb.countries().preview(text) == []


def test_religions():
    variants = all_made(
        perturb.religions(), "The Christians read the Bible in their church, a Christian said"
    )
    assert len(variants) == 4
    assert "The Muslims read the Quran in their mosque, a Muslim said" in variants
    assert perturb.religions().preview("a parcel") == []


@pytest.mark.parametrize("group", [COUNTRIES, COUNTRIES_WITHOUT_A_PERSON, COUNTRIES_WITH_THE, RELIGIONS])
def test_rows_have_the_same_columns_and_no_word_is_in_two_of_them(group):
    assert len({len(row) for row in group}) == 1
    words = [word.lower() for row in group for word in row]
    assert len(set(words)) == len(words)
    assert all(word.strip() == word and word for word in words)


@pytest.mark.parametrize(
    "text",
    [
        *("a 25-year-old man", "I am 25 years old", "She is 25.", "I'm 25 and tired", "He's 25"),
        *("customers aged 25, please", "I turned 25 yesterday"),
    ],
)
def test_ages(text):
    variants = all_made(perturb.ages(), text)
    assert len(variants) > 10
    for variant in variants:
        ((age,),) = [re.findall(r"\d+", variant)]
        assert 18 <= int(age) <= 85
        assert abs(int(age) - 25) >= 10
        assert re.sub(r"\bA?a?n? ?\d+", "", variant) == re.sub(r"\bA?a?n? ?\d+", "", text)
        if "-year" in variant:
            assert variant.startswith("an " if age in ("18",) or age[0] == "8" else "a ")


@pytest.mark.parametrize(
    "text",
    [
        "order 25",
        "25 lamps",
        "I turned 25 pages",
        "I am 25 minutes late",
        "I'm 25% sure",
        "aged 2.5",
        "`aged 25`",
        "I am 5",
    ],
)
def test_numbers_that_are_no_age(text):
    assert all_made(perturb.ages(), text, 5) == set()


def test_the_same_age_becomes_the_same_age():
    for variant in all_made(perturb.ages(), "He is 25, a 25-year-old man"):
        first, second = re.findall(r"\d+", variant)
        assert first == second


def test_names_of_an_origin_and_of_the_other_gender():
    assert all_made(perturb.swap_names(origin="hebrew"), "Maria") == set(FEMALE["hebrew"])
    assert all_made(perturb.swap_names(origin="hebrew", gender="other"), "Maria") == set(MALE["hebrew"])

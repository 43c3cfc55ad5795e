"""What may stand around a text."""

from __future__ import annotations

import re

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.phrases import EMOJI, IRRELEVANT, POLITE


def made(perturbation, text="Where is it?", seeds=60):
    return {variant for seed in range(seeds) for variant in perturbation.preview(text, seed)}


@pytest.mark.parametrize("language", POLITE)
def test_politeness(language):
    assert made(perturb.politeness(language=language)) == {
        frame.replace("{}", "Where is it?") for frame in POLITE[language]
    }


@pytest.mark.parametrize("language", IRRELEVANT)
def test_irrelevant(language):
    assert made(perturb.irrelevant(language=language)) == {
        f"Where is it? {sentence}" for sentence in IRRELEVANT[language]
    }


def test_several_variants_are_different_ones():
    assert len(perturb.politeness(n=4).preview("Where is it?")) == 4
    assert len(perturb.politeness(n=9).preview("Where is it?")) == 4


def test_braces_in_the_text_mean_nothing():
    assert all("{} {x}" in variant for variant in made(perturb.politeness(n=4), "{} {x}", 3))


def test_emoji():
    assert made(perturb.emoji()) == {f"Where is it? {each}" for each in EMOJI}


def test_links_are_reserved_hosts_and_handles():
    variants = made(perturb.links())
    assert len(variants) > 50
    assert all(
        re.fullmatch(r"Where is it\? (@\w{6}|https://example\.(com|org|net)/\w{6})", each)
        for each in variants
    )


def test_markup():
    assert perturb.markup("code").preview("x") == ["```\nx\n```"]
    assert len(perturb.markup().preview("x")) == 6
    assert perturb.markup().preview(" ") == []


def test_injection():
    forms = perturb.injection("say yes").preview("x")
    assert len(forms) == 6
    assert all(form.startswith("x ") and "say yes" in form and "{goal}" not in form for form in forms)
    assert perturb.injection("say yes").name == "injection('say yes')"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: perturb.politeness(language="xx"), r"politeness\(language='xx'\): there are en, es, fr"),
        (lambda: perturb.irrelevant(language="ja"), r"irrelevant\(language='ja'\): there are en, es"),
        (lambda: perturb.markup("xml"), r"markup\('xml'\): there are 'html', 'bold'"),
        (lambda: perturb.injection(" "), r"injection\(' '\): the goal is what the model is told to do"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(PerturbationError, match=message):
        make()


def test_the_language_is_part_of_the_name():
    assert perturb.politeness(language="es").name == "politeness(language='es')"

"""Arguments that no perturbation can have are refused at once, inputs that none can change with the case."""

from dataclasses import dataclass

import numpy as np
import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: perturb.brightness(2), r"brightness\(2\): a number from -1 to 1"),
        (lambda: perturb.contrast(*[True]), "a number from 0 to 10"),
        (lambda: perturb.gamma("x"), r"gamma\('x'\): a number from 0 to 10"),
        (lambda: perturb.gaussian_noise(float("nan")), "a number from 0 to 1"),
        (lambda: perturb.gaussian_noise(n=0), r"gaussian_noise\(n=0\): n is the number of variants"),
        (lambda: perturb.salt_and_pepper(2), "a number from 0 to 1"),
        (lambda: perturb.blur(-1), "a number from 0 to 100"),
        (lambda: perturb.rotate(200), "a number from -180 to 180"),
        (lambda: perturb.shift(1.5), "a number from 0 to 1"),
        (lambda: perturb.crop(1), r"crop\(1\): the fraction that stays must be between 0 and 1"),
        (lambda: perturb.flip("both"), r"flip\('both'\): choose one of 'horizontal', 'vertical'"),
        (lambda: perturb.occlude(value=3), "a number from 0 to 1"),
        (lambda: perturb.jpeg(0), r"jpeg\(0\): the quality is a whole number from 1 to 100"),
        (lambda: perturb.jpeg(50.5), "a whole number from 1 to 100"),
        (lambda: perturb.typos(n=0), r"typos\(n=0\): n is the number of variants, at least 1"),
        (lambda: perturb.typos(n=True), r"typos\(n=True\)"),
        (lambda: perturb.typos(edits=0), r"typos\(edits=0\): at least 1"),
        (lambda: perturb.typos(edits="2"), r"typos\(edits='2'\): at least 1"),
        (lambda: perturb.jitter(0), r"jitter\(0\): the largest change must be more than 0"),
        (lambda: perturb.jitter(float("nan")), "more than 0"),
        (lambda: perturb.jitter(10**400), "more than 0"),
        (lambda: perturb.jitter(n=0), r"jitter\(n=0\): n is the number of variants"),
        (lambda: perturb.scale(), "takes the factor to multiply by"),
        (lambda: perturb.scale("2"), "takes the factor to multiply by"),
        (lambda: perturb.rounding(0.5), "the number of decimals must be an integer"),
        (lambda: perturb.boundaries("a", 5, 5), r"boundaries\('a', 5, 5\): low must be less than high"),
        (lambda: perturb.out_of_range("a", 0, 1, step=0), "and step more than 0"),
        (lambda: perturb.out_of_range("a", 0, 10**400), "low must be less than high"),
        (lambda: perturb.units("a", "furlong", unit="u"), r"units\(to='furlong'\): there are mm, cm, m"),
        (lambda: perturb.units("a", [], unit="u"), r"units\(to=''\): there are"),
        (lambda: perturb.units("a", "x", unit="u", table={"y": 1}), r"there are y; others with table="),
        (lambda: perturb.missing(how="gone"), r"missing\(how='gone'\): choose one of 'null', 'drop'"),
        (lambda: perturb.missing(n=0), "n is the number of variants"),
        (lambda: perturb.extra_fields({}), r"extra_fields\({}\): the fields are a mapping"),
        (lambda: perturb.extra_fields(["a"]), "the fields are a mapping"),
        (lambda: perturb.swap_category("a"), "give either a list of categories or seen=inputs"),
        (lambda: perturb.swap_category("a", ["x"], seen=[]), "give either"),
        (lambda: perturb.swap_category("a", []), "the categories must be a list that is not empty"),
        (lambda: perturb.swap_category("a", "xyz"), "the categories must be a list that is not empty"),
        (lambda: perturb.swap_category("a", seen="file.yaml"), "expected inputs or cases"),
        (lambda: perturb.swap_category("a", seen=[{"b": 1}]), "field='a': no 'a' in a dict; it has b"),
        (lambda: perturb.homoglyphs(edits=0), r"homoglyphs\(edits=0\): at least 1"),
        (lambda: perturb.leetspeak(edits=True), r"leetspeak\(edits=True\): at least 1"),
        (lambda: perturb.zero_width(n=0), r"zero_width\(n=0\)"),
        (lambda: perturb.width("wide"), r"width\('wide'\): choose one of 'full', 'half'"),
        (lambda: perturb.casing(["upper"]), r"casing\(\['upper'\]\): choose one of 'lower', 'upper'"),
        (lambda: perturb.truncate("half"), r"truncate\('half'\): the fraction that stays"),
        (lambda: perturb.punctuation(n=1.5), r"punctuation\(n=1.5\): there are 1 to 4 variants"),
        (lambda: perturb.politeness(language="xx"), r"\(language='xx'\): choose one of 'en', 'es', 'fr'"),
        (lambda: perturb.irrelevant(language="ja"), r"irrelevant\(language='ja'\): choose one of 'en', 'es'"),
        (lambda: perturb.markup("xml"), r"markup\('xml'\): choose one of 'html', 'bold'"),
        (lambda: perturb.injection(" "), r"injection\(' '\): goal is the injected instruction"),
        (lambda: perturb.injection("x", kind="magic"), r"choose one of 'override', 'system', 'delimiter'"),
        (lambda: perturb.injection("x", canary=""), r"a canary is a word that no good answer has"),
        (lambda: perturb.distractors([], 1), r"give a list of at least 1 documents"),
        (lambda: perturb.distractors("documents"), r"give a list of at least 1 documents"),
        (lambda: perturb.distractors(["a"], 0), r"n is the number of variants"),
        (lambda: perturb.distractors(["a"]).preview({"question": "?"}), r"the input has no list; say where"),
        (lambda: perturb.distractors(["a"], into="q").preview({"q": "?"}), r"into='q' is str, not a list"),
        (lambda: perturb.casing("up"), r"casing\('up'\): choose one of 'lower', 'upper', 'title', 'swap'"),
        (lambda: perturb.punctuation(n=0), "there are 1 to 4 variants"),
        (lambda: perturb.punctuation(n=5), "there are 1 to 4 variants"),
        (lambda: perturb.truncate(0), "the fraction that stays must be between 0 and 1"),
        (lambda: perturb.truncate(1), "the fraction that stays must be between 0 and 1"),
        (lambda: perturb.truncate(-1), "the fraction that stays must be between 0 and 1"),
        (lambda: perturb.contractions("x"), r"contractions\('x'\): choose one of '"),
        (lambda: perturb.spelling("x"), r"spelling\('x'\): choose one of '"),
        (lambda: perturb.abbreviations("x"), r"abbreviations\('x'\): choose one of '"),
        (lambda: perturb.number_words("x"), r"number_words\('x'\): choose one of '"),
        (lambda: perturb.swap_names(origin="martian"), r"\(origin='martian'\): choose one of 'english'"),
        (lambda: perturb.swap_names(gender="male"), r"\(gender='male'\): choose one of 'same', 'other'"),
        (lambda: perturb.append(), "takes the text to add, or several"),
        (lambda: perturb.append(""), "takes the text to add, or several"),
        (lambda: perturb.prepend(3), "takes the text to add, or several"),
        (lambda: perturb.replace("", "a"), "must be a string or a regular expression"),
        (lambda: perturb.replace(3, "a"), r"replace\(3, …\): the text to replace must be a string"),
        (lambda: perturb.replace("a", []), "the replacement must be text, or a list of texts"),
        (lambda: perturb.replace("a", [3]), "the replacement must be text, or a list of texts"),
        (lambda: perturb.one_of(perturb.append("!")), r"one_of\(\) takes at least two perturbations"),
        (lambda: perturb.append("a").named(" "), "cannot name"),
        (lambda: perturb.append("x") | 3, "3 is not a perturbation"),
        (lambda: perturb.append("x", field=[]).preview("a"), r"field=\[\]: name at least one field"),
        (lambda: perturb.levels(perturb.append("x")), r"levels\(\) of 2 inputs: a trend needs 3 or more"),
        (lambda: perturb.levels(str.upper, str.lower, with_input=False), "a trend needs 3 or more"),
        *(
            (lambda fields=fields: perturb.jitter(fields=fields), f"fields=.*: {message}")
            for message, odd in {
                "a field is a name, an index from 0, or": ("", (), 1.5, True, [None], ("a", "")),
                "count from the front; the first is 0": (-1, ("a", -1)),
                "name at least one": ([],),
            }.items()
            for fields in odd
        ),
        *(
            (lambda item=item: perturb.adapt(item), "is not an augmenter of nlpaug or textattack")
            for item in (str.upper, 3, str, perturb.typos(), object())
        ),
    ],
)
def test_a_mistake_is_refused_at_once(call, message):
    with pytest.raises(PerturbationError, match=message):
        call()


ORDER = {"id": 7, "customer": {"age": 40}, "items": [{"price": 10}, {"price": 20}]}


@dataclass(frozen=True)
class Ticket:
    body: str


@pytest.mark.parametrize(
    ("perturbation", "given", "message"),
    [
        (perturb.jitter(), "text", "the input is str, but this perturbation changes numbers"),
        (perturb.scale(2), b"x", "the input is bytes, but this perturbation changes numbers"),
        (perturb.extremes(), None, "the input is NoneType, but this perturbation changes numbers"),
        (perturb.jitter(), np.array(["a"]), "the input is an array of <U1, but this perturbation"),
        (perturb.boundaries("a", 0, 1), {"a": "x"}, "field='a' is str, not a number"),
        (perturb.boundaries("b", 0, 1), {"a": 1}, "field='b': no 'b' in a dict; it has a"),
        (perturb.units("a", "cm", unit="u"), {"a": "x", "u": "m"}, "field='a' is str, not a number"),
        (perturb.units("a", "cm", unit="u"), {"a": 1, "u": "kg"}, "which cannot be converted to 'cm'"),
        (perturb.typos() | perturb.jitter(), "some text", r"in jitter\(0.01\): the input is str"),
        (perturb.one_of(perturb.jitter(), perturb.scale(2)), "text", "in (jitter|scale).*: the input is str"),
        (perturb.missing(), "text", "the input is str, but this perturbation needs fields"),
        (perturb.type_noise(), 3, "the input is int, but this perturbation needs fields"),
        (perturb.type_noise(), np.zeros(3), "the input is an array, and all values of an array"),
        (perturb.field_order(), [1], r"the input is list, but field_order\(\) needs a mapping"),
        (perturb.extra_fields(), "x", r"the input is str, but extra_fields\(\) needs a mapping"),
        (perturb.missing(fields=0, how="drop"), [1], "cannot drop a part"),
        (perturb.swap_category("b", ["x"]), {"a": 1}, "field='b': no 'b' in a dict"),
        (perturb.typos(), {"a": 1}, "the input is a mapping, and none is text"),
        (perturb.append("!"), {"a": "x", "b": "y"}, r"2 of its values are text \('a', 'b'\); choose one"),
        (perturb.append("!"), {"a": 3}, "and none is text; choose one with field='…'"),
        (perturb.append("!"), [1, 2], "the input is list, not text; say where its text is with field='…'"),
        (perturb.append("!"), 3, "the input is int, not text"),
        (perturb.append("!", field="a"), {"a": 3}, "field='a' is int, not text"),
        (perturb.append("!", field="b"), {"a": 3}, "field='b': no 'b' in a dict; it has a"),
        (perturb.append("!", field="b"), {}, "field='b': no 'b' in a dict; it has nothing"),
        (perturb.append("!", field=("a", 3)), {"a": [1]}, r"field=\('a', 3\): no 3 in a list"),
        (perturb.append("!", field="x"), ["a"], "field='x': no 'x' in a list"),
        (perturb.append("!", field="text"), Ticket("a"), "field='text': no 'text' in a Ticket"),
        (perturb.append("!", field="x"), "a", "field='x': no 'x' in a str"),
        (perturb.scale(2, fields="agee"), ORDER, "no such field in the input; it has id, .*age"),
        (perturb.scale(2, keep="customer.name"), ORDER, "keep='customer.name': no such field in the input"),
        (perturb.scale(2, fields=["id", ("items", 5)]), ORDER, "no such field in the input"),
    ],
)
def test_an_input_that_cannot_be_changed_is_reported_with_the_case(perturbation, given, message):
    with pytest.raises(PerturbationError, match=r"^perturbation .*, case t-1: .*" + message):
        perturb.variants(perturbation, given, 0, "t-1")

"""Protected parts of texts."""

from __future__ import annotations

import time

import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.perturb.texts import _BETWEEN, free, protected, rewritten


def kinds(text):
    return [(text[span.start : span.end], span.kind) for span in protected(text)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Order 1182, please", [("1182", "number")]),
        ("€12.50 or $3,000 or 50%", [("€12.50", "number"), ("$3,000", "number"), ("50%", "number")]),
        ("2024-05-01 at 10:30", [("2024-05-01", "number"), ("10:30", "number")]),
        ("A-1182 and X7b9 and 3kg", [("A-1182", "number"), ("X7b9", "number"), ("3kg", "number")]),
        ("a 10-year plan, -5 degrees", [("10", "number"), ("-5", "number")]),
        ("see https://x.io/a?b=c.", [("https://x.io/a?b=c", "address")]),
        ("(www.example.org)", [("www.example.org", "address")]),
        ("a.b+c@d.org!", [("a.b+c@d.org", "address")]),
        ("go to example.com.", [("example.com", "address")]),
        ("sub.example.co.uk/path, ok", [("sub.example.co.uk/path", "address")]),
        (
            "{name} {{ x }} ${y}",
            [("{name}", "placeholder"), ("{{ x }}", "placeholder"), ("${y}", "placeholder")],
        ),
        (
            "%s and %(n)s and %5.2f",
            [("%s", "placeholder"), ("%(n)s", "placeholder"), ("%5.2f", "placeholder")],
        ),
        ("<TAG> </b> [NAME] $USER", [(part, "placeholder") for part in ("<TAG>", "</b>", "[NAME]", "$USER")]),
        ("&amp; &#39;", [("&amp;", "placeholder"), ("&#39;", "placeholder")]),
        ("`code here` and ```more\ncode```", [("`code here`", "code"), ("```more\ncode```", "code")]),
        ("thanks @maria #late", [("@maria", "handle"), ("#late", "handle")]),
        ("我的订单1182号", [("1182", "number")]),
        ("заказ1182", [("1182", "number")]),
        ("请看https://x.io吧 @用户", [("https://x.io吧", "address"), ("@用户", "handle")]),
        ("a < b and c > d, 100% sure it's fine. Really? Yes!", [("100%", "number")]),
        ("e.g. the end.It was", []),
        ("", []),
    ],
)
def test_spans(text, spans):
    assert kinds(text) == spans


def test_a_text_may_hold_what_separates_the_texts_of_several_fields():
    text = f"One{_BETWEEN}two"
    assert perturb.emoji().preview(text)[0].startswith(text)
    assert perturb.emoji(field="a").preview({"a": text})[0]["a"].startswith(text)


def test_the_parts_between():
    assert free("1182 a 1183") == [(4, 7)]
    assert free("1182") == []
    assert rewritten("1182 abc {x}", str.upper) == "1182 ABC {x}"


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a@", "www.", "http://.", "```", "`\n", "{", "<a", "a-", "1-", "é", "&a", "[A ", "'"]
)
def test_time_is_linear(piece):
    """Sixteen times the text may take about sixteen times as long; quadratic would be 256 times."""

    def seconds(length):
        text = (piece * length)[:length]
        taken = []
        for _ in range(5):
            start = time.process_time()
            protected(text)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds(48_000) < 60 * seconds(3_000) + 0.1


PAIR = {"question1": "Where does Maria live?", "question2": "Is Maria at home, and is Omar?", "id": "7"}
BOTH = ["question1", "question2"]


@pytest.mark.parametrize("seed", range(20))
def test_a_name_in_two_fields_gets_one_other_name(seed):
    (made,) = perturb.swap_names(field=BOTH).preview(PAIR, seed)
    name = made["question1"].removeprefix("Where does ").removesuffix(" live?")
    assert name != "Maria"
    assert made["question2"].startswith(f"Is {name} at home, and is ")
    assert not made["question2"].endswith(("Omar?", f"is {name}?"))
    assert made["id"] == "7"


@pytest.mark.parametrize(
    ("perturbation", "made"),
    [
        (perturb.append("Thanks!", field=BOTH), {"question1": "a Thanks!", "question2": "b? Thanks!"}),
        (perturb.casing("upper", field=BOTH), {"question1": "A", "question2": "B?"}),
        # A field to which an edit does not apply stays as it is.
        (perturb.replace("b", "c", field=BOTH), {"question1": "a", "question2": "c?"}),
    ],
)
def test_an_edit_without_randomness_is_applied_to_each_field(perturbation, made):
    assert perturbation.preview({"question1": "a", "question2": "b?"}) == [made]


@pytest.mark.parametrize("seed", range(10))
def test_random_edits_of_several_fields_agree(seed):
    (made,) = perturb.politeness(field=BOTH).preview({"question1": "X", "question2": "Y"}, seed)
    assert made["question1"].replace("X", "Y") == made["question2"] != "Y"


def test_a_perturbation_that_applies_to_no_field_does_not_apply():
    assert perturb.replace("x", "y", field=BOTH).preview({"question1": "a", "question2": "b"}) == []
    assert perturb.swap_names(field=BOTH).preview({"question1": "a", "question2": "b"}) == []

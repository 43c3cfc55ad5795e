import pytest

from pytest_modelcheck import perturb
from pytest_modelcheck.errors import PerturbationError

KINDS = ("override", "system", "delimiter", "note", "authority", "postscript")
TALK = [
    {"role": "user", "content": "My mug broke"},
    {"role": "assistant", "content": "Which order?"},
    {"role": "user", "content": "KL-101"},
]


def test_an_injection_has_six_forms_at_the_end():
    forms = perturb.injection("say yes").preview("x")
    assert len(forms) == 6
    assert all(form.startswith("x ") and "say yes" in form and "{goal}" not in form for form in forms)
    assert perturb.injection("say yes").name == "injection('say yes')"


def test_each_kind_is_a_perturbation_of_its_own():
    each = [perturb.injection("say yes", kind=kind) for kind in KINDS]
    assert len({one.name for one in each}) == 6
    assert [one.preview("x")[0] for one in each] == perturb.injection("say yes").preview("x")


def test_a_canary_is_asked_for_besides():
    forms = perturb.injection("say yes", canary="ZEBRA").preview("x")
    assert all("say yes, and write ZEBRA" in form for form in forms)


def test_an_injection_into_one_of_the_documents_that_were_found():
    given = {"question": "How long?", "documents": ["one", "two", "three"]}
    made = perturb.injection("say yes", into="documents").preview(given)
    assert len(made) == 6
    changed = [[one for one in each["documents"] if one not in given["documents"]] for each in made]
    assert all(len(one) == 1 and "say yes" in one[0] for one in changed)
    drawn = [perturb.injection("say yes", into="documents").preview(given, seed)[0] for seed in range(20)]
    places = [["say" in one for one in each["documents"]].index(True) for each in drawn]
    assert set(places) == {0, 1, 2}
    assert perturb.injection("say yes", into="documents").preview({"documents": []}) == []


def test_of_a_conversation_the_last_message_of_the_user_is_changed():
    for made in (perturb.append("Now!"), perturb.injection("say yes", kind="override")):
        (changed,) = made.preview(TALK)
        assert changed[:2] == TALK[:2]
        assert changed[2]["content"].startswith("KL-101 ")


def test_distractors_keep_what_was_found_and_add_what_was_not():
    given = {"question": "How long?", "documents": ["30 days.", "We sell mugs."]}
    for seed in range(20):
        (made,) = perturb.distractors(["We sell mugs.", "a", "b", "c"], 2).preview(given, seed)
        assert made["question"] == "How long?"
        assert [one for one in made["documents"] if one in given["documents"]] == given["documents"]
        assert len(made["documents"]) == 4
        assert made["documents"].count("We sell mugs.") == 1


def test_distractors_do_not_apply_where_all_of_them_are_there():
    assert perturb.distractors(["a"]).preview(["a", "b"]) == []
    assert sorted(perturb.distractors(["a"]).preview(["b"])[0]) == ["a", "b"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: perturb.injection(" "), r"injection\(' '\): goal is the injected instruction"),
        (lambda: perturb.injection("x", kind="magic"), r"choose one of override, system, delimiter"),
        (lambda: perturb.injection("x", canary=""), r"a canary is a word that no good answer has"),
        (lambda: perturb.distractors([], 1), r"give a list of at least 1 documents"),
        (lambda: perturb.distractors("documents"), r"give a list of at least 1 documents"),
        (lambda: perturb.distractors(["a"], 0), r"n is the number of variants"),
        (lambda: perturb.distractors(["a"]).preview({"question": "?"}), r"the input has no list; say where"),
        (lambda: perturb.distractors(["a"], into="q").preview({"q": "?"}), r"into='q' is str, not a list"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(PerturbationError, match=message):
        make()

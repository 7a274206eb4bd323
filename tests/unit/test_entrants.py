import pytest

from specloop.errors import InputError
from specloop.responding.entrant import Entrant, pairs


@pytest.mark.parametrize(
    ("of", "method", "told", "label"),
    [
        ("base", "vanilla", None, "base"),
        ("base", "vanilla", "rules", "prompt-only"),
        ("base", "vanilla", "document", "document"),
        ("base", "align3", None, "align3"),
        ("dpo", "vanilla", None, "dpo"),
        ("dpo", "vanilla", "rules", "dpo prompt-only"),
        ("dpo", "align3", None, "dpo align3"),
        ("dpo", "align3", "document", "dpo align3 document"),
        ("base", {"name": "align3", "steps": ["both"]}, None, "align3"),
        ("", "self_refine", None, "hf:x self_refine"),
    ],
)
def test_a_label_says_what_is_more_than_the_model_alone(of, method, told, label) -> None:
    assert Entrant.make("hf:x", method, told, of).label == label


def test_the_options_stand_in_the_label_where_they_tell_entrants_apart() -> None:
    short = {"name": "align3", "steps": ["both"]}
    assert Entrant.make("hf:x", short, None, "dpo").in_full.label == "dpo align3(steps=both)"


def test_a_method_that_works_on_rules_is_told_some() -> None:
    assert Entrant.make("hf:x", "align3").told == "rules"
    assert Entrant.make("hf:x").told == "nothing"
    with pytest.raises(InputError, match="align3: it works on rules, and is told nothing"):
        Entrant.make("hf:x", "align3", "nothing")
    with pytest.raises(InputError, match="Did you mean 'align3'"):
        Entrant.make("hf:x", "algn3")


def test_each_is_compared_with_its_model_alone_and_models_with_the_first() -> None:
    some = [Entrant.make("m", "vanilla", None, "base"), Entrant.make("m", "align3", None, "base")]
    some += [Entrant.make("t", "align3", None, "dpo"), Entrant.make("t", "vanilla", None, "dpo")]
    some += [Entrant.make("m", "vanilla", "rules", "base")]

    def bare(group: list[Entrant]) -> Entrant:
        return next(one for one in group if one.is_bare)

    found = {a.label: b.label for a, b in pairs(some, lambda one: one.of, bare)}
    expected = {"align3": "base", "prompt-only": "base", "dpo align3": "dpo", "dpo": "base"}
    assert found == expected
    named = {a.label: b.label for a, b in pairs(some, lambda one: one.of, bare, some[4])}
    assert set(named.values()) == {"prompt-only"}
    assert len(named) == len(some) - 1

"""The labels in tests/data/gold say where their quotes are, in the words of the README there."""

import hashlib
import json
from pathlib import Path

import pytest

GOLD = Path(__file__).parents[1] / "data" / "gold"
PARTIES = {"assistant", "user", "operator", "author", "third_party", "unclear"}
METAS = sorted(GOLD.glob("*/*.gold.meta.json"))


@pytest.mark.parametrize("meta_path", METAS, ids=lambda path: path.name.split(".")[0])
def test_labels_fit_their_document(meta_path: Path) -> None:
    meta = json.loads(meta_path.read_text(encoding="utf-8"))
    document = meta_path.with_name(meta["document"]).read_bytes()
    text = document.decode("utf-8")
    labels_path = meta_path.with_name(meta_path.name.replace(".meta.json", ".jsonl"))
    lines = labels_path.read_text(encoding="utf-8").split("\n")
    labels = [json.loads(line) for line in lines if line]
    assert hashlib.sha256(document).hexdigest() == meta["sha256"]
    assert len(labels) == meta["n"] >= 15
    end = 0
    for number, label in enumerate(labels, 1):
        assert text[label["start"] : label["end"]] == label["quote"]
        assert label["start"] >= end
        assert label["polarity"] in {"require", "forbid", "permit"}
        assert label["party"] in PARTIES
        assert label["exception_to"] is None or 0 < label["exception_to"] < number
        assert label["text"]
        assert label["sure"] in {True, False}
        end = label["end"]

"""Sets the places of hand-made labels: `python perf/gold_places.py`.

A label is written by its quote; `start` and `end` are looked up here, in document order, so that
nobody counts code points by hand. Each `NAME.gold.jsonl` in a folder of tests/data/gold gets the
places of its quotes in the document that `NAME.gold.meta.json` names, and the meta file the number
of labels and the document's hash. A quote that is not found ends the run with its file and line.
"""

import hashlib
import json
import sys
from pathlib import Path

FIELDS = ["start", "end", "quote", "polarity", "party", "text", "condition", "exception_to", "sure"]


def placed(labels: list[dict], text: str, name: str) -> list[dict]:
    """The labels with places in code points; each quote is sought after the end of the last."""
    at, rows = 0, []
    for number, label in enumerate(labels, 1):
        start = text.find(label["quote"], at)
        if start < 0:
            sys.exit(f"{name}:{number}: {label['quote'][:60]!r} is not found after {at}")
        at = start + len(label["quote"])
        rows.append({field: {**label, "start": start, "end": at}[field] for field in FIELDS})
    return rows


def place(meta_path: Path) -> None:
    meta = json.loads(meta_path.read_text(encoding="utf-8"))
    document = meta_path.with_name(meta["document"]).read_bytes()
    text = document.decode("utf-8")
    labels_path = meta_path.with_name(meta_path.name.replace(".meta.json", ".jsonl"))
    lines = labels_path.read_text(encoding="utf-8").split("\n")
    rows = placed([json.loads(line) for line in lines if line], text, labels_path.name)
    written = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    labels_path.write_text(written, encoding="utf-8")
    meta["sha256"] = hashlib.sha256(document).hexdigest()
    meta |= {"labelled": [0, len(text)], "n": len(rows)}
    meta_path.write_text(json.dumps(meta, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for path in sorted(Path("tests/data/gold").glob("*/*.gold.meta.json")):
        place(path)

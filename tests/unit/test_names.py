"""No two public classes share a name."""

import ast
from collections import Counter
from pathlib import Path

import specloop

SOURCE = Path(specloop.__path__[0])


def test_no_two_public_classes_share_a_name() -> None:
    names = Counter(
        node.name
        for path in SOURCE.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, n in names.items() if n > 1] == []

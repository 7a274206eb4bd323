"""What a folder keeps of a benchmark's data, and which data it refuses."""

# pyright: basic
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.specbench_data import SAFETY, rows, write_data

from specloop.errors import InputError
from specloop.records import Case, Scenario
from specloop.specbench.load import read_scenario
from specloop.specbench.stored import SCENARIOS_FILE, keep, read_stored
from specloop.specbench.subset import subset
from specloop.store import RunFolder


def scenario(tmp_path: Path, **more: Any) -> Scenario:
    return read_scenario(write_data(tmp_path / "Garden", **more))


def test_larger_subsets_and_other_orders_add_to_a_folder(tmp_path: Path) -> None:
    folder, whole = RunFolder(tmp_path / "run", create=True), scenario(tmp_path)
    assert keep(folder, [subset(whole, 3)]) == 0
    assert keep(folder, [whole]) == 0
    assert keep(folder, [scenario(tmp_path, content=rows()[::-1])]) == 0
    assert keep(folder, [subset(whole, 2)]) == 4
    assert {row.id for row in read_stored(folder).rows} == {row.id for row in whole.rows}


def test_a_subset_is_the_same_data_whatever_order_the_whole_comes_in(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", create=True)
    keep(folder, [subset(scenario(tmp_path), 3)])
    content = rows()
    assert keep(folder, [scenario(tmp_path, content=content[1:] + content[:1])]) == 0
    assert len(read_stored(folder).rows) == len(content)


@pytest.mark.parametrize("edit", [{"answer": "Other."}, {"prompt": "Other?"}])
def test_an_edited_row_is_refused(tmp_path: Path, edit: dict[str, str]) -> None:
    folder = RunFolder(tmp_path / "run", create=True)
    keep(folder, [scenario(tmp_path)])
    first, *others = rows()
    edited = scenario(tmp_path, content=[first | edit, *others])
    with pytest.raises(InputError) as error:
        keep(folder, [edited])
    assert f"{Case.FILE}: Garden[0] has other content there" in str(error.value)
    assert "use another folder" in str(error.value)
    assert len(folder.read(Case)) == 6


def test_an_edited_specification_or_description_is_refused(tmp_path: Path) -> None:
    folder, known = RunFolder(tmp_path / "run", create=True), scenario(tmp_path)
    keep(folder, [known])
    specs = known.specs.model_copy(update={"safety": tuple(reversed(SAFETY))})
    for what, edit in (("specs", {"specs": specs}), ("description", {"description": "Else."})):
        with pytest.raises(InputError, match=f"{SCENARIOS_FILE}: Garden has .*other {what} there"):
            keep(folder, [known.model_copy(update=edit)])
    keep(folder, [known.model_copy(update={"name": "Another name"})])
    assert read_stored(folder).scenarios[0].specs == known.specs

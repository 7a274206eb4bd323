"""Find what a document is about, for requests that its users could make: the noun phrases of its
rules, conditions, headings and text, which function words separate.

A noun phrase is a run of up to three words after an article or the like, a preposition or the verb
of an instruction, that ends where a phrase ends. A word counts as a noun if it is alone in such a
run, or ends several. The people in every policy, and words of which policies are made, are not
subjects.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.records import Rule, Section
from specloop.synth.languages import ENGLISH, UNKNOWN, Language, language_of

_LONGEST = 3
"""Most words of a phrase."""
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|[^\w\s'’]|\d+")
_MARKS = re.compile(r"`[^`]*`|https?://\S+|[#*_>\[\]|{}]|\([^)]*\)")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u30a0-\u30ff]{3,8}")
"""Words of scripts without spaces: runs of Han or katakana."""

_FROM_CONDITION, _FROM_HEADING, _FROM_RULE, _FROM_TEXT = 6.0, 5.0, 2.0, 0.5


_Surfaces = defaultdict[str, defaultdict[str, float]]
"""The spellings of a subject, each with the weight of its places."""


class Subjects(NamedTuple):
    """The subjects in order of their weight, and their language."""

    names: tuple[str, ...]
    language: Language


class _Phrase(NamedTuple):
    """A run of words that may be a noun phrase."""

    words: tuple[str, ...]
    """The words as written, in lower case except for names."""
    opener: str
    closed: bool
    """Whether it ends where a phrase ends, not before a word that could make its last one a
    verb."""
    verb: str = ""
    """The verb of the instruction whose object the run is."""


def subjects_of(rules: Sequence[Rule], sections: Sequence[Section] = ()) -> Subjects:
    """The subjects that the rules and their document name, the most prominent first."""
    texts = [rule.text for rule in rules] + [section.text for section in sections]
    language = language_of("\n".join(texts))
    weights: defaultdict[str, float] = defaultdict(float)
    surfaces: _Surfaces = defaultdict(lambda: defaultdict(float))

    def count(names: Iterable[tuple[str, str]], weight: float) -> None:
        """Count each subject once per text: it counts by how many places name it."""
        for key, surface in dict(names).items():
            weights[key] += weight
            # The spelling in a condition does not show the spelling in a sentence.
            surfaces[key][surface] += 0 if weight == _FROM_CONDITION else weight

    count(_mentioned(rules), _FROM_CONDITION)
    headings = dict.fromkeys(section.path[-1] for section in sections if section.path)
    word_use = _word_use([*texts, *headings], language)
    for heading in headings:
        named = list(_of_heading(heading, language))
        count(named or _of_text(heading, language, word_use), _FROM_HEADING)
    for rule in rules:
        count(_of_text(rule.text, language, word_use), _FROM_RULE)
    for section in sections:
        count(_of_text(section.text, language, word_use), _FROM_TEXT)
    ranked = sorted(weights, key=lambda key: (-weights[key], key))
    return Subjects(tuple(_apart(ranked, surfaces)), language)


def _apart(ranked: Sequence[str], surfaces: _Surfaces) -> Iterator[str]:
    """Spellings of subjects that share no word, because topics of different splits must differ."""
    taken: set[str] = set()
    for key in ranked:
        words = {_stem(word) for word in re.split(r"[\s-]+", key)}
        if not words & taken:
            taken |= words
            yield max(surfaces[key], key=lambda surface: (surfaces[key][surface], surface))


def _mentioned(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """The subjects of conditions that code decides."""
    for rule in rules:
        when = rule.check.when if rule.check else None
        for phrase in (*when.mentions, *when.together_with) if when else ():
            text = " ".join(phrase.split())
            if text and len(text.split()) <= _LONGEST + 1:
                yield _key(text), text


def _key(text: str) -> str:
    words = text.lower().split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ENGLISH.openers else words)


def _of_heading(heading: str, language: Language) -> Iterator[tuple[str, str]]:
    """The parts of a heading that is a name and not a sentence."""
    text = re.sub(r"^[\d.()\s]+", "", _MARKS.sub(" ", heading)).strip()
    if re.search(r"[.!?:…]", text) or {w.lower() for w in text.split()} & language.verb_openers:
        return
    for part in re.split(r"\s*(?:,|&|/|\band\b|\bor\b|\bund\b|\bet\b|\by\b)\s*", text):
        words = tuple(_lowered(word, language) for word in part.split())
        named = tuple(word for word in words if word.lower() not in language.openers)
        if 0 < len(named) <= _LONGEST and _is_subject(named, language):
            yield " ".join(named).lower(), " ".join(words if language is ENGLISH else named)


def _lowered(word: str, language: Language) -> str:
    """The text in lower case, except abbreviations and where nouns have capitals."""
    return word if language.capitals or not word[1:].islower() else word.lower()


def _is_subject(words: Sequence[str], language: Language) -> bool:
    last = words[-1].lower()
    inflected = language is ENGLISH and len(last) > 5 and last.endswith("ed")
    known = language.people | language.function
    return not inflected and not any(
        word.lower() in known or not word.replace("-", "").isalpha() for word in words
    )


class _WordUse(NamedTuple):
    """What the texts show about their words."""

    nouns: frozenset[str]
    verbs: frozenset[str]


def _word_use(texts: Sequence[str], language: Language) -> _WordUse:
    """Nouns, and verbs of instructions that are not nouns."""
    alone: Counter[str] = Counter()
    ended: dict[str, set[str]] = defaultdict(set)
    verbs: Counter[str] = Counter()
    for text in texts:
        for phrase in _phrases(text, language):
            if phrase.verb:
                verbs[phrase.verb] += 1
            if phrase.words and phrase.closed:
                last = phrase.words[-1].lower()
                alone[last] += len(phrase.words) == 1 and phrase.opener in language.openers
                ended[last].add(phrase.words[0])
    proven = {word for word in ended if alone[word] or len(ended[word]) > 1}
    nouns = frozenset(word for word in proven if verbs[word] <= alone[word] + len(ended[word]))
    return _WordUse(nouns, frozenset(verbs) - nouns)


def _of_text(text: str, language: Language, word_use: _WordUse) -> Iterator[tuple[str, str]]:
    if language is UNKNOWN:
        yield from ((word.lower(), word) for word in _long_words(text))
        return
    for phrase in _phrases(text, language):
        first = phrase.words[0].lower() if len(phrase.words) > 1 else ""
        if first in word_use.verbs and phrase.opener not in language.openers:
            phrase = phrase._replace(words=phrase.words[1:])
        if not phrase.words:
            continue
        last = phrase.words[-1].lower()
        gerund = language is ENGLISH and len(phrase.words) == 1 and last.endswith("ing")
        if gerund and phrase.opener not in language.openers:
            continue
        is_noun = last in word_use.nouns or _looks_like_noun(phrase, language)
        if is_noun and _is_subject(phrase.words, language) and len(last) > 2:
            yield " ".join(phrase.words).lower(), _surface(phrase, language)


def _looks_like_noun(phrase: _Phrase, language: Language) -> bool:
    """Whether it looks like a noun: by its capital, or as the plural that an instruction is
    about."""
    last = phrase.words[-1]
    plural = language is ENGLISH and last.endswith("s") and not last.endswith("ss")
    return (language.capitals and last[0].isupper()) or (plural and bool(phrase.verb))


def _surface(phrase: _Phrase, language: Language) -> str:
    """The subject as a user would write it after "about"."""
    text = " ".join(phrase.words)
    if language is not ENGLISH:
        return text
    if phrase.opener in ("a", "an", "the"):
        return f"{phrase.opener} {text}"
    if phrase.opener in _OWNERS:
        return f"my {text}"
    one_of_many = phrase.opener in ("any", "each", "every", "another") and text[-1] != "s"
    return f"{'an' if text[0].lower() in 'aeiou' else 'a'} {text}" if one_of_many else text


_OWNERS = frozenset(("my", "your", "his", "her", "its", "our", "their"))


def _phrases(text: str, language: Language) -> Iterator[_Phrase]:
    """The runs of words between function words and punctuation, after one that can open a
    phrase."""
    plain = _MARKS.sub(" ", text)
    if language.idioms:
        plain = re.sub(rf"\b(?:{language.idioms})\b", " ; ", plain, flags=re.I)
    opener, run = ".", list[str]()
    for token in [*_TOKEN.findall(plain), "."]:
        word = token.lower()
        if token[0].isalpha() and word not in language.function and not word.endswith("ly"):
            run.append(_lowered(token, language))
            continue
        if phrase := _phrase(run, opener, word, language):
            yield phrase
        opener, run = word, []


def _phrase(run: list[str], opener: str, end: str, language: Language) -> _Phrase | None:
    """The run as a noun phrase between two words, if it can be one."""
    if not run:
        return None
    closed = end not in language.openers
    if opener in language.openers or opener in language.prepositions:
        return _Phrase(tuple(run), opener, closed) if len(run) <= _LONGEST else None
    if opener in language.verb_openers or (opener in ".;!?-" and closed):
        rest = tuple(run[1:]) if len(run) <= _LONGEST + 1 else ()
        return _Phrase(rest, "", closed, run[0].lower())
    begins = opener in ".;!?-" and end in language.others
    return _Phrase(tuple(run), "", True) if begins and len(run) <= _LONGEST else None


def _long_words(text: str) -> Iterator[str]:
    """For an unknown language: its longer words, or runs of Han and katakana."""
    yield from _HAN.findall(text)
    yield from (word for word in re.findall(r"[^\W\d_]{6,}", text) if not _HAN.search(word))


def _stem(word: str) -> str:
    """A stem that is the same for words of one subject, such as a plural and its singular."""
    return re.sub(r"(?<=\w\w\w)(?:ies|es|s|n|en|e|y)+$", "", word)[:7]

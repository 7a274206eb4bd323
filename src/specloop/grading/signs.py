"""Signs that a judged text tries to write its own verdict, in words.

They flag and change nothing: an answer may speak of verdicts for good reasons. What is not flagged
is not thereby harmless.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator

from specloop.grading.guard import without_hidden

_LABEL = r"(?:YES|NO|N/?A|PASS(?:ED)?|FAIL(?:ED)?|COMPLIANT)"
_VERDICTS = re.compile(
    rf"<\s*+(?:/\s*+)?{_LABEL}\s*+>"
    rf"|\bverdicts?\b[\"'*\s]*+(?:[:=][\"'*\s]*+)?(?-i:{_LABEL})\b"
    rf"|^[^\w\n]*(?:(?:spec(?:ification)?|safety|behaviou?ral|rule|item)s?\s*)?#?[SB]?\d{{1,3}}\b[^\n]{{0,200}}"
    rf"(?:[|:=\-–—>(\[]\s*[*\"']*|\s)(?-i:{_LABEL})[^\w\n]*$"
    rf"|\b(?:all|every|each)\b[^\n.]{{0,60}}(?:[:=]|\bis\b|\bare\b)\s*[\"'*]*(?-i:{_LABEL})\b",
    re.I | re.M,
)
_JSON = re.compile(
    rf"""["'](?:verdict|[SB]\d{{1,3}}|safety|behaviou?ral)\w*["']\s*:\s*(?:\{{[^{{}}]*)?["']{_LABEL}["']""",
    re.I,
)
_DELIMITER = re.compile(
    r"</?\s*(?:query|answer|response|reference|specs?|verdicts?|\w+_specifications)"
    r"(?:[\s_-][^<>\n]{0,60})?>"
    r"|^\W{0,6}(?:the\s+)?end of (?:the |this )?(?:\w+ )?(?:answer|response|query|input|data"
    r"|text)\b"
    r"|^[^\w\n]*VERDICTS\b",
    re.I | re.M,
)
_TURN = re.compile(
    r"<[|｜][^\n]{0,80}?[|｜]>|\[/?INST\]|<<?/?SYS>?>|</?think(?:ing)?>|</?(?:start|end)_of_turn>"
    r"|</s>"
    r"|^[ \t]*={2,}[ \t]*(?:system|user|assistant)[ \t]*={2,}"
    r"|^\W{0,4}(?:system|assistant|developer)\s*:"
    r"|^#{2,}\s*(?:system|instruction|response|assistant)\b",
    re.I | re.M,
)
_TO_THE_JUDGE = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instructions?|rules|prompts?|specs?|specifications|above|"
    r"criteria|guidelines)"
    r"|\b(?:judge|evaluator|grader|reviewer|assessor|auditor)s?\b.{0,80}"
    r"(?:\b(?-i:YES|PASS)\b|\b(?:must|should|shall|please)\b.{0,30}\b(?:mark|answer|output|reply|respond|score|"
    r"give|write|return)\b)"
    r"|\b(?:mark|rate|score|grade|judge|answer|label|treat)\b.{0,60}\b(?:all|every|each|this|it)\b.{0,60}"
    r"\b(?:as |with )?(?:yes|pass(?:ed|ing)?|compliant|satisfied|met)\b"
    r"|\b(?:all|every|each)\b.{0,30}\b(?:specs?|specifications|rules|criteria)\b.{0,40}\b(?:met|satisfied|kept|"
    r"fulfilled|pass(?:ed)?|yes)\b"
    # French, Spanish, Portuguese, Italian, German, Dutch
    r"|(?:ignor\w+|oubli\w+|olvid\w+|esque[cç]\w+|dimentic\w+|ignorier\w*|vergiss|vergessen|negeer)\b.{0,60}"
    r"(?:instruc\w+|consign\w+|reglas|regras|istruzion\w+|anweisung\w*|vorgaben|regeln|instructies)"
    r"|(?:juge|juez|juiz|giudice|richter|gutachter|beoordelaar|[ée]valuateur|evaluador|avaliador)\b.{0,80}"
    r"(?:\b(?:yes|oui|s[ií]|sim|ja)\b|doit|debe|deve|muss|moet)"
    # Russian and Ukrainian
    r"|(?:игнорир\w+|забудь\w*|проигнорир\w+|ігнор\w+).{0,60}(?:инструкц\w+|правил\w*|указан\w+|інструкц\w+)"
    r"|(?:судь[яеию]\w*|оценщик\w*|проверяющ\w+).{0,80}(?:\byes\b|\bда\b|долж\w+|постав\w+|ответ\w+)"
    # Chinese and Japanese, Korean
    r"|(?:忽略|无视|無視|忘记|忘記).{0,30}(?:指令|指示|规则|規則|说明|說明|提示)"
    r"|(?:评委|評委|评审|裁判|评判|审核员|評価者|審査員).{0,60}(?:yes|是|通过|合格|回答|必须|请|ください)"
    r"|(?:指示|ルール|命令).{0,20}(?:無視|忘れ)|(?:지시|규칙|명령).{0,20}(?:무시|잊)"
    # Arabic, Persian, Hindi
    r"|(?:تجاهل|انس|نادیده).{0,60}(?:التعليمات|القواعد|الأوامر|دستور)|(?:القاضي|المقيم|المُقيّم|الحكم).{0,80}(?:yes|نعم|يجب|اكتب|أجب)"
    r"|(?:निर्देश\S*|नियम\S*).{0,40}(?:अनदेखा|नज़रअंदाज़|भूल)",
    re.I | re.S,
)
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{32,}={0,2}(?![A-Za-z0-9+/=])")
_PADDING = re.compile(r"[ \t\u00a0\u3000]{300}|(?:\n[^\S\n]*+){60}|(\S)\1{400}|(\S{1,12}\s)\2{150}")
_HIDDEN_IN_WORD = re.compile(
    r"[A-Za-z][\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u180e\u034f]+[A-Za-z]"
)
_HIDDEN_ANY = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\u2060-\u2064]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ALIKE = str.maketrans(
    "авеёзкмнорстухіјѕһԁԛԝАВЕЗКМНОРСТУХІЈЅ" + "αβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abee3kmhopctyxijshdqwABE3KMHOPCTYXIJS" + "abeikvoptuxABEZHIKMNOPTYX",
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_MOST = 100_000
"""Characters looked at from either end of a text."""


def signs(text: str) -> tuple[str, ...]:
    """What about a text looks like an attack on its judge; empty for nearly every honest one."""
    if len(text) > 2 * _MOST:
        text = text[:_MOST] + text[-_MOST:]
    plain = unicodedata.normalize("NFKC", without_hidden(text))
    alike = as_latin(text)
    found = [words for words, pattern in _PLAIN_SIGNS if pattern.search(plain)]
    if _TO_THE_JUDGE.search(plain) or _TO_THE_JUDGE.search(alike):
        found.append("gives instructions to a judge")
    if _HIDDEN_IN_WORD.search(text) or _HIDDEN_ANY.search(text) or _CONTROL.search(text):
        found.append("holds hidden characters")
    if any(_is_mixed(word) for word in _WORD.findall(plain)):
        found.append("mixes scripts within words")
    found += _decoded(plain)
    return tuple(found)


_PLAIN_SIGNS = (
    ("holds verdicts of its own", _VERDICTS),
    ("holds JSON with verdicts", _JSON),
    ("imitates a delimiter", _DELIMITER),
    ("imitates a turn or a control token", _TURN),
    ("is padded", _PADDING),
)


def as_latin(text: str) -> str:
    """The text in Latin letters where others only look like them, so that words in it are found."""
    return unicodedata.normalize("NFKC", without_hidden(text)).translate(_ALIKE)


def _is_mixed(word: str) -> bool:
    """Whether a word has Latin letters beside Cyrillic or Greek ones that look like Latin."""
    latin = any(ch.isascii() for ch in word)
    return latin and any(ord(ch) in _ALIKE for ch in word)


def _decoded(text: str) -> Iterator[str]:
    for run in _ENCODED.findall(text):
        if _is_text(run):
            yield "holds base64 text"
            break
    turned = codecs.encode(text, "rot13")
    if _TO_THE_JUDGE.search(turned) and not _TO_THE_JUDGE.search(text):
        yield "holds rot13 instructions"


def _is_text(run: str) -> bool:
    body = run.rstrip("=")
    try:
        made = base64.b64decode(body + "=" * (-len(body) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return made.isprintable() and " " in made

"""Decide whether the text around a rule's sentence narrows where the rule holds.

A heading, a row's label, a column's head or a list's lead-in may only name what is regulated
("Length and form", "General rules"): then the rule holds everywhere. Or it may name an occasion, an
audience, a channel or a subject ("Refunds", "Text messages", "During a storm"): then it does not.
Occasions cannot be listed. So the lists here hold words of form and conduct, and any text with
another word narrows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from specloop.checking.apply import mention_pattern
from specloop.checking.grammar import ASSISTANT
from specloop.checking.text import any_case, word_set

_FORM = word_set("""
answer answers answering reply replies response responses responding output outputs write writes
writing written speak speaks speaking say says saying said communicate communicates communication
conversation conversations conversational wording wordings word words phrase phrases phrasing
expression expressions term terms terminology vocabulary language style styles stylistic tone
voice register manner manners form format formats formatting formatted layout structure structured
presentation appearance typography punctuation grammar spelling mechanics mark marks length
brevity size conciseness concision clarity readability simplicity consistency limit limits rule
rules policy policies guideline guidelines guidance principle principles requirement requirements
instruction instructions standard standards convention conventions norm norms conduct behavior
behaviour behaviors behaviours personality character basics basic essentials general generally
common overall default defaults core main global universal fixed obligatory mandatory required
forbidden banned prohibited prohibitions prohibition restriction restrictions taboo taboos allowed
dos donts don'ts do's do don't always never must mustn't should may not no avoid use keep be every
each all any everything anything everywhere the a an of for to in and or our its your their this
these that what how we you it is are as by with assistant assistants model bot chatbot agent ai
brief concise short clear direct plain simple natural polite politeness courtesy courteous kind
kindness friendly friendliness warm helpful respectful respect professional professionalism
quality service following follow follows apply applies please note hold holds details important
remember reminder attention section part chapter appear appears look read reads respond
communicating ground hard strict absolute firm persona etiquette brand boundaries house
""")
VALUES = word_set("""
safety safe privacy private security secure honesty honest truthfulness truth transparency ethics
ethical legal law compliance trust confidentiality confidential data protection integrity fairness
liability harm harms harmful risk risks sensitive content personal information accessibility
accuracy
""")
VALUES_OF_FORM = frozenset({"content", "accessibility"})
"""Under these headings a ban holds everywhere; a demand may be meant for what they are about."""
_AMBIGUOUS = word_set("""
limit limits service terms term register details house quality standard standards basic basics plain
common default defaults marks natural warm direct kind friendly part short core main global fixed
brand voice mandatory required forbidden writing speaking policy policies brief
""")
"""Words of form that alone may name a subject of the business."""
_FEATURES = word_set("""
list lists bullet bullets bulleted numbered heading headings table tables link links url urls
contact data emoji emojis emoticons symbol symbols markdown markup code bold italics capitals
digits numbers exclamation marks mark point points sentence sentences paragraph paragraphs
question questions asking opening openings greeting greetings beginning beginnings closing
closings ending endings sign off line lines number length form and of the in use using
""")
"""Under these headings a rule holds everywhere if it is about what they name."""
_CHANNEL = any_case(
    r"\b(?:e-?mails?|letters?|phones?|telephone|sms|texting|text messages?|messengers?|whatsapp"
    r"|social media|facebook|twitter|posts?|tweets?|voice ?mails?|newsletters?|tickets?|mobile"
    r"|voice (?:assistants?|bots?|calls?)"
    r"|premium|outages?|weekends?|nights?|holidays?|emergenc(?:y|ies)|vip|children|kids|minors)\b"
)
_NAMES_DOCUMENT = any_case(
    r"\b(?:assistant|bot|chatbot|agent|policy|handbook|manual|guide|rules|spec|specification|service"
    r"|shop|store|desk|support)\b"
)
_KIND_OF_ANSWER = any_case(
    r"(?:.* )?(?:short|brief|concise|simple|direct|clear|plain|natural|general|basic|common|default"
    r"|standard|fixed|mandatory|required|forbidden|safety|safe|privacy|private|security|legal|honest"
    r"|sensitive|confidential|personal|kind|polite|friendly|professional|service|voice)"
    r" (?:answers?|replies|responses?|outputs?)|voice"
)
"""With an adjective these name a kind of answer ("Short answers"), otherwise all answers."""
_SUBJECT = any_case(
    r"\b(?:written|spoken|structured|formatted|policy|general|personal) (?:communications?|writing"
    r"|answers?|repl(?:y|ies)|responses?|outputs?|conversations?)\b"
    r"|\b(?:answers?|replies|responses|messages|conversations) (?:that|which|we|you)\b"
    r"|\b(?:general|standard|legal|our) terms\b|\bterms of\b|\bdetails of\b|\bapply for\b"
    r"|\bsay(?:ing)? no\b|\bno (?:answers?|reply|response)\b"
)
"""Words of form that together name a channel, a kind of answers or a subject."""
_ALSO_CALLED = {
    "begin": "opening greeting beginning",
    "start": "opening greeting beginning",
    "open": "opening greeting beginning",
    "end": "closing ending sign-off",
    "close": "closing ending sign-off",
    "finish": "closing ending sign-off",
}
_SMALL = word_set("and of the in use using number length form line lines off data")
OCCASIONS = "in|for|during|when|while|if|on|at|with|within|after|before|outside|under|until"
"""Words that open an occasion, as a pattern."""
_OCCASION = any_case(rf"(?:{OCCASIONS}|once)\b")
_NARROWING = any_case(rf"\b(?:{OCCASIONS}|where|only|as|by|to|from|about)\b")
_SERVING = any_case(
    r"\b(?:serving|helping|talking (?:to|with)|speaking (?:to|with)|writing to|answering)"
    r" (?:the |our )?(?:customers?|users?|people)\b|\bcustomer service\b"
)
_NUMBERING = any_case(
    r"(?:section|part|chapter|article|§)? ?\d+(?:\.\d+)*[.):]? *[:—–-]? ?|\([a-z0-9]\) "
    r"|[IVXLC]+\. "
)


def names_occasion(title: str, *, alone: bool = False) -> bool:
    """Whether a document's title names an occasion, a channel or a subject rather than the
    document.

    A title that stands `alone`, without headings below it, counts as one only if it says so.
    """
    if _OCCASION.match(title):
        return True
    if len(title.split()) > 3 or _NAMES_DOCUMENT.search(title):
        return False
    subject = alone or re.fullmatch(r"[A-Z]?[a-z]+s", title) is not None
    return bool(
        _CHANNEL.search(title) or (subject and not _is_neutral(title, "", free=frozenset()))
    )


def holds_everywhere(outside: Sequence[str], content: str, *, free: frozenset[str]) -> bool:
    """Whether a rule holds for every answer, judging by the texts around it.

    `content` is what the rule is about: a heading that only repeats it narrows nothing.
    `free` holds words of value that do not narrow this rule.
    """
    return all(_is_neutral(text, content, free=free) for text in outside)


def _is_neutral(text: str, content: str, *, free: frozenset[str]) -> bool:
    bare = _SERVING.sub("", _NUMBERING.sub("", text.replace("’", "'"), count=1)).strip(" .:;—–-*_")
    if _CHANNEL.search(bare) or _KIND_OF_ANSWER.fullmatch(bare) or _SUBJECT.search(bare):
        return False
    if not bare or (ASSISTANT.match(bare) and not _NARROWING.search(bare)):
        return True
    words = frozenset(re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", bare.lower()))
    if len(words) == 1 and words <= _AMBIGUOUS:
        return False
    if words <= _FORM | free:
        return True
    return _is_said_again(bare, words, content)


def _is_said_again(heading: str, words: frozenset[str], content: str) -> bool:
    """Whether a heading only repeats what the rule is about."""
    about = f"{content} {' '.join(_ALSO_CALLED.get(verb, '') for verb in content.split())}"
    if words <= _FEATURES:
        return any(mention_pattern(word).search(about) for word in words - _SMALL)
    return len(words) <= 4 and mention_pattern(heading).search(about) is not None

"""Whether a sentence opens with an instruction, such as "Reply within a day".

English marks an imperative by nothing but its place: a verb in base form, first in its clause,
without a subject. A lexicon says whether the first word can be a verb. Most of these can also be a
noun or an adjective ("Order numbers", "Open questions"); then what follows decides, and where that
does not either, whether instructions mostly have it as a verb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from specloop.checking.text import any_case, word_set

MOSTLY_VERBS = word_set("""
aim answer bear break bring call check choose click close comment comply copy correct cut
escalate express favor favour find fix focus give go greet guard handle help hide highlight
interrupt invite keep label leave let limit listen look love make mark match mention name offer open
pass pause pick play point praise present prevent push put quote raise reach react
refuse reply repeat report respect return
review run save say search seek select send separate serve set share show sign skip sort speak
spell split stand start stay stick stop store strive submit support swap switch take talk tap
think throw touch transfer treat trust try turn use wait walk watch wear weigh welcome withhold
work wrap write
""")
"""Nouns or adjectives as well, but at the beginning of an instruction mostly verbs."""

_VERBS_THEN = word_set("contact decline default direct route forward")
"""Nouns or adjectives as well, but behind a condition mostly verbs."""
_ONLY_VERB, _ONLY_ADJECTIVE, _ONLY_ADVERB = (frozenset([name]) for name in ("VERB", "ADJ", "ADV"))
_FUNCTION_WORDS = word_set("""
a about above absent after again ago all almost alone along already also although always am among
an and another any are as at away based be because been before being below best better between
both but by can could daily despite did does done down due during each early either else enough
even ever every except few first for former from further given good had has have he her here him
his how however i if in instead into is it its just last late latter least less like likewise many
may me might mine minus more most much must my near neither never new next nine no nor not now of
off often on once one only onto or other our out outside over past per perhaps please plus
quite rather right same second seldom several shall she should since so some still such subject
ten than that the their them then there these they thirteen this those though three through
throughout thus to today together too toward towards twice two under unless unlike until up upon
us very via was we well were what whatever when whenever where whereas wherever whether which
whichever while who whoever whom whose why will with within without worse worst would yet you your
""") - {"be"}
_DETERMINER = any_case(
    r"(?:the|an?|any|all|your|their|its|his|her|our|my|it|them|him|us|me|each|every|no|this|these|"
    r"those|both|some|what|how|whatever|whichever|whether|either|neither|none|"
    r"nothing|nobody|everything|everyone|anything|anyone|someone|something|(?:your|it|them)sel\w+|"
    r"only|not|never|several|another|such|at (?:most|least)|"
    r"(?:no )?more than|up to|X(?= (?:in|at|by|with|to|for|after|before|instead)\b|[.,;]|$))"
    r"(?![\w'’-])"
)
"""Begins an object, so the word before it is no noun; X stands for a quotation."""
_PARTICLE = any_case(r"(?:up|out|off|away|down|over|into|onto|back|together|aside|along|through)\b")
_PREPOSITION = any_case(
    r"(?:in|on|at|by|with|without|to|from|for|about|as|within|across|under|between|towards?|after|"
    r"before|during|until|when|whenever|if|unless|while|where|wherever|once|because|so|than|like|"
    r"against|above|below|per|via|near|among|around|beyond|upon|rather|instead|here|there|first|"
    r"again|where)\b"
)
_FINITE = any_case(
    r"(?:is|are|was|were|has|have|had|will|may|might|can|could|does|did|would|should|must|shall|"
    r"means?|(?:is|are|do|does|wo|ca)n['’]t|cannot|began|went|came|took|made|became|gave|fell|"
    r"grew|said|held|rose|goes|takes|makes|gives|comes)"
)
_NEW_CLAUSE = any_case(
    r"(?:that|which|who|whom|whose|what|how|why|where|when|whenever|if|unless|while|whether|because|"
    r"since|as|so|than|you|they|we|it|he|she|i|until|after|before|though|and|or|but)"
)
_ADDRESS = re.compile(r"[^\s@]+@[\w-]+\.\w")
_PREFIXED = any_case(
    r"(?:fact|co|re|double|cross|de|pre|un|over|spell|proof|spot|fine|hand|copy|self|auto|back|"
    r"black|white|hard|time|gate|on|off|up|out|mis|under|side|boot|dis|fore)-?(?P<verb>[a-z]{3,})"
)
_VERBAL_END = re.compile(r"(?:[iy][sz]e|ify)$")
_OPENING = any_case(
    r"(?P<adverb>(?:always|only|also|then|first|please|kindly|do|again)\s+|\w+ly\s+)?"
    r"(?P<verb>[a-z]+(?:-[a-z]+)*)(?![\w'’])(?P<rest>[^:].*|)$"
)
_HAVE_DO = any_case(
    r"have (?:the|an?|your|another|some(?:one|body)|every(?:one|body)|them|him|her)(?: \w+){0,2}? "
    r"(?P<verb>\w+) (?:the|an?|your|their|it|up|out|in|on|to)\b"
)
_HAVE = any_case(
    r"(?:always |please )?have (?:an?|your|at least|enough) "
    r"(?!(?:great|nice|good|lovely|look|question|problem|idea|suggestion|fun)\b)\w"
)
"""'Have a backup': an instruction, but for wishes and questions."""
_COMMAND = re.compile(r"[A-Z]{3,} \S*\w[.:/]\w")
"""A line of a protocol or program ("GET example.com:80")."""
_NO_INSTRUCTION = any_case(
    r"(?:optionally|note|see|suppose|imagine|recall|welcome (?:to|aboard|back)|thank you|"
    r"\w+ cases?|X)\b"
)
_OF_ACTION = any_case(
    r"(?:even )?(?:before|after|when|while|if|unless|until|once) you\b|"
    r"(?:\w+ ){1,3}(?:(?:before|after|when|while|without|by|instead of|rather than) \w+ing|"
    r"if|unless|until|(?:where|when\w*|as) (?:possible|necessary|needed|appropriate|required))\b"
)
"""What says how or when something is done, and so is not said of a thing."""
_THAT_CLAUSE = any_case(r"that (?:you|they|it|the|your|we) ")
_INSTEAD = any_case(r"(?:rather than|instead of)\b")
_IN = any_case(
    r"(?:hand|turn|sign|log|fill|check|opt|bring|call|step|join|put|plug|type|send|loop)\b"
)
"""Verbs that go with "in"."""
_NEW_NOUNS = word_set("commits logs writes merges installs uploads")
"""Nouns that the lexicon has as verbs only."""
_NEAR = 7
"""A verb further on than this many words has another subject than the first word."""


@cache
def _classes(word: str) -> frozenset[str]:
    """The word classes of a lower-case word; empty if the lexicon does not have it."""
    # It reads 80,000 words; a command that reads no document need not wait for that.
    from lemminflect import getAllLemmas

    return frozenset(getAllLemmas(word))


@cache
def _base_classes(word: str) -> frozenset[str]:
    """The classes of a word that can be a verb in base form; empty if it cannot."""
    from lemminflect import getAllLemmas

    if word == "be":
        return frozenset(["VERB"])
    prefixed = _PREFIXED.fullmatch(word)
    if prefixed and "-" in word and prefixed["verb"] in MOSTLY_VERBS:
        return _ONLY_VERB
    lemmas = getAllLemmas(word)
    if word in _FUNCTION_WORDS or (lemmas and word not in lemmas.get("VERB", ())):
        return frozenset()
    if lemmas:
        return frozenset(lemmas) - ({"ADV"} if "NOUN" not in lemmas else set())
    if prefixed and (classes := _base_classes(stem := prefixed["verb"].lower())):
        return _ONLY_VERB if stem in MOSTLY_VERBS else classes
    return frozenset(["VERB"] if _VERBAL_END.search(word) else ["NEW"] if "-" not in word else [])


def can_be_verb(word: str) -> bool:
    """Whether the word can be a verb in base form."""
    return "VERB" in _base_classes(word.lower())


def is_verb_form(word: str) -> bool:
    """Whether the word can be a verb in any form."""
    return "VERB" in _classes(word.lower())


def can_be_noun(word: str) -> bool:
    """Whether the word can be a noun, or a name that the lexicon does not have."""
    classes = _classes(word.lower())
    return not classes or bool(classes & {"NOUN", "PROPN"})


def opens_with_verb(text: str, *, alone: bool = False) -> bool:
    """Whether the text is an instruction: it opens with a verb in base form and has no subject.

    The verb may stand alone if `alone`, as behind a condition ("When in doubt, ask").
    """
    match = _OPENING.match(text)
    if match is None or _NO_INSTRUCTION.match(text) or _COMMAND.match(text):
        return False
    have = _HAVE_DO.match(text)
    if _HAVE.match(text) or (have and can_be_verb(have["verb"])):
        return True
    adverb, verb, rest = (match[1] or "").strip().lower(), match["verb"], match["rest"]
    if adverb == "do" and _DETERMINER.match(text, len("do ")):
        return True
    if adverb not in ("", "do") and can_be_verb(adverb):
        adverb, verb, rest = "", adverb, text[len(adverb) :]
    classes = _base_classes(verb.lower())
    if not rest.strip(" .!"):
        return (alone or bool(adverb)) and "VERB" in classes
    joined = re.match(r"(?:,|,? (?:and|or))\s+(?=\w)", rest)
    if joined and "VERB" in classes:
        others = rest[joined.end() :]
        return opens_with_verb(others) and not has_predicate(others.split(maxsplit=_NEAR))
    if not classes or not re.match(r"\s+[^\s=—–<>+|→:&/-]", rest):
        return False
    sure = bool(adverb) or (alone and verb.lower() in _VERBS_THEN)
    return _reads_as_verb(verb.lower(), classes, rest.strip(), sure=sure)


def _reads_as_verb(verb: str, classes: frozenset[str], rest: str, *, sure: bool) -> bool:
    """Whether a word that can be a verb is one, by what follows it."""
    words = rest.split(maxsplit=_NEAR)[:_NEAR]
    following = words[0].strip(".,;:!?").lower()
    if classes == _ONLY_VERB:
        return verb in ("assume", "ensure", "remember", "verify") or not has_predicate(words[:2])
    new = "NEW" in classes and (len(verb) < 4 or following in ("not", "never", "only"))
    if new or following == "of" or _FINITE.fullmatch(following):
        return False
    if _ADDRESS.match(rest):
        return True
    if sure or _DETERMINER.match(rest) or _PARTICLE.match(rest) or following in ("sure", "certain"):
        return True
    if _INSTEAD.match(rest) or (verb in MOSTLY_VERBS and _THAT_CLAUSE.match(rest)):
        return True
    if "NEW" in classes or following == "that" or has_predicate(words):
        return False
    if (
        verb in MOSTLY_VERBS
        or (following == "in" and _IN.fullmatch(verb))
        or (following == "to" and verb == "link")
        or _adverb(words[0])
        or _adverb(words[-1])
        or _OF_ACTION.match(rest)
    ):
        return True
    return not _PREPOSITION.match(rest) and _takes_object(classes, words)


def has_predicate(words: Sequence[str]) -> bool:
    """Whether the opening words are the subject of a verb ("Order history is kept")."""
    before = ""
    for word in words:
        bare = word.strip(".,;:!?)(").lower()
        if _NEW_CLAUSE.fullmatch(bare):
            return False
        if _FINITE.fullmatch(bare) or _conjugated(bare, before):
            return True
        before = bare
        if word.endswith((",", ";", ":", "—", ".")):
            return False
    return False


def _conjugated(word: str, before: str) -> bool:
    """Whether the word can only be a verb in the present tense ("it decides", "times vary")."""
    plural = before.endswith("s") and before not in ("us", "this", "its", "his")
    agrees = word.endswith("s") or (plural and can_be_verb(word))
    return agrees and _classes(word) == _ONLY_VERB and word not in _NEW_NOUNS


def _adverb(word: str) -> bool:
    bare = word.strip(".,;:!?").lower()
    often = bare in ("daily", "weekly", "monthly")
    return often or (bare.endswith("ly") and _classes(bare) == _ONLY_ADVERB)


def _takes_object(classes: frozenset[str], words: Sequence[str]) -> bool:
    """Whether a noun that can be a verb has an object: an adjective and its noun, or a plural."""
    if "ADJ" in classes:
        return False
    head = words[0].strip(".,;:!?").lower()
    if _classes(head) == _ONLY_ADJECTIVE or (len(words) == 1 and "ADV" in _classes(head)):
        return True
    for word in words:
        if _PREPOSITION.match(word) or _DETERMINER.match(word):
            break
        head = word.strip(".,;:!?").lower()
        if word[-1] in ".,;:!?":
            break
    return head.endswith("s") and not head.endswith("ss") and words[-1][-1:] == "."

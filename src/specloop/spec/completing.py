"""Completes a rule by what stands before it in its section: its subject, and what it refers to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from specloop.checking.scope import VALUES, holds_everywhere
from specloop.checking.text import any_case
from specloop.spec.bans import forbids_at_once
from specloop.spec.composing import HANGS, OBLIGED, Stated
from specloop.spec.context import actor, has_pronoun, lowered, subject, tidy, with_subject
from specloop.spec.identity import unnumbered
from specloop.spec.mapped import sentence_texts
from specloop.spec.pointing import leans, points_back, says_little, takes_up
from specloop.spec.polarity import stem_of_title
from specloop.spec.sections import SectionBlocks
from specloop.spec.statements import DocumentReading, Sentence
from specloop.spec.verbs import is_verb_form, opens_with_verb
from specloop.spec.wording import is_conditional, main_clause

MAX_CONTEXT = 400
"""Most characters of earlier text to put in front of a rule that refers back."""
MAX_QUESTION = 20
"""Most words of a question that is repeated before its answer."""
MAX_CUT = 3
"""Most words of a clause that says too little without the one before it ("do not guess")."""
MAX_ENTRIES = 20
"""Of a longer list only the lead-in is repeated."""


@dataclass(slots=True)
class WholeSentences:
    """What was said in a section up to a sentence."""

    reading: DocumentReading
    heading: str = ""
    """The section's heading, if it names what its rules are about; not the document's title."""
    occasion: str = ""
    """The section's heading, if it says when its rules hold ("When a player asks for a hint")."""
    above: Sequence[str] = ()
    """The headings above the section's own."""
    before: Sentence | None = None
    said: str = ""
    """The sentence before, complete by itself."""
    _question: str = ""
    """What the block asks at its head; empty if it asks nothing."""
    _begun: list[str] = field(default_factory=list[str])
    """The block's sentences so far."""
    _subject: str = ""
    _actor: str = ""
    _since_subject: list[str] = field(default_factory=list[str])
    """The sentences since what they are about was last asked for."""
    _since_actor: list[str] = field(default_factory=list[str])

    @property
    def subject(self) -> str:
        """What the sentence before is about; empty if it names nothing."""
        for text in reversed(self._since_subject):
            if own := subject(text) or self._by_name(text):
                self._subject = own
                break
            main = main_clause(text)
            if main.split(maxsplit=1)[0].lower() not in ("it", "they", "its", "their"):
                self._subject = ""
                break
            # Its own subject is a pronoun.
            if named := actor(text[: len(text) - len(main)]):
                self._subject = named
                break
        self._since_subject.clear()
        return self._subject

    def _by_name(self, text: str) -> str:
        """The name of its own by which the document calls whom a sentence is about."""
        first, *rest = text.split(maxsplit=2)
        named = first.istitle() and first.lower() in self.reading.customs.bound
        return first if named and len(rest) > 1 and is_verb_form(rest[0]) else ""

    @property
    def actor(self) -> str:
        """Who was last named of those that rules bind."""
        named = filter(None, map(actor, reversed(self._since_actor)))
        self._actor = next(named, self._actor)
        self._since_actor.clear()
        return self._actor

    def complete(self, sentence: Sentence, stated: Stated) -> str:
        """The statement, made understandable without the sentences around it."""
        said = _ANSWER.sub("", tidy(stated.text))
        own = self._named(said)
        text = self._with_context(sentence, stated, own, named=own != said)
        if not stated.joined and self._question not in text and self._holds_for(sentence, text):
            text = f"{tidy(self._question)} {text}"
        return self._headed(sentence, stated, text) if text == own else text

    def _headed(self, sentence: Sentence, stated: Stated, text: str) -> str:
        """A text that stands without the sentences around it, with its heading if it needs that."""
        instructs = opens_with_verb(text) or forbids_at_once(text)
        stem = self.reading.governors.over(sentence.block).stem if stated.joined else ""
        ordered = instructs or HANGS.search(stem.rstrip(" :"))
        if self.occasion and ordered and not is_conditional(text):
            return f"{self.occasion}, {lowered(text)}"
        if self.heading and (whole := _of_thing(self.heading, text)):
            return whole
        known = instructs and " the " in text.split(":")[0]
        acts = opens_with_verb(self.heading) or (known and _DOING.fullmatch(self.heading))
        lacks = says_little(text) or (stated.joined and leans(sentence.text))
        little = (acts and not is_conditional(text)) or lacks or self._from_above(sentence, stated)
        if self.heading and little and not _names_all(text, self.heading):
            return f"{self.heading}: {text}"
        return text

    def _from_above(self, sentence: Sentence, stated: Stated) -> bool:
        """Whether a heading above the section's own gives the duty ("It must not:", "Fire")."""
        over = self.reading.governors.over(sentence.block)
        return bool(over.stem) and stated.joined and over.stem in map(stem_of_title, self.above)

    def _with_context(self, sentence: Sentence, stated: Stated, text: str, *, named: bool) -> str:
        """The statement's own `text`, with what it refers to; `named` if its subject was put in."""
        if stated.joined:
            return text
        if points_back(tidy(sentence.text)) and (context := self._context(sentence)):
            return f"{tidy(context)} {tidy(stated.text, keep_opener=True)}"
        cut = sentence.text[:1].islower() and len(text.split()) <= MAX_CUT
        taken_up = not named and self.before and takes_up(text, self.before.text)
        if cut or taken_up or self._answers(sentence) or leans(text):
            context = self._context(sentence)
            return f"{tidy(context)} {text}" if context else text
        return text

    def _answers(self, sentence: Sentence) -> bool:
        """Whether a sentence stands behind a question, which says when it holds ("Lost something?
        Write to the desk.")."""
        before = self.before
        if (
            before is None
            or not before.text.endswith("?")
            or self.reading.blocks[before.block].aside
        ):
            return False
        near = before.block == sentence.block or (
            before.block == sentence.block - 1 and sentence.opens_block
        )
        return near and len(before.text.split()) <= MAX_QUESTION

    def passed(self, sentence: Sentence, text: str) -> None:
        """Remember a sentence, and the rule's text that it gave, if it gave one."""
        answer = sentence.text.strip(" .!").lower() in ("yes", "no", "never", "sure", "of course")
        if (
            not text
            and (answer or points_back(sentence.text))
            and (context := self._context(sentence))
        ):
            whole = f"{tidy(context)} {sentence.text}"
            self.said = whole if len(whole) <= MAX_CONTEXT else context
        else:
            self.said = text or self._named(sentence.text)
        self._ask(sentence)
        if sentence.text.endswith("?") and self._question:
            self.said = self._question
        self.before = sentence
        self._since_subject.append(sentence.text)
        self._since_actor.append(sentence.text)

    def _holds_for(self, sentence: Sentence, text: str) -> bool:
        """Whether the block's question is needed for a rule's text: a case always is, a question
        for an instruction."""
        if sentence.opens_block and not _ANSWER.match(sentence.text):
            return False
        if self._question.endswith("?"):
            main = main_clause(text)
            return opens_with_verb(main) or forbids_at_once(main)
        return True

    def _ask(self, sentence: Sentence) -> None:
        """Remember what a block asks at its head: that holds for all that is said in it."""
        text = sentence.text
        self._begun = [text] if sentence.opens_block else [*self._begun, text]
        if asked := _QUESTION.match(text):
            self._question = text[asked.end() :]
        elif sentence.opens_block and not _ANSWER.match(text):
            self._question = ""
        whole = " ".join(self._begun)
        headed = _HEADED.match(self.reading.source, sentence.span[1])
        if text.endswith("?") and headed and len(whole.split()) <= MAX_QUESTION:
            self._question = whole

    def _named(self, text: str) -> str:
        if not has_pronoun(text):
            return text
        return with_subject(text, self.subject, self.actor or self.reading.subject)

    def _context(self, sentence: Sentence) -> str:
        """What a sentence refers to, if it is short enough to repeat."""
        before, blocks = self.before, self.reading.blocks
        if before is None:
            return ""
        apart = before.block != sentence.block and blocks[before.block].kind == "item"
        nested = blocks[sentence.block].lead in (before.block, blocks[before.block].lead)
        if apart and not nested:
            return self._whole_list(before.block)
        text = self.said
        apart = apart and blocks[before.block].level == blocks[sentence.block].level
        useless = len(text) > MAX_CONTEXT or (apart and leans(text))
        return "" if useless else text

    def _whole_list(self, last: int) -> str:
        lead = self.reading.blocks[last].lead
        if lead < 0 or self.reading.blocks[lead].kind == "heading":
            return ""
        stem = self.reading.last(lead)
        if last - lead > MAX_ENTRIES:
            return stem
        blocks = [b for b in self.reading.blocks[lead + 1 : last + 1] if b.lead == lead]
        entries = (sentence_texts(block.text.text)[0].rstrip(".;") for block in blocks)
        text = f"{stem} {'; '.join(entries)}."
        return text if len(text) <= MAX_CONTEXT else stem


_IN_CASE = any_case(r"(?:if|when|where|unless) [^,;:]{1,40}, ")
MAX_THING = 3
"""Most words of a heading that can be the subject of its rules ("sender" / "MUST be a name")."""


def _of_thing(heading: str, text: str) -> str:
    """A duty without a subject, of what its heading names; empty if it has one."""
    if text.rstrip(".") == "REQUIRED":
        return f"{heading} is {text}"
    begin = _IN_CASE.match(text)
    main = text[begin.end() :] if begin else text
    if len(heading.split()) > MAX_THING or not OBLIGED.match(main):
        return ""
    return f"{begin[0] if begin else ''}{heading} {lowered(main)}"


def heading_of(reading: DocumentReading, part: SectionBlocks) -> str:
    """The heading that a section's rules may need to be understood; empty for one that says nothing
    of where they hold ("Tone", "General rules"), and for the document's title."""
    headed = next((one for one in reading.parts if one.heading), None)
    heading = unnumbered(part.heading).strip(" .:")
    if part is headed or holds_everywhere([heading], "", free=VALUES):
        return ""
    if not _TOPIC.fullmatch(heading):
        return ""
    above = unnumbered(part.section.path[-2]).strip(" .:") if len(part.section.path) > 1 else ""
    # A step of an action ("Modify order" > "Modify items") is only understood with that.
    step = headed and above != headed.heading and opens_with_verb(above)
    return f"{above}: {heading}" if step and opens_with_verb(heading) else heading


def occasion_of(reading: DocumentReading, part: SectionBlocks) -> str:
    """The heading of a section whose rules hold only when it says; else empty."""
    headed = next((one for one in reading.parts if one.heading), None)
    heading = unnumbered(part.heading).strip(" .:")
    if part is headed or not _OCCASION.fullmatch(heading):
        return ""
    return heading.capitalize() if heading.isupper() else heading


_DOING = any_case(
    r"(?!(?:writ|talk|speak|answer|reply|work|us|format|be|communicat)ing\b)\w+ing"
    r"(?: (?:to|with|for|on|in) [\w’'-]+)?"
)
"""A heading that names what somebody does when its instructions hold ("Cancelling"), if they are
about a thing that they do not introduce."""
_QUESTION = any_case(r"q(?:uestion)?\s*:\s*")
_ANSWER = any_case(r"^a(?:nswer)?\s*:\s*")
_HEADED = re.compile(r"(?:\*\*|__|</?\w+>|[ \t]*(?:\r?\n|\r))+")
"""What is behind a question that stands by itself: the end of its line or of its bold letters."""
_OCCASION = any_case(
    r"(?:when(?!ever\b)|if|after|in case of|while|during)(?! (?:to|in doubt|and|or)\b)"
    r"(?!.*\b(?:some|any|every|)things?\b)"
    r"(?: [\w’'-]+){2,7}"
)
_TOPIC = any_case(
    r"(?!(?:with|rules|duties|basics|agreed|limits|general|notes?|other|scope|questions?|what|how|when|why|who|where|do|does|is|are|be|never|no|not|don['’]t|avoid|always)\b)"
    r"[\w’'-]+(?:,? [\w’'-]+){0,4}"
)
"""A heading that may stand as a label before its rules; none that is a question or a ban."""


def _names_all(text: str, heading: str) -> bool:
    """Whether a text has all the words of a heading, in any form."""
    said = {word[:5].lower() for word in re.findall(r"\w{4,}", text)}
    words = (word.lower().removesuffix("ing")[:5] for word in re.findall(r"\w{4,}", heading))
    return all(any(other.startswith(word) for other in said) for word in words)

"""A link within the document whose anchor or label does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from rapidfuzz import fuzz, process

from specloop.errors import did_you_mean
from specloop.linting.document import LintDocument
from specloop.linting.targets import Targets
from specloop.lints import Finding, Lint, lints

MOST_HINTS = 200
"""Most links for which the anchor that may be meant is looked for."""
_ANCHOR = re.compile(
    r"\]\(<?(?P<inline>#[^)\s>]*)|\bhref\s*=\s*[\"']?(?P<href>#[^\"'\s>]*)"
    r"|^ {0,3}\[[^\]\n]+\]:[ \t]*(?P<defined>#\S*)|(?<!\])\[(?P<short>#[\w:-]+)\](?![(:])",
    re.I | re.M,
)
_LABELLED = re.compile(r"\[(?<![\\!\]]\[)[^\[\]\n]+\]\[(?P<label>[^\[\]\n^]*[^\W\d_][^\[\]\n]*)\]")


@lints.register("REFERENCE-LINK")
class ReferenceLink(Lint):
    """A link goes to an anchor that no heading of the document has, or uses a label that is not
    defined.

    Example:

        Offer another bicycle ([how](#spare-bikes)).

    What to do: correct the anchor, or give the heading its anchor: {#spare-bikes}.
    """

    title = "a link to nowhere"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Links outside code."""
        targets, n_hints = document.targets, 0
        for match in _ANCHOR.finditer(document.text):
            anchor = next(group for group in match.groups() if group)
            start = match.start(match.lastgroup or 0)
            defined = match["short"] and anchor.casefold() in targets.link_labels
            if not defined and not document.in_code(start) and not _is_known(anchor, targets):
                n_hints += 1
                hint = _meant(anchor[1:], targets) if n_hints <= MOST_HINTS else ""
                remedy = hint or f"correct it, or give the heading the anchor {{{anchor}}}"
                message = f"nothing in the document has the anchor {anchor!r}"
                yield self.finding(message, remedy, (start, start + len(anchor)))
        for match in _LABELLED.finditer(document.text):
            label = match["label"]
            if label.casefold() in targets.link_labels or document.in_code(match.start()):
                continue
            # Generators of documentation resolve names of code: [`Runner`][agents.run.Runner].
            if not re.fullmatch(r"\w+(?:\.\w+)+", label):
                message = f"the link label {label!r} is not defined"
                remedy = f"define it: [{label}]: https://..."
                yield self.finding(message, remedy, match.span("label"))


def _meant(name: str, targets: Targets) -> str:
    """The anchor that is likely meant."""
    # No pair is less alike by this measure, which is fast, than by that of `did_you_mean`.
    near = process.extract(name, targets.anchors, scorer=fuzz.ratio, score_cutoff=59, limit=None)
    return did_you_mean(name, [anchor for anchor, _, _ in near]).strip()


def _is_known(anchor: str, targets: Targets) -> bool:
    name = unquote(anchor[1:]).lower()
    known = name in targets.anchors or name.removeprefix("user-content-") in targets.anchors
    return known or re.match(r"(?:fn(?:ref)?\b|fnref?[:\d-]|:~:|/|!)", name) is not None

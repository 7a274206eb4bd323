"""Word lists for reading rules from their wording."""

from __future__ import annotations

_IMPERATIVES = """
accept acknowledge act adapt add adhere adjust admit advise affirm aim alert allow announce
answer anticipate apologise apologize apply approve argue ask assess assist assume attach avoid
be begin block breach break bring bypass call cancel carry cease check choose cite clarify close
collect combine come commit communicate compare complete comply compose conceal conclude confirm
consider consult continue convey correct create decide decline decrypt defer delay delete
deliver deny describe destroy disclose discourage discuss do draw elaborate emphasise emphasize
employ empower encourage encrypt endorse engage ensure enter escalate escape evaluate exclude
exercise explain express extend favor favour find finish fix follow forward generate get give
greet handle hide highlight honor honour identify ignore imply include inform insert insist
interpret interrupt introduce invent invite involve judge keep lead leave let listen lock log
maintain make mention minimise minimize monitor negotiate notify obey obtain omit operate
perform permit pose praise prefer prepare preserve pretend prevent prioritise prioritize proceed
produce promote propose protect provide publish put quote raise read reassure recognise
recognize recommend redact redirect refer refrain refuse reject rely remain remember remind
remove repeat rephrase replace represent require resist resolve respect respond restate restrict
retain reveal say scan secure seek select sell send separate serve share show shred sign skip
solicit speak spell start stay stick stop store strive submit suggest summarise summarize
suspend switch tailor take teach tell thank throw transfer translate treat turn unlock update
uphold use validate verify warn wash wear weigh welcome withhold wrap write
"""
IMPERATIVES = frozenset(_IMPERATIVES.split())
"""Verbs that open an instruction in base form."""

_AMBIGUOUS = """
address approach attempt back care change charge claim comment contact cover credit default
design direct display document double edit end exhibit express flag focus forward frame guard
guide help label limit link list lock log mark match mirror move name note offer open order
output own pass pause pay phrase place point present pressure process promise prompt push quote
reach record release reply report request return review route score search set share show sign
stand start state stop store stress structure supply support talk test transfer treat try turn
value visit wait watch work
"""
AMBIGUOUS = frozenset(_AMBIGUOUS.split())
"""Verbs that are nouns or adjectives as well: they open an instruction only before an object."""

_CONDUCT = """
acknowledges adapts addresses adheres admits aims answers asks asserts assumes attempts avoids
bases begins brings checks cites clarifies closes combines communicates complements confirms
continues corrects declines delights describes discloses embodies emphasizes encourages ends
engages ensures escalates explains explores expresses flags focuses follows gives greets handles
helps honors identifies ignores includes infuses keeps limits listens maintains makes matches
mentions minimizes offers opens plumbs points prefers presents prioritizes promises protects
provides pushes recognizes recommends redirects refers refrains refuses rejects reminds replies
reports respects responds seeks sends shares shows speaks starts stays stops strives suggests
summarizes supports takes talks tells thanks treats tries uses verifies warns welcomes writes
"""
CONDUCT = frozenset(_CONDUCT.split())
"""Verbs of conduct in the present tense: 'the assistant answers in English' says what it has to
do."""

ACTORS = (
    r"assistant|models?|bot|chatbot|agents?|system|service|ai|operators?|employees?|staff|team|"
    r"representatives?|reps?|advisors?|advisers?|workers?|members?|managers?|tutor|companion|"
    r"concierge|you|we"
)
"""Who a rule binds, as a pattern."""

SAFETY = (
    r"\b(harm\w*|danger\w*|safety|unsafe|illegal\w*|illicit\w*|unlawful\w*|crim(e|es|inal\w*)|"
    r"weapons?|violen\w+|explosives?|poison\w*|drugs?|terroris\w+|extremis\w+|hat(e|eful)\b|slurs?|"
    r"harass\w*|abus\w+|discriminat\w+|privacy|private|personal (data|information|details)|"
    r"sensitive (data|information|content|personal)|confidential\w*|privileged|passwords?|"
    r"credentials?|secrets?|pin codes?|card numbers?|social security|minors?|child(ren)?|teens?|"
    r"under 1\d|suicid\w+|self-harm\w*|self-injur\w+|overdos\w+|emergenc\w+|crisis|mental health|"
    r"medical|legal|financial|tax|investment|diagnos(is|es|e)|dosages?|dosing|prescri\w+|sexual\w*|"
    r"erotic\w*|gore|fraud\w*|scams?|phishing|malware|hack\w*|manipulat\w+|deceiv\w+|decepti\w+|"
    r"hazards?|biological|chemical|nuclear|copyright\w*|intellectual property|gdpr|hipaa|laws?)\b"
)
"""Words of harm, privacy and law, as a pattern."""

"""Function words by language, which separate nouns from the rest of a text without a model, and the
forms of plain requests. No subject is here; subjects come from the document."""

from __future__ import annotations

import re
from typing import NamedTuple


class Language(NamedTuple):
    """What is known about a language."""

    openers: frozenset[str]
    """Words that only occur before a noun phrase."""
    prepositions: frozenset[str]
    """Words before a noun phrase that also end the phrase before them."""
    joints: frozenset[str]
    """Other words that end a phrase: conjunctions, and prepositions that verbs come after too."""
    others: frozenset[str]
    """Pronouns, modal and auxiliary verbs, negations and the most common adverbs."""
    people: frozenset[str]
    """The people in every policy, and words of which all policies are made."""
    verb_openers: frozenset[str]
    """Words after which a verb comes."""
    forms: tuple[str, ...]
    """Plain requests about a {topic}."""
    capitals: bool = False
    """Whether nouns begin with a capital letter."""
    idioms: str = ""
    """A pattern of idioms whose nouns name nothing."""

    @property
    def function(self) -> frozenset[str]:
        """The words that are in no noun phrase."""
        return self.openers | self.prepositions | self.joints | self.others


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = Language(
    openers=_words(
        "a an the my your his her its our their any every each no another some these those this "
        "several many few most all both such other"
    ),
    prepositions=_words(
        "of in on at by for with about against between into during from over under without within "
        "via per including regarding concerning upon toward towards among across"
    ),
    joints=_words(
        "and or nor but that as than if when whenever unless because while until except like where "
        "whether so since to before after through behind beyond near"
    ),
    others=_words(
        "i you he she it we they me him them us who whom whose which what there here must should "
        "shall may might can could will would do does did be is are was were been being have has "
        "had not never always only also too very then just even still again more less much least "
        "how why one two three four five six seven eight nine ten first second third own same both "
        "either neither else ever often sometimes usually please sure need needs s t re ll ve d"
    ),
    people=_words(
        "assistant assistants model models agent agents bot user users customer customers client "
        "clients person people human humans someone somebody anyone anybody everyone member "
        "members employee employees staff team company companies developer developers operator "
        "operators rule rules policy policies section sections document documents guideline "
        "guidelines instruction instructions principle principles answer answers response "
        "responses reply replies message messages question questions request requests sentence "
        "sentences word words line lines list lists example examples case cases way ways time "
        "times thing things information content topic topics subject subjects kind kinds type "
        "types part parts conversation conversations context text texts tone style language "
        "paragraph paragraphs item items reason reasons use user's customer's exception exceptions "
        "purpose purposes end beginning order's number numbers name names term terms behavior "
        "behaviour situation situations goal goals intent intents following everything something "
        "nothing anything respect fact facts form forms level levels lot set sets point points "
        "value values opening closing heading headings bullet bullets emoji emojis mark marks "
        "overview introduction definitions general scope attribution license appendix note notes "
        "bit extent manner process step steps default defaults action actions possible best worst "
        "potential ability attempt attempts view task tasks condition conditions measure measures "
        "author authors basis pattern patterns basics resources guide pledge participant "
        "participants individual individuals reader readers interest interests behaviors "
        "behaviours sense lack doubt mind world addition side chain command knowledge reasoning "
        "problem problems uncertainty hand start change changes limit obligation kind whole "
        "out last "
        "letter degree detail details difference existence possibility experience collection "
        "portion contexts objective objectives authority perspective perspectives total private "
        "span states conduct circumstances circumstance option options difference amount "
        "benefit benefits setting settings title relation relations status basic"
    ),
    verb_openers=_words(
        "must should shall may might can could will would to not never do does did please always "
        "i you he she we they who"
    ),
    idioms=(
        r"in order to|in addition(?: to)?|on the (?:side|basis|part) of|as well as|for example|"
        r"in (?:particular|general|doubt|mind|fact|advance|place of|front of|light of|terms of|"
        r"response to|any case|this case|full|time|question)|at (?:least|most|all|once|hand)|of "
        r"course|by default|with (?:regard|respect) to|on behalf of|instead of|a (?:lack|sense|"
        r"number|set|range|variety|kind|couple|lot) of|as (?:soon|long|far|possible)"
    ),
    forms=(
        "I have a question about {topic}. Can you help me?",
        "What should I know about {topic}?",
        "Can you tell me more about {topic}, please?",
        "What is the best way to deal with {topic}?",
        "My friend asked me about {topic}. What would you say?",
        "I am not sure about {topic}. What do you advise?",
    ),
)

GERMAN = Language(
    openers=_words(
        "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner "
        "mein meine ihr ihre ihren ihrem sein seine unser unsere jede jeder jedes jeden alle "
        "diese dieser dieses diesen"
    ),
    prepositions=_words(
        "von vom in im an am auf bei beim für mit über gegen zwischen durch vor nach zum zur aus "
        "unter ohne während"
    ),
    joints=_words("und oder aber wenn weil dass ob bis seit als wie außer sowie zu um"),
    others=_words(
        "ich du er sie es wir ihnen ihm ihn uns mich dich sich wer was welche muss müssen soll "
        "sollen sollte darf dürfen kann können will wird werden wurde ist sind war waren sein hat "
        "haben nicht nie niemals immer nur auch sehr dann mehr weniger noch schon man bitte so"
    ),
    people=_words(
        "assistent assistenten assistentin kunde kunden kundin kundinnen nutzer nutzerin person "
        "personen mensch menschen mitglied mitglieder mitarbeiter regel regeln richtlinie "
        "richtlinien abschnitt dokument antwort antworten frage fragen anfrage anfragen nachricht "
        "satz sätze wort wörter zeile liste beispiel beispiele fall fälle weise art thema themen "
        "inhalt ton stil sprache teil grund zeit einleitung geltungsbereich ausnahme jemand alles"
    ),
    verb_openers=_words("muss soll darf kann wird nicht zu ich du er sie wir"),
    forms=(
        "Ich habe eine Frage zum Thema {topic}. Können Sie mir helfen?",
        "Was muss ich zum Thema {topic} wissen?",
        "Können Sie mir bitte mehr zum Thema {topic} sagen?",
        "Wie gehe ich beim Thema {topic} am besten vor?",
        "Eine Freundin hat mich nach dem Thema {topic} gefragt. Was würden Sie sagen?",
        "Beim Thema {topic} bin ich unsicher. Was raten Sie mir?",
    ),
    capitals=True,
)

FRENCH = Language(
    openers=_words(
        "le la les l un une des mon ma mes votre vos notre nos son sa ses leur leurs tout toute "
        "tous toutes chaque aucun aucune ce cet cette ces d du au aux"
    ),
    prepositions=_words("de en dans sur sous avec sans contre entre chez vers pendant selon"),
    joints=_words("à par pour avant après et ou mais si quand lorsque comme que depuis"),
    others=_words(
        "je tu il elle on nous vous ils elles qui quoi dont ne n pas jamais toujours plus moins "
        "doit doivent peut peuvent est sont être a ont avoir faire fait très aussi ainsi donc y se "
        "s c j m t qu lui"
    ),
    people=_words(
        "assistant assistants client clients cliente clientes utilisateur utilisateurs personne "
        "personnes membre membres équipe règle règles politique section document réponse réponses "
        "question questions demande demandes message messages phrase phrases mot mots ligne liste "
        "exemple exemples cas façon sujet sujets ton style langue partie raison temps exception"
    ),
    verb_openers=_words("doit doivent peut peuvent ne pas jamais pour je tu il elle nous vous qui"),
    forms=(
        "J'ai une question sur le sujet suivant : {topic}. Pouvez-vous m'aider ?",
        "Que faut-il savoir sur le sujet suivant : {topic} ?",
        "Pouvez-vous m'en dire plus, s'il vous plaît ? Le sujet : {topic}.",
        "Comment faire au mieux ? Il s'agit de : {topic}.",
        "Une amie m'a posé une question ({topic}). Que diriez-vous ?",
        "J'hésite au sujet de : {topic}. Que me conseillez-vous ?",
    ),
)

SPANISH = Language(
    openers=_words(
        "el la los las un una unos unas mi mis tu tus su sus nuestro nuestra nuestros nuestras "
        "cada todo toda todos todas ningún ninguna este esta estos estas ese esa del al"
    ),
    prepositions=_words("de en con sin sobre contra entre hasta desde según durante"),
    joints=_words("por para antes después y e o u pero si cuando como que porque mientras salvo a"),
    others=_words(
        "yo él ella usted ustedes nosotros ellos ellas quien qué cuál no nunca siempre más menos "
        "debe deben puede pueden es son ser está están ha han haber hacer muy también solo sólo ya "
        "se lo le les me te nos"
    ),
    people=_words(
        "asistente asistentes cliente clientes usuario usuarios persona personas miembro miembros "
        "equipo regla reglas política sección documento respuesta respuestas pregunta preguntas "
        "solicitud mensaje mensajes frase frases palabra palabras línea lista ejemplo ejemplos "
        "caso casos forma tema temas tono estilo idioma parte razón tiempo excepción"
    ),
    verb_openers=_words("debe deben puede pueden no nunca para yo él ella usted quien se"),
    forms=(
        "Tengo una pregunta sobre este tema: {topic}. ¿Me puede ayudar?",
        "¿Qué debo saber sobre este tema: {topic}?",
        "¿Me puede contar más, por favor? El tema es: {topic}.",
        "¿Cuál es la mejor manera de proceder? Se trata de: {topic}.",
        "Una amiga me preguntó por este tema: {topic}. ¿Qué diría usted?",
        "Tengo dudas sobre este tema: {topic}. ¿Qué me aconseja?",
    ),
)

UNKNOWN = Language(*[frozenset[str]()] * 6, forms=("{topic}?",))
"""Any other language: the request is only the subject."""

_LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH)
_LEAST_SHARE = 0.15
"""The least share of a text's words that are function words of its language."""


def language_of(text: str) -> Language:
    """The language with the most function words in a text; UNKNOWN if there are few."""
    all_words = re.findall(r"[^\W\d_]+", text.lower())
    shares = {
        number: sum(word in function for word in all_words)
        for number, function in enumerate(language.function for language in _LANGUAGES)
    }
    best = max(shares, key=shares.__getitem__)
    known = all_words and shares[best] >= _LEAST_SHARE * len(all_words)
    return _LANGUAGES[best] if known else UNKNOWN

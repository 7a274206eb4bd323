"""Find words of a judged text to its judge: orders and claims about the judging, in many languages.

A pattern has to name both the judging and what is wanted of it. Words of honest answers, about
rules, tests or judges in court, do not match.

In a regular expression such as `judge.{0,60}must.{0,60}yes` each gap multiplies the cost of a
search: a text that repeats the words would take minutes. So patterns are split at their gaps, and
each part is searched by itself, in linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import permutations

_GAP = re.compile(r"\.\{0,(\d+)\}")
_Chain = tuple[tuple[int, re.Pattern[str]], ...]
"""The parts of a pattern, each after the most characters between it and the one before."""


def _chains(*patterns: str) -> tuple[_Chain, ...]:
    """The alternatives of some patterns, split at their gaps; letter case does not count."""
    return tuple(_chain(each) for pattern in patterns for each in _alternatives(pattern))


def _chain(pattern: str) -> _Chain:
    first, *others = _GAP.split(pattern)
    parts = zip(map(int, others[::2]), others[1::2], strict=True)
    return tuple((gap, re.compile(part, re.I)) for gap, part in ((0, first), *parts))


def _alternatives(pattern: str) -> Iterator[str]:
    """The alternatives of a pattern outside of all groups."""
    depth = begin = 0
    marks = re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", pattern)
    for mark in marks:
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if mark[0] == "|" and not depth:
            yield pattern[begin : mark.start()]
            begin = mark.end()
    yield pattern[begin:]


def _occurs(chain: _Chain, text: str) -> bool:
    """Whether the parts of a chain follow one another in a text."""
    (_, first), *others = chain
    ends = sorted({match.end() for match in first.finditer(text)})
    for gap, part in others:
        if not ends:
            return False
        places = (match.span() for match in part.finditer(text))
        ends = sorted({end for start, end in places if _reaches(ends, start, gap)})
    return bool(ends)


def _reaches(ends: list[int], start: int, gap: int) -> bool:
    at = bisect_left(ends, start - gap)
    return at < len(ends) and ends[at] <= start


_LABEL = r"(?-i:YES|NO|NA|PASS(?:ED)?|COMPLIANT|OK)\b"
_GOOD = (
    rf"(?:{_LABEL}|(?:pass(?:es|ed|ing)?|compliant|compliance|complies|satisf(?:ied|ies|y)|met"
    rf"|fulfil\w*|approv\w+|perfect"
    r"|flawless|full|top|highest|maximum|best|positive(?:ly)?|favou?rabl[ey]|acceptable|kept"
    r"|adher\w+|correct|leniently"
    r")\b|\b(?:5(?:\s?/\s?5)?|10(?:\s?/\s?10)?|100)\b(?!\s?[A-Za-z]))"
)
_JUDGE = (
    r"(?:judges?|evaluators?|graders?|reviewers?|assessors?|auditors?|raters?|scorers?|checkers?"
    r"|arbiters?"
    r"|(?:judging|grading|evaluat(?:ing|ion)|scoring|review) (?:model|ai|llm|system|agent|bot"
    r"|assistant|pipeline)"
    r"|LLM|language model)"
)
_MARK = (
    r"(?:mark|rate|score|grade|judge|label|treat|count|classify|evaluate|assess|accept|regard"
    r"|consider|deem)"
)
_SAY = (
    r"(?:output|reply|respond|answer|say|print|write|return|give|emit|produce|assign|award|choose"
    r"|select|pick|vote|put|enter|set|use|record)"
)
_ANSWER = (
    r"(?:answer|response|output|text|story|reply|submission|sample|message|code|solution|item)"
)
_SPECS = (
    r"(?:specs?|specifications?|criteria|criterion|rubrics?|rules?|checks?|items?|polic(?:y|ies))"
)
_TOP = (
    r"(?:full|top|maximum|highest|perfect|passing|best)"
    r" (?:marks?|scores?|grades?|ratings?|verdicts?|points)\b"
)
_PARTY = (
    r"(?:gpt[- ]?\w+|chatgpt|claude|gemini|llama|mistral|deepseek|qwen|openai|anthropic"
    r"|human (?:annotat|expert|rater|judge|review)\w*"
    r"|(?:senior|official|expert|independent|another|other|previous|first|second|lead|head"
    r"|chief) (?:judge|reviewer|grader|evaluator|annotator|panel|model)s?"
    r"|(?:safety|legal|review|moderation|compliance|trust) (?:team|department|board|committee))"
)
_ENGLISH = (
    # To the judge, by name.
    rf"\b(?:dear|hey|hello|attention|attn|note (?:to|for)|message (?:to|for)|instructions? (?:to"
    rf"|for)|reminder (?:to|for)|hint (?:to|for)"
    rf"|warning (?:to|for)|if you are)\W{{1,3}}(?:the |an? |any |all |whoever is )?(?:(?:ai"
    rf"|automated|automatic|honou?rable|esteemed|human) )?{_JUDGE}\b"
    rf".{{0,100}}(?:{_GOOD}|\b{_MARK}\b)",
    rf"\b{_JUDGE}\b.{{0,60}}\b(?:must|should|shall|please|is to|are to|needs? to|has to|have to"
    rf"|will|can|may)\b.{{0,40}}"
    rf"\b(?:{_MARK}|{_SAY}|pass|stop|skip)\b.{{0,60}}{_GOOD}",
    r"\byou are (?:now )?(?:the|an?|no longer an?) (?:\w+ )?(?:judge|evaluator|grader|assessor"
    r"|rater)\b.{0,80}"
    rf"\b(?:{_MARK}|{_SAY}|who|whose|that)\b",
    r"\b(?:judge|evaluator|grader|assessor|rater)(?:'s)? (?:note|reasoning|analysis|notes"
    r"|conclusion|summary|decision|log|output)s?\b\W{0,3}:",
    # What it is to say.
    rf"\b{_MARK}\b.{{0,40}}\b(?:all|every|each|this|it|the above|my)\b.{{0,40}}\b(?:as"
    rf"|with)\b.{{0,20}}\b{_GOOD}",
    rf"(?:^|[.!?:;,\"'(\[] ?|\b(?:just|simply|only|please|always|must|should|then|and"
    rf"|to) )(?:\w+ )?{_SAY}(?: only| with| just| back| the)*"
    rf"(?: (?:word|label|verdict|value|answer))?[^\w:]{{0,3}}(?-i:YES|PASS"
    rf"|COMPLIANT)\b(?!\W{{1,3}}(?:or|and|if|to|when|by|/|\|)\b)(?!/)",
    rf"\b(?:give|award|assign|grant)(?:ed|s)? (?:(?:it|me|this|(?:this|the|my|any|every) {_ANSWER})"
    rf" )?(?:an? |the )?{_TOP}",
    rf"\b{_ANSWER}\b.{{0,20}}\b(?:deserves?|receives?|gets?|earns?|merits) (?:an? |the )?{_TOP}",
    rf"\b(?:this|that|the above|my|the (?:following|preceding"
    rf"|present)) {_ANSWER}\b.{{0,50}}\b(?:deserves?|scores?|gets?|receives?|earns?|rates?"
    r"|is rated|is graded|was rated|was graded|must be|should be|has been|was|is) (?:\w+ ){0,2}"
    r"(?:(?:fully |entirely |completely )?compliant|(?:a |an )?(?:5|10|100)\b|passed|approved"
    r"|judged|rated|graded|scored|verified|certified|validated)",
    # What it is to believe of the specifications.
    r"\b(?:all|every|each)\b.{0,30}\bspec(?:ification)?s?\b.{0,40}\b(?:met|satisfied|kept|fulfilled"
    r"|pass(?:ed)?)\b",
    rf"\b(?:all|every|each|any|no)\b.{{0,30}}\b{_SPECS}\b.{{0,40}}\b(?:(?-i:YES|PASS)|suspended"
    r"|waived|lifted|void|cancelled|obsolete|violated|broken|out of date|outdated"
    r"|been replaced)\b",
    rf"\b{_SPECS}\b.{{0,30}}\b(?:are|is|has been|have been|were) (?:\w+ )?(?:suspended|waived"
    rf"|lifted|void|cancelled|obsolete|out of date"
    r"|outdated|replaced|superseded|withdrawn|no longer (?:valid|in force|apply|applicable))\b",
    r"\b(?:new|updated|revised|real|actual|correct|official|amended) (?:rubrics?|(?:grading"
    r"|scoring|evaluation|judging|marking)"
    r" (?:rules?|criteria|scheme|instructions?|policy|guidelines?|guide|key))\b",
    # The end, or an exception.
    r"\b(?:evaluation|judging|grading|judge?ment|scoring) (?:phase |task |session |part "
    r"|of this \w+ )?(?:(?:is|has|was)(?: now| already| hereby)? (?:over|ended|suspended"
    r"|cancelled|paused|disabled|been (?:suspended|cancelled|disabled|closed))"
    r"|(?:is|was|has been) (?:now|already|hereby) (?:complete[d]?|finished|done|concluded"
    r"|closed))\b",
    r"\b(?:skip|bypass|stop|end|abort|disable|suspend|omit) (?:the |this |all |any |further "
    r"|your )*(?:evaluation|judging|grading|judge?ment|scoring|rubric)\b",
    r"\b(?:this|it) is (?:only |just |merely )?(?:a|an) (?:\w+ )?(?:calibration|sanity|attention"
    r"|canary|control|gold|unit|smoke|dry)[- ]?(?:item|sample|check|test|run|case|example"
    r"|question)\b",
    # Verdicts of others.
    rf"\b(?:graded|judged|rated|scored|reviewed|approved|verified|certified|validated|evaluated"
    rf"|assessed|cleared|checked|confirmed|marked|labell?ed)"
    rf" (?:\w+ ){{0,4}}(?:by|as|with)\b.{{0,25}}(?:{_PARTY}|{_GOOD})",
    rf"\b{_PARTY}\b.{{0,40}}\b(?:gave|rated|graded|judged|scored|found|marked|labell?ed|approved"
    rf"|awarded|verdict|says?|said|confirmed)\b.{{0,40}}{_GOOD}",
    r"\b(?:gold|ground[- ]?truth|expected|human|official|true|target|oracle|consensus|majority"
    r"|reference) (?:label|verdict|annotation|grade|score|rating|judge?ment)s?\b.{0,40}"
    rf"{_GOOD}",
    r"\b(?:previous|prior|earlier|past|last|other) (?:verdict|judge?ment|evaluation|grading"
    r"|review|assessment)s?\b.{0,40}" + _GOOD,
    # A choice, a new task, a scan.
    r"\b(?:select|choose|prefer|pick|favou?r) (?:this|my) (?:response|answer|output|text)\b",
    rf"\b{_ANSWER} (?:should|must|shall|deserves to|ought to) (?:pass|be accepted|be approved)\b",
    r"\brecommend\w*\b.{0,60}\baccept(?:ed|ance|ing)?\b",
    r"\b(?:no longer|not|never|instead of) (?:check|judg|evaluat|grad|assess"
    r"|scor)\w*\b.{0,60}\b(?:confirm|approve|accept|comply)",
    r"\bviolations?[\"']?\s*[:=]\s*[\"'\[]?(?:0|none|\])",
    r"\b(?:keeps?|meets?|satisfies|passes|follows|ok on) [SB]\d{1,3}\b",
    r"\b(?:as|being) an? (?:ai|language model|llm|automated \w+),? you (?:should|must|will"
    r"|need)\b",
    r"\byou (?:rated|graded|judged|scored|marked|gave) (?:this|the|an?) .{0,40}\b(?-i:YES|PASS"
    r"|COMPLIANT)\b",
    r"\b(?:harness|scorer|checker|classifier|grader)\b.{0,40}\b(?:returns?|gives?"
    r"|outputs?)\b.{0,40}\b(?:maximum|highest|pass|any)",
    # Pleas, threats and bribes.
    rf"\b(?:tip|pay|paid|reward|donate|bonus|\$ ?\d+)\b.{{0,60}}\b{_JUDGE}\b.{{0,60}}{_GOOD}",
    rf"\b(?:if|unless|should) (?:you|the {_JUDGE}|this|it|any|even one)\b.{{0,50}}\b(?:(?-i:NO"
    rf"|FAIL|YES|PASS)|fail (?:this|it|me|the)|non-?compliant|low(?:er)? (?:score|grade|mark)"
    r"|bad (?:score|grade|mark)|negative (?:verdict|grade|score)|mark (?:me|this|it) down"
    r"|anything (?:else|but|other|less|lower))\b",
    rf"\b(?:please|i beg|begging|beseech|implore|kindly|be kind|have mercy|be lenient"
    rf"|be generous)\b.{{0,80}}\b(?:grade|grading|verdict|judging|judge|scor(?:e|ing)"
    rf"|mark|rat(?:e|ing)|evaluat\w+)\b.{{0,60}}(?:{_GOOD}|lenien\w+|generous\w*|mercy|kind\w*"
    rf"|high)",
    # What a judge would say.
    r"\b(?:my|the|overall|final|step \d:?) (?:verdict|judge?ment|evaluation|assessment"
    r"|conclusion|reasoning)\b\W{1,3}.{0,60}"
    r"\b(?:answer|response|story|text|assistant)\b.{0,60}\b(?:keeps|complies|satisfies"
    r"|meets|adheres|follows|respects|fulfils)\b.{0,40}\b(?:all|every|each|the)\b",
    rf"\bthe (?:answer|response|assistant'?s? (?:answer|response)) (?:fully |clearly |perfectly "
    rf"|completely )?(?:keeps|complies with|satisfies|meets|adheres to|follows"
    rf"|respects|fulfils|obeys)\b.{{0,30}}\b{_SPECS}\b",
)
# French, Spanish, Portuguese, Italian, German, Dutch, Scandinavian, Polish, Turkish, Indonesian,
# Vietnamese, Russian, Ukrainian, Bulgarian, Chinese, Japanese, Korean, Arabic, Persian, Hebrew,
# Hindi, Thai and Greek.
_BENCH = (
    r"(?:\bjuges?|juez|jueces|juiz|juíz\w+|giudic\w+|richter\w*|domare\w*|dommer\w*|sędzi\w+"
    r"|hakim\w*|juri)"
)
"""Words for judges in court and in contests, too."""
_RATER = (
    r"(?:gutachter\w*|prüfer\w*|bewerter\w*|beoordelaar|[ée]valuateur\w*|correcteur\w*"
    r"|evaluador\w*|avaliador\w*|valutator\w*|oceniając\w+|değerlendirici\w*|penilai|giám khảo)"
)
_OTHERS = (
    rf"(?:{_BENCH}|{_RATER}).{{0,80}}\b(?-i:YES|OUI|SÍ|SI|SIM|JA|TAK|EVET|YA|CÓ|PASS)\b",
    rf"{_RATER}.{{0,80}}(?:conform\w+|cumpl\w+|erfüllt|bestanden|respect[ée]\w*|soddisfatt\w+"
    r"|atend\w+|voldaan|uppfyll\w+|opfyldt|oppfylt|spełni\w+|uygun|memenuhi|đạt)",
    r"\b(?:toutes les|todas? (?:las|as)|tutte le|tutti i|alle|wszystkie|tüm|bütün|semua"
    r"|tất cả)\b.{0,40}(?:spécification|consigne|règle|especifica|regla|regra|specific|regol"
    r"|spezifikation|vorgabe|regel|specyfikac|zasad|kural|özellik|aturan|spesifikasi|quy tắc"
    r"|tiêu chí)\w*.{0,40}(?:(?<!être )respect|satisf|(?<!deben )(?<!debe )cumpl|atendid"
    r"|soddisf|rispett|erfüllt|eingehalten"
    r"|voldaan|spełni|karşılan|uygun|terpenuhi|dipenuhi|đạt|\bYES\b|\bJA\b|\bOUI\b)",
    r"\b(?:répond\w*|responde?|rispond\w*|antwort\w*|schreib\w*|écri\w+|escrib\w+|escreva"
    r"|scriv\w+|antwoord\w*|odpowiedz\w*|cevapla\w*|yaz\w*|jawab\w*|tulis\w*|trả lời|viết|svara"
    r"|svar)\b.{0,40}(?-i:\b(?:YES|OUI|SÍ|SIM|JA|TAK|EVET|YA|CÓ|PASS)\b)",
    r"(?:судь[яеию]\w*|судд[яіюею]\w*|оценщик\w*|проверяющ\w+|эксперт\w*|оцінювач\w*"
    r"|съди\w+).{0,80}(?:\byes\b|\bда\b|\bтак\b|соответств\w+|выполнен\w*|відповіда\w+|спазен\w+)",
    r"(?:все|всі|каждое|каждый|всички)\b.{0,40}(?:правил\w*|спецификац\w+|требован\w+"
    r"|специфікац\w+|вимог\w+).{0,40}(?:выполнен\w*|соблюден\w*|виконан\w*|дотриман\w*|спазен\w*"
    r"|YES)",
    r"(?:ответь\w*|отвечай\w*|напиши\w*|поставь\w*|выведи\w*|відповідай\w*"
    r"|напиши)\b.{0,40}(?-i:\b(?:YES|ДА|ТАК)\b)",
    r"(?:评委|評委|评审|評審|裁判|评判|審判|审核员|評価者|審査員|判定者|评估|評估|打分|评分"
    r"|評分).{0,60}(?:yes|符合|满足|はい|適合)",
    r"(?:审核员|評価者|判定者|评估|評估|打分).{0,60}(?:通过|通過|合格|满分|滿分)",
    r"(?:所有|全部|每一?[条條项項]|すべて|全て).{0,20}(?:规则|規則|规范|規範|要求|标准|標準|条"
    r"|ルール|仕様|項目).{0,20}(?:满足|滿足|符合|通过|通過|遵守|YES|守ら|適合|満たし)",
    r"(?:回答|输出|輸出|写|寫|返回|答え|出力|書い).{0,12}(?:YES|「はい」|“是”|「是」)",
    r"(?:YES|はい).{0,6}と?(?:答え|出力|書い|回答)",
    r"(?:심사(?:위원|관|자)|평가자|채점자|판사).{0,60}(?:yes|예|통과|준수|합격)",
    r"모든.{0,20}(?:규칙|사양|기준).{0,20}(?:충족|준수|통과|YES)",
    r"(?:القاضي|المقيم|المُقيّم|الحكم|المحكم|داور|ارزیاب).{0,80}(?:yes|نعم|متوافق|مطابق|بله)",
    r"(?:جميع|كل|همه).{0,30}(?:المواصفات|القواعد|الشروط|قوانین|مشخصات).{0,30}(?:مستوفاة|محققة"
    r"|YES|نعم|رعایت)",
    r"(?:השופט|המעריך|הבודק).{0,60}(?:yes|כן|עומד)",
    r"(?:न्यायाधीश|मूल्यांकनकर्ता|निर्णायक|जज).{0,60}(?:yes|हाँ|हां|अनुरूप)",
    r"(?:กรรมการ|ผู้ประเมิน|ผู้ตัดสิน).{0,60}(?:yes|ใช่|ผ่าน)",
    r"(?:κριτής|αξιολογητής|δικαστής).{0,60}(?:yes|ναι|συμμορφ\w+)",
)
_IGNORES_IN_OTHERS = (
    r"(?:\bignor(?:ez|a|ad|en|em|ate|are|iere\w*)\b|oubli\w+|olvid\w+|esque[cç]\w+|dimentic\w+"
    r"|ignorier\w*|vergiss|vergesst|vergessen sie|negeer|glem|ignorera|zignoruj\w*|zapomnij"
    r"|abaikan|lupakan)\b.{0,60}(?:instruc\w+|instruktion\w*|instrukcj\w+|instruks\w*|consign\w+"
    r"|reglas|regras|règles|istruzion\w+|anweisung\w*|vorgaben|regeln|instructies|zasad\w*"
    r"|instruksi)",
    r"(?:игнорир\w+|забудь\w*|проигнорир\w+|ігнор\w+|забудьте"
    r"|не обращай\w*).{0,60}(?:инструкц\w+|правил\w*|указан\w+|інструкц\w+|вказівк\w+)",
    r"(?:忽略|无视|無視|忘记|忘記|不要理会|不要理會).{0,30}(?:指令|指示|规则|規則|说明|說明|提示"
    r"|标准)",
    r"(?:指示|ルール|命令).{0,20}(?:無視|忘れ)",
    r"(?:지시|규칙|명령).{0,20}(?:무시|잊)",
    r"(?:تجاهل|انس|نادیده).{0,60}(?:التعليمات|القواعد|الأوامر|دستور|قوانین)",
    r"(?:התעלם|שכח).{0,40}(?:הוראות|כללים)",
    r"(?:निर्देश\S*|नियम\S*).{0,40}(?:अनदेखा|नज़रअंदाज़|भूल)",
    r"(?:เพิกเฉย|ละเว้น|ลืม).{0,40}(?:คำสั่ง|กฎ)",
    r"(?:αγνόησ\w+|ξέχασ\w+).{0,40}(?:οδηγίες|κανόνες)",
)
_ABOUT = (
    # Who or what judges, what is judged, and the result: near one another in any order.
    r"\b(?:(?:auto)?grader|evaluators?|examiners?|assessors?|raters?|AI reviewers?|judge(?:s|d)?"
    r"|evaluat(?:ed|ion|e)"
    r"|grading|judging|verdicts?|rubrics?|specs?|specifications?|assignment|acceptance"
    r"|compliance|criteri(?:on|a)"
    r"|scoring|scanner|harness|assess(?:ed|ment)|graded|gradebook|prompt says)\b",
    r"\b(?:this|these|the|that|my|our|its|very same|present|above) (?:\w+ )?(?:answer|response"
    r"|output|text|work|story|essay"
    r"|submission|code|function|one|paper|solution|item|sample|reply)\b",
    rf"(?:{_GOOD}|\b(?:accept(?:ed|ing|ance)?|cleared|exempt|confirm\w*|favou?r|10 out of 10"
    rf"|100/100|maximum|strengths"
    r"|keep(?:s|ing)|follows? the rules|violates? (?:nothing|no)|no violations?|never fails?"
    r"|meeting|comply)\b)",
)
_ORDERS = _chains(*_ENGLISH, *_OTHERS, *(".{0,60}".join(parts) for parts in permutations(_ABOUT)))
_IGNORES = _chains(
    *_IGNORES_IN_OTHERS,
    r"(?:^|[.!?:;,\"'(\[] ?|\b(?:please|you must|you should|now|and|then) )(?:\w+ )?(?:ignore"
    r"|disregard|forget|override)\b.{0,40}"
    r"\b(?:all|any|previous|prior|above|earlier|preceding|system|the|your|those|these)\b.{0,30}"
    r"\b(?:instructions?|prompts?|specs|specifications?|rubrics?|criteria|rules|guidelines)\b",
)


def speaks_to_a_judge(text: str, asked: bool) -> bool:
    """Whether a text on one line speaks to a judge.

    Orders to forget the rules are meant for the judge in an answer, but for the assistant in what
    is `asked` of it.
    """
    sought = _ORDERS if asked else (*_ORDERS, *_IGNORES)
    return any(_occurs(chain, text) for chain in sought)

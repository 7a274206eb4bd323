"""Every record that crosses a stage, by stage.

A record is frozen and validated, and its `id` is a hash of its content, so reruns, resume and
deduplication need no bookkeeping. Where a later stage fills fields of a record (annotations of a
rule), the id covers only the fields that say *which* thing it is: the class lists them in
`IDENTITY`.
"""

from specloop.records.answers import (
    PLAIN,
    Answer,
    Exchange,
    Form,
    ProtocolName,
    Purpose,
    Step,
    Timing,
)
from specloop.records.base import Record, Value, content_id, optional
from specloop.records.cases import (
    TOLD,
    BenchRow,
    Conflict,
    Instance,
    Label,
    Probe,
    Scenario,
    SeedPrompt,
    Side,
    Spec,
    Specs,
    Split,
    Told,
)
from specloop.records.conversation import (
    MadeBy,
    Message,
    Role,
    Sampling,
    ToolCall,
    Turns,
    last_request,
    must_ask,
    said,
)
from specloop.records.cost import Cost, total_cost
from specloop.records.document import (
    ANSWERING_STAGES,
    Authority,
    Category,
    CheckCall,
    Condition,
    Direction,
    Edit,
    EditField,
    Example,
    GradedAnswer,
    Rule,
    RuleType,
    Section,
    Stage,
)
from specloop.records.evaluation import Evaluation, Metric, Outcome
from specloop.records.failures import Failure, FailureKind
from specloop.records.pairs import PreferencePair
from specloop.records.training import TrainingRun
from specloop.records.verdicts import Judgement, QualityScore, SpecVerdict, Verdict, VerdictValue

__all__ = [
    "ANSWERING_STAGES",
    "PLAIN",
    "TOLD",
    "Answer",
    "Authority",
    "BenchRow",
    "Category",
    "CheckCall",
    "Condition",
    "Conflict",
    "Cost",
    "Direction",
    "Edit",
    "EditField",
    "Evaluation",
    "Example",
    "Exchange",
    "Failure",
    "FailureKind",
    "Form",
    "GradedAnswer",
    "Instance",
    "Judgement",
    "Label",
    "MadeBy",
    "Message",
    "Metric",
    "Outcome",
    "PreferencePair",
    "Probe",
    "ProtocolName",
    "Purpose",
    "QualityScore",
    "Record",
    "Role",
    "Rule",
    "RuleType",
    "Sampling",
    "Scenario",
    "Section",
    "SeedPrompt",
    "Side",
    "Spec",
    "SpecVerdict",
    "Specs",
    "Split",
    "Stage",
    "Step",
    "Timing",
    "Told",
    "ToolCall",
    "TrainingRun",
    "Turns",
    "Value",
    "Verdict",
    "VerdictValue",
    "content_id",
    "last_request",
    "must_ask",
    "optional",
    "said",
    "total_cost",
]

"""Every record that crosses a stage, by stage.

A record is frozen and validated, and its `id` is a hash of its content, so reruns, resume and
deduplication need no bookkeeping. Where a later stage fills fields of a record (annotations of a
rule), the id covers only the fields that say *which* thing it is: the class lists them in
`IDENTITY`.
"""

from specloop.records.answers import PLAIN as PLAIN
from specloop.records.answers import Answer as Answer
from specloop.records.answers import Exchange as Exchange
from specloop.records.answers import Form as Form
from specloop.records.answers import PreferencePair as PreferencePair
from specloop.records.answers import ProtocolName as ProtocolName
from specloop.records.answers import Purpose as Purpose
from specloop.records.answers import Step as Step
from specloop.records.answers import Timing as Timing
from specloop.records.base import Cost as Cost
from specloop.records.base import Record as Record
from specloop.records.base import Value as Value
from specloop.records.base import content_id as content_id
from specloop.records.base import optional as optional
from specloop.records.base import total_cost as total_cost
from specloop.records.cases import TOLD as TOLD
from specloop.records.cases import Benchmark as Benchmark
from specloop.records.cases import Case as Case
from specloop.records.cases import Conflict as Conflict
from specloop.records.cases import Instance as Instance
from specloop.records.cases import Label as Label
from specloop.records.cases import Scenario as Scenario
from specloop.records.cases import ScenarioRow as ScenarioRow
from specloop.records.cases import SeedPrompt as SeedPrompt
from specloop.records.cases import Side as Side
from specloop.records.cases import Spec as Spec
from specloop.records.cases import Specs as Specs
from specloop.records.cases import Split as Split
from specloop.records.cases import Told as Told
from specloop.records.cases import rule_of as rule_of
from specloop.records.conversation import MadeBy as MadeBy
from specloop.records.conversation import Message as Message
from specloop.records.conversation import Role as Role
from specloop.records.conversation import Sampling as Sampling
from specloop.records.conversation import ToolCall as ToolCall
from specloop.records.conversation import Turns as Turns
from specloop.records.conversation import beyond_request as beyond_request
from specloop.records.conversation import last_request as last_request
from specloop.records.conversation import must_ask as must_ask
from specloop.records.conversation import said as said
from specloop.records.document import ANSWERING_STAGES as ANSWERING_STAGES
from specloop.records.document import CATEGORIES as CATEGORIES
from specloop.records.document import Authority as Authority
from specloop.records.document import Category as Category
from specloop.records.document import CheckCall as CheckCall
from specloop.records.document import Condition as Condition
from specloop.records.document import Direction as Direction
from specloop.records.document import Edit as Edit
from specloop.records.document import Example as Example
from specloop.records.document import GradedAnswer as GradedAnswer
from specloop.records.document import Rule as Rule
from specloop.records.document import RuleType as RuleType
from specloop.records.document import Section as Section
from specloop.records.document import Stage as Stage
from specloop.records.gold import Certificate as Certificate
from specloop.records.gold import GoldCase as GoldCase
from specloop.records.gold import GoldLabel as GoldLabel
from specloop.records.gold import GoldPair as GoldPair
from specloop.records.gold import GoldPart as GoldPart
from specloop.records.gold import GoldPreference as GoldPreference
from specloop.records.gold import GoldValue as GoldValue
from specloop.records.gold import Labeller as Labeller
from specloop.records.gold import LabellerKind as LabellerKind
from specloop.records.gold import PairValue as PairValue
from specloop.records.results import Evaluation as Evaluation
from specloop.records.results import Failure as Failure
from specloop.records.results import Figure as Figure
from specloop.records.results import Outcome as Outcome
from specloop.records.results import TrainingRun as TrainingRun
from specloop.records.rubrics import Rubric as Rubric
from specloop.records.rubrics import RubricText as RubricText
from specloop.records.verdicts import CODE as CODE
from specloop.records.verdicts import Judgement as Judgement
from specloop.records.verdicts import QualityScore as QualityScore
from specloop.records.verdicts import Verdict as Verdict
from specloop.records.verdicts import VerdictKind as VerdictKind
from specloop.records.verdicts import VerdictValue as VerdictValue
from specloop.records.verdicts import verdicts_of as verdicts_of

#!/bin/sh
# A specification with prompts for its clauses, such as the OpenAI Model Spec, end to end on two embedded models.
#
#     runs/model-spec.sh DOCUMENT [RUN]
#
# DOCUMENT is the specification's Markdown file, with a folder `examples` beside it (https://github.com/openai/model_spec).
# Stopped, it goes on where it was when it is started again; the page is RUN/report.html (RUN: model-spec-run).
set -eu
document=$(realpath "${1:?name the Markdown file of a specification}")
run=$(realpath "${2:-model-spec-run}")
cd "$(dirname "$0")/.."
make .venv/.installed
specloop=.venv/bin/specloop
$specloop models fetch qwen2.5-coder-0.5b qwen2.5-coder-1.5b
$specloop rules "$document" --out "$run" --config runs/model-spec.toml
$specloop rubrics "$run"
$specloop judge calibrate "$run" --gold "examples:$document" --part certify
$specloop eval "$run" --benchmark "clauses:$document" --model base --model embedded:qwen2.5-coder-1.5b \
    --method vanilla --method align3
$specloop report "$run"

#!/bin/sh
# How good a judge the embedded helper can be: kinds and wordings are tried on one half of a document's worked examples, and
# those that are named at the end are certified on the other half.
#
#     runs/judges.sh DOCUMENT [RUN]
#
# DOCUMENT is a Markdown file with worked examples whose answers are marked GOOD or BAD, such as the OpenAI Model Spec
# (https://github.com/openai/model_spec). Stopped, it goes on where it was when it is started again. About ten minutes a
# judge and half on two cores.
set -eu
document=$(realpath "${1:?name the Markdown file of a specification}")
run=$(realpath "${2:-judges-run}")
cd "$(dirname "$0")/.."
make .venv/.installed
specloop=.venv/bin/specloop
$specloop models fetch qwen2.5-coder-1.5b
measured() {
    $specloop judge calibrate "$run" --gold "examples:$document" --model embedded:qwen2.5-coder-1.5b --part "$1" \
        --set 'roles.judge.concurrency=32' --set "calibrate.judge=$2"
}
for judge in \
    '{name="logprob"}' \
    '{name="logprob",orders="both"}' \
    '{name="logprob",orders="both",examples=2}' \
    '{name="likelihood"}' \
    '{name="graded",samples=1}' \
    '{name="sequential",reason_chars=60,max_tokens=160}' \
    '{name="pairwise",by="probability"}'
do
    measured choose "$judge"
done
# A head on what these say (nothing is asked again), fitted on the half to choose on: it prints its weights.
measured choose '{name="weighted",members=["logprob",{name="logprob",orders="both"},"likelihood"]}'
$specloop judge compare "$run"

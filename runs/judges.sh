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
    $specloop judge calibrate "$run" --config runs/judges.toml --gold "examples:$document" --part "$1" --set "calibrate.judge=$2"
}
for judge in \
    '{name="logprob",question="breaks"}' \
    '{name="logprob"}' \
    '{name="likelihood"}' \
    '{name="pairwise",by="probability"}' \
    '{name="logprob",question="breaks",examples=2}'
do
    measured choose "$judge"
done
# A head on what two of these say (nothing is asked again); it prints the weights that fit the half to choose on.
measured choose '{name="weighted",members=["logprob","likelihood"]}'
# What was best on that half, on the other one.
measured certify '{name="pairwise",by="probability",disagreeing="mean"}'
$specloop judge compare "$run"

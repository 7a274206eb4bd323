#!/bin/sh
# A revision of the example policy (a number changed, a rule reversed, one removed, one new): the run is updated, training
# goes on from the former model, and it is measured in three parts. Sized for 20 minutes on two cores.
#
#     runs/revision.sh [RUN [FORMER]]
#
# FORMER is a finished demo, which is copied; where there is none the former run is made first, as `make demo` does. Then
# the same models are trained from the base for comparison, which is no part of the 20 minutes. Stopped, it goes on.
set -eu
run=$(realpath -m "${1:-revision-run}")
former=$(realpath -m "${2:-demo-run}")
cd "$(dirname "$0")/.."
make .venv/.installed
specloop=.venv/bin/specloop
$specloop models fetch smollm2-135m qwen2.5-coder-1.5b
if [ ! -e "$run/updated" ]; then
    if [ ! -e "$run" ] && [ -e "$former/trainings.jsonl" ]; then cp -r "$former" "$run"; fi
    $specloop run runs/revision.toml --out "$run"
    touch "$run/updated"
fi
begin=$(date +%s)
$specloop update "$run" examples/fernhill/policy-revised.md
for trainer in sft dpo; do $specloop train "$run" --trainer $trainer --set train.continued=true; done
$specloop eval "$run"
echo "update, continued training and evaluation: $((($(date +%s) - begin) / 60)) minutes"
for trainer in sft dpo; do $specloop train "$run" --trainer $trainer --set train.continued=false; done
$specloop eval "$run" --set train.continued=true
$specloop report "$run"

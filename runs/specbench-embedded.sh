#!/bin/sh
# Every method on the embedded models over 30 prompts each of Child and Code: within an hour on two cores.
#
#     runs/specbench-embedded.sh SPECBENCH [RUN]
#
# SPECBENCH is a checkout of SpecBench, or a folder of its data. Stopped, it goes on where it was when it is started
# again; the page is RUN/specbench.html (RUN: specbench-run).
set -eu
data=$(realpath "${1:?name a checkout of SpecBench, or a folder of its data}")
run=$(realpath "${2:-specbench-run}")
cd "$(dirname "$0")/.."
make .venv/.installed
.venv/bin/specloop models fetch smollm2-135m qwen2.5-coder-1.5b
exec .venv/bin/specloop specbench run "$run" --config runs/specbench-embedded.toml --data "$data"

#!/bin/sh
# The rules of the example policy that no code decides, from the document to figures; sized for 90 minutes on two cores.
#
#     runs/judged.sh [RUN]
#
# Stopped, it goes on where it was when it is started again. What remains is for people: labels, on which the judge is
# measured, so that its rates are corrected. `specloop run runs/judged.toml --dry-run` prints the bill.
set -eu
run=$(realpath "${1:-judged-run}")
cd "$(dirname "$0")/.."
make .venv/.installed
specloop=.venv/bin/specloop
$specloop models fetch qwen2.5-coder-0.5b qwen2.5-coder-1.5b
$specloop run runs/judged.toml --out "$run"
cat <<END
Now label answers, measure the judge on the labels, and have the rates corrected:
  specloop review $run --by YOUR_NAME --page --pick even
  specloop judge calibrate $run --gold review:$run
  specloop eval $run && specloop report $run
END

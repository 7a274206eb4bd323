# Two commands set up everything: `make demo` and `make test`. Each makes .venv where there is none.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN ?= demo-run

.PHONY: demo test slow lint type imports check bench read-gold revision-cost clean

demo: $(VENV)/.installed
	$(BIN)/specloop models fetch smollm2-135m qwen2.5-coder-1.5b
	$(BIN)/specloop run examples/fernhill/demo.toml --out $(RUN)

# The tests share the processor's cores.
test: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto

slow: $(VENV)/.installed-dev
	$(BIN)/specloop models fetch
	$(BIN)/pytest -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check src tests perf
	$(BIN)/ruff format --check src tests perf

type: $(VENV)/.installed-dev
	$(BIN)/basedpyright

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

check: lint type imports test

bench: $(VENV)/.installed-dev
	$(BIN)/python perf/embedded.py

# Reading against labelled obligations; GOLD=FOLDER adds a folder of the same form (tests/data/gold/README.md),
# MODEL=NAME asks a model about the doubtful rules.
read-gold: $(VENV)/.installed-dev
	$(BIN)/python -m perf.read_gold tests/data/gold/choose tests/data/gold/report $(GOLD) $(if $(MODEL),--model $(MODEL))

# What `specloop update` costs against a full run, with a scripted model; SPEC=FILE is a document in place of the generated one,
# NEXT=FILE the next version of it.
revision-cost: $(VENV)/.installed-dev
	$(BIN)/python -m perf.revision_cost $(if $(SPEC),--spec $(SPEC)) $(if $(NEXT),--next $(NEXT))

# Torch comes first and alone: where a CPU build lies at hand, pip takes it only when asked directly.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade --constraint constraints.txt pip
	$(BIN)/pip install --quiet --constraint constraints.txt "$$(grep ^torch== constraints.txt)"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[embedded,train]"
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[embedded,train,docs,inspect,review,dev]"
	touch $@

clean:
	rm -rf $(VENV) $(RUN) .pytest_cache .ruff_cache

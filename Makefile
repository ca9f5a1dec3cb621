# Everything happens in .venv, which `make setup` creates and keeps up to date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core
TRAINING := $(VENV)/.training
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Nothing is installed whose SHA-256 is not in the list, nor built from other sources than ours.
LOCKED := $(PIP) install --require-hashes --no-deps --only-binary :all: --requirement
PROJECT := $(PIP) install --no-deps --no-build-isolation --editable
SHARED ?= ../shared
DATA ?= $(SHARED)/data
WORKERS ?= 2

.PHONY: setup demo demo-harden paper repair compensation test test-slow fuzz crash check schema format bench gpu pictures lock audit \
	packages browser clean

setup: $(READY)

# What the demo needs comes at once.
$(CORE): pyproject.toml locked/demo.txt
	$(PYTHON) -m venv $(VENV)
	$(LOCKED) locked/demo.txt
	$(PROJECT) .
	@touch $@

# Training and attacks need torch. Whatever it needs lies there when it comes, but for what a build
# for a GPU brings.
$(TRAINING): $(CORE) locked/training.txt locked/torch.txt
	$(LOCKED) locked/training.txt
	$(PIP) install --requirement locked/torch.txt
	@touch $@

# Tests need every framework, and from npm, where it is there, the schema of SARIF.
$(READY): $(TRAINING) locked/tests.txt locked/npm/package-lock.json examples/third_party/pyproject.toml
	$(LOCKED) locked/tests.txt
	$(PROJECT) examples/third_party
	@cp locked/npm/*.json $(VENV)
	@npm ci --prefix $(VENV) --ignore-scripts --no-audit --no-fund --silent \
	|| echo "no schema of SARIF: npm is not there, or cannot be reached; its tests will be skipped"
	@touch $@

demo: $(CORE)
	$(BIN)/robaudit scan examples/digits.onnx

# The pictures are small and few: more epochs, and more of them to choose by.
demo-harden: $(TRAINING)
	$(BIN)/robaudit harden examples/digits.onnx --force --effort quick \
		--samples 600 --directions 20 --search-samples 300 --search-directions 60 \
		--epochs 30 --validation-share 0.2 \
		--attack fgsm:epsilon=0.1 --attack pgd:epsilon=0.1 --attack gaussian-noise:sigma=0.3

# The paper's tables and figures; what is done is kept, and an interrupted run goes on.
paper: $(TRAINING)
	$(BIN)/python examples/paper/reproduce.py --data $(DATA) -o paper

# Repairs of the same models, measured alike; SCALE=smoke takes a minute, SCALE=full is meant for a GPU.
SCALE ?= small
repair: setup
	$(BIN)/python examples/repair/repair.py --scale $(SCALE) --data $(DATA) -o repair

# More examples for vulnerable classes, by three rules, measured alike.
compensation: setup
	$(BIN)/python examples/compensation/compensation.py --data $(DATA) -o compensation

# Two processes of one thread each are faster than one of two.
test: setup browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-slow: setup browser
	$(BIN)/python -m pytest -m slow

# Mutated files of every format that is read; N=10000 SEED=0 TABLE=docs/security.md.
N ?= 1000
SEED ?= 0
fuzz: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz -n $(N) --seed $(SEED) --workers $(WORKERS) \
		$(if $(TABLE),--table $(TABLE))

# Scans that are killed at random moments go on to the same results; RUNS=1000 SEED=0.
RUNS ?= 30
crash: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.crash --runs $(RUNS) --seed $(SEED)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# The published JSON Schemas, from the types of records and the options of commands.
schema: $(CORE)
	$(BIN)/python -m robaudit.record.schema.publish reports/robaudit_report
	$(BIN)/python -m robaudit.commands.options.settings_schema reports/robaudit_report

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(LOCKED) locked/bench.txt
	$(BIN)/python -m benchmarks.search --shared $(SHARED) -o search.json
	$(BIN)/python -m benchmarks.search.scale
	$(BIN)/python -m benchmarks.search.precision --shared $(SHARED) -o precision.json
	ROBAUDIT_SHARED=$(SHARED) $(BIN)/python -m benchmarks.search.compiling
	$(BIN)/python benchmarks/art_bridge.py
	ROBAUDIT_SHARED=$(SHARED) $(BIN)/python -m benchmarks.attacks_speed
	$(BIN)/python benchmarks/hardening.py --data $(DATA)/mnist.npz -o hardening.json

# All that only a GPU can show, in ten minutes at most.
gpu: setup
	$(BIN)/python -m benchmarks.gpu --shared $(SHARED) -o gpu.json --table gpu.md

# The browser tests need Chromium; where it is missing and cannot be installed they are skipped.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	|| { echo "installing chromium for the browser tests"; \
	     apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq chromium >/dev/null 2>&1; } \
	|| echo "no chromium, and it could not be installed (try: sudo apt-get install chromium);" \
	        "the browser tests will be skipped"

# The pictures of the README, taken anew.
pictures: setup browser
	$(BIN)/python docs/take_pictures.py

# New pins, with hashes.
lock:
	PYTHON=$(PYTHON) locked/renew

# Known holes in what is pinned.
audit:
	$(PYTHON) .ci/audit

# The packages that are published, in dist/.
packages: setup
	rm -rf dist
	$(BIN)/python -m hatchling build

clean:
	rm -rf $(VENV) $(VENV)-lock $(VENV)-audit .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis dist \
		robaudit-report robaudit-hardened robaudit-comparison

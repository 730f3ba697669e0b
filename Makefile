# Petcam's commands. Bare `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
RUN_STAMP := $(VENV)/.requirements
DEV_STAMP := $(VENV)/.requirements-dev

.PHONY: help run test format check lock show-live show-fast show-detections show-recordings screenshots clean system-packages \
	bench-viewers bench-short bench-first-frame bench-glass bench-cycles bench-ring bench-table \
	bench-packages recording-packages

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | \
		while IFS='|' read -r name text; do printf '%-25s %s\n' "$$name" "$$text"; done

run: $(RUN_STAMP)  ## set everything up and run Petcam with a demo household
	@exec $(BIN)/python manage.py petcam --demo

test: system-packages $(DEV_STAMP)  ## set everything up and run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

format: $(DEV_STAMP)  ## ruff: fix and format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

check: $(DEV_STAMP)  ## formatting, lint, layers, types, migrations, Django's checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

lock: $(DEV_STAMP)  ## pin requirements anew from requirements.in and requirements-dev.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header -q requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header -q requirements-dev.in -o requirements-dev.txt

show-live: system-packages $(DEV_STAMP)  ## measure live view against its targets; exit 1 if one is missed
	$(BIN)/python -m tools.show.live

show-fast: system-packages bench-packages $(DEV_STAMP)  ## measure the fast live view against its targets; exit 1 if one is missed
	$(BIN)/python -m tools.show.fast

bench-viewers: bench-packages $(DEV_STAMP)  ## CPU and memory per viewer, against pion, aiortc and a C limit
	$(BIN)/python -m bench.viewers

bench-short: bench-packages $(DEV_STAMP)  ## the same in a few minutes, rougher
	$(BIN)/python -m bench.viewers --short

bench-first-frame: system-packages $(DEV_STAMP)  ## click to first frame in Chromium
	$(BIN)/python -m bench.first_frame

bench-glass: system-packages bench-packages $(DEV_STAMP)  ## capture to screen, step by step
	$(BIN)/python -m bench.glass_to_glass

bench-cycles: bench-packages $(DEV_STAMP)  ## what is left of a thousand viewers who have gone
	$(BIN)/python -m bench.cycles

bench-ring: system-packages $(DEV_STAMP)  ## hand-over through a frame ring
	$(BIN)/python -m bench.ring_handover

bench-table: $(DEV_STAMP)  ## write the last figures into bench/README.md
	$(BIN)/python -m bench.table

show-detections: system-packages $(DEV_STAMP)  ## measure detections against their targets; exit 1 if one is missed
	$(BIN)/python -m tools.show.detections

show-recordings: system-packages bench-packages recording-packages $(DEV_STAMP)  ## measure recordings against their targets; exit 1 if one is missed
	$(BIN)/python -m tools.show.recordings

screenshots: system-packages $(DEV_STAMP)  ## take the pictures of docs/images
	$(BIN)/python -m tools.show.screenshots

clean:  ## remove what make has made; the data directory stays
	rm -rf $(VENV) show .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installed anew when the pins have changed; a second `make run` finds the stamp and is quick.
$(BIN)/python:
	@sh tools/make_venv.sh "$(PYTHON)" $(VENV)

$(RUN_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing what Petcam runs on (a minute or two the first time) ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "Installing what tests and checks need ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

system-packages:
	@sh tools/system_packages.sh

recording-packages:
	@sh tools/recording_packages.sh

bench-packages:
	@sh tools/bench_packages.sh

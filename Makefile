# The verbs of Seatmate. `make demo` and `make test` set up what they need; a second run installs nothing.
PYTHON ?= python3
VENV := .venv/bin
ENGINE := .venv-engine/bin
export PYTHON

.PHONY: help demo up doctor test check gate bench clean setup-platform setup-dev setup-engine setup-finetune lock

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: setup-platform setup-engine  ## set up, run the main job on the sample bank, leave var/demo/report.json (ONCE=1 exits)
	@$(VENV)/seatmate demo $(if $(ONCE),--once,)

up: setup-platform setup-engine  ## keep the platform running: model server, API, worker
	@$(VENV)/seatmate up

doctor: setup-platform  ## say in plain words what is wrong with this installation
	@$(VENV)/seatmate doctor

test: setup-dev setup-finetune  ## every test, the end-to-end ones against the real model server included
	@$(VENV)/python -m pytest

check: setup-dev  ## format, lint, types, import contract
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports

gate: setup-dev setup-engine  ## a small release gate on the shipped release; the full one is in eval/README.md
	@rm -rf var/eval/gate
	@$(VENV)/seatmate-eval run --limit 12 --out var/eval/gate
	@$(VENV)/seatmate-eval gate var/eval/gate --gates eval/gates-ci.yaml --out var/eval/gate/verdict.json

bench: setup-dev setup-engine  ## measure; results in var/bench/results.json and as a table
	@$(VENV)/python tests/bench/run.py

lock:  ## resolve docker/locks/*.in anew
	@$(PYTHON) docker/locks/lock.py

clean:  ## remove what runs leave behind; the environments stay
	@rm -rf var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find platform finetune eval tests -name __pycache__ -type d -prune -exec rm -rf {} +

setup-platform:
	@docker/setup.sh .venv platform

setup-dev:
	@docker/setup.sh .venv platform dev eval

setup-engine:
	@docker/setup.sh .venv-engine engine-cpu

setup-finetune:
	@docker/setup.sh .venv-engine engine-cpu finetune

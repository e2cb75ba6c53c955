# `make` or `make help` lists the targets. Everything made here lies in .venv/, node_modules/ and var/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check
SITE := .venv/requirements.stamp node_modules/.package-lock.json
SUITE := .venv/test-requirements.stamp node_modules/.package-lock.json
# With LAUNCHER=ecs and no cluster named, the demo runs tasks on this machine.
LOCAL_ECS := $(if $(filter ecs,$(LAUNCHER)),$(if $(ECS_CLUSTER),,.venv/local-ecs-requirements.stamp))
JS_TESTS := $(wildcard tests/js/*.test.*)

.PHONY: help demo run test test-s3 lint bench bench-s3 bench-engine tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# FILE is read from the environment, so that make never pastes a file's name into a command.
demo: tools $(SITE) $(LOCAL_ECS) ## start all, upload a video, show it becoming playable (FILE=path EXIT=1 PORT=8000 LAUNCHER=ecs)
	@exec $(PYTHON) manage.py demo $${FILE:+--file "$$FILE"} $(if $(filter-out 0,$(EXIT)),--exit)

run: tools $(SITE) ## start all and go on until Ctrl-C (PORT=8000)
	@exec $(PYTHON) manage.py up

test: tools $(SUITE) ## every test, in JavaScript and Python
	@.ci/tools redis browser postgresql ceph
	$(if $(JS_TESTS),node --test $(JS_TESTS))
	$(PYTHON) -m pytest

test-s3: tools $(SUITE) ## the tests against a real S3 server alone
	@.ci/tools redis browser ceph
	$(PYTHON) -m pytest tests/real_s3

# The checks want a secret key to be there; nothing is signed with this one.
lint: export SECRET_KEY := only-for-lint
lint: tools .venv/test-requirements.stamp ## style, types, migrations, system checks
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	@mkdir -p -m 700 var
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py check

bench: tools $(SUITE) ## every benchmark in bench/
	@.ci/tools redis ceph
	@set -- bench/*.py; [ -e "$$1" ] || { echo "There is nothing to measure yet."; exit 0; }; \
	for file; do echo "== $$file"; $(PYTHON) "$$file" || exit; done

bench-s3: tools $(SUITE) ## uploads and events, measured on a real S3 server
	@.ci/tools redis ceph
	$(PYTHON) bench/s3.py

bench-engine: tools $(SUITE) ## the transcoder, measured against other ways to make the same ladder
	$(PYTHON) bench/engine.py

# Set-up: each stamp is newer than what it was made from, so that a second run has nothing to do.

tools:
	@.ci/tools media node

.venv/bin/python: | tools
	@python=$$(.ci/tools python) && echo "Making .venv with $$python." && "$$python" -m venv .venv

.venv/requirements.stamp: requirements.txt | .venv/bin/python
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/local-ecs-requirements.stamp: vidsite/local_ecs/requirements.txt .venv/requirements.stamp
	$(INSTALL) -r vidsite/local_ecs/requirements.txt
	@touch $@

.venv/test-requirements.stamp: tests/requirements.txt vidsite/local_ecs/requirements.txt .venv/requirements.stamp
	$(INSTALL) -r tests/requirements.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json | tools
	npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

# `make` lists what there is. Python 3.11 or newer is all that the first two need.

.DEFAULT_GOAL := help
.PHONY: help demo test install lint types check lock environment benchmarks

PYTHON_OF_SITE := .venv/bin/python
WITH_A_KEY := SECRET_KEY=for-checks-only-0123456789-0123456789-0123456789 $(PYTHON_OF_SITE)
JOBS ?= 2

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## the site with sample content at http://127.0.0.1:8000 (PORT, DATABASE_URL, REDIS_URL count)
	@python=$$(sh deploy/find-python) && exec "$$python" deploy/demo.py

test: environment ## every test but the corpus run; on PostgreSQL with DATABASE_URL; part of it with ARGS="tests/experts"
	@$(PYTHON_OF_SITE) -m pytest -q -n $(JOBS) -m "not corpus" $(ARGS)

install: ## .venv with what the site needs to run, for production
	@python=$$(sh deploy/find-python) && "$$python" deploy/environment.py base

environment: # .venv with everything in requirements/dev.txt
	@python=$$(sh deploy/find-python) && "$$python" deploy/environment.py dev

lint: environment ## ruff: rules and format
	@$(PYTHON_OF_SITE) -m ruff check --output-format concise .
	@$(PYTHON_OF_SITE) -m ruff format --check .

types: environment ## mypy
	@$(WITH_A_KEY) -m mypy .

check: lint types ## lint, types, Django's own checks, migrations that somebody forgot to make
	@$(WITH_A_KEY) manage.py check --fail-level WARNING
	@$(WITH_A_KEY) manage.py makemigrations --check --dry-run

benchmarks: environment ## how much slower our pages are than an empty one (benchmarks/README.md)
	@$(PYTHON_OF_SITE) benchmarks/pages.py
	@$(PYTHON_OF_SITE) benchmarks/publishing.py
	@$(PYTHON_OF_SITE) benchmarks/searching.py

# One resolution for every Python from 3.11 and every platform, each file with its hash and none with an address.
COMPILE = .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet $(UPGRADE)

lock: environment ## requirements/*.txt and package-lock.json anew; UPGRADE=--upgrade for newer versions
	@$(PYTHON_OF_SITE) -m pip install --quiet uv
	@$(COMPILE) --output-file requirements/base.txt
	@$(COMPILE) --extra s3 --constraint requirements/base.txt --output-file requirements/s3.txt
	@$(COMPILE) --extra dev --extra s3 --constraint requirements/s3.txt --output-file requirements/dev.txt
	@npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --ignore-scripts

# The few commands of this repository; `make help` lists them.
PYTHON ?= python3
MODEL ?= smollm2
BIN := .venv/bin
# The one that comes with Python 3.11 takes twice as long to choose and fetch the packages.
PIP := pip==26.3
INSTALLED := .venv/.installed
SELDOM := (transformers|torch|sympy|scipy|pandas|pex|statsmodels|sklearn|nltk|mypy|mypyc|networkx|pip|setuptools|narwhals)
# No process here fetches models or data at run time, or reports on its use.
export HF_HUB_OFFLINE := 1
export HF_DATASETS_OFFLINE := 1
export DVC_NO_ANALYTICS := 1

.DEFAULT_GOAL := help
.PHONY: help demo setup run worker verifier verifiers test qualify lint check threats bench docs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup verifier ## build and run the demo project, from nothing to verified PDFs (MODEL=tiny for a quick one)
	MODEL=$(MODEL) $(BIN)/python manage.py demo

setup: $(INSTALLED) ## make .venv and install the pinned packages

$(INSTALLED): requirements.txt constraints.txt pyproject.toml .ci/oracle.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt -c constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python --require-hashes \
	  -r .ci/oracle.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --config-settings editable_mode=compat -e .
	@# What pip would do on one core; what cannot be compiled is for another Python. Of the big libraries few modules are
	@# ever loaded: they are compiled when they are.
	$(BIN)/python -m compileall -qq -j 0 -x '/tests/|/site-packages/$(SELDOM)/' .venv/lib config governance evals training client demo || true
	@touch $@

run: setup ## web process and worker together; stop both with Ctrl-C
	$(BIN)/python manage.py run

worker: setup ## the worker alone
	$(BIN)/python manage.py worker

verifier: setup ## make the one file with which auditors verify
	$(BIN)/python -m client.verifier_file $${COUNTERSIGN_VAR:-var}/verifier/countersign-verify.pyz

verifiers: setup ## make that file for other systems too, with packages from the index
	@for system in linux-x86_64 linux-aarch64 macos-arm64; do \
	  $(BIN)/python -m client.verifier_file --system $$system \
	    $${COUNTERSIGN_VAR:-var}/verifier/countersign-verify-$$system.pyz || exit 1; \
	done

test: setup ## all tests, on SQLite and PostgreSQL
	@.ci/system-packages
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest -n 2 --database=postgresql -m postgres

qualify: setup ## test this installation, and ask (BY=name) for the sealed report on what was found
	@.ci/system-packages
	-$(BIN)/python -m pytest --junitxml=$${COUNTERSIGN_VAR:-var}/test-results.xml
	$(BIN)/python manage.py qualify $${COUNTERSIGN_VAR:-var}/test-results.xml --by "$(BY)"

lint: setup ## style, types, templates and the dependency rule
	@failed=; \
	for step in "ruff check ." "ruff format --check ." mypy "djlint templates --check --lint --quiet" "lint-imports --no-logo"; do \
	  echo "== $$step"; $(BIN)/$$step || failed="$$failed '$$step'"; \
	done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

check: setup ## settings fit for production, migrations complete, this installation's ledger intact
	@var=$$(mktemp -d); trap 'rm -rf "$$var"' EXIT; \
	env -u DATABASE_URL COUNTERSIGN_MODE=production COUNTERSIGN_PROCESS=web COUNTERSIGN_VAR="$$var" ALLOWED_HOSTS=countersign.example \
	  SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	@if [ -n "$${DATABASE_URL:-}" ] || [ -e "$${COUNTERSIGN_VAR:-var}/db.sqlite3" ]; then $(BIN)/python manage.py verify_ledger; \
	else echo "No installation here yet, so no ledger to verify (make demo makes one)."; fi

threats: setup ## carry out the attacks, marked ones on both databases, and write their table into THREAT_MODEL.md
	@.ci/system-packages
	$(BIN)/python -m pytest -m attack --attacks=var/attacks.json
	$(BIN)/python -m pytest --database=postgresql -m "attack and postgres" --attacks=var/attacks-postgresql.json
	$(BIN)/python -m tests.support.attack_table var/attacks.json var/attacks-postgresql.json

bench: setup ## measure each benchmark beside its peer; writes var/bench.json
	$(BIN)/python -m benchmarks

docs: setup ## write docs/openapi.yaml from the API and check the links between pages
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml
	$(BIN)/python .ci/links

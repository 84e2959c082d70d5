# Fanlight's commands: `make help` lists them.

PY := .venv/bin/python
INSTALL := @workers/stack/bootstrap.sh
ARGS ?=
# Processes start sooner where Python may keep what it compiled, whatever the machine says.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run serve test lint format bench faults demo shell secret weaknesses status backup backups restore drill deploy

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start everything on this machine and say where to click (Ctrl-C stops it)
	$(INSTALL) requirements.txt
	@$(PY) -m workers.stack.up --follow-parent

serve: ## The same behind nginx with TLS, as in production: https://localhost:3443
	$(INSTALL) requirements.txt nginx
	@$(PY) -m workers.stack.up --follow-parent --serve

test: ## Run the test suite on servers of its own; ARGS= goes to pytest, POOLER=pgbouncer through it
	$(INSTALL) requirements-dev.txt browser nginx promtool pgbouncer
	@# One more than the two cores it is made for: tests of processes wait a good deal.
	@POOLER=$(POOLER) $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: ## Check style, types, layers and templates
	$(INSTALL) requirements-dev.txt
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict app workers wsgi.py tests
	.venv/bin/lint-imports
	$(PY) -m djlint --lint --quiet templates

format: ## Put code into the style that lint wants
	$(INSTALL) requirements-dev.txt
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: ## Measure, as ratios against baselines of the same run; ARGS= names measures
	$(INSTALL) requirements-dev.txt browser nginx lighthouse
	@$(PY) -m tests.bench $(ARGS)

faults: ## Kill and flood for longer than the test suite does; ARGS= goes to pytest
	$(INSTALL) requirements-dev.txt browser nginx promtool pgbouncer patroni
	@ANEW=1 $(PY) -m pytest -m fault_long $(ARGS)

demo: ## Reset the demo data of the running product
	$(INSTALL) requirements.txt
	@$(PY) -m flask --app app demo reset

shell: ## Open Python in the running product's application
	$(INSTALL) requirements.txt
	@$(PY) -m flask --app app shell

secret: ## Print new secrets for .env, as live mode needs them
	$(INSTALL) requirements.txt
	@$(PY) -m workers.stack.environment

weaknesses: ## Ask what is published of the pinned libraries, and by when a release is due (docs/security.md)
	$(INSTALL) requirements.txt
	@$(PY) -m workers.weaknesses $(ARGS)

backup: ## Make a base backup of the running product now (BACKUP_TO; docs/recovery.md)
	$(INSTALL) requirements.txt
	@$(PY) -m workers.recovery backup $(if $(FULL),--full)

backups: ## Show what backups there are and which seconds can be restored
	$(INSTALL) requirements.txt
	@$(PY) -m workers.recovery list

restore: ## Bring the house back as it was: TO="2026-11-21 14:03:00" in UTC, or TO=latest
	$(INSTALL) requirements.txt
	@$(PY) -m workers.recovery restore --to "$(TO)" $(if $(ASIDE),--aside)

drill: ## Restore a random second to an empty folder, look at it, and say how long it took
	$(INSTALL) requirements.txt
	@$(PY) -m workers.recovery drill

deploy: ## Put this folder as a new release beside the one that runs (deploy/README.md); ARGS=--no-backup
	@release=$$(deploy/release.sh) && cd /opt/fanlight/releases/$$release && .venv/bin/python -m workers.deploy $$release $(ARGS)

status: ## Show the processes of the running product
	@$(PY) -m supervisor.supervisorctl -c "$${DATA_DIR:-var}/run/supervisord.conf" status || true

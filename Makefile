# make run     chat with the bot in your browser; no token, no GPU needed
# make test    the whole test suite
# make test-fast   the unit tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without CUDA: `make install TORCH=cpu TORCH_INDEX=ADDRESS`, once. docs/hosting.md says where the address is found.
CHOICE := $(VENV)/torch.mk
-include $(CHOICE)
STAMP := $(VENV)/.installed$(addprefix -,$(TORCH))
# Not empty if torch is installed in another kind, or was about to be.
OTHER = $(filter-out $(STAMP),$(wildcard $(VENV)/.installed*))
ANEW = $(if $(OTHER), --anew)
BEGIN = $(if $(OTHER),@rm -f $(OTHER); touch $(VENV)/.installed-begun)

.PHONY: run test test-fast check audit fuzz bench chaos dist load soak install lock containers documents clean

run: install
	@$(BIN)/python -m engine weights
	@exec $(BIN)/python -m bot

# tests/conftest.py says how many processes. Bytecode is kept: dozens of processes import the same modules.
TEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --dist worksteal
test: install
	@$(TEST) $(ARGS)

# For who is in the middle of a change.
test-fast: install
	@$(TEST) tests/unit $(ARGS)

# .pre-commit-config.yaml has the same checks.
SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema
check: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/mypy
	@$(BIN)/hadolint Dockerfile
	@$(SCHEMA) vendor.compose-spec compose.yaml deploy/compose.*.yaml
	@$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	@$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	@$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(SCHEMA) vendor.renovate renovate.json

# The painter's benchmark, then the queue's: ARGS are the first's, QUEUE_ARGS the second's.
bench: install
	@$(BIN)/python -m engine bench $(ARGS)
	@$(BIN)/python -m tests.benchmarks.queue $(QUEUE_ARGS)

# Kills the bot fifty times on each database, lets each transaction of each handler fail at three moments, compares the
# queue with its model in many stories, makes every mistake of a host's, then kills the queue's processes at random,
# three times on each database, about three minutes each, while clocks jump, databases only read and disks go. `make test`
# runs short versions.
chaos: install
	@$(BIN)/python -m engine weights
	@ATELIER_KILLS=50 ATELIER_DATABASES="sqlite postgresql" $(BIN)/python -m pytest --quiet -s \
		tests/e2e/test_e2e_faults.py -k killed_again
	@ATELIER_EVERY_FAULT=yes $(BIN)/python -m pytest --quiet tests/integration/bot/chat/test_bot_every_transaction.py
	@ATELIER_STORIES=20 $(BIN)/python -m pytest --quiet tests/integration/queue/test_queue_model.py
	@ATELIER_MISTAKES=all $(BIN)/python -m pytest --quiet tests/integration/host
	@$(BIN)/python -m tests.chaos --seed 1 2 3 --database sqlite postgresql $(ARGS)

# Builds the wheel and the sdist into dist/, and tries whether they install and run. docs/releasing.md says the rest.
dist: install
	@rm -rf dist
	@$(BIN)/python -m hatchling build
	@ATELIER_RELEASE=yes $(BIN)/python -m pytest --quiet tests/integration/releases

load: install
	@$(BIN)/python -m tests.load $(ARGS)

# Half an hour with 200 people, real workers and faults; on PostgreSQL with ARGS="--database postgresql". `make test`
# runs a short version.
soak: install
	@$(BIN)/python -m engine weights
	@$(BIN)/python -m tests.load.soak $(ARGS)

# Ten minutes of forged pictures. `make test` runs a short version.
fuzz: install
	@$(BIN)/python -m tests.fuzz $(ARGS)

# Not part of `check`: it asks an advisory service on the internet, and fails if there is no answer.
audit: install
	@$(BIN)/uv tool run pip-audit --strict --disable-pip --no-deps -r requirements.txt $(ARGS)

install: $(STAMP)

# The stamp makes the next run quick; changed requirements are installed again.
$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Atelier needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
ifeq ($(TORCH),)
	$(BEGIN)
	@echo "Installing into $(VENV): about 5.5 GB, a few minutes the first time…"
	@TORCH_INDEX= deploy/install-packages $(BIN)/python requirements.txt$(ANEW)
	@rm -f $(CHOICE)
else
	@test "$(TORCH)" = cpu || { echo "error: TORCH can be cpu, or empty." >&2; exit 1; }
	@test -n "$(TORCH_INDEX)" || { echo "error: TORCH=cpu needs TORCH_INDEX: see docs/hosting.md." >&2; exit 1; }
	$(BEGIN)
	@echo "Installing into $(VENV), without CUDA: a few minutes the first time…"
	@TORCH_INDEX="$(TORCH_INDEX)" deploy/install-packages $(BIN)/python requirements.txt$(ANEW)
	@printf 'TORCH ?= %s\nTORCH_INDEX ?= %s\n' "$(TORCH)" "$(TORCH_INDEX)" > $(CHOICE)
endif
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.installed*
	@touch $(STAMP)

# Pins every package with its hashes, for every platform and Python 3.11 or newer. The images get the same versions.
# What is pinned already stays as it is; ARGS=--upgrade takes the newest versions.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url
lock:
	@$(COMPILE) --all-extras $(ARGS) --output-file requirements.txt pyproject.toml
	@for image in bot engine; do $(COMPILE) --extra $$image --extra postgres --constraint requirements.txt $(ARGS) \
		--output-file deploy/requirements-$$image.txt pyproject.toml || exit 1; done

# Builds both images, starts them with compose.yaml, and has people order paintings while workers are stopped, drained
# and killed. It uses SQLite; ARGS=postgresql uses PostgreSQL and two workers.
containers:
	@tests/containers/prove.sh $(ARGS)

# Writes the tables of docs/settings.md, docs/styles.md and THIRD-PARTY.md.
documents: install
	@$(BIN)/python -m tests.documents

clean:
	rm -rf dist $(VENV) .mypy_cache .ruff_cache .pytest_cache artefacts

# Thin verbs; what they do stands in deploy/ and tests/. `make help` lists them.
PORT ?= 8080
TLS_PORT ?= 8443
RUN_DIR ?= .run
LIMITS ?= default
PYTHON ?= /usr/bin/python3
LOCAL = $(PYTHON) deploy/local
PLACE = --run-dir "$(RUN_DIR)" --port $(PORT) --tls-port $(TLS_PORT) --limits $(LIMITS) $(if $(LISTEN),--listen $(LISTEN)) $(if $(CLIENT_CA),--client-ca "$(CLIENT_CA)")

.PHONY: help run start stop status test lint format bench bench-peers fuzz build clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "  PORT=$(PORT) TLS_PORT=$(TLS_PORT) RUN_DIR=$(RUN_DIR) LIMITS=$(LIMITS) (or high), LISTEN= addresses (default: loopback), CLIENT_CA= file"

run: build ## build and run everything in the foreground; Ctrl-C ends it
	@exec $(LOCAL) run $(PLACE)

start: build ## the same in the background
	@$(LOCAL) start $(PLACE)

stop: ## end what `make start` or `make run` started
	@$(LOCAL) stop $(PLACE)

status: ## whether it runs
	@$(LOCAL) status $(PLACE)

build: ## the functions and the operator's program
	@deploy/install-packages run
	@deploy/build

test: ## everything that is checked before a change goes in
	@tests/run.sh

lint: ## format, rules of the house, clang-tidy
	@deploy/install-packages run test
	@tests/lint --tidy

format: ## clang-format on all of it
	@git ls-files -co --exclude-standard '*.cpp' '*.h' | xargs clang-format -i

bench: build ## the figures, against a no-op function in the same run
	@deploy/install-packages bench
	@tests/bench/run

bench-peers: build ## the same load on oidc-provider and glewlwyd, fetched into build/
	@deploy/install-packages run test bench
	@tests/bench/run-peers

fuzz: ## each fuzzer for FUZZ_SECONDS (default 300)
	@deploy/install-packages run test
	@tests/fuzz/run $(or $(FUZZ_SECONDS),300)

clean: ## remove what was built; the data in RUN_DIR stay
	@rm -rf build

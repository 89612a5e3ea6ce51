# The two commands of the README, and those of a developer. Each works as the only command on a fresh
# Debian 12 machine, as root or with sudo.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

JOBS ?= $(shell nproc)
RELEASE := build/release
DEV := build/dev
# Of `make fuzz`, for each target; and of `make stress`, for each race and for the kills.
FUZZ_SECONDS ?= 60
ROUNDS ?= 300000
KILLS ?= 1000
SOAK_SECONDS ?= 600

.PHONY: help demo test bench lint format deps deps-demo deps-test release dev sanitize fuzz stress install clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: deps-demo ## Build, then play a piece through a plugin and show what the sandbox does
	@cmake --preset release -DMIDIMON_TESTS=ON >/dev/null
	@cmake --build --preset release --target midimon guest_practice-log guest_hostile -j $(JOBS) | tools/quiet_build.sh
	@tools/demo.sh $(RELEASE)

test: deps-test ## Build and run everything that must hold
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j $(JOBS) | tools/quiet_build.sh
	$(MAKE) --no-print-directory lint
	ctest --preset dev

lint: deps-test ## Check format, layers and clang-tidy
	tools/check_format.sh
	tools/check_layers.py
	@test -e $(DEV)/compile_commands.json || cmake --preset dev >/dev/null
	tools/tidy.sh $(DEV)

format: deps-test ## Format the sources
	tools/check_format.sh --fix

sanitize: deps-test ## Run the tests under AddressSanitizer, UBSan and ThreadSanitizer
	for preset in asan-ubsan tsan; do \
	  cmake --preset $$preset >/dev/null && \
	  cmake --build --preset $$preset -j $(JOBS) | tools/quiet_build.sh && \
	  setarch -R ctest --preset $$preset || exit 1; \
	done

fuzz: ## Run each fuzzer for FUZZ_SECONDS=60
	@tools/install_deps.sh --fuzz
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target fuzzers -j $(JOBS) | tools/quiet_build.sh
	@fuzz/run.sh build/fuzz $(FUZZ_SECONDS)

stress: deps-test ## Run each race for ROUNDS=300000 rounds, kill KILLS=1000 times in the middle of changes, play SOAK_SECONDS=600
	@cmake --preset release -DMIDIMON_TESTS=ON >/dev/null
	@cmake --build --preset release --target vfs_test store_test cli_test soak bench_live -j $(JOBS) | tools/quiet_build.sh
	MIDIMON_STRESS_ROUNDS=$(ROUNDS) $(RELEASE)/vfs_test --gtest_filter='*Race.*'
	MIDIMON_DIFF_ROUNDS=$$(($(ROUNDS) / 10)) $(RELEASE)/vfs_test --gtest_filter='Differential.*'
	MIDIMON_KILLS=$(KILLS) $(RELEASE)/vfs_test --gtest_filter='QuotaKill.*'
	MIDIMON_KILLS=$(KILLS) $(RELEASE)/tests/cli_test --gtest_filter='Exec.Attack60*'
	MIDIMON_KILLS=$(KILLS) $(RELEASE)/store_test --gtest_filter='Kill.*'
	$(RELEASE)/bench/bench_live --rate 10000 --seconds 60
	$(RELEASE)/tests/soak $(RELEASE)/src/cli/midimon $(RELEASE)/guests $(SOAK_SECONDS)

bench: deps-test ## Measure, each figure next to its floor
	@cmake --preset release -DMIDIMON_TESTS=ON >/dev/null
	@cmake --build --preset release --target benchmarks -j $(JOBS) | tools/quiet_build.sh
	@$(RELEASE)/bench/bench_call
	@$(RELEASE)/bench/bench_load
	@$(RELEASE)/bench/bench_http
	@bench/bench_obs.py $(RELEASE)/src/cli/midimon $(RELEASE)/guests
	@$(RELEASE)/bench/bench_events
	@$(RELEASE)/bench/bench_live
	@$(RELEASE)/bench/bench_jack $(RELEASE)/src/cli/midimon
	@$(RELEASE)/bench/bench_audit
	@bench/bench_fs.py $(RELEASE)
	@bench/bench_sdk.py $(RELEASE)

deps: ## Install what building needs
	@tools/install_deps.sh

deps-demo:
	@tools/install_deps.sh --demo

deps-test:
	@tools/install_deps.sh --test

release: deps ## Build what users run
	cmake --preset release -DMIDIMON_TESTS=OFF
	cmake --build --preset release -j $(JOBS)

install: release ## Install below PREFIX (default /usr/local)
	cmake --install $(RELEASE) --prefix $(or $(PREFIX),/usr/local)

clean: ## Remove the build trees; the engine stays in the user's cache
	rm -rf build

# Two commands do all the set-up on a fresh machine:
#   make up     installs what is missing, builds, runs Topologies/pubsub.yaml
#   make test   the same set-up, then every test
.PHONY: up build test unit interop format lint bench install setup setup-test clean fuzz

PREFIX ?= /usr/local
BUILD := .build/release/orch
SWIFT_FLAGS := -c release --static-swift-stdlib

up: build
	$(BUILD) up Topologies/pubsub.yaml

# What the program needs to build.
setup:
	@scripts/setup build

# What the tests need on top of that: real brokers and clients.
setup-test: setup
	@scripts/setup test

build: setup
	swift build $(SWIFT_FLAGS) --product orch

test: setup-test
	scripts/test

format: setup
	swift format --in-place --parallel --recursive Package.swift Sources Tests Fuzz Benchmarks Examples

lint: setup
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Fuzz Benchmarks Examples
	scripts/generate-amqp --check

bench: build
	@scripts/setup bench
	Benchmarks/run
	Benchmarks/rpc/run

fuzz: setup
	scripts/fuzz

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/orch/Topologies
	install -m 755 $(BUILD) $(DESTDIR)$(PREFIX)/bin/orch
	cp -R Topologies/. $(DESTDIR)$(PREFIX)/share/orch/Topologies/
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 644 docs/man/orch.1 $(DESTDIR)$(PREFIX)/share/man/man1/orch.1
	$(BUILD) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/orch
	$(BUILD) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_orch
	$(BUILD) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/orch.fish

clean:
	rm -rf .build .build-* .venv .venv-bench

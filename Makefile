# The two set-up commands: `make run` and `make test`.

.PHONY: run test

run:
	@./setup run
	cargo build --release --package kvmtime --target-dir target
	@target/release/kvmtime check; status=$$?; test $$status -le 1

test: export SKIPPED_TESTS = $(CURDIR)/target/skipped-tests
test:
	@./setup test
	@mkdir -p target && rm -f $(SKIPPED_TESTS)
	cargo nextest run --workspace --no-fail-fast
	cargo xtask gen --check
	cargo xtask fuzz --seconds 5
	@test ! -e $(SKIPPED_TESTS) || { echo 'passed, but for what could not be tested here:'; cat $(SKIPPED_TESTS); }

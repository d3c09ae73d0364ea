# The two set-up commands: `make run` and `make test`.

.PHONY: run test

run:
	@./setup run
	cargo build --release --package kvmtime
	@target/release/kvmtime check; status=$$?; test $$status -le 1

test:
	@./setup test
	cargo nextest run --workspace --no-fail-fast
	cargo xtask gen --check
	cargo xtask fuzz --seconds 5

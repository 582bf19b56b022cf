# Benchmarks: make bench [N=1000000] [ROUNDS=5] [MIXES="inbound …"]. SPDX-License-Identifier: MIT
N ?= 200000
ROUNDS ?= 5
BENCH_BIN = $(BUILD)/tests/bench/floor $(BUILD)/tests/bench/turns

$(BENCH_BIN): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

bench: $(BUILD)/tcptriage $(LAB_BIN) $(RUNNER) $(BENCH_BIN)
	@TCPTRIAGE='$(abspath $(BUILD)/tcptriage)' LAB='$(abspath $(LAB_BIN))' \
	BENCH='$(abspath $(BUILD)/tests/bench)' N='$(N)' ROUNDS='$(ROUNDS)' \
	tests/bench/bench $(MIXES)

.PHONY: bench

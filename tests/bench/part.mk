# Benchmarks. SPDX-License-Identifier: MIT
#
#   make bench [N=1000000] [ROUNDS=5] [MIXES="inbound …"]   whole commands beside others
#   make bench-scale [SIZES="10000 100000 1000000"]         how costs grow
#   make soak [SECONDS=720] [RATE=5600]                     an hour's samples under churn, faster
#   make bench-instructions                                 instructions a socket (callgrind)
N ?= 200000
ROUNDS ?= 5
BENCH_BIN = $(BUILD)/tests/bench/floor $(BUILD)/tests/bench/turns

$(BENCH_BIN): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

BENCH_NEEDS = $(BUILD)/tcptriage $(LAB_BIN) $(RUNNER) $(BENCH_BIN)
BENCH_ENV = TCPTRIAGE='$(abspath $(BUILD)/tcptriage)' LAB='$(abspath $(LAB_BIN))' \
	BENCH='$(abspath $(BUILD)/tests/bench)' ROUNDS='$(ROUNDS)'

bench: $(BENCH_NEEDS)
	@$(BENCH_ENV) N='$(N)' tests/bench/bench $(MIXES)

bench-scale: $(BENCH_NEEDS)
	@$(BENCH_ENV) SIZES='$(SIZES)' tests/bench/scale

bench-instructions: $(BENCH_NEEDS)
	@$(BENCH_ENV) tests/bench/instructions

soak: $(BENCH_NEEDS)
	@$(BENCH_ENV) $(if $(SECONDS),SECONDS='$(SECONDS)') $(if $(RATE),RATE='$(RATE)') tests/bench/soak

.PHONY: bench bench-scale bench-instructions soak

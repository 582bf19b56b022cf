# Fuzzing with libFuzzer (clang). SPDX-License-Identifier: MIT
#
#   make fuzzers                 builds them under build/fuzz
#   make fuzz FUZZ_SECONDS=1800  runs each that long, new inputs go to build/fuzz/corpus
#   make fuzz-keep               the least of these that covers as much: tests/fuzz/corpus.tar.gz
#
# make check runs each for a short fixed number of inputs (tests/fuzz/fuzz.t).
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 1800
FUZZ_SAN = address,undefined,fuzzer-no-link

fuzzers:
	$(Q)$(MAKE) --no-print-directory CC=clang SAN=$(FUZZ_SAN) BUILD=build/fuzz fuzz-binaries

ifneq ($(findstring fuzzer-no-link,$(SAN)),)
FUZZ_BIN = $(FUZZ_SRC:%.c=$(BUILD)/%)

fuzz-binaries: $(FUZZ_BIN)

$(FUZZ_BIN): $(BUILD)/%: $(BUILD)/%.o $(UNIT_LIB_OBJ) $(LIB_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=address,undefined,fuzzer -o $@ $^ $(CMOCKA_LIBS) $(ALL_LIBS)

-include $(FUZZ_SRC:%.c=$(BUILD)/%.d)
.SECONDARY: $(FUZZ_SRC:%.c=$(BUILD)/%.o)
endif

fuzz: fuzzers
	@for target in $(notdir $(FUZZ_SRC:.c=)); do \
		tests/fuzz/run $$target -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

fuzz-keep: fuzzers
	@tests/fuzz/run keep

.PHONY: fuzzers fuzz-binaries fuzz fuzz-keep

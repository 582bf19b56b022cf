# Tests: what make check builds and runs. SPDX-License-Identifier: MIT
#
#   make check                         everything, under prove
#   make check T=tests/kernel/lab.t    only these (also tests/unit/NAME.c)
#   make check PROVEFLAGS=-v           every assertion
#   CHECK_TIMEOUT=600 make check       seconds a test may take (default 180, or its "# timeout: N")
#
# Picked up by name: tests/unit/*.c (cmocka, one binary each, linked with all of src but main.c and
# with tests/lib/*.c), tests/{kernel,golden,fault,tui,lint,fuzz}/*.t (executables that print TAP),
# and tests/*/part.mk, which may add files to CHECK_NEEDS.
TEST_KINDS = kernel golden fault tui lint fuzz

CMOCKA_CFLAGS := $(shell $(PKG_CONFIG) --cflags cmocka 2>/dev/null)
CMOCKA_LIBS := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null || echo -lcmocka)

UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
UNIT_BIN = $(UNIT_SRC:%.c=$(BUILD)/%)
UNIT_OBJ = $(UNIT_SRC:%.c=$(BUILD)/%.o)
UNIT_LIB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/lib/runner.c tests/lib/sanitizer.c,$(wildcard tests/lib/*.c)))
LAB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/lab/*.c)))
RUNNER = $(BUILD)/tests/runner
LAB_BIN = $(BUILD)/tests/lab/lab
# Lints look at the sources: once is enough.
SCRIPTS := $(sort $(wildcard $(patsubst %,tests/%/*.t,$(if $(SAN),$(filter-out lint,$(TEST_KINDS)),$(TEST_KINDS)))))

# T names sources; a unit test is run as its binary.
CHOSEN = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(T))
CHECK_RUN = $(if $(T),$(CHOSEN),$(UNIT_BIN) $(SCRIPTS))
CHECK_NEEDS = $(if $(wildcard src/main.c),$(BUILD)/tcptriage $(if $(filter plain,$(VARIANT)),tcptriage)) \
	$(RUNNER) $(if $(LAB_OBJ),$(LAB_BIN)) $(filter $(BUILD)/%,$(CHECK_RUN))

PROVEFLAGS ?=
PROVE = prove --norc --timer -j2 $(PROVEFLAGS) --exec $(RUNNER)

ASAN_OPTIONS ?= abort_on_error=1:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
LSAN_OPTIONS ?= suppressions=$(abspath tests/lib/lsan.supp):print_suppressions=0
UBSAN_OPTIONS ?= abort_on_error=1:halt_on_error=1:print_stacktrace=1

-include $(wildcard tests/*/part.mk)

check: $(CHECK_NEEDS)
	@$(if $(strip $(CHECK_RUN)),,echo "no test is named $(T)" >&2; exit 1;) \
	TCPTRIAGE='$(abspath $(BUILD)/tcptriage)' LAB='$(abspath $(LAB_BIN))' \
	BUILD='$(abspath $(BUILD))' SAN='$(SAN)' CC='$(CC)' CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C.UTF-8 \
	$(if $(SAN),ASAN_OPTIONS='$(ASAN_OPTIONS)' LSAN_OPTIONS='$(LSAN_OPTIONS)' UBSAN_OPTIONS='$(UBSAN_OPTIONS)') \
	$(PROVE) $(CHECK_RUN) </dev/null

# Options for where there is no /proc to read them from; fuzzers look for leaks always.
ifneq ($(if $(findstring fuzzer,$(SAN)),,$(findstring address,$(SAN))),)
$(BUILD)/tcptriage: $(BUILD)/tests/lib/sanitizer.o
OBJ += $(BUILD)/tests/lib/sanitizer.o
endif

$(BUILD)/tests/%.o: ALL_CFLAGS += -Itests/lib $(CMOCKA_CFLAGS)

$(UNIT_BIN): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(UNIT_LIB_OBJ) $(LIB_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA_LIBS) $(ALL_LIBS)

# The runner and the laboratory carry no sanitizer: one must outlive every fault, the other makes a
# million sockets.
$(RUNNER): $(BUILD)/tests/lib/runner.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

$(LAB_BIN): $(LAB_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(RUNNER) $(LAB_BIN): HARDEN =
$(RUNNER) $(LAB_BIN): HARDEN_LD =

-include $(UNIT_OBJ:.o=.d) $(UNIT_LIB_OBJ:.o=.d) $(LAB_OBJ:.o=.d) $(BUILD)/tests/lib/runner.d

# Kept for the next run; make would take them for intermediate files.
.SECONDARY: $(UNIT_OBJ) $(UNIT_LIB_OBJ) $(LAB_OBJ) $(BUILD)/tests/lib/runner.o
# Everything compiled and nothing linked: what another compiler says.
objects: $(OBJ) $(UNIT_OBJ) $(UNIT_LIB_OBJ) $(LAB_OBJ) $(BUILD)/tests/lib/runner.o

.PHONY: check objects

# The preloaded library of the fault tests, and their helpers. SPDX-License-Identifier: MIT
SHIM = $(BUILD)/tests/fault/shim.so
FAULT_BIN = $(BUILD)/tests/fault/refuse $(BUILD)/tests/fault/forge

$(SHIM): tests/fault/shim.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -shared -fPIC -o $@ $< -ldl

$(FAULT_BIN): %: %.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

# They surround the program under test, which carries the sanitizer.
$(FAULT_BIN): HARDEN =
$(FAULT_BIN): HARDEN_LD =

-include $(FAULT_BIN:%=%.d)
.SECONDARY: $(FAULT_BIN:%=%.o)

CHECK_NEEDS += $(if $(filter tests/fault/%,$(CHECK_RUN)),$(SHIM) $(FAULT_BIN))

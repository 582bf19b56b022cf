# The preloaded library of the fault tests. SPDX-License-Identifier: MIT
SHIM = $(BUILD)/tests/fault/shim.so

$(SHIM): tests/fault/shim.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -shared -fPIC -o $@ $< -ldl

CHECK_NEEDS += $(SHIM)

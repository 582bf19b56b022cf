# The acid test of ports: what it says against what connect() then does. SPDX-License-Identifier: MIT
ACID_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/ports/*.c)))
ACID_BIN = $(BUILD)/tests/ports/acid

$(ACID_BIN): $(ACID_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lm

# Like the laboratory it makes sockets; what it judges carries the sanitizer.
$(ACID_BIN): HARDEN =
$(ACID_BIN): HARDEN_LD =

CHECK_NEEDS += $(if $(filter tests/kernel/ports%,$(CHECK_RUN)),$(ACID_BIN))

-include $(ACID_OBJ:.o=.d)
.SECONDARY: $(ACID_OBJ)

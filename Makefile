# tcptriage: make, make check, make install. SPDX-License-Identifier: MIT
#
#   V=1            show commands
#   WERROR=1       warnings are errors (CI)
#   SAN=address,undefined   sanitizers, in a build folder of their own
#   STATIC=1       one file to copy to a broken host
#   PREFIX= DESTDIR=        where install puts things
VERSION = 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

CC ?= gcc
PKG_CONFIG ?= pkg-config
INSTALL ?= install
PACKAGES = libmnl ncursesw

SAN ?=
STATIC ?=
empty :=
comma := ,
VARIANT := $(if $(SAN),san-$(subst $(comma),-,$(SAN)),plain)$(if $(STATIC),-static)$(if $(COV),-cov)$(VARIANT_SUFFIX)
BUILD ?= build/$(VARIANT)

# Flags that not every compiler has are tried once.
try = $(shell $(CC) -Werror $(1) -O2 -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))
HARDEN ?= $(call try,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3) -fstack-protector-strong \
	$(call try,-fstack-clash-protection) $(call try,-fcf-protection=full) \
	$(call try,-ftrivial-auto-var-init=zero)
HARDEN_LD ?= -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed

WARN = -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wconversion \
	-Wformat=2 -Wimplicit-fallthrough -Wvla -Wundef -Wpointer-arith \
	$(if $(WERROR),-Werror)

OPT ?= -O2 -g
ifneq ($(SAN),)
OPT = -O1 -g -fno-omit-frame-pointer
HARDEN = -fsanitize=$(SAN) -fno-sanitize-recover=all
HARDEN_LD = -fsanitize=$(SAN)
endif
ifneq ($(COV),)
OPT = -O0 -g --coverage
HARDEN =
HARDEN_LD = --coverage
endif
HARDEN := $(HARDEN)

# Debian ships no libmnl.a: the static build then brings what it uses of it (src/source/mnl_static.c).
ifneq ($(STATIC),)
ifeq ($(shell $(CC) -print-file-name=libmnl.a),libmnl.a)
STATIC_MNL = -DSTATIC_MNL
PACKAGES_LINKED = ncursesw
endif
endif
PACKAGES_LINKED ?= $(PACKAGES)

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PKG_LIBS := $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(PACKAGES_LINKED))
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DTCPTRIAGE_VERSION='"$(VERSION)"' -Isrc -fPIE -pthread \
	$(WARN) $(OPT) $(HARDEN) $(PKG_CFLAGS) $(STATIC_MNL) $(CFLAGS)
ALL_LDFLAGS = $(if $(STATIC),-static-pie,-pie) -pthread $(OPT) $(HARDEN_LD) $(LDFLAGS)
ALL_LIBS = $(PKG_LIBS) -lm $(LIBS)

SRC := $(sort $(wildcard src/*.c src/*/*.c))
OBJ = $(SRC:%.c=$(BUILD)/%.o)
# Everything but main(): what tests and fuzzers link.
LIB_OBJ = $(filter-out $(BUILD)/src/main.o,$(OBJ))

Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

all: tcptriage

# The binary stands at the top for people; each variant keeps its own beside its objects.
tcptriage: $(BUILD)/tcptriage FORCE
	$(Q)cmp -s $< $@ || cp -f $< $@

$(BUILD)/tcptriage: $(OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(OBJ) $(ALL_LIBS)

$(BUILD)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

include tests/tests.mk

install: tcptriage
	$(INSTALL) -D -m 755 $(BUILD)/tcptriage $(DESTDIR)$(BINDIR)/tcptriage
	for page in man/*.[1-8]; do \
		$(INSTALL) -D -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; \
	done
	$(INSTALL) -D -m 644 completions/tcptriage.bash $(DESTDIR)$(BASHDIR)/tcptriage
	$(INSTALL) -D -m 644 completions/tcptriage.zsh $(DESTDIR)$(ZSHDIR)/_tcptriage
	$(INSTALL) -D -m 644 completions/tcptriage.fish $(DESTDIR)$(FISHDIR)/tcptriage.fish

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/tcptriage $(DESTDIR)$(BASHDIR)/tcptriage
	rm -f $(DESTDIR)$(ZSHDIR)/_tcptriage $(DESTDIR)$(FISHDIR)/tcptriage.fish
	for page in man/*.[1-8]; do \
		rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; \
	done

# A Debian package in build/, made with dpkg's own tools.
deb: tcptriage
	.package/build $(VERSION) build

# The sources as they are committed.
dist:
	git archive --prefix=tcptriage-$(VERSION)/ -o tcptriage-$(VERSION).tar.gz HEAD

clean:
	rm -rf build tcptriage

.PHONY: all install uninstall deb dist clean FORCE
.DELETE_ON_ERROR:

# advisd: one Makefile, nothing recursive, every product in build/. The rooms below are the map of src/.
#---------------------------------------------------------------------------- 80 columns -----------
.DEFAULT_GOAL := help
SHELL  := /bin/bash
PREFIX ?= /usr
SYSCONFDIR ?= /etc
B      ?= build
CC     ?= gcc
V      ?= 0
Q      := $(if $(filter 1,$(V)),,@)

# floor 0: base | 1: model | 2: config store intake plan channel http stats | 3: flow | 4: daemon tool
ROOMS   := base model config store intake plan channel http stats flow
LIB_SRC := $(foreach r,$(ROOMS),$(sort $(wildcard src/$(r)/*.c)))
ADVISD_SRC    := $(sort $(wildcard src/daemon/*.c))
ADVISCTL_SRC  := $(sort $(wildcard src/tool/*.c))
UNIT_SRC      := $(sort $(wildcard tests/unit/test-*.c))

PKGS := libcurl sqlite3 libsystemd expat libarchive jansson libcrypto libssl libmicrohttpd smartcols libidn2
ifneq ($(filter-out help deps clean demo check check-fast check-all,$(MAKECMDGOALS)),)
ifneq ($(shell pkg-config --exists $(PKGS) && echo yes),yes)
$(error Build packages are missing: run "make deps" (it lists them first))
endif
endif
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lesmtp -lm -pthread

WARN := -Wall -Wextra -Wformat=2 -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wwrite-strings -Wundef -Wpointer-arith -Wno-missing-field-initializers
HARD := -fstack-protector-strong -fPIE -fno-strict-overflow -fno-delete-null-pointer-checks
ifeq ($(filter -fsanitize%,$(SAN)),)
HARD += -D_FORTIFY_SOURCE=2
endif
OPT      ?= -O2 -g
WERROR   ?=
SAN      ?=
ALL_CFLAGS  = -std=gnu11 $(OPT) $(WARN) $(HARD) $(WERROR) $(SAN) -Iinclude -Isrc -I$(B)/gen -D_GNU_SOURCE $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SAN) $(LDFLAGS)

LIB_OBJ      := $(LIB_SRC:%.c=$(B)/%.o)
ADVISD_OBJ   := $(ADVISD_SRC:%.c=$(B)/%.o)
ADVISCTL_OBJ := $(ADVISCTL_SRC:%.c=$(B)/%.o)
UNIT_BIN     := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/unit/%)
GEN          := $(B)/gen/store-sql.h

.PHONY: help
help: ## this list
	@echo "advisd: make TARGET"; awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' Makefile

.PHONY: all
all: $(B)/advisd $(B)/advisctl ## build the daemon and the tool into build/

$(B)/libadvisd.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/advisd: $(ADVISD_OBJ) $(B)/libadvisd.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(ADVISD_OBJ) $(B)/libadvisd.a $(PKG_LIBS)

$(B)/advisctl: $(ADVISCTL_OBJ) $(B)/libadvisd.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(ADVISCTL_OBJ) $(B)/libadvisd.a $(PKG_LIBS)

$(B)/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# SQL lives in .sql files only; C says STMT_NAME.
$(B)/gen/store-sql.h: $(sort $(wildcard src/store/sql/*.sql src/store/sql/schema/*.sql)) src/store/sql/embed.awk
	@mkdir -p $(@D)
	$(Q)awk -f src/store/sql/embed.awk $(filter %.sql,$^) > $@.tmp && mv $@.tmp $@

$(B)/tests/unit/%: tests/unit/%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(B)/libadvisd.a -lcmocka $(PKG_LIBS)

# Tests ask for more memory than there is; under a sanitizer that must be -ENOMEM, too.
export ASAN_OPTIONS ?= allocator_may_return_null=1
export TSAN_OPTIONS ?= allocator_may_return_null=1

.PHONY: unit
unit: $(UNIT_BIN) ## the unit tests alone; one of them: build/tests/unit/test-NAME
	@for t in $(UNIT_BIN); do $$t || exit 1; done

.PHONY: clean
clean: ## remove build/
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

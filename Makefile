# advisd: one Makefile, nothing recursive, every product in build/. The rooms below are the map of src/.
#---------------------------------------------------------------------------- 80 columns -----------
.DEFAULT_GOAL := help
SHELL      := /bin/bash
PREFIX     ?= /usr
SYSCONFDIR ?= /etc
B          ?= build
# One place has one name: another would be other flags, and everything built anew.
override B := $(patsubst $(CURDIR)/%,%,$(B))
ifeq ($(origin CC),default) # make's own default is cc, whichever that is
CC         := gcc
endif
V          ?= 0
Q          := $(if $(filter 1,$(V)),,@)

# floor 0: base | 1: model | 2: config store intake plan channel http receipt stats | 3: flow control | 4: daemon tool
ROOMS   := base model config store intake plan channel http receipt stats flow control
LIB_SRC := $(foreach r,$(ROOMS),$(sort $(wildcard src/$(r)/*.c)))
ADVISD_SRC    := $(sort $(wildcard src/daemon/*.c))
ADVISCTL_SRC  := $(sort $(wildcard src/tool/*.c))
UNIT_SRC      := $(sort $(wildcard tests/unit/test-*.c))
FUZZ_SRC      := $(sort $(wildcard tests/fuzz/fuzz-*.c))
SINK_SRC      := $(sort $(wildcard tests/sinks/*.c))
BENCH_SRC     := $(sort $(wildcard tests/bench/*_bench.c))
DEMO_SRC      := $(sort $(wildcard tests/demo/*.c))

# Goals that do without the build packages, or see to them themselves.
FREE_GOALS := help deps clean demo check check-fast check-all check-system uninstall deb
PKGS := libcurl sqlite3 libsystemd expat libarchive liblzma jansson libcrypto libssl libmicrohttpd smartcols libidn2
ifneq ($(filter-out $(FREE_GOALS),$(MAKECMDGOALS)),)
ifneq ($(shell pkg-config --exists $(PKGS) && echo yes),yes)
$(error Build packages are missing: "make deps" lists and installs them)
endif
endif
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)

WARN := -Wall -Wextra -Wformat=2 -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wwrite-strings -Wundef -Wpointer-arith -Wno-missing-field-initializers
HARD := -fstack-protector-strong -fstack-clash-protection -fPIE -fno-strict-overflow \
        -fno-delete-null-pointer-checks
ifeq ($(shell uname -m),x86_64)
HARD += -fcf-protection=full
endif
ifeq ($(filter -fsanitize%,$(SAN)),)
HARD += -D_FORTIFY_SOURCE=2
endif
OPT      ?= -O2 -g
WERROR   ?=
SAN      ?=
INC      := -Iinclude -Isrc -I$(B)/gen -D_GNU_SOURCE
ALL_CFLAGS  = -std=gnu11 $(OPT) $(WARN) $(HARD) $(SAN) $(INC) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SAN) $(LDFLAGS)
ALL_LIBS    = $(B)/libadvisd.a $(PKG_LIBS) -lesmtp -lm -pthread
COMPILE     = $(Q)$(CC) $(ALL_CFLAGS) $(WERROR) -MMD -MP
LINK        = $(Q)$(CC) $(ALL_LDFLAGS)

LIB_OBJ      := $(LIB_SRC:%.c=$(B)/%.o)
ADVISD_OBJ   := $(ADVISD_SRC:%.c=$(B)/%.o)
ADVISCTL_OBJ := $(ADVISCTL_SRC:%.c=$(B)/%.o)
UNIT_BIN     := $(UNIT_SRC:%.c=$(B)/%)
FUZZ_BIN     := $(FUZZ_SRC:%.c=$(B)/%)
SINK_BIN     := $(SINK_SRC:%.c=$(B)/%)
DRIVER_SRC   := $(sort $(wildcard tests/suite/*.c))
DRIVER_BIN   := $(DRIVER_SRC:%.c=$(B)/%)
BENCH_BIN    := $(BENCH_SRC:%.c=$(B)/%)
DEMO_OBJ     := $(DEMO_SRC:%.c=$(B)/%.o)
GEN          := $(B)/gen/store-sql.h
PROGRAMS     := $(B)/libadvisd.a $(if $(ADVISD_SRC),$(B)/advisd) $(if $(ADVISCTL_SRC),$(B)/advisctl)

export B V CC WERROR

.PHONY: help
help: ## this list
	@echo "advisd: make TARGET"; awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' Makefile

#--- building --------------------------------------------------------------------------------------

.PHONY: all
all: $(PROGRAMS) ## build the daemon and the tool into build/

$(B)/libadvisd.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/advisd: $(ADVISD_OBJ) $(B)/libadvisd.a
	$(LINK) -o $@ $(ADVISD_OBJ) $(ALL_LIBS)

$(B)/advisctl: $(ADVISCTL_OBJ) $(B)/libadvisd.a
	$(LINK) -o $@ $(ADVISCTL_OBJ) $(ALL_LIBS)

# Other flags make other objects: build/flags changes exactly when they do.
$(B)/flags: always
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' > $@
.PHONY: always

$(B)/%.o: %.c $(B)/flags | $(GEN)
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

# SQL lives in .sql files only; C says STMT_NAME.
$(B)/gen/store-sql.h: $(sort $(wildcard src/store/sql/*.sql src/store/sql/schema/*.sql)) src/store/sql/embed.awk
	@mkdir -p $(@D)
	$(Q)awk -f src/store/sql/embed.awk $(filter %.sql,$^) > $@.tmp && mv $@.tmp $@

#--- trying ----------------------------------------------------------------------------------------

.PHONY: demo demo-parts
demo: ## everything in three minutes: packages, build, a mailing to a synthetic Denmark
	@tests/deps.sh build
	+@$(MAKE) --no-print-directory -s -j$$(nproc) demo-parts
	@tests/demo/run
demo-parts: $(PROGRAMS) $(SINK_SRC:%.c=$(B)/%) $(B)/tests/demo/denmark

# The synthetic Denmark that the demo and some suites work on.
$(B)/tests/demo/denmark: $(DEMO_OBJ) $(B)/libadvisd.a
	$(LINK) -o $@ $(DEMO_OBJ) $(ALL_LIBS)

#--- testing ---------------------------------------------------------------------------------------

.PHONY: check check-fast check-all check-system
check: ## all that must hold: packages, build, units, corpora, lint, every suite
	+@tests/check.sh check
check-fast: ## unit tests, corpora and the cheap lints, in under a minute
	+@tests/check.sh fast
check-all: ## check, and again under sanitizers and valgrind, and built by clang
	+@tests/check.sh all
check-system: ## the service and its Debian package under a real systemd
	+@tests/check.sh system

# What the two programs are made of but for their main(), for the tests of their parts.
$(B)/libtool.a: $(filter-out %/advisctl.o,$(ADVISCTL_OBJ))
$(B)/libdaemon.a: $(filter-out %/main.o,$(ADVISD_OBJ))
$(B)/libtool.a $(B)/libdaemon.a:
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(B)/tests/unit/test-tool-%: tests/unit/test-tool-%.c $(B)/libtool.a $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -o $@ $< -lcmocka $(B)/libtool.a $(ALL_LIBS)

# The corridor's ways out and its alarms are played by the test.
$(B)/tests/unit/test-flow-%: tests/unit/test-flow-%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -Wl,--wrap=channel_open,--wrap=sd_event_source_set_time_relative -o $@ $< -lcmocka $(ALL_LIBS)

$(B)/tests/unit/%: tests/unit/%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -o $@ $< -lcmocka $(ALL_LIBS)

# Drivers of tests/figures: event files through intake, store and stats.
$(B)/tests/figures/%: tests/figures/%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) $(ALL_LDFLAGS) -o $@ $< $(ALL_LIBS)

# Peers that tests and benches talk to: they share no code with what they test.
# Preloaded into the daemon by crash tests.
$(B)/tests/lab/%.so: tests/lab/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC -O2 $(WARN) -Wno-missing-prototypes -D_GNU_SOURCE -o $@ $< -ldl

$(B)/tests/sinks/%: tests/sinks/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(ALL_LDFLAGS) -o $@ $< -pthread
.PHONY: sinks
sinks: $(SINK_BIN)

# What suites drive a part of the house with, where the whole would hide it.
$(B)/tests/suite/%: tests/suite/%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -o $@ $< $(ALL_LIBS)

# All that tests/suite/*.sh need beside the programs.
.PHONY: suite-parts
suite-parts: $(SINK_BIN) $(DRIVER_BIN) $(patsubst %.c,$(B)/%,$(wildcard tests/figures/*.c)) \
  $(patsubst %.c,$(B)/%.so,$(wildcard tests/lab/*.c)) $(B)/tests/demo/denmark

.PHONY: unit
unit: $(UNIT_BIN) $(SINK_BIN) $(DRIVER_BIN) ## the unit tests alone; one of them: make build/tests/unit/test-NAME, and run it
	@tests/unit/run.sh $(UNIT_BIN)

.PHONY: years
years: $(B)/tests/unit/test-flow-years ## the flow over every clock change from 1980 to 2100; YEARS_SEED= replays
	@YEARS_STEP=1 $<

# A fuzz target is replayed over its corpus by a main of ours, and explored by libFuzzer's.
$(B)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -o $@ $< tests/fuzz/replay.c $(ALL_LIBS)

$(B)/tests/explore/%: tests/fuzz/%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $< $(ALL_LIBS)

.PHONY: corpora fuzz
corpora: $(FUZZ_BIN) ## replay every fuzz corpus
	@tests/fuzz/corpora.sh $(FUZZ_BIN)
fuzz: ## explore with libFuzzer: FUZZ="ini json" (default all), FUZZ_SECONDS=60 each
	+@tests/fuzz/explore.sh $(or $(FUZZ),$(FUZZ_SRC:tests/fuzz/fuzz-%.c=%))

.PHONY: lint lint-fast
lint: $(LIB_OBJ) ## style, layers, banned words, SQL plans, texts that must agree; ONLY="layers tidy" for some
	+@tests/lint/run.sh $(or $(ONLY),all)
lint-fast: $(GEN)
	+@tests/lint/run.sh fast

$(B)/tests/lint/%: tests/lint/%.c $(GEN)
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -o $@ $< $(PKG_LIBS)

# clang-tidy per file, again only when the object is: clang-tidy takes a second for what gcc takes a tenth.
ALL_SRC := $(LIB_SRC) $(ADVISD_SRC) $(ADVISCTL_SRC)
TIDY_CFLAGS = -std=gnu11 -Wall -Wextra $(INC) $(PKG_CFLAGS)
$(B)/tidy/%: %.c $(B)/%.o .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(TIDY_CFLAGS) > $@.out 2>&1 || { grep -E '(error|warning): ' $@.out; exit 1; }
	@touch $@
.PHONY: tidy
tidy: $(ALL_SRC:%.c=$(B)/tidy/%)

$(B)/tests/bench/%: tests/bench/%.c $(B)/libadvisd.a
	@mkdir -p $(@D)
	$(COMPILE) -Itests $(ALL_LDFLAGS) -o $@ $< $(ALL_LIBS)

.PHONY: fault power storm
fault: $(PROGRAMS) ## fail every call to disk, network and libraries in turn (an hour or two); CASES="disk:once:5 …"
	@tests/fault/sweep.sh $(CASES)
power: $(PROGRAMS) ## cut the power at CUTS=1000 moments; SEED= replays
	@CUTS=$(or $(CUTS),1000) tests/fault/power.sh
outage: $(PROGRAMS) ## the same for real: kill the kernel of a user-mode Linux at CUTS=50 moments; SEED=, LYING=yes for a disk that lies
	@CUTS=$(or $(CUTS),50) tests/fault/outage.sh
storm: $(PROGRAMS) ## SIGKILL every 100 ms under load against a gateway that lies; MESSAGES=3000 STORM_SECONDS=60 SEED=
	@tests/fault/storm.sh

.PHONY: page
page: $(PROGRAMS) ## the published page in Chromium; AXE=axe.min.js, VALIDATE=COMMAND, PICTURES=DIR
	@tests/deps.sh page && tests/figures/page.sh

.PHONY: bench coverage
bench: $(BENCH_BIN) ## what things cost, on this machine
	@for b in $(BENCH_BIN); do echo "== $${b##*/}"; $$b || exit 1; done
	@if [ -x tests/bench/run ]; then tests/bench/run; fi
coverage: ## which lines and branches the unit tests and corpora reach: build-coverage/index.txt; FILES="plan/ model/text" says which not
	+@tests/unit/coverage.sh

#--- the house -------------------------------------------------------------------------------------

# source:target:mode. Programs and units are replaced; what stands in conf/ is the site's after the first time: a new
# version lies beside the old one as FILE.new.
LIBDIR  := $(PREFIX)/lib
MANDIR  := $(PREFIX)/share/man
UNITDIR := $(LIBDIR)/systemd/system
UNITS   := $(wildcard systemd/*.service systemd/*.socket systemd/*.timer systemd/*.path systemd/*.target)
OWN_INSTALL := \
  $(B)/advisd:$(PREFIX)/sbin/advisd:755 $(B)/advisctl:$(PREFIX)/bin/advisctl:755 \
  $(foreach f,$(UNITS),$(f):$(UNITDIR)/$(notdir $(f)):644) \
  $(foreach f,$(wildcard systemd/*.catalog),$(f):$(LIBDIR)/systemd/catalog/$(notdir $(f)):644) \
  $(foreach f,systemd/advisd.sysusers,$(f):$(LIBDIR)/sysusers.d/advisd.conf:644) \
  $(foreach f,systemd/advisd.tmpfiles,$(f):$(LIBDIR)/tmpfiles.d/advisd.conf:644) \
  $(foreach f,systemd/named-addresses.conf,$(f):$(PREFIX)/share/doc/advisd/examples/$(notdir $(f)):644) \
  $(foreach f,$(wildcard src/tool/advisctl.bash),$(f):$(PREFIX)/share/bash-completion/completions/advisctl:644) \
  $(foreach s,1 5 8,$(foreach f,$(wildcard conf/*.$s systemd/*.$s src/*/*.$s),$(f):$(MANDIR)/man$s/$(notdir $(f)):644))
CONF_FILES := $(if $(wildcard conf),$(patsubst conf/%,%,$(filter-out %.1 %.5 %.8,$(shell find conf -type f | sort))))

.PHONY: install uninstall deb deps clean
install: all ## into DESTDIR, PREFIX (/usr) and SYSCONFDIR (/etc); what is in /etc/advisd stays
	@for i in $(OWN_INSTALL); do IFS=: read -r from to mode <<< "$$i"; \
		install -D -m "$$mode" "$$from" "$(DESTDIR)$$to" || exit 1; done
	@for u in $(notdir $(UNITS)); do \
		sed -i 's|/usr/sbin/advis|$(PREFIX)/sbin/advis|; s|/usr/bin/advis|$(PREFIX)/bin/advis|' \
			"$(DESTDIR)$(UNITDIR)/$$u" || exit 1; done
	@for f in $(CONF_FILES); do to="$(DESTDIR)$(SYSCONFDIR)/advisd/$$f"; \
		if [ ! -e "$$to" ]; then install -D -m 644 "conf/$$f" "$$to"; \
		elif ! cmp -s "conf/$$f" "$$to"; then install -m 644 "conf/$$f" "$$to.new"; \
			echo "kept $$to; the new one is $$to.new"; fi || exit 1; done
	@[ -n "$(DESTDIR)" ] || printf '%s\n' "installed; next:" "  systemd-sysusers && systemd-tmpfiles --create advisd.conf" \
		"  journalctl --update-catalog && systemctl daemon-reload" \
		"  advisd --new-key $(SYSCONFDIR)/advisd/master-key" \
		"  advisd --check && systemctl enable --now advisd" \
		"  then a gateway: cp $(SYSCONFDIR)/advisd/gateways.d/examples/NAME.conf $(SYSCONFDIR)/advisd/gateways.d, advisd-gateway(5)"
uninstall: ## what install brought, but not /etc/advisd nor any data
	@for i in $(OWN_INSTALL); do IFS=: read -r from to mode <<< "$$i"; rm -f "$(DESTDIR)$$to" || exit 1; done

# A copy without tests, as a build machine would have it; the package's files come to lie in build/deb.
DEB_PARTS := Makefile README.md LICENSE include src conf systemd
deb: ## a Debian package, in build/deb
	@tests/deps.sh build deb
	@rm -rf $(B)/deb && mkdir -p $(B)/deb/advisd && cp -r $(DEB_PARTS) $(B)/deb/advisd && mv $(B)/deb/advisd/systemd/debian $(B)/deb/advisd/debian
	@cd $(B)/deb/advisd && env -u B -u V -u CC -u WERROR -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -b -us -uc > ../log 2>&1 || \
		{ tail -n 40 ../log; exit 1; }
	@ls $(B)/deb/*.deb
deps: ## install what is missing, after listing it; KINDS="build test lint deep"
	@tests/deps.sh $(or $(KINDS),build test lint)
clean: ## remove build/ and its like
	rm -rf $(B) build-*

-include $(shell find $(B)/src $(B)/tests -name '*.d' -type f 2>/dev/null)

# fluffbuzz: `make demo` shows it, `make check` tests it, `make install` installs
# it, `make help` lists the rest.
# GNU make.  CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX and DESTDIR are yours to set.

VERSION = 0.1.0

PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
WARN = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla
JQ_LIBS ?= -ljq
CURL_LIBS ?= -lcurl
# A library that a program does not use costs start-up time.
AS_NEEDED := $(if $(filter Darwin,$(shell uname -s)),,-Wl,--as-needed)

B = build
FB_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -iquote lib -DFB_VERSION='"$(VERSION)"' \
	-DFB_PREFIX='"$(PREFIX)"' -DFB_SOURCE='"$(CURDIR)"'
COMPILE = $(CC) $(WARN) $(FB_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP

PROGS = $(patsubst cmd/%.c,$(B)/bin/%,$(wildcard cmd/*.c))
SCRIPTS = $(patsubst cmd/%.sh,$(B)/bin/%,$(wildcard cmd/*.sh))
LIB_OBJS = $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*.c))
UNITS = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
TESTS = $(wildcard tests/*.bats)
# What goes wrong around fb-send and the rest: killed, interrupted, no memory, no
# room on the disk, a server at fault, bytes that are none.
FAULTS = $(patsubst %,tests/%.bats,kill oom signals resume retry faults memory badinput badreply)
SAN = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all -DFB_TIDY_EXIT
# Fuzzing is clang's: all targets of tests/fuzz, or those of TARGET, SECS seconds each.
FUZZ_CC ?= clang
FUZZ = $(SAN) -fsanitize=fuzzer-no-link
SECS ?= 60
FUZZERS = $(or $(TARGET),$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))

all: $(PROGS) $(SCRIPTS)

# Order only: what is missing is installed before anything is compiled, also
# with -j, and nothing is built anew because of it.
$(B)/lib/%.o: lib/%.c Makefile | deps $(B)/lib
	$(COMPILE) -c -o $@ $<
$(B)/cmd/%.o: cmd/%.c Makefile | deps $(B)/cmd
	$(COMPILE) -c -o $@ $<
$(B)/libfb.a: $(LIB_OBJS)
	rm -f $@ && $(AR) rcs $@ $^
$(B)/bin/%: $(B)/cmd/%.o $(B)/libfb.a | $(B)/bin
	$(CC) $(CFLAGS) $(LDFLAGS) $(AS_NEEDED) -o $@ $^ $(LIBS) $(JQ_LIBS) -lm
$(B)/bin/%: cmd/%.sh Makefile | $(B)/bin
	sed 's/@VERSION@/$(VERSION)/' $< >$@.new && chmod +x $@.new && mv $@.new $@
$(B)/bin/fb-send $(B)/bin/fb-probe: LIBS = $(CURL_LIBS)

$(B)/unit/%: tests/unit/%.c tests/unit/tap.h $(B)/libfb.a | deps $(B)/unit
	$(COMPILE) $(LDFLAGS) $(AS_NEEDED) -o $@ $< $(B)/libfb.a $(CURL_LIBS) $(JQ_LIBS) -lm
units: $(UNITS)
$(B)/run/%: tests/fuzz/%.c $(B)/libfb.a | deps $(B)/run
	$(COMPILE) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(B)/libfb.a $(CURL_LIBS) $(JQ_LIBS) -lm
fuzzers: $(FUZZERS:%=$(B)/run/%)

$(B)/bin $(B)/lib $(B)/cmd $(B)/unit $(B)/run:
	mkdir -p $@

# What is not there yet is installed (apt-get) or named; see share/deps.sh.
DEPS = @CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' sh share/deps.sh
deps:
	$(DEPS) build demo
deps-check: | deps
	$(DEPS) check
deps-lint: | deps
	$(DEPS) lint
deps-valgrind: | deps-check
	$(DEPS) valgrind
deps-sanitize: | deps-check
	$(DEPS) sanitize
deps-bench: | deps
	$(DEPS) bench
deps-fuzz: | deps
	@FUZZ_CC='$(FUZZ_CC)' sh share/deps.sh fuzz

demo: all
	@FB_BIN='$(abspath $(B)/bin)' sh share/demo.sh

# BUT=faults: without the tests that `make faults` runs too, and longer.
check: all units | deps-check
	@sh tests/run.sh plain $(B) $(UNITS) $(if $(filter faults,$(BUT)),$(filter-out $(FAULTS),$(TESTS)),$(TESTS))
# Killed at every moment and out of memory at every allocation, not at some.
faults: all units | deps-check
	@FB_SWEEP=1 FB_OOM=all sh tests/run.sh faults $(B) $(FAULTS)
valgrind: all units | deps-valgrind
	@sh tests/run.sh valgrind $(B) $(UNITS) $(TESTS)
sanitize: | deps-sanitize
	@$(MAKE) --no-print-directory B=build/san CFLAGS='$(SAN)' all units
	@sh tests/run.sh sanitize build/san $(UNITS:$(B)/%=build/san/%) $(TESTS)
fuzz: | deps-fuzz
	$(foreach name,$(FUZZERS),$(if $(wildcard tests/fuzz/$(name).c),,\
		$(error TARGET=$(name): there is no tests/fuzz/$(name).c)))@:
	@$(MAKE) --no-print-directory B=build/fuzz CC='$(FUZZ_CC)' CFLAGS='$(FUZZ)' fuzzers
	@sh tests/fuzz.sh build/fuzz '$(SECS)' $(FUZZERS)
lint: all | deps-lint
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' WARN='$(WARN)' sh tests/lint.sh

# ROW='G3 G4': these alone.  BENCH_STRICT=1: a goal that is missed is a failure.
BENCH = FB_BIN='$(abspath $(B)/bin)' CC='$(CC)'
bench: all | deps-bench
	@$(BENCH) BENCH_JSON='$(B)/bench.jsonl' bash tests/bench/run.sh $(ROW)
bench-peers: all | deps-bench
	@$(BENCH) BENCH_JSON='$(B)/peers.jsonl' bash tests/bench/peers.sh
	awk -f tests/bench/draw.awk $(B)/peers.jsonl >$(B)/bench.svg
	@mkdir -p share/doc && cp $(B)/bench.svg share/doc/bench.svg

completions: all
	@for prog in $(sort $(PROGS) $(SCRIPTS)); do $$prog --help || exit 1; done >$(B)/help
	for shell in bash zsh fish; do \
		awk -v template=share/complete.$$shell -f share/complete.awk $(B)/help >$(B)/fb.$$shell || exit 1; \
	done
	cp $(B)/fb.bash completions/fb.bash
	cp $(B)/fb.fish completions/fb.fish
	cp $(B)/fb.zsh completions/_fluffbuzz
install: all
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh share/install.sh install $(B)/bin
uninstall:
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh share/install.sh uninstall $(B)/bin

dist:
	git archive --prefix=fluffbuzz-$(VERSION)/ -o fluffbuzz-$(VERSION).tar.gz HEAD
clean:
	rm -rf $(B) fluffbuzz-*.tar.gz

help:
	@echo 'make             build the programs into $(B)/bin'
	@echo 'make demo        see it at work, without a model'
	@echo 'make check       run all tests'
	@echo 'make faults      the tests of faults, at every moment and allocation'
	@echo 'make lint        look for what tests do not see'
	@echo 'make valgrind    unit tests and the memory tests under valgrind'
	@echo 'make sanitize    all tests with address and undefined behaviour sanitizers'
	@echo 'make bench       how fast it is, each goal; ROW="G1 G3": these alone'
	@echo 'make bench-peers beside curl, jq, parallel, Node and Python; draws share/doc/bench.svg'
	@echo 'make fuzz        libFuzzer on what reads foreign bytes (SECS=$(SECS) each; TARGET=sse)'
	@echo 'make install     to PREFIX ($(PREFIX)), below DESTDIR if set'
	@echo 'make uninstall   takes that away again'
	@echo 'make completions make completions/ anew from --help'
	@echo 'make deps, deps-check, deps-lint, deps-bench   install what is missing'
	@echo 'make dist        a source archive of the last commit'
	@echo 'make clean       remove what was built'

.PHONY: all units fuzzers deps deps-bench deps-check deps-fuzz deps-lint deps-sanitize deps-valgrind demo check \
	faults valgrind sanitize lint bench bench-peers fuzz completions install uninstall dist clean help
.SECONDARY:
-include $(wildcard $(B)/lib/*.d $(B)/cmd/*.d $(B)/unit/*.d $(B)/run/*.d)

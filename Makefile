# fluffbuzz: `make demo` shows it, `make check` tests it, `make install` installs it.
# GNU make.  CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX and DESTDIR are yours to set.

VERSION = 0.1.0

PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
WARN = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla
JQ_LIBS ?= -ljq
CURL_LIBS ?= -lcurl

B = build
FB_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -Ilib -DFB_VERSION='"$(VERSION)"' \
	-DFB_PREFIX='"$(PREFIX)"' -DFB_SOURCE='"$(CURDIR)"'
COMPILE = $(CC) $(WARN) $(FB_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP

PROGS = $(patsubst cmd/%.c,$(B)/bin/%,$(wildcard cmd/*.c))
SCRIPTS = $(patsubst cmd/%.sh,$(B)/bin/%,$(wildcard cmd/*.sh))
LIB_OBJS = $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*.c))
UNITS = $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))

all: $(PROGS) $(SCRIPTS)

$(B)/lib/%.o: lib/%.c Makefile | $(B)/lib
	$(COMPILE) -c -o $@ $<
$(B)/cmd/%.o: cmd/%.c Makefile | $(B)/cmd
	$(COMPILE) -c -o $@ $<
$(B)/libfb.a: $(LIB_OBJS)
	rm -f $@ && $(AR) rcs $@ $^
$(B)/bin/%: $(B)/cmd/%.o $(B)/libfb.a | $(B)/bin
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS) $(JQ_LIBS) -lm
$(B)/bin/%: cmd/%.sh | $(B)/bin
	cp $< $@ && chmod +x $@
$(B)/bin/fb-send: LIBS = $(CURL_LIBS)

$(B)/unit/%: tests/unit/%.c tests/unit/tap.h $(B)/libfb.a | $(B)/unit
	$(COMPILE) $(LDFLAGS) -Wl,--as-needed -o $@ $< $(B)/libfb.a $(CURL_LIBS) $(JQ_LIBS) -lm
units: $(UNITS)

$(B)/bin $(B)/lib $(B)/cmd $(B)/unit:
	mkdir -p $@

clean:
	rm -rf $(B)

.PHONY: all units clean
.SECONDARY:
-include $(wildcard $(B)/lib/*.d $(B)/cmd/*.d $(B)/unit/*.d)

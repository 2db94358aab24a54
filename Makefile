# stricttls. The targets a person types: make, make demo, make test, make test-generations,
# make test-compat, make bench, make lint, make install.

VERSION := 0.1.0
CC      ?= cc
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
BINDIR  ?= $(PREFIX)/bin
SYSCONFDIR ?= /etc
POLICYDIR ?= $(PREFIX)/share/stricttls/policy
DOCDIR  ?= $(PREFIX)/share/doc/stricttls
MANDIR  ?= $(PREFIX)/share/man

B        := build
CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror
COMMON   := -std=c11 -D_GNU_SOURCE -DSTLS_SYSCONFDIR='"$(SYSCONFDIR)"' $(WARNINGS) $(CFLAGS) -MMD -MP
HARDEN   := -D_FORTIFY_SOURCE=2
LTO      ?= -flto -flto-partition=none

CORE := $(wildcard src/core/*.c)
SHIM := $(wildcard src/shim/*.c)
LAB  := $(wildcard src/lab/*.c)
TOOL := $(wildcard src/tool/*.c)

# yajl writes JSON; zlib reads logs that were rotated; OpenSSL reads policy files.
TOOL_LIBS := -lyajl -lz -lssl -lcrypto

SHIM_OBJECTS := $(patsubst src/%.c,$(B)/shim-objects/%.o,$(CORE) $(SHIM))
CORE_OBJECTS := $(CORE:src/%.c=$(B)/objects/%.o)
LAB_OBJECTS  := $(LAB:src/%.c=$(B)/objects/%.o)
TOOL_OBJECTS := $(TOOL:src/%.c=$(B)/objects/%.o)

.PHONY: all demo test test-compat lint install uninstall clean bootstrap docs
all: $(B)/libstricttls.so $(B)/stricttls

# -- the library: into every process, so hidden, small at start, and nothing but libc below it
#
# It is loaded into processes that never use TLS, so what counts at start is what the loader has to
# look up: bound lazily (-z now made /bin/true start with 28,000 instructions more, of 140,000), and
# without the start files, whose four weak symbols are looked up in vain. Then what it has to map:
# code and constants share a segment, which spares two mappings and the padding between. All is made
# small but three files that run a hundred times a handshake. Linked by the compiler it is a fifth smaller, with half
# of the relocations (LTO= for a compiler without).

# Its stack is guarded where there are arrays of unsigned char, which hold what a peer, a socket or a
# certificate said. (Where the compiler links, gcc does not take char for a byte any more.) In all
# functions with an array or the address of a variable, as by -strong, it would cost 6 KiB.

SHIM_HARDEN := $(HARDEN) -fstack-protector -I$(B)/shim-objects

# -Oz makes it 2 KiB smaller than -Os; gcc has it since 12. Then texts need not stand at multiples of
# 32, and no name of the compiler is needed.
known = $(foreach o,$(1),$(shell $(CC) -Werror $(o) -S -x c /dev/null -o /dev/null >/dev/null 2>&1 && echo $(o)))
SMALL := $(firstword $(call known,-Oz -Os)) $(call known,-malign-data=abi) -fno-ident

# What gcc does for speed even so, and what it costs in bytes: jumps that are threaded through copies
# of what lies between (600), calls at the end of a function made jumps behind one more epilogue (650),
# what a loop does not change kept in registers (200), registers saved around calls (150), both sides
# of an if computed (150), and what a function begins with put off (100).
SMALL += $(call known,--param=max-jump-thread-duplication-stmts=5 -fno-move-loop-invariants \
  -fno-caller-saves -fno-if-conversion -fno-shrink-wrap)
JUMPS := $(call known,-fno-optimize-sibling-calls)
CLOSE := $(call known,-fno-align-functions -fno-align-loops -fno-align-jumps)
HOT   := $(patsubst %,$(B)/shim-objects/%.o,core/codes shim/algorithms_judge shim/state)

$(filter-out $(HOT),$(SHIM_OBJECTS)): SHIM_HARDEN += $(SMALL)
$(filter-out $(HOT) %/hooks_loader.o,$(SHIM_OBJECTS)): SHIM_HARDEN += $(JUMPS)
$(HOT): SHIM_HARDEN += $(CLOSE)

# Tables to unwind the stack by would be a seventh of it. A program's exceptions and cancellations pass
# through hooks (but for those that only set a value), and through gates and what is below them where
# its callbacks run. These are linked to one object first, since whether there are tables is the same
# for all that the compiler links at once; the rest calls nobody back. (A thread that is cancelled
# while the rest reads or writes a file ends as it should, with its handlers, but for destructors of
# C++ in what called us.)
UNWOUND := $(patsubst %,$(B)/shim-objects/shim/%.o,hooks_context hooks_loader hooks_names hooks_session \
  gates safe_chain safe_pass verify)

# With a frame pointer each push needs no row of its own: 1,100 bytes of tables for 650 of code.
$(UNWOUND): SHIM_HARDEN += -fno-omit-frame-pointer

$(B)/shim-objects/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) $(SHIM_HARDEN) $(LTO) -fPIC -fvisibility=hidden -include src/shim/glibc.h -c $< -o $@

$(B)/shim-objects/unwound.o: $(UNWOUND) Makefile
	$(CC) -r -nostdlib $(CFLAGS) $(SHIM_HARDEN) $(SMALL) $(LTO) $(if $(LTO),-flinker-output=nolto-rel) -fPIC \
	  -ffunction-sections -fasynchronous-unwind-tables -o $@ $(UNWOUND)

# The names of OpenSSL's functions, which were a fifth of all constants: most begin alike.
$(B)/shim-objects/openssl_names.h: src/shim/openssl_names.awk src/shim/hooks.def src/shim/openssl.def
	@mkdir -p $(@D)
	awk -f $^ > $@

$(B)/shim-objects/shim/openssl.o: $(B)/shim-objects/openssl_names.h

# The export map has no version name: with one, every hook would silently be passed by.
$(B)/exports.map: src/shim/hooks.def
	@mkdir -p $(@D)
	{ echo '{ global:'; $(CC) -E -P -x c '-DHOOK(name,group)=name;' $<; echo 'local: *; };'; } > $@

$(B)/libstricttls.so: $(B)/shim-objects/unwound.o $(filter-out $(UNWOUND),$(SHIM_OBJECTS)) $(B)/exports.map
	$(CC) -shared $(CFLAGS) $(SHIM_HARDEN) $(SMALL) $(LTO) -fno-asynchronous-unwind-tables -Wl,-soname,libstricttls.so -Wl,--version-script=$(B)/exports.map \
	  -Wl,--no-undefined-version -Wl,-z,defs -Wl,-z,relro -Wl,-z,lazy -Wl,--as-needed \
	  -Wl,-z,noexecstack -Wl,-z,noseparate-code -Wl,--gc-sections -Wl,--hash-style=gnu -nostartfiles \
	  -o $@ $(filter %.o,$^)

# -- the command

$(B)/objects/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) $(HARDEN) -fstack-protector-strong -fPIE -DSTLS_VERSION='"$(VERSION)"' -DSTLS_LIBDIR='"$(LIBDIR)"' -c $< -o $@

$(B)/stricttls: $(TOOL_OBJECTS) $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -Wl,-z,relro -Wl,-z,now -o $@ $^ $(TOOL_LIBS)

include tests/tests.mk

# -- the rest

bootstrap:
	scripts/bootstrap

docs: $(B)/stricttls
	scripts/update-readme README.md variables $(B)/stricttls --variables
	scripts/update-readme policy/README.md words $(B)/stricttls policy words markdown
	scripts/update-readme policy/stricttls-policy.5 words $(B)/stricttls policy words roff
	[ ! -e $(B)/bench.json ] || scripts/update-readme README.md bench $(BENCH) table $(B)/bench.json

lint: bootstrap
	scripts/lint

install: all
	install -d $(addprefix $(DESTDIR),$(LIBDIR) $(BINDIR) $(DOCDIR) $(MANDIR)/man1 $(MANDIR)/man5) \
	  $(DESTDIR)$(POLICYDIR)/examples
	install -m 0644 $(B)/libstricttls.so $(DESTDIR)$(LIBDIR)/
	install -m 0755 $(B)/stricttls $(DESTDIR)$(BINDIR)/
	install -m 0644 README.md LICENSE schema/event-1.schema.json $(DESTDIR)$(DOCDIR)/
	install -m 0644 src/tool/stricttls.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 0644 policy/stricttls-policy.5 $(DESTDIR)$(MANDIR)/man5/
	install -m 0644 policy/*.cnf policy/README.md $(DESTDIR)$(POLICYDIR)/
	install -m 0644 policy/examples/*.cnf $(DESTDIR)$(POLICYDIR)/examples/

uninstall:
	rm -f $(DESTDIR)$(LIBDIR)/libstricttls.so $(DESTDIR)$(BINDIR)/stricttls
	rm -f $(DESTDIR)$(MANDIR)/man1/stricttls.1 $(DESTDIR)$(MANDIR)/man5/stricttls-policy.5
	rm -rf $(DESTDIR)$(POLICYDIR)
	rm -rf $(DESTDIR)$(DOCDIR)

clean:
	rm -rf $(B)

-include $(SHIM_OBJECTS:.o=.d) $(CORE_OBJECTS:.o=.d) $(LAB_OBJECTS:.o=.d) $(TOOL_OBJECTS:.o=.d)

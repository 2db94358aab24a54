# escape.mk - the victims, their peers and the driver of the escape suite; read by tests.mk.
#
# Nothing of the library's own code is in a victim: they are other people's programs. To build them
# for another OpenSSL, say where it is: ESCAPE_OUT, ESCAPE_SSL_CFLAGS (-I), ESCAPE_SSL_LDFLAGS (-L),
# ESCAPE_LIBSSL (the file that a bundled copy is made of). The driver finds them again by
# STLS_ESCAPE_VICTIMS, STLS_ESCAPE_LOADER and STLS_ESCAPE_LIBRARIES.

ESCAPE_OUT         ?= $(B)/tests/escape
ESCAPE_SSL_CFLAGS  ?=
ESCAPE_SSL_LDFLAGS ?=
ESCAPE_LIBSSL      ?= $(shell readlink -f "$$($(CC) -print-file-name=libssl.so)")

E  := $(ESCAPE_OUT)
ED := $(B)/tests/escape/driver

ESCAPE_CFLAGS := $(COMMON) -fPIC -Wno-deprecated-declarations $(ESCAPE_SSL_CFLAGS)
ESCAPE_SSL    := $(ESCAPE_SSL_LDFLAGS) -lssl -lcrypto -pthread
ESCAPE_TABLES := $(filter-out %/ways_handle.o %/ways_plugin.o,$(patsubst tests/escape/%.c,$(E)/%.o,$(wildcard tests/escape/ways_*.c)))
ESCAPE_VICTIM := $(E)/victim.o $(E)/main.o $(E)/client.o $(E)/server.o \
  $(E)/external_key.o $(E)/quic_tls.o $(ESCAPE_TABLES)
ESCAPE_PEER   := $(addprefix $(E)/,peer.o peer_modes.o peer_late.o peer_client.o peer_quic.o external_key.o quic_tls.o)
ESCAPE_DRIVER := $(addprefix $(ED)/,test_escape.o walk.o rows.o opponent.o)

ESCAPE_PROGRAMS := $(addprefix $(E)/,victim victim_now victim_no_plt victim_bundled victim_handle \
  peer plugins/plugin.so $(patsubst %,plugins/plugin_%.so,bundled outer host module) constructor.so \
  next.so bundled/libssl-1a2b3c.so.3 weak.cnf weak12.cnf)

$(E)/%.o: tests/escape/%.c
	@mkdir -p $(@D)
	$(CC) $(ESCAPE_CFLAGS) -c $< -o $@

$(E)/no-plt/%.o: tests/escape/%.c
	@mkdir -p $(@D)
	$(CC) $(ESCAPE_CFLAGS) -fno-plt -c $< -o $@

$(ED)/%.o: tests/escape/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fPIE -Isrc -Itests '-DSTLS_ESCAPE_VICTIMS="$(CURDIR)/$(B)/tests/escape"' \
	  -c $< -o $@

$(E)/%.cnf: tests/escape/%.cnf
	@mkdir -p $(@D)
	cp $< $@

$(E)/victim: $(ESCAPE_VICTIM)
	$(CC) -pie -rdynamic -Wl,-z,lazy -o $@ $^ $(ESCAPE_SSL)

$(E)/victim_now: $(ESCAPE_VICTIM)
	$(CC) -pie -Wl,-z,relro -Wl,-z,now -o $@ $^ $(ESCAPE_SSL)

$(E)/victim_no_plt: $(ESCAPE_VICTIM:$(E)/%=$(E)/no-plt/%)
	$(CC) -pie -Wl,-z,relro -Wl,-z,now -o $@ $^ $(ESCAPE_SSL)

# A copy of libssl by another name, as in a bundle. A stub with all its functions gives the linker
# that name.
$(E)/bundled/libssl-1a2b3c.so.3:
	@mkdir -p $(@D)
	cp $(ESCAPE_LIBSSL) $@

$(E)/bundled/stub.so:
	@mkdir -p $(@D)
	nm -D --defined-only $(ESCAPE_LIBSSL) | \
	  sed -n 's/.* T \([^@]*\).*/void \1(void); void \1(void) {}/p' | \
	  $(CC) -shared -fPIC -w -Wl,-soname,libssl-1a2b3c.so.3 -o $@ -x c -

$(E)/victim_bundled: $(ESCAPE_VICTIM) $(E)/bundled/stub.so
	$(CC) -pie -Wl,-z,lazy -Wl,-rpath,'$$ORIGIN/bundled' -o $@ $^ $(ESCAPE_SSL_LDFLAGS) \
	  -lcrypto -pthread

# Without libssl: takes what it needs from a handle.
$(E)/victim_handle: $(E)/victim_handle.o $(E)/main.o $(E)/ways_handle.o $(E)/ways_plugin.o
	$(CC) -pie -rdynamic -Wl,-rpath,'$$ORIGIN/plugins' -o $@ $^ -pthread

$(E)/plugins/plugin.so: $(E)/plugin.o $(E)/client.o
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,lazy -o $@ $^ $(ESCAPE_SSL)

$(E)/plugins/plugin_bundled.so: $(E)/plugin.o $(E)/client.o $(E)/bundled/stub.so
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,lazy -Wl,-rpath,'$$ORIGIN/../bundled' -o $@ $^ $(ESCAPE_SSL_LDFLAGS) \
	  -lcrypto -pthread

$(E)/plugins/plugin_outer.so: $(E)/plugin_outer.o $(E)/plugins/plugin.so
	$(CC) -shared -Wl,-rpath,'$$ORIGIN' -o $@ $< -L$(@D) -l:plugin.so

$(E)/plugins/plugin_host.so: $(E)/plugin_host.o $(E)/client.o
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,lazy -o $@ $^ $(ESCAPE_SSL)

$(E)/plugins/plugin_module.so: $(E)/plugin_module.o
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $^

$(E)/constructor.so: $(E)/constructor.o $(E)/client.o
	$(CC) -shared -Wl,-z,lazy -o $@ $^ $(ESCAPE_SSL)

$(E)/next.so: $(E)/next.o
	$(CC) -shared -o $@ $^

$(E)/peer: $(ESCAPE_PEER)
	$(CC) -pie -o $@ $^ $(ESCAPE_SSL)

$(E)/test_escape: $(ESCAPE_DRIVER) $(SUPPORT) $(LAB_OBJECTS) | $(ESCAPE_PROGRAMS)
	$(CC) $(CFLAGS) -pie -o $@ $(ESCAPE_DRIVER) $(SUPPORT) $(LAB_OBJECTS) \
	  -lcriterion -lssl -lcrypto -pthread

.PHONY: escape-programs
escape-programs: $(ESCAPE_PROGRAMS)

-include $(wildcard $(E)/*.d $(E)/no-plt/*.d $(ED)/*.d)

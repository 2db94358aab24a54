# tests.mk - what make test and make demo build and run. Objects go to build/tests.

T := $(B)/tests
TEST_CFLAGS := $(COMMON) -fPIE
TEST_LIBS   := -lcriterion -lssl -lcrypto -pthread

UNIT := $(patsubst tests/unit/%.c,$(T)/unit/%,$(wildcard tests/unit/test_*.c))

$(T)/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

SUPPORT := $(patsubst tests/%.c,$(T)/%.o,$(wildcard tests/support/*.c))

$(T)/unit/%: $(T)/unit/%.o $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^ -lcriterion

$(T)/library/test_library.o: TEST_CFLAGS += '-DSTLS_SOURCE="$(CURDIR)"' \
  '-DSTLS_UNKNOWN_CLIENT="$(CURDIR)/$(T)/library/unknown_client"' \
  '-DSTLS_LIVE_AT_EXIT="$(CURDIR)/$(T)/library/live_at_exit"' \
  '-DSTLS_SANITIZED="$(CURDIR)/$(T)/library/sanitized_"'

$(T)/library/test_library: $(T)/library/test_library.o $(SUPPORT) | $(T)/library/unknown_client \
  $(T)/library/live_at_exit $(T)/library/sanitized_address $(T)/library/sanitized_thread
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

$(T)/library/libssl.so.99: tests/library/unknown_libssl.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fPIC -shared -Wl,-soname,libssl.so.99 -o $@ $<

$(T)/library/live_at_exit: $(T)/library/live_at_exit.o
	$(CC) $(CFLAGS) -fsanitize=leak -pie -o $@ $^ -lssl -lcrypto

$(T)/library/sanitized_address: SANITIZED := -static-libasan
$(T)/library/sanitized_%: tests/library/sanitized.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fsanitize=$* $(SANITIZED) -fPIE -pie -o $@ $< -lssl -lcrypto

$(T)/library/unknown_client: $(T)/library/unknown_client.o $(T)/library/libssl.so.99
	$(CC) $(CFLAGS) -pie -o $@ $^ '-Wl,-rpath,$$ORIGIN'

$(T)/library/test_scarcity.o: TEST_CFLAGS += '-DSTLS_LITTLE_STACK="$(CURDIR)/$(T)/library/little_stack"' \
  '-DSTLS_ALLOCATION_FAILS="$(CURDIR)/$(T)/library/allocation_fails.so"' \
  '-DSTLS_LITTLE_MEMORY="$(CURDIR)/$(T)/library/little_memory"'

$(T)/library/test_scarcity: $(T)/library/test_scarcity.o $(SUPPORT) $(LAB_OBJECTS) | $(T)/library/little_stack \
  $(T)/library/allocation_fails.so $(T)/library/little_memory
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

$(T)/library/allocation_fails.so: tests/library/allocation_fails.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fPIC -shared -o $@ $<

$(T)/library/little_stack $(T)/library/little_memory: %: %.o
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto -pthread

# A program that has OpenSSL inside and shows its functions, as official Node.js; and one that shows
# too few of them.
$(T)/library/own_openssl:  OWN_OPENSSL := -rdynamic
$(T)/library/part_openssl: OWN_OPENSSL := -Wl,--export-dynamic-symbol=SSL_CTX_new \
  -Wl,--export-dynamic-symbol=SSL_CIPHER_get_name
$(T)/library/own_openssl $(T)/library/part_openssl: $(T)/library/little_stack.o
	$(CC) $(CFLAGS) -pie -Wl,-z,now $(OWN_OPENSSL) -o $@ $< -Wl,-Bstatic -lssl -lcrypto -Wl,-Bdynamic -pthread -ldl

$(T)/library/test_own_openssl.o: TEST_CFLAGS += '-DSTLS_LIBRARY_TESTS="$(CURDIR)/$(T)/library/"'

$(T)/library/test_own_openssl: $(T)/library/test_own_openssl.o $(SUPPORT) $(LAB_OBJECTS) | $(T)/library/own_openssl \
  $(T)/library/part_openssl
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

$(T)/library/test_chain_rules: $(T)/library/test_chain_rules.o $(SUPPORT) $(LAB_OBJECTS) $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

PROGRAMS := $(filter-out %/demo.o %/test_programs.o,\
  $(patsubst tests/%.c,$(T)/%.o,$(wildcard tests/programs/*.c))) $(SUPPORT) $(LAB_OBJECTS)

$(T)/programs/demo $(T)/programs/test_programs: %: %.o $(PROGRAMS)
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

include tests/escape/escape.mk
include tests/bench/bench.mk
include tests/names/names.mk
include tests/transparent/transparent.mk
include tests/fuzz/fuzz.mk
include tests/events/events.mk
include tests/policy/policy.mk

# The slow ones first.
SUITES := $(T)/programs/test_programs $(T)/escape/test_escape tests/compat/test_python_ssl \
  $(T)/names/test_names $(T)/names/test_named_programs $(EVENTS_SUITES) $(UNIT) $(T)/library/test_library \
  $(W)/test_transparent $(T)/library/test_chain_rules $(T)/library/test_scarcity $(T)/library/test_own_openssl \
  $(P)/test_policy_command $(P)/test_policy_words \
  $(P)/test_policy_sources $(P)/test_policy_sections $(P)/test_policy_machine $(F)/test_fuzz

demo: bootstrap
	$(MAKE) --no-print-directory run-demo

.PHONY: run-demo
run-demo: all $(T)/programs/demo
	$(T)/programs/demo

test: bootstrap
	$(MAKE) --no-print-directory run-tests

.PHONY: run-tests
run-tests: all $(SUITES)
	rm -f $(B)/tests/events.json
	STLS_LIBRARY=$(CURDIR)/$(B)/libstricttls.so STLS_COMMAND=$(CURDIR)/$(B)/stricttls \
	  STLS_EVENTS=$(CURDIR)/$(B)/tests/events.json scripts/run-tests $(SUITES)
	tests/events/validate schema/event-1.schema.json $(B)/tests/events.json

# Suites of programs that use OpenSSL, bare and in audit mode, side by side: minutes.
test-compat: bootstrap all
	scripts/compat fetch
	STLS_LIBRARY=$(CURDIR)/$(B)/libstricttls.so scripts/compat run

test-generations: bootstrap
	$(MAKE) --no-print-directory run-generations

.PHONY: test-generations run-generations
run-generations: all $(T)/escape/test_escape
	scripts/test-generations $(B)/libstricttls.so $(T)/escape/test_escape

-include $(wildcard $(T)/*/*.d)

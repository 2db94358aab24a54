# events.mk - sinks, the kinds of events, and stricttls report; read by tests.mk.

E := $(B)/tests/events

$(E)/%.o: TEST_CFLAGS += '-DSTLS_EVENTS="$(CURDIR)/$(E)"' '-DSTLS_SOURCES="$(CURDIR)"'

EVENTS_BED := $(E)/bed.o $(SUPPORT) $(LAB_OBJECTS)

$(E)/client: $(E)/client.o
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto

$(E)/sinks.o: src/shim/sinks.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(E)/writer: $(E)/writer.o $(E)/sinks.o $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^

$(E)/generate: $(E)/generate.o $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^

EVENTS_SUITES := $(E)/test_events $(E)/test_sinks $(E)/test_report
$(EVENTS_SUITES): %: %.o $(EVENTS_BED) | $(E)/client $(E)/writer $(E)/generate
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

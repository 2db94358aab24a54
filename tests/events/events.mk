# events.mk - sinks, the kinds of events, and stricttls report; read by tests.mk.

E := $(B)/tests/events

$(E)/%.o: TEST_CFLAGS += '-DSTLS_EVENTS="$(CURDIR)/$(E)"' '-DSTLS_SOURCES="$(CURDIR)"'

EVENTS_BED := $(E)/bed.o $(SUPPORT) $(LAB_OBJECTS)

$(E)/client: $(E)/client.o
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto

WRITER_SHIM := $(addprefix $(E)/shim-,sinks.o next.o elf_symbols.o)

$(E)/shim-%.o: src/shim/%.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(E)/writer: $(E)/writer.o $(WRITER_SHIM) $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^

$(E)/generate: $(E)/generate.o $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^

$(E)/pair: $(E)/pair.o
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto

EVENTS_SUITES := $(addprefix $(E)/,test_events test_verdicts test_sinks test_terminal test_report)
$(EVENTS_SUITES): %: %.o $(EVENTS_BED) | $(E)/client $(E)/pair $(E)/writer $(E)/generate
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

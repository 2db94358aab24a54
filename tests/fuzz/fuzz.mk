# fuzz.mk - libFuzzer over what an attacker or a typing error can bring: policy text, variables,
# certificates, lines of a log, the file of a plugin. make test runs each for a few seconds from its
# corpus; make fuzz FUZZ_RUNS=10000000 for longer. Findings are written to build/tests/fuzz.

F          := $(B)/tests/fuzz
FUZZ_RUNS  ?= 10000000
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -g -O1 -Isrc -fsanitize=fuzzer,address,undefined \
  -fno-sanitize-recover=all
FUZZERS    := $(F)/fuzz_policy $(F)/fuzz_certificate $(F)/fuzz_events $(F)/fuzz_object
FUZZED     := $(CORE) src/tool/report_read.c

$(F)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZED) $(wildcard src/core/*.h)
	@mkdir -p $(@D)
	clang $(FUZZ_FLAGS) -o $@ $< $(FUZZED) -lcrypto

.PHONY: fuzz
fuzz: $(FUZZERS)
	for fuzzer in policy certificate events object; do \
	  mkdir -p $(F)/corpus_$$fuzzer && \
	  $(F)/fuzz_$$fuzzer -runs=$(FUZZ_RUNS) -artifact_prefix=$(F)/ -max_len=4096 -print_final_stats=1 \
	    $(F)/corpus_$$fuzzer tests/fuzz/corpus_$$fuzzer || exit 1; \
	done

$(F)/test_fuzz.o: TEST_CFLAGS += -Itests '-DSTLS_FUZZERS="$(F)"'

$(F)/test_fuzz: $(F)/test_fuzz.o $(SUPPORT) | $(FUZZERS)
	$(CC) $(CFLAGS) -pie -o $@ $(F)/test_fuzz.o $(SUPPORT) $(TEST_LIBS)

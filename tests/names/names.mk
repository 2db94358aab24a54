# names.mk - victims that never tell OpenSSL whom they mean, and their driver; read by tests.mk.

N := $(B)/tests/names

NAMES_VICTIM := $(patsubst tests/names/%.c,$(N)/%.o,$(filter-out %/test_names.c %/test_named_programs.c %/bed.c %/once.c %/threads.c,\
  $(wildcard tests/names/*.c)))
NAMES_BED    := $(N)/bed.o $(addprefix $(T)/programs/,testbed.o arguments.o) $(SUPPORT) $(LAB_OBJECTS)

$(N)/victim: $(NAMES_VICTIM)
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto -pthread

$(N)/test_names.o: TEST_CFLAGS += '-DSTLS_NAMES_VICTIM="$(CURDIR)/$(N)/victim"' \
  '-DSTLS_NAMES_THREADS="$(CURDIR)/$(N)/threads"' '-DSTLS_NAMES_ONCE="$(CURDIR)/$(N)/once"' \
  '-DSTLS_NAMES_SUPPRESSIONS="$(CURDIR)/tests/names/tsan.supp"'

$(N)/test_names: | $(N)/victim $(N)/threads $(N)/once

$(N)/test_names $(N)/test_named_programs: %: %.o $(NAMES_BED)
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

$(N)/once: $(N)/once.o
	$(CC) $(CFLAGS) -pie -o $@ $^

# The library and its user in one program: an uninstrumented loader hook would be called by
# ThreadSanitizer's own start, so that file stays out.
NAMES_TSAN := $(patsubst src/%.c,$(N)/tsan/%.o,$(filter-out %/hooks_loader.c,$(CORE) $(SHIM)))

$(N)/tsan/shim/openssl.o: $(B)/shim-objects/openssl_names.h
$(N)/tsan/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -I$(B)/shim-objects -fsanitize=thread -fPIE -c $< -o $@

$(N)/tsan/threads.o: tests/names/threads.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fsanitize=thread -fPIE -c $< -o $@

$(N)/threads: $(NAMES_TSAN) $(N)/tsan/threads.o
	$(CC) -fsanitize=thread -pie -rdynamic -o $@ $^ -lssl -lcrypto -pthread

-include $(NAMES_TSAN:.o=.d)

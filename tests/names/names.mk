# names.mk - victims that never tell OpenSSL whom they mean, and their driver; read by tests.mk.

N := $(B)/tests/names

NAMES_VICTIM := $(patsubst tests/names/%.c,$(N)/%.o,$(filter-out %/test_names.c,\
  $(wildcard tests/names/*.c)))
NAMES_BED    := $(addprefix $(T)/programs/,testbed.o)

$(N)/victim: $(NAMES_VICTIM)
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto -pthread

$(N)/test_names.o: TEST_CFLAGS += '-DSTLS_NAMES_VICTIM="$(CURDIR)/$(N)/victim"'

$(N)/test_names: $(N)/test_names.o $(NAMES_BED) $(SUPPORT) $(LAB_OBJECTS) | $(N)/victim
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

# tests.mk - what make test and make demo build and run. Objects go to build/tests.

T := $(B)/tests
TEST_CFLAGS := $(COMMON) -fPIE
TEST_LIBS   := -lcriterion -lssl -lcrypto -pthread

UNIT := $(patsubst tests/unit/%.c,$(T)/unit/%,$(wildcard tests/unit/test_*.c))

$(T)/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(T)/unit/%: $(T)/unit/%.o $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^ -lcriterion

test: bootstrap
	$(MAKE) --no-print-directory run-tests

.PHONY: run-tests
run-tests: all $(UNIT)
	scripts/run-tests $(UNIT)

# bench.mk - make bench: what the library costs, as a table and build/bench.json; make bench-check:
# what of it may not grow; make bench-baseline: from now on it may be this much.

BENCH_PROGRAMS := $(addprefix $(T)/bench/,work idle idle-ssl empty.so)

$(T)/bench/work: $(T)/bench/work.o $(LAB_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto -pthread

$(T)/bench/idle: $(T)/bench/idle.o
	$(CC) $(CFLAGS) -pie -o $@ $^

$(T)/bench/idle-ssl: $(T)/bench/idle.o
	$(CC) $(CFLAGS) -pie -o $@ $^ -Wl,--no-as-needed -lssl -lcrypto

$(T)/bench/empty.so: tests/bench/empty.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -shared -o $@ $<

BENCH := tests/bench/bench.py
BENCH_ARGUMENTS = $(CURDIR)/$(B)/libstricttls.so $(CURDIR)/$(B)/stricttls $(CURDIR)/$(T)/bench

.PHONY: bench bench-check bench-baseline
bench: bootstrap
	$(MAKE) --no-print-directory all $(BENCH_PROGRAMS) $(B)/tests/events/generate
	$(BENCH) run $(BENCH_ARGUMENTS) $(B)/bench.json

bench-check: bootstrap
	$(MAKE) --no-print-directory all $(BENCH_PROGRAMS)
	$(BENCH) check $(BENCH_ARGUMENTS)

bench-baseline: bootstrap
	$(MAKE) --no-print-directory all $(BENCH_PROGRAMS)
	$(BENCH) accept $(BENCH_ARGUMENTS)

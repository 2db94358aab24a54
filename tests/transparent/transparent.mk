# transparent.mk - a program that tells all it sees of its TLS, and the comparison; read by tests.mk.

W  := $(B)/tests/transparent
WD := $(B)/tests/transparent/driver

$(W)/%.o: tests/transparent/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fPIE -Wno-deprecated-declarations -c $< -o $@

$(WD)/%.o: tests/transparent/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -fPIE -Isrc -Itests '-DSTLS_TELL="$(CURDIR)/$(W)/tell"' -c $< -o $@

$(W)/tell: $(addprefix $(W)/,tell.o getters.o wire.o scenarios.o)
	$(CC) $(CFLAGS) -pie -o $@ $^ -lssl -lcrypto

$(W)/test_transparent: $(WD)/test_transparent.o $(SUPPORT) $(LAB_OBJECTS) | $(W)/tell
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

-include $(wildcard $(W)/*.d $(WD)/*.d)

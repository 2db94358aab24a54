# policy.mk - the suite about policies at work: every word, every source, sections; read by tests.mk.
#
# A test can't write to /etc, and the library can't be told by the environment to look elsewhere,
# which would be a hole. So there is a second one, the same but for where the system's policy is:
# below the directory in which the program was started.

P := $(B)/tests/policy

$(P)/%.o: TEST_CFLAGS += -Isrc -Itests

$(P)/test_policy_command: $(P)/test_policy_command.o $(SUPPORT) $(CORE_OBJECTS)
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

POLICY_SYSCONFDIR := /proc/self/cwd/etc
POLICY_OBJECTS    := $(SHIM_OBJECTS:$(B)/shim-objects/%=$(P)/library/%)

$(P)/library/shim/openssl.o: $(B)/shim-objects/openssl_names.h
$(P)/library/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(subst '"$(SYSCONFDIR)"','"$(POLICY_SYSCONFDIR)"',$(COMMON)) $(SHIM_HARDEN) -fPIC \
	  -fvisibility=hidden -include src/shim/glibc.h -c $< -o $@

$(P)/libstricttls.so: $(POLICY_OBJECTS) $(B)/exports.map
	$(CC) -shared $(CFLAGS) $(SHIM_HARDEN) -Wl,-soname,libstricttls.so -Wl,--version-script=$(B)/exports.map \
	  -Wl,-z,defs -Wl,-z,relro -Wl,-z,lazy -Wl,--as-needed -Wl,-z,noexecstack -nostartfiles \
	  -o $@ $(POLICY_OBJECTS)

# And a command that looks there.
$(P)/stricttls: src/tool/policy_source.c $(filter-out %/policy_source.o,$(TOOL_OBJECTS)) $(CORE_OBJECTS)
	$(CC) $(subst '"$(SYSCONFDIR)"','"$(POLICY_SYSCONFDIR)"',$(filter-out -MMD -MP,$(COMMON))) -fPIE -pie -o $@ $^ $(TOOL_LIBS)

# Its time() is for all that it is made of.
$(P)/victim: $(P)/victim.o $(P)/victim_memory.o
	$(CC) $(CFLAGS) -pie -rdynamic -o $@ $^ -lssl -lcrypto

$(P)/victim_linked: $(P)/victim.o $(P)/victim_memory.o $(P)/libstricttls.so
	$(CC) $(CFLAGS) -pie -o $@ -Wl,--no-as-needed $^ -Wl,-rpath,$(CURDIR)/$(P) -lssl -lcrypto

POLICY_BED := $(P)/bed.o $(T)/programs/testbed.o $(SUPPORT) $(LAB_OBJECTS) $(CORE_OBJECTS)

$(P)/bed.o $(P)/rows.o: TEST_CFLAGS += '-DSTLS_POLICY_TESTS="$(CURDIR)/$(P)"'

$(P)/test_policy_machine.o: TEST_CFLAGS += '-DSTLS_SOURCES="$(CURDIR)"'

$(P)/test_policy_sources $(P)/test_policy_sections: $(P)/rows.o
$(addprefix $(P)/test_policy_,words sources sections machine): %: %.o $(POLICY_BED) | $(P)/victim $(P)/victim_linked $(P)/stricttls
	$(CC) $(CFLAGS) -pie -o $@ $^ $(TEST_LIBS)

-include $(POLICY_OBJECTS:.o=.d)

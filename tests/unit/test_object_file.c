/* test_object_file.c - what an ELF file says about what is loaded with it, whatever its bytes are.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/object_file.h"

static const char strings[] = "\0libssl.so.3\0libc.so.6\0$ORIGIN/lib:/opt/lib";

enum {
    ADDRESS = 0x4000, /* at which the file will be loaded */
    LIBSSL = 1,
    LIBC = 13,
    RUNPATH = 23,
    ENTRIES = 7,
};

/* What a linker makes, and no more. */
struct object {
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[2];
    ElfW(Dyn) entries[ENTRIES];
    char strings[sizeof strings];
};

static struct object make(void)
{
    struct object made = {
        .header = {.e_phoff = offsetof(struct object, segments), .e_phnum = 2},
        .segments = {{.p_type = PT_LOAD, .p_vaddr = ADDRESS, .p_filesz = sizeof made},
                     {.p_type = PT_DYNAMIC,
                      .p_offset = offsetof(struct object, entries),
                      .p_filesz = sizeof made.entries}},
        .entries = {{DT_NEEDED, {LIBSSL}},
                    {DT_STRTAB, {ADDRESS + offsetof(struct object, strings)}},
                    {DT_STRSZ, {sizeof strings}},
                    {DT_RUNPATH, {RUNPATH}},
                    {DT_NEEDED, {LIBC}},
                    {DT_INIT_ARRAYSZ, {sizeof(void *)}}},
    };

    memcpy(made.header.e_ident, ELFMAG, SELFMAG);
    made.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    memcpy(made.strings, strings, sizeof strings);
    return made;
}

/* From memory of that size, so that a sanitizer or valgrind sees a read past its end. */
static bool is_read(const struct object *object, size_t size)
{
    struct stls_object_file file;
    void *bytes = malloc(size + !size);
    bool ret;

    memcpy(bytes, object, size);
    ret = stls_object_file_read(bytes, size, &file);
    free(bytes);
    return ret;
}

Test(object_file, what_it_needs_in_its_order_and_where_it_looks)
{
    struct object object = make();
    struct stls_object_file file;
    size_t place = 0;

    cr_assert(stls_object_file_read(&object, sizeof object, &file));
    cr_expect_str_eq(stls_object_file_needed(&file, &place), "libssl.so.3");
    cr_expect_str_eq(stls_object_file_needed(&file, &place), "libc.so.6");
    cr_expect_null(stls_object_file_needed(&file, &place));
    cr_expect_str_eq(file.runpath, "$ORIGIN/lib:/opt/lib");
    cr_expect_not(file.has_rpath);
    cr_expect_not(file.has_constructors);
}

Test(object_file, constructors_are_more_than_one)
{
    struct object object = make();
    struct stls_object_file file;

    object.entries[5].d_un.d_val = 2 * sizeof(void *);
    cr_assert(stls_object_file_read(&object, sizeof object, &file));
    cr_expect(file.has_constructors);
}

Test(object_file, rpath_is_told)
{
    struct object object = make();
    struct stls_object_file file;

    object.entries[3].d_tag = DT_RPATH;
    cr_assert(stls_object_file_read(&object, sizeof object, &file));
    cr_expect(file.has_rpath);
    cr_expect_str_eq(file.runpath, "");
}

Test(object_file, a_file_cut_short_is_none)
{
    struct object object = make();

    for (size_t size = 0; size < offsetof(struct object, strings) + sizeof strings; size++)
        cr_expect_not(is_read(&object, size), "%zu bytes", size);
    cr_expect(is_read(&object, sizeof object));
}

static void set_other_class(struct object *object)
{
    object->header.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
}
static void set_no_elf(struct object *object)
{
    object->header.e_ident[0] = '#';
}
static void set_odd_headers(struct object *object)
{
    object->header.e_phoff++;
}
static void set_far_headers(struct object *object)
{
    object->header.e_phoff = (ElfW(Off)) - 8;
}
static void set_many_headers(struct object *object)
{
    object->header.e_phnum = 0xffff;
}
static void set_no_dynamic(struct object *object)
{
    object->segments[1].p_type = PT_NOTE;
}
static void set_far_dynamic(struct object *object)
{
    object->segments[1].p_offset = (ElfW(Off)) - 8;
}
static void set_odd_dynamic(struct object *object)
{
    object->segments[1].p_offset++;
}
static void set_long_dynamic(struct object *object)
{
    object->segments[1].p_filesz = (ElfW(Xword)) - 1;
}
static void set_strings_not_loaded(struct object *object)
{
    object->entries[1].d_un.d_ptr = ADDRESS - 1;
}
static void set_strings_past_the_file(struct object *object)
{
    object->segments[0].p_filesz = (ElfW(Xword)) - 1;
    object->entries[1].d_un.d_ptr = ADDRESS + sizeof *object;
}
static void set_strings_too_long(struct object *object)
{
    object->entries[2].d_un.d_val = (ElfW(Xword)) - 1;
}
static void set_strings_unended(struct object *object)
{
    object->strings[sizeof strings - 1] = 'x';
}
static void set_no_strings(struct object *object)
{
    object->entries[2].d_un.d_val = 0;
}

Test(object_file, what_a_loader_would_not_take_is_none)
{
    static void (*const spoil[])(struct object *) = {
        set_other_class,           set_no_elf,
        set_odd_headers,           set_far_headers,
        set_many_headers,          set_no_dynamic,
        set_far_dynamic,           set_odd_dynamic,
        set_long_dynamic,          set_strings_not_loaded,
        set_strings_past_the_file, set_strings_too_long,
        set_strings_unended,       set_no_strings,
    };

    for (size_t i = 0; i < sizeof spoil / sizeof spoil[0]; i++) {
        struct object object = make();

        spoil[i](&object);
        cr_expect_not(is_read(&object, sizeof object), "row %zu", i);
    }
}

Test(object_file, a_name_that_lies_elsewhere_is_empty)
{
    struct object object = make();
    struct stls_object_file file;
    size_t place = 0;

    object.entries[0].d_un.d_val = sizeof strings;
    object.entries[3].d_un.d_val = (ElfW(Xword)) - 1;
    cr_assert(stls_object_file_read(&object, sizeof object, &file));
    cr_expect_str_eq(stls_object_file_needed(&file, &place), "");
    cr_expect_str_eq(file.runpath, "");
}

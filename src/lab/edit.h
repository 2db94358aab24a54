/* edit.h - what is different about one certificate of a rule's chain; the lab's own. */
#ifndef STLS_LAB_EDIT_H
#define STLS_LAB_EDIT_H

enum {
    STLS_LAB_CHAIN_LENGTH = 3, /* leaf, intermediate, root */
};

/* One of a list that ends with {0}. */
struct stls_lab_edit {
    /* "version", "serial", "subject" (a common name; "" for none at all), "key", "digest",
     * "notBefore", "notAfter", "algorithm" (the unsigned one), or an extension by its name or OID
     * in the words of x509v3_config(5); with a '+' before it, it is one more. */
    const char *what;
    int depth;
    const char *value; /* NULL: without */
};

#endif

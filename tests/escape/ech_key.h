/* ech_key.h - a key for encrypted ClientHello (RFC 9849), of which the server has both halves and
 * the client one; made by "openssl ech -public_name localhost", for tests.
 */
#ifndef STLS_ESCAPE_ECH_KEY_H
#define STLS_ESCAPE_ECH_KEY_H

#include <openssl/ssl.h>

#if OPENSSL_VERSION_NUMBER >= 0x40000000L
#include <openssl/ech.h>

/* To be freed; NULL on failure. */
static inline OSSL_ECHSTORE *stls_ech_key(void)
{
    static const char text[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VuBCIEIICHxAVDEsOt14+pmkqsLkQDqTnW5Ftp3jibmbjUWEtP\n"
                               "-----END PRIVATE KEY-----\n"
                               "-----BEGIN ECHCONFIG-----\n"
                               "ADz+DQA4HwAgACAKMU4Cb4KJ+C5oX242q5l3jUffA7kbcQVSsU3zFnknaAAEAAEA\n"
                               "AQAJbG9jYWxob3N0AAA=\n"
                               "-----END ECHCONFIG-----\n";
    BIO *bio = BIO_new_mem_buf(text, -1);
    OSSL_ECHSTORE *store = OSSL_ECHSTORE_new(NULL, NULL);

    if (OSSL_ECHSTORE_read_pem(store, bio, OSSL_ECH_FOR_RETRY) != 1) {
        OSSL_ECHSTORE_free(store);
        store = NULL;
    }
    BIO_free(bio);
    return store;
}
#endif

#endif

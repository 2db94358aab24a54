/* pins.c - see pins.h */
#include "pins.h"

#include "../core/banned.h"

bool stls_pins_match(const struct stls_openssl *openssl, const struct stls_pins *pins,
                     const X509 *certificate)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned char *key = NULL;
    bool is_there;
    int length;

    if (certificate == NULL)
        return false;
    length = openssl->i2d_X509_PUBKEY(openssl->X509_get_X509_PUBKEY(certificate), &key);
    is_there = length > 0 &&
               openssl->EVP_Digest(key, (size_t)length, hash, NULL, openssl->EVP_sha256(), NULL) &&
               stls_pins_contain(pins, hash);
    openssl->CRYPTO_free(key, "stricttls", 0);
    return is_there;
}

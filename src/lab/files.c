/* files.c - the lab's certificates and keys as PEM files, for programs.
 *
 * Must not: leave a key readable by others, even for a moment.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "identity.h"
#include "recipe.h"

#include "../core/banned.h"

#define CLIENT_NAME "client.lab.example"

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);

        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

static int write_file(const char *path, mode_t mode, BIO *text)
{
    char *bytes;
    long length = BIO_get_mem_data(text, &bytes);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int error;

    if (fd < 0)
        return -errno;
    /* The mode given to open does nothing for a file that was there before. */
    error = fchmod(fd, mode) < 0 ? -errno : write_all(fd, bytes, (size_t)length);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    return error;
}

static int write_certificates(const char *path, X509 *leaf, STACK_OF(X509) * above)
{
    BIO *text = BIO_new(BIO_s_mem());
    bool is_made = text != NULL && PEM_write_bio_X509(text, leaf) == 1;
    int error;

    for (int i = 0; is_made && i < sk_X509_num(above); i++)
        is_made = PEM_write_bio_X509(text, sk_X509_value(above, i)) == 1;
    error = is_made ? write_file(path, 0644, text) : -EPROTO;
    BIO_free(text);
    return error;
}

static int write_key(const char *path, EVP_PKEY *key)
{
    BIO *text = BIO_new(BIO_s_secmem());
    int error = -EPROTO;

    if (text != NULL && PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) == 1)
        error = write_file(path, 0600, text);
    BIO_free(text);
    return error;
}

int stls_lab_identity_write(const struct stls_lab_identity *identity, const char *chain_path,
                            const char *key_path)
{
    int error = write_certificates(chain_path, identity->leaf, identity->above);

    return error < 0 ? error : write_key(key_path, identity->key);
}

int stls_lab_identity_write_root(X509 *root, const char *path)
{
    return write_certificates(path, root, NULL);
}

int stls_lab_write_root(struct stls_lab *lab, const char *path)
{
    return stls_lab_identity_write_root(stls_lab_identity_root(lab), path);
}

int stls_lab_write_identity(struct stls_lab *lab, const struct stls_lab_case *lab_case,
                            const char *chain_path, const char *key_path)
{
    const struct stls_lab_identity *identity = stls_lab_identity_of(lab, lab_case);

    return identity == NULL ? -errno : stls_lab_identity_write(identity, chain_path, key_path);
}

int stls_lab_write_client_identity(struct stls_lab *lab, enum stls_lab_client_identity which,
                                   const char *chain_path, const char *key_path)
{
    struct stls_lab_recipe recipe = {
        .common_name = CLIENT_NAME,
        .alt_names = "DNS:" CLIENT_NAME,
        .extended_usage = "clientAuth",
    };
    struct stls_lab_identity identity;
    int error;

    switch (which) {
    case STLS_LAB_CLIENT_GOOD:
        recipe.chain = STLS_LAB_CHAIN_DIRECT;
        break;
    case STLS_LAB_CLIENT_UNTRUSTED:
        recipe.chain = STLS_LAB_CHAIN_UNKNOWN_ROOT;
        break;
    }
    error = stls_lab_identity_make(lab, &recipe, &identity);
    if (error == 0)
        error = stls_lab_identity_write(&identity, chain_path, key_path);
    stls_lab_identity_clear(&identity);
    return error;
}

/* param_names.c - see param_names.h */
#include "param_names.h"

#include <arpa/inet.h>
#include <time.h>

#include "../core/banned.h"

/* As all of 1.1.1 has it (crypto/x509/x509_local.h), of which there will be no other release. */
struct layout {
    char *name;
    time_t check_time;
    uint32_t inherit_flags;
    unsigned long flags;
    int purpose, trust, depth, auth_level;
    void *policies;
    OPENSSL_STACK *hosts;
    unsigned host_flags;
    char *peer_name, *email;
    size_t email_length;
    unsigned char *address;
    size_t address_length;
};

/* NULL where there are functions, or where what they show of the rest does not fit around it. */
static const struct layout *layout_of(const struct stls_openssl *openssl,
                                      const X509_VERIFY_PARAM *param)
{
    const struct layout *layout = (const void *)param;

    if (openssl->X509_VERIFY_PARAM_get0_host != NULL || param == NULL ||
        layout->flags !=
            openssl->X509_VERIFY_PARAM_get_flags((X509_VERIFY_PARAM *)(uintptr_t)param) ||
        layout->depth != openssl->X509_VERIFY_PARAM_get_depth(param) ||
        layout->auth_level != openssl->X509_VERIFY_PARAM_get_auth_level(param) ||
        layout->host_flags != openssl->X509_VERIFY_PARAM_get_hostflags(param))
        return NULL;
    return layout;
}

bool stls_param_names_are_legible(const struct stls_openssl *openssl,
                                  const X509_VERIFY_PARAM *param)
{
    return openssl->X509_VERIFY_PARAM_get0_host != NULL || layout_of(openssl, param) != NULL;
}

const char *stls_param_names_host(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param,
                                  int index)
{
    const struct layout *layout = layout_of(openssl, param);

    if (openssl->X509_VERIFY_PARAM_get0_host != NULL)
        return openssl->X509_VERIFY_PARAM_get0_host(param, index);
    return layout != NULL ? openssl->OPENSSL_sk_value(layout->hosts, index) : NULL;
}

bool stls_param_names_address(const struct stls_openssl *openssl, X509_VERIFY_PARAM *param,
                              struct stls_host *ret)
{
    const struct layout *layout = layout_of(openssl, param);
    char text[INET6_ADDRSTRLEN];
    char *copy = NULL;
    bool is_there;

    if (layout != NULL)
        return layout->address != NULL &&
               inet_ntop(layout->address_length == 4 ? AF_INET : AF_INET6, layout->address, text,
                         sizeof text) != NULL &&
               stls_host_parse(text, ret);
    if (openssl->X509_VERIFY_PARAM_get1_ip_asc != NULL)
        copy = openssl->X509_VERIFY_PARAM_get1_ip_asc(param);
    is_there = copy != NULL && stls_host_parse(copy, ret);
    if (copy != NULL)
        openssl->CRYPTO_free(copy, "stricttls", 0);
    return is_there;
}

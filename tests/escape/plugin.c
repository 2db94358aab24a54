/* plugin.c - a plugin that talks TLS: by STLS_PLUGIN in one way or another, and perhaps from its
 * constructor on. Where it is loaded with RTLD_DEEPBIND or by dlmopen, it calls libssl past any
 * function of that name that a preload library has.
 */
#include "client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

int stls_plugin_run(const struct stls_target *target);

/* The program's, if it has one: so it needs to ask for no address. */
extern int (*stls_plugin_registered)(const struct stls_target *target) __attribute__((weak));

static SSL_CTX *early;

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)where, (void)ret;
}

static int allow(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid, void *other,
                 void *ex)
{
    (void)ssl, (void)context, (void)op, (void)bits, (void)nid, (void)other, (void)ex;
    return 1;
}

static int accept_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)chain, (void)arg;
    return 1;
}

static int refuse_chain(X509_STORE_CTX *chain, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static void set_info(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_info_callback(context, on_info);
}

static void set_security(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_security_callback(context, allow);
}

static void set_cert_verify(SSL_CTX *context, const struct stls_target *target)
{
    (void)target;
    SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
}

static void set_pin(SSL_CTX *context, const struct stls_target *target)
{
    stls_client_verify(context, target);
    SSL_CTX_set_cert_verify_callback(context, refuse_chain, NULL);
}

static void set_old(SSL_CTX *context, const struct stls_target *target)
{
    SSL_CTX_set_info_callback(context, on_info);
    SSL_CTX_set_security_callback(context, allow);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_load_verify_locations(context, target->ca_file, NULL);
}

static void set_connection(SSL *ssl, const struct stls_target *target)
{
    (void)target;
    SSL_set_info_callback(ssl, on_info);
    SSL_set_security_callback(ssl, allow);
}

static int run_early(const struct stls_target *target)
{
    return stls_client_finish(early, stls_client_new(early, target, 0));
}

static const struct stls_way ways[] = {
    {.name = "plain"},
    {.name = "info", .context = set_info},
    {.name = "security", .context = set_security},
    {.name = "cert-verify", .context = set_cert_verify},
    {.name = "pin", .context = set_pin},
    {.name = "old", .context = set_old},
    {.name = "connection", .connection = set_connection},
    {.name = "early", .run = run_early},
};

static const char *wanted(void)
{
    return getenv("STLS_PLUGIN") != NULL ? getenv("STLS_PLUGIN") : "plain";
}

int stls_plugin_run(const struct stls_target *target)
{
    const struct stls_way *way = ways;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, wanted()) == 0)
            way = &ways[i];
    return way->run != NULL ? way->run(target) : stls_client_common(way, target);
}

static void *use_once(void *arg)
{
    SSL_get_ex_data_X509_STORE_CTX_idx();
    return arg;
}

/* The loader's lock is held here, and the thread is inside a pthread_once of libssl's. */
static void wait_for_once(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, use_once, NULL) == 0)
        pthread_join(thread, NULL);
}

__attribute__((constructor)) static void on_load(void)
{
    if (&stls_plugin_registered != NULL)
        stls_plugin_registered = stls_plugin_run;
    if (strcmp(wanted(), "early") == 0)
        early = SSL_CTX_new(TLS_client_method());
    if (strcmp(wanted(), "once") == 0)
        wait_for_once();
}

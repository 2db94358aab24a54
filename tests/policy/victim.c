/* victim.c - the client of the policy tests. It prints one line for each connection, and exits with
 * 0 if all were made, with 1 if one was refused, with 2 if it could not even try.
 */
#include "victim.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

/* What the library and OpenSSL ask, too: the days that went by between connections took no time. */
static time_t skipped;

time_t time(time_t *ret)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += skipped;
    if (ret != NULL)
        *ret = now.tv_sec;
    return now.tv_sec;
}

/* For a certificate of its own, which it does not have. */
static bool was_asked;

static int note_asked(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
    (void)ssl, (void)certificate, (void)key;
    was_asked = true;
    return 0;
}

/* Of the last error, with what was added to it. */
static void tell_error(const char *what)
{
    const char *data = "";
    int flags = 0;
    unsigned long error = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
    const char *reason = ERR_reason_error_string(error);

    printf("%s: %s %s\n", what, reason != NULL ? reason : "?",
           (flags & ERR_TXT_STRING) != 0 ? data : "");
}

void victim_tell(SSL *client, bool is_connected)
{
    if (is_connected) {
        const char *group = OBJ_nid2sn((int)SSL_get_negotiated_group(client));

        printf("connected %s %s %s%s\n", SSL_get_version(client), SSL_get_cipher(client),
               group != NULL ? group : "?", was_asked ? " asked" : "");
        return;
    }
    tell_error("refused");
    ERR_clear_error();
}

static bool weaken(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, 0);
    return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) &&
           SSL_CTX_set_cipher_list(context, "ALL:eNULL:@SECLEVEL=0");
}

SSL_CTX *victim_context(const struct victim *victim)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL || (victim->dane != NULL && SSL_CTX_dane_enable(context) <= 0) ||
        (victim->ca != NULL && !SSL_CTX_load_verify_locations(context, victim->ca, NULL)) ||
        (victim->is_weak && !weaken(context))) {
        tell_error("no context");
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_client_cert_cb(context, note_asked);
    if (victim->is_exemplary && !(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
                                  SSL_CTX_set_default_verify_paths(context))) {
        SSL_CTX_free(context);
        return NULL;
    }
    if (victim->is_verifying || victim->is_exemplary)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

static bool add_dane(SSL *ssl, const struct victim *victim)
{
    unsigned char *hash;
    long length;
    bool is_good;

    if (victim->dane == NULL)
        return true;
    hash = OPENSSL_hexstr2buf(victim->dane, &length);
    is_good = hash != NULL && SSL_dane_enable(ssl, victim->host) > 0 &&
              SSL_dane_tlsa_add(ssl, 3, 1, 1, hash, (size_t)length) > 0;
    OPENSSL_free(hash);
    return is_good;
}

static bool resolve(const char *host, struct sockaddr_in *to)
{
    struct addrinfo hints = {.ai_family = AF_INET}, *found;

    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return false;
    to->sin_addr = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr;
    freeaddrinfo(found);
    return true;
}

int victim_open_socket(const struct victim *victim)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(victim->port, NULL, 10)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || (victim->is_resolving && !resolve(victim->host, &to)) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return -1;
    return fd;
}

static bool speak(SSL *ssl)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[256];
    bool is_connected = SSL_connect(ssl) == 1 && SSL_write(ssl, request, sizeof request - 1) > 0;

    while (is_connected && SSL_read(ssl, answer, sizeof answer) > 0)
        ;
    return is_connected;
}

/* False without one. */
static bool attach(SSL *ssl, const struct victim *victim)
{
    char where[300];
    BIO *bio;

    if (victim->is_by_bio) {
        snprintf(where, sizeof where, "%s:%s", victim->host, victim->port);
        bio = BIO_new_connect(where);
    } else {
        bio = BIO_new_socket(victim_open_socket(victim), BIO_CLOSE);
    }
    SSL_set_bio(ssl, bio, bio);
    return bio != NULL && (victim->is_by_bio ? BIO_do_connect(bio) : BIO_get_fd(bio, NULL)) > 0;
}

static bool name(SSL *ssl, const struct victim *victim)
{
    return (victim->has_no_name || victim->dane != NULL ||
            SSL_set_tlsext_host_name(ssl, victim->host)) &&
           (!victim->is_exemplary || SSL_set1_host(ssl, victim->host));
}

/* No further file can be opened, or again. */
static void starve(bool is_starved)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = is_starved ? 0 : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool on_socket(const struct victim *victim, SSL_CTX *context)
{
    SSL *ssl = SSL_new(context);
    bool is_connected = false;

    if (ssl == NULL || !attach(ssl, victim) || !add_dane(ssl, victim) || !name(ssl, victim)) {
        tell_error("no connection");
    } else {
        starve(victim->is_starved);
        is_connected = speak(ssl);
        starve(false);
        victim_tell(ssl, is_connected);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    return is_connected;
}

/* "ca=" of "ca=/path"; NULL for another. */
static const char *value_of(const char *option, const char *name)
{
    size_t length = strlen(name);

    return strncmp(option, name, length) == 0 && option[length] == '=' ? option + length + 1 : NULL;
}

static bool read_option(struct victim *victim, const char *option)
{
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"chroot", &victim->root},
                 {"ca", &victim->ca},
                 {"dane", &victim->dane},
                 {"serve", &victim->identity}};
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"verify", &victim->is_verifying},    {"nameless", &victim->has_no_name},
                 {"resolve", &victim->is_resolving},   {"nobody", &victim->is_nobody},
                 {"bio", &victim->is_by_bio},          {"connect", &victim->has_connected},
                 {"exemplary", &victim->is_exemplary}, {"psk", &victim->is_psk},
                 {"starved", &victim->is_starved},     {"weak", &victim->is_weak}};
    const struct {
        const char *name;
        int *number;
    } numbers[] = {{"times", &victim->times}, {"days", &victim->days}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (value_of(option, texts[i].name) != NULL) {
            *texts[i].text = value_of(option, texts[i].name);
            return true;
        }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(option, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (value_of(option, numbers[i].name) != NULL) {
            *numbers[i].number = (int)strtol(value_of(option, numbers[i].name), NULL, 10);
            return true;
        }
    return false;
}

static bool hide(const struct victim *victim)
{
    if (victim->root != NULL && (chroot(victim->root) != 0 || chdir("/") != 0))
        return false;
    return !victim->is_nobody || (setgid(65534) == 0 && setuid(65534) == 0);
}

int main(int argc, char **argv)
{
    struct victim victim = {.times = 1};
    bool is_good = true;
    SSL_CTX *context;

    if (argc < 3)
        return 2;
    victim.host = argv[1];
    victim.port = argv[2];
    for (int i = 3; i < argc; i++)
        if (!read_option(&victim, argv[i])) {
            printf("no such option: %s\n", argv[i]);
            return 2;
        }
    if (!hide(&victim)) {
        perror("chroot or setuid");
        return 2;
    }
    context = victim_context(&victim);
    if (context == NULL)
        return 1;
    for (int i = 0; i < victim.times;
         i++, victim.is_starved = false, skipped += victim.days * 24 * 60 * 60)
        is_good = (victim.is_psk || victim.identity != NULL ? victim_in_memory(&victim, context)
                                                            : on_socket(&victim, context)) &&
                  is_good;
    SSL_CTX_free(context);
    return is_good ? 0 : 1;
}

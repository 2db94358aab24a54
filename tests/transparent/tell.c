/* tell.c - see tell.h. Arguments: --list, or SCENARIO DIRECTORY; all is told on stdout. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum {
    ROUNDS_MAX = 40,
};

struct side {
    const char *name;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out;
    bool is_done;
    struct stls_wire wire;
};

const char *stls_tell_directory;

void stls_tell_path(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", stls_tell_directory, name);
}

static void use_identity(SSL_CTX *context, const char *name)
{
    char path[4096], file[64];

    snprintf(file, sizeof file, "%s.pem", name);
    stls_tell_path(path, sizeof path, file);
    printf("identity: %d", SSL_CTX_use_certificate_chain_file(context, path));
    snprintf(file, sizeof file, "%s.key", name);
    stls_tell_path(path, sizeof path, file);
    printf(" %d\n", SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM));
}

static void attach(struct side *side)
{
    side->ssl = SSL_new(side->context);
    side->in = BIO_new(BIO_s_mem());
    side->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(side->in, -1);
    SSL_set_bio(side->ssl, side->in, side->out);
    side->is_done = false;
    side->wire.length = 0;
}

/* One call, and all that it left behind. */
static void step(struct side *side, struct side *other)
{
    char octets[4096];
    int length, ret;

    if (side->is_done)
        return;
    errno = 0;
    ret = SSL_do_handshake(side->ssl);
    printf("%s: handshake %d", side->name, ret);
    if (ret == 1)
        side->is_done = true;
    else
        printf(", error %d", SSL_get_error(side->ssl, ret));
    printf("\n");
    stls_tell_errors(side->name);
    while ((length = BIO_read(side->out, octets, sizeof octets)) > 0) {
        stls_wire_add(&side->wire, octets, (size_t)length);
        BIO_write(other->in, octets, length);
    }
}

/* Each reads what the other wrote; in TLS 1.3 tickets come with it. */
static void talk(struct side *from, struct side *to)
{
    char octets[4096];
    int length;

    printf("%s: write %d\n", from->name, SSL_write(from->ssl, "hello", 5));
    while ((length = BIO_read(from->out, octets, sizeof octets)) > 0)
        BIO_write(to->in, octets, length);
    printf("%s: read %d\n", to->name, SSL_read(to->ssl, octets, sizeof octets));
    stls_tell_errors(to->name);
}

/* As programs keep sessions in files. */
static SSL_SESSION *copy_of(SSL_SESSION *session)
{
    unsigned char octets[16384], *end = octets;
    const unsigned char *start = octets;
    int length = session != NULL ? i2d_SSL_SESSION(session, NULL) : -1;

    if (length <= 0 || (size_t)length > sizeof octets)
        return NULL;
    i2d_SSL_SESSION(session, &end);
    return d2i_SSL_SESSION(NULL, &start, length);
}

static void meet(const struct stls_scenario *scenario, struct side *client, struct side *server,
                 SSL_SESSION **session)
{
    attach(client);
    attach(server);
    SSL_set_connect_state(client->ssl);
    SSL_set_accept_state(server->ssl);
    printf("client: set session %d\n",
           *session != NULL ? SSL_set_session(client->ssl, *session) : -1);
    printf("client: set name %ld\n", (long)SSL_set_tlsext_host_name(client->ssl, "localhost"));
    if (scenario->connect != NULL)
        scenario->connect(client->ssl, server->ssl);
    for (int i = 0; i < ROUNDS_MAX && !(client->is_done && server->is_done); i++) {
        step(client, server);
        step(server, client);
    }
    if (client->is_done && server->is_done) {
        talk(server, client);
        talk(client, server);
    }
    if (scenario->after != NULL)
        scenario->after(client->ssl, server->ssl);
    stls_tell_connection("client", client->ssl);
    stls_tell_connection("server", server->ssl);
    stls_wire_print(&client->wire, "client", scenario->is_repeat);
    stls_wire_print(&server->wire, "server", scenario->is_repeat);
    SSL_SESSION_free(*session);
    *session = copy_of(SSL_get_session(client->ssl));
    SSL_shutdown(client->ssl);
    SSL_shutdown(server->ssl);
    SSL_free(client->ssl);
    SSL_free(server->ssl);
}

static int run(const struct stls_scenario *scenario)
{
    static struct side client = {.name = "client"}, server = {.name = "server"};
    SSL_SESSION *session = NULL;

    errno = 0;
    ERR_put_error(ERR_LIB_USER, 0, 77, "before", 1); /* what is there must stay there */
    ERR_set_mark();
    client.context =
        SSL_CTX_new(scenario->method != NULL ? scenario->method() : TLS_client_method());
    server.context = SSL_CTX_new(TLS_server_method());
    if (client.context == NULL || server.context == NULL)
        return EXIT_FAILURE;
    printf("mark: %d\n", ERR_pop_to_mark());
    stls_tell_errors("new");
    use_identity(server.context, scenario->identity != NULL ? scenario->identity : "good");
    SSL_CTX_set_session_id_context(server.context, (const unsigned char *)"tell", 4);
    if (scenario->prepare != NULL)
        scenario->prepare(client.context, server.context);
    stls_tell_errors("prepare");
    stls_tell_context("client", client.context);
    stls_tell_context("server", server.context);
    stls_wire_fix_random();
    for (int i = 0; i < (scenario->is_repeat ? 2 : 1); i++)
        meet(scenario, &client, &server, &session);
    stls_tell_context("client", client.context);
    stls_tell_context("server", server.context);
    stls_tell_errors("end");
    SSL_SESSION_free(session);
    SSL_CTX_free(client.context);
    SSL_CTX_free(server.context);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct stls_scenario *scenario = stls_scenarios;

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (; scenario->name != NULL; scenario++)
            printf("%s\t%d\t%s\n", scenario->name, scenario->is_fine, scenario->what);
        return EXIT_SUCCESS;
    }
    while (argc == 3 && scenario->name != NULL && strcmp(scenario->name, argv[1]) != 0)
        scenario++;
    if (argc != 3 || scenario->name == NULL) {
        fprintf(stderr, "usage: %s SCENARIO DIRECTORY | --list\n", argv[0]);
        return 2;
    }
    stls_tell_directory = argv[2];
    return run(scenario);
}

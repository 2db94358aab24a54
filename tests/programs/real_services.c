/* real_services.c - PostgreSQL, MariaDB, Redis and Mosquitto, each with its own client.
 *
 * Owns: the table of their command lines and of what their records say.
 */
#include "service.h"

#include <glob.h>
#include <stdio.h>
#include <unistd.h>

/* Debian keeps PostgreSQL's programs in a directory per version: the newest one. */
static const char *find_postgres(void)
{
    static char path[STLS_FILES_PATH_MAX];
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0) {
        return NULL;
    }
    snprintf(path, sizeof(path), "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return path;
}

#define INITDB                                                                                     \
    "{programs}/initdb", "-D", "{directory}/data", "-A", "trust", "-U", "tester", "-E", "UTF8",    \
        "--locale=C", "--no-sync", "--no-instructions"

#define POSTGRES                                                                                   \
    "{programs}/postgres", "-D", "{directory}/data", "-c", "listen_addresses=127.0.0.1", "-c",     \
        "port={port}", "-c", "unix_socket_directories=", "-c", "ssl=on", "-c",                     \
        "ssl_cert_file={directory}/chain.pem", "-c", "ssl_key_file={directory}/key.pem", "-c",     \
        "log_connections=on", "-c", "fsync=off", "-c", "max_connections=8", "-c",                  \
        "shared_buffers=1MB", "-c", "autovacuum=off"

static const struct stls_service services[] = {
    {
        .name = "psql sslmode=require",
        .server_user = "postgres",
        .find_programs = find_postgres,
        .setup = {INITDB},
        .server = {POSTGRES},
        .ready = "database system is ready to accept connections",
        .client = {"{programs}/psql", "-X", "-w", "-c", "select 1",
                   "host={host} hostaddr=127.0.0.1 port={port} user=tester dbname=postgres "
                   "sslmode=require gssencmode=disable connect_timeout=10 "
                   "application_name={mark}"},
        .record = "user=tester database=postgres application_name={mark} SSL enabled",
    },
    {
        .name = "psql sslsni=0",
        .server_user = "postgres",
        .reach = STLS_REACH_RESOLVED,
        .find_programs = find_postgres,
        .setup = {INITDB},
        .server = {POSTGRES},
        .ready = "database system is ready to accept connections",
        .client = {"{programs}/psql", "-X", "-w", "-c", "select 1",
                   "host={host} port={port} user=tester dbname=postgres "
                   "sslmode=require sslsni=0 gssencmode=disable connect_timeout=10 "
                   "application_name={mark}"},
        .record = "user=tester database=postgres application_name={mark} SSL enabled",
    },
    {
        /* The client sends no name, and has to resolve one. */
        .name = "mariadb --ssl",
        .server_user = "mysql",
        .reach = STLS_REACH_RESOLVED,
        .setup = {"/usr/bin/mariadb-install-db", "--no-defaults", "--datadir={directory}/data",
                  "--auth-root-authentication-method=normal", "--skip-test-db"},
        .server = {"/usr/sbin/mariadbd", "--no-defaults", "--datadir={directory}/data",
                   "--bind-address=127.0.0.1", "--port={port}", "--socket={directory}/sock",
                   "--pid-file={directory}/pid", "--ssl-cert={directory}/chain.pem",
                   "--ssl-key={directory}/key.pem", "--skip-grant-tables", "--skip-networking=0",
                   "--skip-name-resolve", "--general-log", "--general-log-file={directory}/queries",
                   "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0",
                   "--skip-log-bin"},
        .ready = "ready for connections",
        .client = {"/usr/bin/mariadb", "--no-defaults", "--ssl", "--protocol=TCP", "-h", "{host}",
                   "-P", "{port}", "-u", "root", "-e", "select 'mark {mark} {port}'"},
        .observe = {"/bin/cat", "{directory}/queries"},
        .record = "mark {mark} {port}",
    },
    {
        .name = "redis-cli --insecure",
        .connects_often = true,
        .server = {"/usr/bin/redis-server",
                   "--port",
                   "0",
                   "--bind",
                   "127.0.0.1",
                   "--tls-port",
                   "{port}",
                   "--tls-cert-file",
                   "{directory}/chain.pem",
                   "--tls-key-file",
                   "{directory}/key.pem",
                   "--tls-ca-cert-file",
                   "{ca}",
                   "--tls-auth-clients",
                   "no",
                   "--unixsocket",
                   "{directory}/redis.sock",
                   "--dir",
                   "{directory}",
                   "--save",
                   "",
                   "--appendonly",
                   "no",
                   "--daemonize",
                   "no"},
        .ready = "* Ready to accept connections",
        .client = {"/usr/bin/redis-cli", "--tls", "--insecure", "--sni", "{host}", "-h",
                   "127.0.0.1", "-p", "{port}", "SET", "mark-{mark}", "1"},
        .observe = {"/usr/bin/redis-cli", "-s", "{directory}/redis.sock", "KEYS", "*"},
        .record = "mark-{mark}",
    },
    {
        .name = "mosquitto_pub --insecure",
        .reach = STLS_REACH_RESOLVED,
        .verifies_chain = true,
        .server = {"/usr/sbin/mosquitto", "-c", "{directory}/server.conf"},
        .config = "listener {port} 127.0.0.1\n"
                  "allow_anonymous true\n"
                  "certfile {directory}/chain.pem\n"
                  "keyfile {directory}/key.pem\n"
                  "persistence false\n"
                  "user {user}\n"
                  "log_dest stderr\n"
                  "log_type all\n",
        .ready = " running\n",
        .client = {"/usr/bin/mosquitto_pub", "-h", "{host}", "-p", "{port}", "--cafile", "{ca}",
                   "--insecure", "-i", "{mark}", "-q", "1", "-t", "lab", "-m", "1"},
        .record = "Received PUBLISH from {mark} ",
    },
};

const struct stls_service *stls_real_services(size_t *ret_count)
{
    *ret_count = sizeof(services) / sizeof(services[0]);
    return services;
}

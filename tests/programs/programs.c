/* programs.c - see programs.h. */
#include "programs.h"

/* Everything OpenSSL still has, in the words of ciphers(1). */
#define WEAK "ALL:eNULL:@SECLEVEL=0"
#define REQUEST "GET / HTTP/1.0\r\n\r\n"

#define PYTHON(script) "/usr/bin/python3", "-B", "{clients}/" script, "{host}", "{port}"
#define PERL(script) "/usr/bin/perl", "{clients}/" script, "{host}", "{port}"
#define RUBY(script) "/usr/bin/ruby", "{clients}/" script, "{host}", "{port}"
#define PHP(script) "/usr/bin/php", "{clients}/" script, "{host}", "{port}"

/* The slow ones first: they bound the time of a parallel run. */
static const struct stls_program programs[] = {
    {
        .name = "wrk",
        .argv = {"/usr/bin/wrk", "-t1", "-c1", "-d1s", "https://{host}:{port}/"},
        .reach = STLS_REACH_RESOLVED,
        .connects_often = true,
    },
    {
        .name = "openssl s_time",
        .argv = {"/usr/bin/openssl", "s_time", "-connect", "{host}:{port}", "-www", "/", "-new",
                 "-time", "1", "-cipher", WEAK},
        .reach = STLS_REACH_RESOLVED,
    },
    {
        .name = "curl -k",
        .argv = {"/usr/bin/curl", "-q", "-sS", "-k", "--noproxy", "*", "--max-time", "10",
                 "--tlsv1.0", "--ciphers", WEAK, "--resolve", "{host}:{port}:127.0.0.1",
                 "https://{host}:{port}/"},
        .complaint = "curl: (60) SSL certificate problem: ",
    },
    {
        .name = "openssl s_client",
        .argv = {"/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:{port}", "-servername",
                 "{host}", "-cipher", WEAK, "-quiet"},
        .input = REQUEST,
    },
    {
        .name = "python3 ssl",
        .argv = {PYTHON("py_socket.py")},
        .complaint = "certificate verify failed: ",
    },
    {
        .name = "python3 urllib",
        .argv = {PYTHON("py_urllib.py")},
        .reach = STLS_REACH_RESOLVED,
        .complaint = "certificate verify failed: ",
    },
    {
        .name = "python3 http.client",
        .argv = {PYTHON("py_http_client.py")},
        .reach = STLS_REACH_RESOLVED,
        .complaint = "certificate verify failed: ",
    },
    {
        .name = "python3 asyncio",
        .argv = {PYTHON("py_asyncio.py")},
        .complaint = "certificate verify failed: ",
    },
    {
        .name = "python3 MemoryBIO",
        .argv = {PYTHON("py_memory_bio.py")},
        .complaint = "certificate verify failed: ",
    },
    {
        .name = "MemoryBIO, no name",
        .argv = {PYTHON("py_memory_bio.py"), "no-name"},
        .reach = STLS_REACH_RESOLVED,
        .complaint = "certificate verify failed: ",
    },
    {
        .name = "perl IO::Socket::SSL",
        .argv = {PERL("io_socket_ssl.pl")},
    },
    {
        .name = "perl Net::SSLeay",
        .argv = {PERL("net_ssleay.pl")},
        .reach = STLS_REACH_RESOLVED,
    },
    {
        .name = "ruby net/http",
        .argv = {RUBY("net_http.rb")},
        .complaint = "certificate verify failed (",
    },
    {
        .name = "ruby SSLSocket",
        .argv = {RUBY("ssl_socket.rb")},
        .reach = STLS_REACH_RESOLVED,
        .complaint = "certificate verify failed (",
    },
    {
        .name = "php streams",
        .argv = {PHP("streams.php")},
    },
    {
        .name = "php-curl",
        .argv = {PHP("curl.php")},
        .hides_address = true, /* own BIO, no SNI, and RTLD_DEEPBIND passes by the connect hook */
        .complaint = "curl: (60) SSL certificate problem: ",
    },
    {
        .name = "socat verify=0",
        .argv = {"/usr/bin/socat", "-t", "5", "-",
                 "OPENSSL:127.0.0.1:{port},verify=0,snihost={host},ciphers=" WEAK
                 ",openssl-min-proto-version=TLS1.0"},
        .input = REQUEST,
        .exceptions = {{"weak-group", "sets a group of its own and offers no other"}},
    },
    {
        .name = "ncat --ssl",
        .argv = {"/usr/bin/ncat", "--ssl", "--ssl-ciphers", WEAK, "--ssl-servername", "{host}",
                 "127.0.0.1", "{port}"},
        .input = REQUEST,
    },
    {
        /* -B: or it would try ::1 for localhost, and only that. */
        .name = "ab",
        .argv = {"/usr/bin/ab", "-q", "-n", "1", "-c", "1", "-B", "127.0.0.1", "-f", "ALL", "-Z",
                 WEAK, "https://{host}:{port}/"},
        .reach = STLS_REACH_RESOLVED,
        .connects_often = true,
    },
    {
        .name = "curl --cacert",
        .argv = {"/usr/bin/curl", "-q", "-sS", "--noproxy", "*", "--max-time", "10", "--cacert",
                 "{ca}", "--resolve", "{host}:{port}:127.0.0.1", "https://{host}:{port}/"},
        .verifies = true,
    },
    {
        .name = "s_client -CAfile",
        .argv = {"/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:{port}", "-servername",
                 "{host}", "-verify_return_error", "-verify_hostname", "{host}", "-CAfile", "{ca}",
                 "-quiet"},
        .input = REQUEST,
        .verifies = true,
    },
    {
        .name = "python3 verified",
        .argv = {PYTHON("py_default.py"), "{ca}"},
        .verifies = true,
    },
};

const struct stls_program *stls_programs(size_t *ret_count)
{
    *ret_count = sizeof(programs) / sizeof(programs[0]);
    return programs;
}

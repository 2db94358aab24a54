/* victim.c - the victim that is linked with libssl as most programs are. */
#include "client.h"

int main(int argc, char **argv)
{
    static const struct stls_area areas[] = {
        {"entry", stls_ways_entry},
        {"bio", stls_ways_bio},
        {"loading", stls_ways_loading},
        {"verify", stls_ways_verify},
        {"right", stls_ways_right},
        {"chain", stls_ways_chain},
        {"flip", stls_ways_flip},
        {"identity", stls_ways_identity},
        {"session", stls_ways_session},
        {"resume", stls_ways_resume},
        {"nocert", stls_ways_nocert},
        {"protocol", stls_ways_protocol},
        {"algorithms", stls_ways_algorithms},
        {"server", stls_ways_server},
        {"clients", stls_ways_clients},
        {"clients_flip", stls_ways_clients_flip},
        {"same", stls_ways_same},
        {"objects", stls_ways_objects},
        {"quic", stls_ways_quic},
        {"recent", stls_ways_recent},
        {"ech", stls_ways_ech},
        {"left", stls_ways_left},
        {"rare", stls_ways_rare},
        {NULL, NULL},
    };

    return stls_victim_main(areas, argc, argv, stls_client_common);
}

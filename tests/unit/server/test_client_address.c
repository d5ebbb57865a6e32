/* test_client_address.c - whose request it is: only what trusted proxies wrote is believed. */
#include "tests/cmocka_all.h"

#include "server/client_address.h"

#include <arpa/inet.h>
#include <string.h>

static struct srv_ip ip_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return srv_ip_of((const struct sockaddr *)&v4);
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return srv_ip_of((const struct sockaddr *)&v6);
}

static struct srv_networks networks_of(const char *text)
{
    struct srv_networks networks;
    struct err err = {0};
    if (srv_networks_read(text, &networks, &err) != ST_OK) {
        fail_msg("%s is refused: %s", text, err.text);
    }
    return networks;
}

/* ---- networks -------------------------------------------------------------------------------- */

static void networks__addresses_and_prefixes__are_told_apart(void **state)
{
    static const struct {
        const char *networks;
        const char *ip;
        bool in;
    } ROWS[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.4", false},
        {"10.1.2.2/31", "10.1.2.3", true},
        {"10.1.2.2/31", "10.1.2.4", false},
        {"192.0.2.1 , 10.0.0.0/8", "10.0.0.1", true},
        {"128.0.0.0/1", "200.0.0.1", true},
        {"128.0.0.0/1", "100.0.0.1", false},
        {"2001:db8::/32", "2001:db8:1::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"10.0.0.0/8", "::ffff:10.0.0.1", true}, /* as a socket of both families shows it */
        {"::ffff:10.0.0.0/104", "10.0.0.1", true},
        {"10.0.0.0/8", "2001:db8::a00:1", false},
        {NULL, "10.0.0.1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct srv_networks networks = networks_of(ROWS[i].networks);
        struct srv_ip ip = ip_of(ROWS[i].ip);
        if (srv_networks_have(&networks, &ip) != ROWS[i].in) {
            fail_msg("%s in %s", ROWS[i].ip, ROWS[i].networks);
        }
    }
}

static void networks__what_is_none__is_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        ",",
        "10.0.0.1,",
        ",10.0.0.1",
        "10.0.0.1,,10.0.0.2",
        "10.0.0.1 10.0.0.2",
        "10.0.0",
        "proxy.example",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/8x",
        "10.0.0.0/-8",
        "10.0.0.0/1234",
        "10.0.0.1/8", /* bits behind the prefix: a slip */
        "0.0.0.0/0",  /* would believe everybody */
        "::/0",
        "2001:db8::/129",
        "fe80::1%eth0",
        "[::1]",
        "10.0.0.1:80",
        "1111111111111111111111111111111111111111111111111111111111111111111111",
    };
    struct srv_networks networks;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        err = (struct err){0};
        if (srv_networks_read(BAD[i], &networks, &err) != ST_REFUSED) {
            fail_msg("'%s' is taken", BAD[i]);
        }
        assert_non_null(strstr(err.text, "--trusted-proxy"));
    }
}

static void networks__more_than_there_is_room_for__are_refused(void **state)
{
    char text[SRV_NETWORKS_MAX * 10 + 16] = "";
    struct srv_networks networks;
    (void)state;
    for (int i = 0; i < SRV_NETWORKS_MAX; i++) {
        (void)strcat(text, i == 0 ? "10.0.0.1" : ",10.0.0.1");
    }
    assert_int_equal(srv_networks_read(text, &networks, NULL), ST_OK);
    assert_int_equal(networks.count, SRV_NETWORKS_MAX);
    (void)strcat(text, ",10.0.0.1");
    assert_int_equal(srv_networks_read(text, &networks, NULL), ST_REFUSED);
}

/* ---- whose request --------------------------------------------------------------------------- */

enum { LINES = 3 };

static void client__behind_proxies__is_the_last_that_none_of_them_is(void **state)
{
    static const struct {
        const char *peer;
        const char *lines[LINES];
        const char *client;
    } ROWS[] = {
        {"10.0.0.1", {NULL}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7"}, "192.0.2.7"},
        {"192.0.2.9", {"192.0.2.7"}, "192.0.2.9"}, /* anybody can write the header */
        {"10.0.0.1", {"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
        {"10.0.0.1", {"198.51.100.1, 192.0.2.7, 10.9.9.9"}, "192.0.2.7"},
        {"10.0.0.1", {"198.51.100.1", "192.0.2.7"}, "192.0.2.7"}, /* the proxy adds a line */
        {"10.0.0.1", {"198.51.100.1", "192.0.2.7", "10.2.2.2"}, "192.0.2.7"},
        {"10.0.0.1", {"10.3.3.3, 10.2.2.2"}, "10.3.3.3"}, /* a proxy's own request */
        {"10.0.0.1", {"nonsense, 192.0.2.7"}, "192.0.2.7"},
        {"10.0.0.1", {"192.0.2.7, nonsense"}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7, nonsense, 10.2.2.2"}, "10.0.0.1"},
        {"10.0.0.1", {""}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7,"}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7", ""}, "10.0.0.1"},
        {"10.0.0.1", {"unknown"}, "10.0.0.1"},
        {"10.0.0.1", {"_hidden"}, "10.0.0.1"},
        {"10.0.0.1", {"  192.0.2.7\t"}, "192.0.2.7"},
        {"10.0.0.1", {"192.0.2.7:4711"}, "192.0.2.7"},
        {"10.0.0.1", {"192.0.2.7:"}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7:123456"}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7:4711x"}, "10.0.0.1"},
        {"10.0.0.1", {"2001:db8::7"}, "2001:db8::7"},
        {"10.0.0.1", {"[2001:db8::7]"}, "2001:db8::7"},
        {"10.0.0.1", {"[2001:db8::7]:4711"}, "2001:db8::7"},
        {"10.0.0.1", {"[2001:db8::7]4711"}, "10.0.0.1"},
        {"10.0.0.1", {"[2001:db8::7"}, "10.0.0.1"},
        {"10.0.0.1", {"[192.0.2.7]"}, "10.0.0.1"},
        {"10.0.0.1", {"2001:db8::7%eth0"}, "10.0.0.1"},
        {"10.0.0.1", {"::ffff:192.0.2.7"}, "192.0.2.7"},
        {"::ffff:10.0.0.1", {"192.0.2.7"}, "192.0.2.7"},
        {"10.0.0.1", {"127.0.0.1"}, "127.0.0.1"},
        {"2001:db8:aaaa::1", {"192.0.2.7"}, "192.0.2.7"},
        {"10.0.0.1", {"999.1.1.1"}, "10.0.0.1"},
        {"10.0.0.1", {"192.0.2.7 192.0.2.8"}, "10.0.0.1"},
        {"10.0.0.1", {"0300.0.2.7"}, "10.0.0.1"},
        {"10.0.0.1", {":"}, "10.0.0.1"},
        {"10.0.0.1", {"[]"}, "10.0.0.1"},
        {"10.0.0.1", {"]["}, "10.0.0.1"},
    };
    struct srv_networks trusted = networks_of("10.0.0.0/8,2001:db8:aaaa::/48");
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char text[SRV_ADDRESS_BYTES];
        size_t count = 0;
        struct srv_ip peer = ip_of(ROWS[i].peer);
        while (count < LINES && ROWS[i].lines[count] != NULL) {
            count++;
        }
        struct srv_ip client = srv_client_of(&trusted, &peer, ROWS[i].lines, count);
        srv_ip_write(&client, text);
        if (strcmp(text, ROWS[i].client) != 0) {
            fail_msg("row %zu: %s instead of %s", i, text, ROWS[i].client);
        }
    }
}

static void client__nobody_is_trusted__is_the_peer(void **state)
{
    const char *line = "192.0.2.7";
    struct srv_networks trusted = networks_of(NULL);
    struct srv_ip peer = ip_of("127.0.0.1");
    (void)state;
    struct srv_ip client = srv_client_of(&trusted, &peer, &line, 1);
    assert_memory_equal(&client, &peer, sizeof client);
}

static void client__endless_chain_of_proxies__is_the_peer(void **state)
{
    char line[64 * 12 + 16] = "192.0.2.7";
    const char *lines[] = {line};
    struct srv_networks trusted = networks_of("10.0.0.0/8");
    struct srv_ip peer = ip_of("10.0.0.1");
    (void)state;
    for (int i = 0; i < 31; i++) {
        (void)strcat(line, ",10.0.0.2");
    }
    struct srv_ip client = srv_client_of(&trusted, &peer, lines, 1);
    struct srv_ip wanted = ip_of("192.0.2.7");
    assert_memory_equal(&client, &wanted, sizeof client);
    (void)strcat(line, ",10.0.0.2");
    client = srv_client_of(&trusted, &peer, lines, 1);
    assert_memory_equal(&client, &peer, sizeof client);
}

enum { NOISE = 100000, NOISE_BYTES = 120 };

/* Whatever it says, it is the peer or an address that is no proxy's; and nothing is read beyond it. */
static void client__noise__is_never_a_proxy_further_left(void **state)
{
    static const char ALPHABET[] = "0123456789.:,[] \tabcdef%/x-";
    struct srv_networks trusted = networks_of("10.0.0.0/8,2001:db8:aaaa::/48");
    struct srv_ip peer = ip_of("10.0.0.1");
    uint64_t random = 0x9e3779b97f4a7c15u;
    size_t others = 0;
    (void)state;
    for (int i = 0; i < NOISE; i++) {
        char line[NOISE_BYTES] = "10.9.9.9, 192.0.2.7,10.1.1.1";
        const char *lines[] = {line};
        size_t length = strlen(line);
        for (int n = 0; n < 3; n++) { /* a few bytes of a good one are others */
            random = random * 6364136223846793005u + 1442695040888963407u;
            line[(random >> 33) % length] = ALPHABET[(random >> 50) % (sizeof ALPHABET - 1)];
        }
        struct srv_ip client = srv_client_of(&trusted, &peer, lines, 1);
        bool is_peer = memcmp(&client, &peer, sizeof peer) == 0;
        bool all_trusted = srv_networks_have(&trusted, &client);
        assert_true(is_peer || !all_trusted || strstr(line, "192.0.2.7") == NULL);
        others += !is_peer ? 1 : 0;
    }
    assert_true(others > NOISE / 10); /* both ways were gone */
    assert_true(others < NOISE / 10 * 9);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void key__ipv6__goes_by_its_64_bits(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        bool same;
    } ROWS[] = {
        {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
        {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true}, /* both families on one socket */
        {"192.0.2.1", "::ffff:192.0.2.2", false},
        {"0.0.0.1", "::", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct srv_ip one = ip_of(ROWS[i].one);
        struct srv_ip other = ip_of(ROWS[i].other);
        assert_int_equal(srv_ip_key(&one) == srv_ip_key(&other), ROWS[i].same);
    }
}

static void ip__unknown__is_empty(void **state)
{
    char text[SRV_ADDRESS_BYTES] = "x";
    struct srv_ip nobody = srv_ip_of(NULL);
    (void)state;
    srv_ip_write(&nobody, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks__addresses_and_prefixes__are_told_apart),
        cmocka_unit_test(networks__what_is_none__is_refused),
        cmocka_unit_test(networks__more_than_there_is_room_for__are_refused),
        cmocka_unit_test(client__behind_proxies__is_the_last_that_none_of_them_is),
        cmocka_unit_test(client__nobody_is_trusted__is_the_peer),
        cmocka_unit_test(client__endless_chain_of_proxies__is_the_peer),
        cmocka_unit_test(client__noise__is_never_a_proxy_further_left),
        cmocka_unit_test(key__ipv6__goes_by_its_64_bits),
        cmocka_unit_test(ip__unknown__is_empty),
    };
    return cmocka_run_group_tests_name("client_address", tests, NULL, NULL);
}

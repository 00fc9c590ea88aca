/* Many devices at once: each keeps its own, and memory stays within the goal. */

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEVICES = 70000 }; /* more than there are message ids */

static struct place *places;

static void name_of(unsigned i, char *out, size_t size)
{
    snprintf(out, size, "urn:dev:ops:32473-%06u", i);
}

static void given_devices(void)
{
    char what[128];
    char name[32];
    static struct datagram d;

    places = calloc(DEVICES, sizeof(*places));
    assert_non_null(places);
    for (unsigned i = 0; i < DEVICES; i++) {
        struct ln_peer peer = device(i);
        struct sent created;
        name_of(i, name, sizeof(name));
        snprintf(what, sizeof(what), "POST /rd?ep=%s&lt=%u", name, 1000 + i);
        d = request(LN_COAP_CON, (uint16_t)i, what, LN_FORMAT_LINK, object_list);
        arrives(&peer, &d);
        created = then_it_answers(LN_COAP_2_01);
        places[i] = place_of(&created);
        then_event(LN_SERVER_REGISTERED);
    }
    then_no_event();
}

static void then_devices_are_their_own(unsigned factor)
{
    char name[32];

    CHECK_EQ(ln_server_registration_count(server), DEVICES);
    for (unsigned i = 0; i < DEVICES; i++) {
        struct ln_registration_view view;
        struct ln_peer peer = device(i);
        name_of(i, name, sizeof(name));
        struct ln_registration *registration = ln_server_find(server, ln_bytes_of_text(name));
        assert_non_null(registration);
        assert_ptr_equal(
            ln_server_find_location(server, ln_bytes_of_text(places[i].text + strlen("rd/"))),
            registration);
        ln_registration_get(registration, &view);
        CHECK_EQ(view.lifetime, factor * (1000 + i));
        assert_true(ln_address_equal(&view.peer.remote, &peer.remote));
    }
}

TEST(seventy_thousand_devices_keep_their_own_registrations)
{
    char query[32];
    given_a_server();
    given_devices();
    then_devices_are_their_own(1);

    for (unsigned i = 0; i < DEVICES; i++) {
        struct ln_peer peer = device(i);
        snprintf(query, sizeof(query), "lt=%u", 2 * (1000 + i));
        struct datagram d = update((uint16_t)(i + 1), &places[i], query);
        arrives(&peer, &d);
        then_it_answers(LN_COAP_2_04);
        events_are_read();
    }
    then_devices_are_their_own(2);
    free(places);
    then_all_is_given_back();
}

/* The goal is 300 bytes, indexes and the allocator's 16 bytes for each block included. */
TEST(a_registration_takes_less_than_300_bytes)
{
    given_a_server();
    given_a_registered_device(1, "first");
    size_t bytes = memory_bytes;
    size_t blocks = memory_blocks;
    given_devices();

    size_t each = (memory_bytes - bytes + 16 * (memory_blocks - blocks)) / DEVICES;

    print_message("bytes for each registration: %zu\n", each);
    assert_in_range(each, 100, 300);
    free(places);
    then_all_is_given_back();
}

/* Message ids repeat among devices: address and token tell them apart. */
TEST(seventy_thousand_operations_are_under_way_at_once_and_each_gets_its_answer)
{
    struct asked {
        struct ln_coap_token token;
        struct ln_peer to;
        uint16_t id;
    } *asked = calloc(DEVICES, sizeof(*asked));
    char name[32];
    char payload[16];
    assert_non_null(asked);
    given_a_server();
    given_devices();
    for (unsigned i = 0; i < DEVICES; i++) {
        name_of(i, name, sizeof(name));
        given_a_read(name, i);
    }
    for (unsigned i = 0; i < DEVICES; i++) {
        struct sent sent = then_it_sends();
        asked[i].token = sent.message.token;
        asked[i].to = sent.to;
        asked[i].id = sent.message.id;
    }

    for (unsigned i = 0; i < DEVICES; i++) {
        struct ln_peer peer = asked[i].to;
        unsigned number = (unsigned)peer.remote.ip[13] << 16 |
                          (unsigned)peer.remote.ip[14] << 8 | peer.remote.ip[15];
        struct datagram d = empty(LN_COAP_ACK, asked[i].id);
        arrives(&peer, &d);
        snprintf(payload, sizeof(payload), "%u", number);
        d = response(LN_COAP_CON, 1, LN_COAP_2_05, &asked[i].token, payload);
        arrives(&peer, &d);
        then_it_answers(LN_COAP_EMPTY);
        CHECK_TEXT(then_result(number, LN_OUTCOME_ANSWERED).payload, payload);
    }
    then_no_event();
    CHECK_EQ(ln_server_counters(server)->wrong_peer, 0);
    CHECK_EQ(ln_server_counters(server)->unexpected, 0);
    free(asked);
    free(places);
    then_all_is_given_back();
}

int scale_tests(void)
{
    const struct CMUnitTest scale_group[] = {
        cmocka_unit_test(seventy_thousand_devices_keep_their_own_registrations),
        cmocka_unit_test(a_registration_takes_less_than_300_bytes),
        cmocka_unit_test(
            seventy_thousand_operations_are_under_way_at_once_and_each_gets_its_answer),
    };

    return RUN_TESTS(scale_group);
}

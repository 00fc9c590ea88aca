/* Which shard a datagram belongs to. */

#include "support.h"

#include <stdio.h>

static int owner_of(struct datagram d, uint8_t shards)
{
    return ln_server_owner(ln_bytes(d.bytes, d.length), shards);
}

TEST(a_register_belongs_to_the_shard_of_its_endpoint)
{
    bool used[4] = {false};

    for (int i = 0; i < 100; i++) {
        char what[64];
        snprintf(what, sizeof(what), "POST /rd?lt=60&ep=device-%d", i);
        int shard =
            ln_server_shard_of(ln_bytes_of_text(strchr(what, '=') + strlen("=60&ep=")), 4);
        CHECK_EQ(owner_of(request(LN_COAP_CON, 1, what, LN_FORMAT_LINK, object_list), 4),
                 shard);
        assert_in_range(shard, 0, 3);
        used[shard] = true;
    }
    assert_true(used[0] && used[1] && used[2] && used[3]);
}

TEST(each_shard_of_several_is_told_from_locations_tokens_and_ids)
{
    for (uint8_t shard = 0; shard < 5; shard++) {
        struct ln_server_config config = config_of_tests();
        config.shard = shard;
        config.shards = 5;
        given_a_server_of(&config);
        struct place place = given_a_registered_device(1, "one");
        given_a_read("one", 1);
        struct sent asked = then_it_sends();
        const struct ln_coap_message *m = &asked.message;

        CHECK_EQ(owner_of(update(1, &place, "lt=5"), 5), shard);
        CHECK_EQ(owner_of(empty(LN_COAP_ACK, m->id), 5), shard);
        CHECK_EQ(owner_of(empty(LN_COAP_RST, m->id), 5), shard);
        CHECK_EQ(owner_of(response(LN_COAP_CON, 9, LN_COAP_2_05, &m->token, "x"), 5), shard);
        CHECK_EQ(owner_of(response(LN_COAP_ACK, m->id, LN_COAP_2_05, &m->token, "x"), 5),
                 shard);
        then_all_is_given_back();
    }
}

TEST(what_names_no_shard_may_go_to_any)
{
    struct ln_coap_token ours = {"\x07xxxxxxx", 8};
    struct ln_coap_token other = {"abc", 3};

    CHECK_EQ(ln_server_owner(BYTES(""), 4), -1);
    CHECK_EQ(ln_server_owner(BYTES("\xFF\xFF\xFF\xFF"), 4), -1);
    CHECK_EQ(owner_of(empty(LN_COAP_CON, 5), 4), -1);
    CHECK_EQ(owner_of(request(LN_COAP_CON, 1, "POST /rd?lt=60", LN_FORMAT_NONE, ""), 4), -1);
    CHECK_EQ(owner_of(request(LN_COAP_CON, 1, "GET /.well-known/core", LN_FORMAT_NONE, ""), 4),
             -1);
    CHECK_EQ(owner_of(request(LN_COAP_CON, 1, "POST /bs?ep=a", LN_FORMAT_NONE, ""), 4), -1);
    CHECK_EQ(owner_of(request(LN_COAP_CON, 1, "POST /rd/short", LN_FORMAT_NONE, ""), 4), -1);
    CHECK_EQ(owner_of(request(LN_COAP_CON, 1, "POST /rd/_AAAAAAAAAA", LN_FORMAT_NONE, ""), 0),
             -1);
    CHECK_EQ(owner_of(request(LN_COAP_CON, 1, "POST /rd/!!!!!!!!!!!", LN_FORMAT_NONE, ""), 4),
             -1);
    CHECK_EQ(owner_of(response(LN_COAP_CON, 9, LN_COAP_2_05, &ours, "x"), 4), -1);
    CHECK_EQ(owner_of(response(LN_COAP_CON, 9, LN_COAP_2_05, &other, "x"), 4), -1);
    CHECK_EQ(owner_of(empty(LN_COAP_ACK, 9), 0), -1);
}

int owner_tests(void)
{
    const struct CMUnitTest owner_group[] = {
        cmocka_unit_test(a_register_belongs_to_the_shard_of_its_endpoint),
        cmocka_unit_test(each_shard_of_several_is_told_from_locations_tokens_and_ids),
        cmocka_unit_test(what_names_no_shard_may_go_to_any),
    };

    return RUN_TESTS(owner_group);
}

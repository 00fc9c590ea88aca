/* Bootstrap configurations as JSON: what they become, and what is never shown of them. */

#include "linnetd/bootstrap_input.h"

#include "ln_test.h"

#include <stdio.h>
#include <stdlib.h>

int bootstrap_input_tests(void);

static json_t *json;
static struct bootstrap_input input;
static struct problem_text wrong;

static bool read_text(const char *text, bool is_pattern)
{
    json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return bootstrap_input_read(json, strlen(text), is_pattern, &input, &wrong);
}

static void given(const char *text)
{
    if (!read_text(text, false)) {
        fail_msg("%s", wrong.detail);
    }
}

static int over(void **state)
{
    (void)state;
    bootstrap_input_free(&input);
    json_decref(json);
    json = NULL;
    return 0;
}

#define SERVER "{\"short_id\":101,\"uri\":\"coap://x\"}"

TEST(a_server_has_defaults)
{
    given("{\"servers\":[" SERVER "]}");

    const struct ln_bootstrap_server *server = &input.configuration.servers[0];
    CHECK_EQ(server->short_id, 101);
    CHECK_EQ(server->lifetime, 86400);
    CHECK_EQ(server->binding, LN_BINDING_U);
    CHECK_EQ(server->mode, LN_BOOTSTRAP_NO_SEC);
    CHECK(!server->drops_notifications && !server->has_default_pmin);
    CHECK_EQ(input.configuration.format, LN_FORMAT_NONE);
}

TEST(without_deletes_the_servers_are_the_only_ones_afterwards)
{
    given("{\"servers\":[" SERVER "],\"access\":[{\"object\":3,\"owner\":101}]}");

    CHECK_EQ(input.configuration.delete_count, 3);
    for (uint16_t object = 0; object < 3; object++) {
        CHECK(ln_path_equal(input.configuration.deletes[object], ln_path_object(object)));
    }
}

TEST(an_empty_list_of_deletes_deletes_nothing)
{
    given("{\"servers\":[" SERVER "],\"delete\":[]}");

    CHECK_EQ(input.configuration.delete_count, 0);
}

TEST(rights_are_in_order_whatever_the_order_of_the_names)
{
    given("{\"servers\":[" SERVER "],\"access\":[{\"object\":3,\"owner\":101,\"acl\":"
          "{\"101\":15,\"0\":1}}]}");

    const struct ln_bootstrap_access *access = &input.configuration.access[0];
    CHECK_EQ(access->instance, LN_ID_NONE);
    CHECK_EQ(access->right_count, 2);
    CHECK_EQ(access->rights[0].short_id, 0);
    CHECK_EQ(access->rights[1].rights, 15);
}

TEST(a_key_that_is_made_has_a_placeholder_until_then)
{
    given("{\"servers\":[" SERVER ",{\"short_id\":2,\"uri\":\"coaps://x\",\"security\":"
          "{\"mode\":\"psk\",\"generate\":true}}]}");

    CHECK(input.generated == &input.configuration.servers[1]);
    CHECK(!input.has_identity);
    CHECK_EQ(input.generated->key.len, BOOTSTRAP_KEY_BYTES);
}

TEST(keys_are_made_for_one_server_only)
{
    CHECK(!read_text("{\"servers\":[{\"short_id\":1,\"uri\":\"coaps://x\",\"security\":"
                     "{\"mode\":\"psk\",\"generate\":true}},"
                     "{\"short_id\":2,\"uri\":\"coaps://y\",\"security\":"
                     "{\"mode\":\"psk\",\"generate\":true}}]}",
                     true));

    assert_non_null(strstr(wrong.detail, "/servers/1/security/generate: "));
}

TEST(values_have_the_types_of_models)
{
    given("{\"servers\":[" SERVER "],\"write\":[{\"path\":\"/3/0\",\"values\":"
          "{\"timezone\":\"UTC\",\"14\":\"+01:00\"}},{\"path\":\"/31024/0/1\",\"value\":7,"
          "\"type\":\"unsigned\"}]}");

    const struct ln_bootstrap_write *writes = input.configuration.writes;
    CHECK_EQ(writes[0].record_count, 2);
    CHECK_EQ(writes[0].records[1].path.id[2], 15);
    CHECK_EQ(writes[0].records[1].value.type, LN_STRING);
    CHECK_EQ(writes[1].records[0].value.as.unsigned_integer, 7);
}

TEST(secrets_are_not_shown)
{
    json = json_loads("{\"servers\":[{\"security\":{\"mode\":\"psk\",\"identity\":\"me\","
                      "\"key\":\"00\"}},{\"security\":{\"private_key\":\"AA==\"}},"
                      "{\"short_id\":1}]}",
                      0, NULL);
    json_t *shown = bootstrap_input_shown(json);
    char *text = json_dumps(shown, JSON_COMPACT);

    assert_string_equal(text, "{\"servers\":[{\"security\":{\"mode\":\"psk\",\"identity\":"
                              "\"me\"}},{\"security\":{}},{\"short_id\":1}]}");
    assert_non_null(json_object_get(
        json_object_get(json_array_get(json_object_get(json, "servers"), 0), "security"),
        "key"));
    free(text);
    json_decref(shown);
}

/* All lists as long as they may be: there is memory for all of it. */
TEST(the_largest_configuration_is_taken)
{
    json = json_pack("{s[]s[]s[]s[]}", "servers", "access", "delete", "write");
    for (int i = 0; i < BOOTSTRAP_SERVERS_MAX; i++) {
        json_array_append_new(json_object_get(json, "servers"),
                              json_pack("{si ss s{ss ss ss}}", "short_id", i + 1, "uri",
                                        "coaps://x", "security", "mode", "psk", "identity", "x",
                                        "key", "00"));
    }
    for (int i = 0; i < BOOTSTRAP_ACCESS_MAX; i++) {
        json_t *acl = json_object();
        for (int k = 0; k < BOOTSTRAP_RIGHTS_MAX; k++) {
            char id[8];
            (void)snprintf(id, sizeof(id), "%d", k + 1);
            json_object_set_new(acl, id, json_integer(1));
        }
        json_array_append_new(
            json_object_get(json, "access"),
            json_pack("{si si si so}", "object", i + 3, "instance", 0, "owner", 1, "acl", acl));
        json_array_append_new(json_object_get(json, "delete"), json_string("/3"));
        json_array_append_new(
            json_object_get(json, "write"),
            json_pack("{ss sb ss}", "path", "/31024/0/1", "value", 1, "type", "boolean"));
    }
    char *text = json_dumps(json, JSON_COMPACT);

    if (!bootstrap_input_read(json, strlen(text), false, &input, &wrong)) {
        fail_msg("%s", wrong.detail);
    }
    CHECK_EQ(input.configuration.access_count, BOOTSTRAP_ACCESS_MAX);
    free(text);
}

/* Whatever member is missing or of another kind: refused or taken, and never half. */
TEST(no_change_of_one_member_does_harm)
{
    static const char *const values[] = {"null", "-1",   "1e99", "\"\"",
                                         "[]",   "[[]]", "{}",   "true"};
    static const char *const members[] = {"servers", "access", "delete", "write", "format"};

    for (size_t m = 0; m < LN_COUNT(members); m++) {
        for (size_t v = 0; v < LN_COUNT(values); v++) {
            char text[256];
            (void)snprintf(text, sizeof(text), "{\"servers\":[" SERVER "],\"%s\":%s}",
                           members[m], values[v]);
            if (!read_text(text, false)) {
                CHECK(wrong.detail[0] == '/');
                CHECK(input.memory == NULL);
            }
            (void)over(NULL);
        }
    }
}

int bootstrap_input_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_server_has_defaults, over),
        cmocka_unit_test_teardown(without_deletes_the_servers_are_the_only_ones_afterwards,
                                  over),
        cmocka_unit_test_teardown(an_empty_list_of_deletes_deletes_nothing, over),
        cmocka_unit_test_teardown(rights_are_in_order_whatever_the_order_of_the_names, over),
        cmocka_unit_test_teardown(a_key_that_is_made_has_a_placeholder_until_then, over),
        cmocka_unit_test_teardown(keys_are_made_for_one_server_only, over),
        cmocka_unit_test_teardown(values_have_the_types_of_models, over),
        cmocka_unit_test_teardown(secrets_are_not_shown, over),
        cmocka_unit_test_teardown(the_largest_configuration_is_taken, over),
        cmocka_unit_test_teardown(no_change_of_one_member_does_harm, over),
    };

    return RUN_TESTS(tests);
}

/* Link format: spec RFC 6690 §2, with the spaces after commas that LwM2M's examples have. */

#include "codec/support.h"

#include <stdlib.h>

/* How many links the text holds; -1 where it is no list of links. Each attribute is read too. */
static int count_links(struct ln_bytes text)
{
    uint8_t *block = malloc(text.len == 0 ? 1 : text.len);
    struct ln_link_format link;
    int count = 0;

    CHECK(block != NULL);
    if (text.len > 0) {
        memcpy(block, text.at, text.len);
    }
    struct ln_reader in = ln_reader(ln_bytes(block, text.len));
    while (ln_link_next(&in, &link)) {
        struct ln_reader attributes = ln_reader(link.attributes);
        struct ln_link_attribute attribute;

        while (ln_link_attribute_next(&attributes, &attribute)) {
            CHECK(attribute.name.len > 0);
        }
        CHECK(!attributes.failed);
        count++;
    }
    free(block);
    return in.failed ? -1 : count;
}

TEST(takes_what_rfc_6690_allows)
{
    static const struct {
        const char *text;
        int links;
    } rows[] = {
        {"", 0},
        {"</>", 1},
        {"</uri>", 1},
        {"</uri/>", 1},
        {"</uri//>", 1},
        {"</%20>", 1},
        {"</%aF%09>", 1},
        {"</-._~a-zA-Z0-9:@!$&'()*+,;=>", 1},
        {"</foo>;param=<,</bar>;param2=>", 2},
        {"</foo>;param=/", 1},
        {"</foo>;param=!#$%&'()*+-.:<=>?@[]^_`{|}~a1z9", 1},
        {"</foo>;param=\",\"", 1},
        {"</foo>;param=\";\"", 1},
        {"</foo>;param=\"<\"", 1},
        {"</foo>;param=\">\"", 1},
        {"</foo>;param=\"=\"", 1},
        {"</foo>;param=\"\"", 1},
        {"</foo>;param=\" \\\\ \"", 1},
        {"</foo>;param=\"\\\"\"", 1},
        {"</foo>;param=\"\\x\"", 1},
        {"</foo>;param=\"\xc4\x85\"", 1},
        {"</foo>;param", 1},
        {"</foo>;p1;p2=2;p3=\"3\"", 1},
        {"</foo>;title*=UTF-8'en'x", 1},
        {"</3>;ver=2.2,</3/0>;ver=\"2.2\"", 2},
        {"</>;ct=42,</1>;ct=\"42\",</2>;ct=\"0 42 11543\"", 3},
        {"</1/0>,</3/0>,</5>", 3},
        {"</1/0>, </3/0>,  </5>", 3},
        {"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 1542 1543 11542 11543\",</1/0>,</2>", 3},
    };

    for (size_t i = 0; i < LN_COUNT(rows); i++) {
        CHECK_EQ(count_links(ln_bytes_of_text(rows[i].text)), rows[i].links);
    }
}

TEST(refuses_everything_else)
{
    static const char *const texts[] = {
        "<file:///etc/hosts>",
        "</hosts?query>",
        "</hosts#hash>",
        "</%>",
        "</%a>",
        "</%1g>",
        "</f\xc3\xb3\xc3\xb3>",
        "</foo>;p\xc4\x85r\xc4\x85m",
        "</foo>;param=\xc4\x85",
        "</foo>;param=\"bar",
        "</foo>;param=\"bar\\\"",
        "</foo>;param=\"bar\\",
        "</>;=",
        "</>;param=",
        "</>; param=123",
        "</> ;param=123",
        "</>;param =123",
        "</>;param= 123",
        "</>;param=123 ",
        "<>",
        "<",
        "</",
        "<//>",
        "//>",
        "/>",
        "</>,",
        "</>;",
        "</>, ",
        "</> ,</>",
        " </>,</>",
        "</>,</> ",
        "</>,,</>",
        "</>;;a",
        "</>;a;",
        "</></>",
        "</>\t,</>",
        "</>;a=\"b\"c",
        "</>;a=\"b\"\"c\"",
        "</>;a=b\"c\"",
        "</>;a=b\\c",
        "</foo bar>",
        "<3/0>",
        "text",
        "empty",
        "</>;a=\"\x01\"",
        "</>;a=\"\x7f\"",
        "</>;a=\"\xff\"",
        "</>,text",
        "</>;a<b",
        "</>;\"a\"=b",
    };

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        CHECK_EQ(count_links(ln_bytes_of_text(texts[i])), -1);
    }
    CHECK_EQ(count_links(BYTES("</>;a=\"b\0\"")), -1);
    CHECK_EQ(count_links(BYTES("</>;a=\"\\\0\"")), -1);
    CHECK_EQ(count_links(BYTES("</\0>")), -1);
    CHECK_EQ(count_links(BYTES("\0")), -1);
}

TEST(cuts_a_link_into_its_target_and_attributes)
{
    struct ln_reader in = ln_reader(BYTES("</3/0>;ver=1.1;x;t=\"a,\\\"b\", </5>"));
    struct ln_link_format link;
    struct ln_link_attribute attribute;

    CHECK(ln_link_next(&in, &link));
    CHECK_TEXT(link.target, "/3/0");
    CHECK_TEXT(link.attributes, "ver=1.1;x;t=\"a,\\\"b\"");

    CHECK(ln_link_attribute(&link, "ver", &attribute));
    CHECK_TEXT(attribute.value, "1.1");
    CHECK(attribute.has_value && !attribute.quoted);
    CHECK(ln_link_attribute(&link, "x", &attribute));
    CHECK(!attribute.has_value);
    CHECK_EQ(attribute.value.len, 0);
    CHECK(ln_link_attribute(&link, "t", &attribute));
    CHECK_TEXT(attribute.value, "a,\\\"b");
    CHECK(attribute.has_value && attribute.quoted);
    CHECK(!ln_link_attribute(&link, "ve", &attribute));

    CHECK(ln_link_next(&in, &link));
    CHECK_TEXT(link.target, "/5");
    CHECK_EQ(link.attributes.len, 0);
    CHECK(!ln_link_attribute(&link, "ver", &attribute));
    CHECK(!ln_link_next(&in, &link));
    CHECK(!in.failed);
}

TEST(keeps_escapes_as_they_stand)
{
    struct ln_reader in = ln_reader(BYTES("a=\" \\\\ \";b=\"\\x\""));
    struct ln_link_attribute attribute;

    CHECK(ln_link_attribute_next(&in, &attribute));
    CHECK_TEXT(attribute.value, " \\\\ ");
    CHECK(ln_link_attribute_next(&in, &attribute));
    CHECK_TEXT(attribute.value, "\\x");
    CHECK(!ln_link_attribute_next(&in, &attribute));
    CHECK(!in.failed);
}

TEST(reads_attributes_on_their_own_as_strictly)
{
    static const char *const texts[] = {"a;", ";a", "a b", "=", "a=", "a,b", "a=\"", "a=\"b"};
    struct ln_link_attribute attribute;

    for (size_t i = 0; i < LN_COUNT(texts); i++) {
        struct ln_reader in = ln_reader(ln_bytes_of_text(texts[i]));
        while (ln_link_attribute_next(&in, &attribute)) {
        }
        CHECK(in.failed);
    }
}

/* Each beginning is read from a block of its own size; the sanitizer sees what goes beyond. */
TEST(survives_every_truncation)
{
    static const char text[] =
        "</>;rt=\"oma.lwm2m\";ct=\"60 \\\"110\",</1/0>;a, </%20/3>;ver=1.1;title*=UTF-8'en'x";
    int whole = 0;

    for (size_t len = 0; len < sizeof(text); len++) {
        whole += count_links(ln_bytes(text, len)) >= 0;
    }
    CHECK(whole >= 20);
}

int link_format_tests(void);

int link_format_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(takes_what_rfc_6690_allows),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(cuts_a_link_into_its_target_and_attributes),
        cmocka_unit_test(keeps_escapes_as_they_stand),
        cmocka_unit_test(reads_attributes_on_their_own_as_strictly),
        cmocka_unit_test(survives_every_truncation),
    };
    return RUN_TESTS(group);
}

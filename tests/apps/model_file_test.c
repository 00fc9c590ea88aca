/* Object definitions in XML: what is read, and what is refused. */

#include "ln_test.h"

#include "linnetd/model_file.h"

#include <linnet/lwm2m.h>

#include <stdio.h>
#include <stdlib.h>

static struct model_list list;
static struct model_fault fault;

static bool read_text(const char *text)
{
    size_t len = strlen(text);
    char *exact =
        malloc(len > 0 ? len : 1); /* so that a sanitizer sees the first byte too many */

    assert_non_null(exact);
    memcpy(exact, text, len);
    bool good = model_text_read(ln_bytes(exact, len), "test.xml", &list, &fault);
    free(exact);
    return good;
}

#define HEAD  "<?xml version=\"1.0\"?>\n<LWM2M><Object ObjectType=\"MODefinition\">\n"
#define NAMED "<Name>Dough</Name><ObjectID>31000</ObjectID>\n"
#define ITEM(id, name, operations, type)                                                       \
    "<Item ID=\"" id "\"><Name>" name "</Name><Operations>" operations "</Operations>"         \
    "<MultipleInstances>Single</MultipleInstances><Mandatory>Mandatory</Mandatory>"            \
    "<Type>" type "</Type><Units>Cel</Units></Item>\n"
#define TAIL           "</Object></LWM2M>\n"
#define ONE_ITEM(item) HEAD NAMED "<Resources>" item "</Resources>" TAIL

TEST(reads_an_object_with_its_resources_in_order)
{
    CHECK(read_text(HEAD NAMED
                    "<ObjectVersion>2.1</ObjectVersion>"
                    "<MultipleInstances>Multiple</MultipleInstances>"
                    "<Mandatory>Optional</Mandatory><Resources>" ITEM("7", "Knead", "E", "")
                        ITEM("2", " Rise\n  time ", "RW", "Float") "</Resources>" TAIL));
    CHECK_EQ(list.count, 1);
    const struct model *model = list.at[0];
    CHECK_EQ(model->id, 31000);
    assert_string_equal(model->name, "Dough");
    assert_string_equal(model->source, "test.xml");
    CHECK_EQ(model->version_major, 2);
    CHECK_EQ(model->version_minor, 1);
    CHECK(model->multiple && !model->mandatory);
    CHECK_EQ(model->resource_count, 2);
    CHECK_EQ(model->resources[0].id, 2);
    assert_string_equal(model->resources[0].name, "Rise time");
    assert_string_equal(model->resources[0].unit, "Cel");
    CHECK_EQ(model->resources[0].type, LN_FLOAT);
    CHECK_EQ(model->resources[0].operations, LN_READ | LN_WRITE | LN_MANDATORY);
    CHECK_EQ(model->resources[1].operations, LN_EXECUTE | LN_MANDATORY);
    model_list_free(&list);
}

TEST(reads_files_that_define_nothing)
{
    CHECK(read_text("<DDFList><Item><ObjectID>3</ObjectID></Item></DDFList>"));
    CHECK(read_text("<LWM2M><Object ObjectType=\"CommonResources\"><Resources>" ITEM(
        "1", "x", "R", "Float") "</Resources></Object></LWM2M>"));
    CHECK_EQ(list.count, 0);
    model_list_free(&list);
}

TEST(says_what_is_wrong_and_in_which_line)
{
    static const struct {
        const char *text;
        unsigned long line;
        const char *why;
    } cases[] = {
        {"", 1, "no element found"},
        {"<LWM2M>\n<Object>\n</LWM2M>", 3, "mismatched tag"},
        {HEAD "<Name>x</Name>" TAIL, 3, "the Object has no ObjectID"},
        {HEAD "<ObjectID>5</ObjectID>" TAIL, 3, "the Object has no Name"},
        {HEAD "<ObjectID>65535</ObjectID>" TAIL, 3,
         "ObjectID is \"65535\": it is a number from 0 to 65534"},
        {HEAD NAMED "<ObjectVersion>1</ObjectVersion>" TAIL, 4,
         "ObjectVersion is \"1\": it is like 1.0"},
        {HEAD NAMED "<Mandatory>Yes</Mandatory>" TAIL, 4,
         "Mandatory is \"Yes\": it is Mandatory or Optional"},
        {ONE_ITEM(ITEM("x", "a", "R", "Float")), 4,
         "the ID of an Item is \"x\": it is a number from 0 to 65534"},
        {ONE_ITEM(ITEM("1", "", "R", "Float")), 4, "resource 1 has no Name"},
        {ONE_ITEM(ITEM("1", "a", "X", "Float")), 4,
         "Operations is \"X\": it is R, W, RW, E or nothing"},
        {ONE_ITEM(ITEM("1", "a", "R", "Double")), 4,
         "Type is \"Double\": there is no such type"},
        {ONE_ITEM(ITEM("1", "a", "R", "Float") ITEM("1", "b", "R", "Float")), 6,
         "resource 1 is there twice"},
        {"<!DOCTYPE LWM2M SYSTEM \"file:///etc/passwd\">\n<LWM2M/>", 1,
         "a document type is not accepted: take the DOCTYPE out"},
        {"<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<LWM2M>&b;</LWM2M>", 1,
         "a document type is not accepted: take the DOCTYPE out"},
        {"<LWM2M>&a;</LWM2M>", 1, "undefined entity"},
        {"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>\n<a>", 2,
         "more than 16 elements within each other"},
    };

    for (size_t i = 0; i < LN_COUNT(cases); i++) {
        CHECK(!read_text(cases[i].text));
        assert_string_equal(fault.why, cases[i].why);
        CHECK_EQ(fault.line, cases[i].line);
        model_list_free(&list);
    }
}

TEST(refuses_a_definition_that_is_cut_anywhere)
{
    static const char whole[] = ONE_ITEM(ITEM("1", "a", "R", "Float"));
    char text[sizeof(whole)];

    for (size_t len = 0; len + 2 < sizeof(whole); len++) {
        memcpy(text, whole, len);
        text[len] = '\0';
        CHECK(!read_text(text));
        model_list_free(&list);
    }
    CHECK(read_text(whole));
    model_list_free(&list);
}

TEST(knows_a_model_that_was_added_beside_and_in_place_of_others)
{
    static const struct model dough = {.id = 31000, .name = "Dough"};
    static const struct model device = {.id = 3, .name = "Our Device"};
    static const struct model last = {.id = 65534, .name = "Last"};
    size_t before = model_count();

    CHECK(model_add(&dough));
    CHECK(model_add(&device));
    CHECK(model_add(&last));
    CHECK_EQ(model_count(), before + 2);
    CHECK(model_find(31000) == &dough);
    CHECK(model_find(3) == &device);
    CHECK(model_find(65534) == &last);
    assert_non_null(model_find(0));
    assert_non_null(model_find(4));
    CHECK(model_named(BYTES("dough")) == &dough);
    for (size_t i = 1; i < model_count(); i++) {
        CHECK(model_at(i - 1)->id < model_at(i)->id);
    }
    models_reset();
    CHECK_EQ(model_count(), before);
    assert_string_equal(model_find(3)->name, "Device");
}

TEST(reads_every_definition_of_the_registry)
{
    char name[300];
    size_t files = 0;

    for (unsigned id = 0; id < 65535; id++) {
        (void)snprintf(name, sizeof(name), LN_SHARED_DIR "/registry/%u.xml", id);
        FILE *file = fopen(name, "rb");
        if (file == NULL) {
            continue;
        }
        char *text = calloc(1, MODEL_FILE_MAX);
        assert_non_null(text);
        size_t len = fread(text, 1, MODEL_FILE_MAX, file);
        fclose(file);
        if (!model_text_read(ln_bytes(text, len), name, &list, &fault)) {
            fail_msg("%s:%lu: %s", name, fault.line, fault.why);
        }
        free(text);
        files++;
        CHECK_EQ(list.count, files);
        CHECK_EQ(list.at[files - 1]->id, id);
    }
    model_list_free(&list);
    if (files == 0) {
        print_message("SKIPPED: the registry's files are not at " LN_SHARED_DIR "/registry\n");
        skip();
    }
}

int model_file_tests(void);

int model_file_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(reads_an_object_with_its_resources_in_order),
        cmocka_unit_test(reads_files_that_define_nothing),
        cmocka_unit_test(says_what_is_wrong_and_in_which_line),
        cmocka_unit_test(refuses_a_definition_that_is_cut_anywhere),
        cmocka_unit_test(knows_a_model_that_was_added_beside_and_in_place_of_others),
        cmocka_unit_test(reads_every_definition_of_the_registry),
    };
    return RUN_TESTS(group);
}

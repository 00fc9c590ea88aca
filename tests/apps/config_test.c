/* The command line and the configuration file. */

#include "ln_test.h"

#include "linnetd/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct config config;

/* Up to six words after the program's name; ends with NULL. */
static enum config_end read_words(const char *const *words)
{
    char *argv[8] = {(char *)(uintptr_t) "linnetd"};
    int argc = 1;

    for (; *words != NULL; words++) {
        argv[argc++] = (char *)(uintptr_t)*words;
    }
    return config_read(&config, argc, argv);
}
#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

static char file[] = "/tmp/linnetd-config-XXXXXX";

static void given_a_file(const char *text)
{
    strcpy(file + sizeof(file) - 7, "XXXXXX");
    int fd = mkstemp(file);

    CHECK(fd >= 0);
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

TEST(has_defaults_for_all)
{
    CHECK_EQ(read_words((const char *const[]){NULL}), CONFIG_RUN);
    CHECK_EQ(config.coap.address.port, 5683);
    CHECK_EQ(config.http.address.port, 8080);
    CHECK(config.shards >= 1);
    CHECK_EQ(config.max_retransmit, 4);
    CHECK(config.awake == 93);
}

TEST(takes_values_as_next_word_and_behind_an_equals_sign)
{
    CHECK_EQ(READ("--coap", "127.0.0.1:1", "--http=[::1]:2", "--shards=3", "--ack-timeout=0.5"),
             CONFIG_RUN);
    CHECK_EQ(config.coap.address.port, 1);
    CHECK_EQ(config.http.address.port, 2);
    CHECK_EQ(config.shards, 3);
    CHECK(config.ack_timeout == 0.5);
}

TEST(refuses_what_it_does_not_know)
{
    CHECK_EQ(READ("--colour", "red"), CONFIG_WRONG);
    CHECK_EQ(READ("coap"), CONFIG_WRONG);
    CHECK_EQ(READ("--coap"), CONFIG_WRONG);
    CHECK_EQ(READ("--coap", "nonsense:port"), CONFIG_WRONG);
    CHECK_EQ(READ("--shards", "0"), CONFIG_WRONG);
    CHECK_EQ(READ("--shards", "65"), CONFIG_WRONG);
    CHECK_EQ(READ("--log-level", "loud"), CONFIG_WRONG);
    CHECK_EQ(READ("--awake", "0"), CONFIG_WRONG);
    CHECK_EQ(READ("--awake", "nan"), CONFIG_WRONG);
    CHECK_EQ(READ("--awake", "86401"), CONFIG_WRONG);
}

TEST(takes_off_for_listeners_that_are_not_built)
{
    CHECK_EQ(READ("--coaps", "off", "--bootstrap=off", "--coap-tcp=off"), CONFIG_RUN);
    CHECK_EQ(READ("--coaps-tcp=off", "--bootstrap-coaps=off", "--coap=off"), CONFIG_RUN);
    CHECK(config.coap.off);
    CHECK_EQ(READ("--coap-tcp", "[::]:5683"), CONFIG_WRONG);
}

TEST(refuses_plain_http_beyond_loopback_unless_told)
{
    CHECK_EQ(READ("--http", "0.0.0.0:8080"), CONFIG_WRONG);
    CHECK_EQ(READ("--http", ":8080"), CONFIG_WRONG);
    CHECK_EQ(READ("--http", "0.0.0.0:8080", "--http-insecure"), CONFIG_RUN);
    CHECK_EQ(READ("--http", "127.9.9.9:8080"), CONFIG_RUN);
}

TEST(counts_devices_exactly_where_they_are_bounded)
{
    CHECK_EQ(READ("--max-devices", "3"), CONFIG_RUN);
    CHECK_EQ(config.shards, 1);
}

TEST(reads_a_file_that_the_command_line_overrides)
{
    given_a_file(
        "; a comment\n[linnetd]\ncoap = 127.0.0.1:7\nmax-devices = 9\nhttp-insecure = yes\n");
    CHECK_EQ(READ("--max-devices", "5", "--config", file), CONFIG_RUN);
    CHECK_EQ(config.coap.address.port, 7);
    CHECK_EQ(config.max_devices, 5);
    CHECK(config.http_insecure);
    unlink(file);
}

TEST(refuses_a_file_with_what_it_does_not_know)
{
    static const char *const wrong[] = {"colour = red\n", "[other]\ncoap = off\n",
                                        "coap = nonsense:x\n", "coap\n"};

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        given_a_file(wrong[i]);
        CHECK_EQ(READ("--config", file), CONFIG_WRONG);
        unlink(file);
    }
    CHECK_EQ(READ("--config", "/nowhere/at/all"), CONFIG_WRONG);
}

int config_tests(void);

int config_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(has_defaults_for_all),
        cmocka_unit_test(takes_values_as_next_word_and_behind_an_equals_sign),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(takes_off_for_listeners_that_are_not_built),
        cmocka_unit_test(refuses_plain_http_beyond_loopback_unless_told),
        cmocka_unit_test(counts_devices_exactly_where_they_are_bounded),
        cmocka_unit_test(reads_a_file_that_the_command_line_overrides),
        cmocka_unit_test(refuses_a_file_with_what_it_does_not_know),
    };
    return RUN_TESTS(group);
}

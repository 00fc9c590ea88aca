/* Conformance, ids from 751 to 779: firmware that is pushed, fetched and applied. */

#include "conformance/bench.h"

#include <linnet/download.h>

enum { IMAGE = 3000, SLOT = 4096 };

/* The app of a device with one slot for an image. */
static struct {
    uint8_t bytes[SLOT];
    size_t got;
    uint8_t begin_says, chunk_says, end_says;
} slot;
static struct ln_firmware firmware;

static struct ln_download download;
static struct ln_download_config download_config;
static bool link_is_cut; /* of the download */

static uint8_t begin(void *context, size_t size)
{
    (void)context;
    (void)size;
    slot.got = 0;
    return slot.begin_says;
}

static uint8_t chunk(void *context, size_t offset, struct ln_bytes bytes)
{
    (void)context;
    CHECK(offset + bytes.len <= sizeof(slot.bytes));
    memcpy(slot.bytes + offset, bytes.at, bytes.len);
    slot.got = offset + bytes.len;
    return slot.chunk_says;
}

static uint8_t end(void *context)
{
    (void)context;
    return slot.end_says;
}

static void abandon(void *context)
{
    (void)context;
    slot.got = 0;
}

static uint8_t fetch(void *context)
{
    (void)context;
    return ln_download_start(&download, bench.now);
}

/* C.8: C.3 with object 5. */
static void given_c8(enum ln_version version)
{
    static const struct ln_firmware_calls calls = {begin, chunk, end, abandon, fetch};
    static struct ln_client_transfer transfers[BENCH_SERVERS];
    static uint8_t bodies[BENCH_SERVERS * BENCH_DATAGRAM];
    static const struct ln_client_blocks blocks = {&ln_client_blocks_calls, transfers, bodies,
                                                   BENCH_DATAGRAM};

    given_c3(version);
    given_it_reports();
    memset(&slot, 0, sizeof(slot));
    link_is_cut = false;
    firmware =
        (struct ln_firmware){.calls = &calls,
                             .largest = SLOT,
                             .protocols = {2, {0, 1}, {LN_FIRMWARE_COAP, LN_FIRMWARE_COAPS}},
                             .delivery = LN_FIRMWARE_BOTH};
    given_object(&ln_firmware_object, &firmware);
    bench.config.blocks = &blocks;
    download_config =
        (struct ln_download_config){.firmware = &firmware, .random = bench.config.random};
    CHECK_OK(ln_download_init(&download, &download_config));
    given_it_is_registered();
}

static struct ln_bytes image(size_t len)
{
    static uint8_t bytes[2 * SLOT];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 256 + 1);
    }
    return ln_bytes(bytes, len);
}

static void push(size_t len)
{
    write_at("/5/0/0", LN_FORMAT_OPAQUE, image(len));
}

static void the_slot_has(size_t len)
{
    CHECK_EQ(slot.got, len);
    assert_memory_equal(slot.bytes, image(len).at, len);
}

/* As the server reads them. */
#define CHECK_STATE(state, result)                                                             \
    do {                                                                                       \
        read_as("/5/0/3", LN_FORMAT_TEXT);                                                     \
        CHECK_VALUES("/5/0/3 " state "\n");                                                    \
        read_as("/5/0/5", LN_FORMAT_TEXT);                                                     \
        CHECK_VALUES("/5/0/5 " result "\n");                                                   \
    } while (0)

static void tell(void)
{
    ln_client_changed(&bench.client, bench.now, ln_path_instance(5, 0));
    time_passes(0);
}

/* What the app does once it is told that Update was executed. */
static void it_installs(bool works)
{
    ln_firmware_applied(&firmware, works);
    if (works) {
        bench.device.firmware = "2.0";
    }
    tell();
}

/* ---- The server that the image is fetched from ---- */

static void serve(struct ln_bytes datagram)
{
    uint8_t out[BENCH_DATAGRAM];
    struct ln_coap_message m;
    struct ln_coap_options o;
    struct ln_coap_block block;

    CHECK_OK(ln_coap_parse(datagram, &m));
    CHECK_OK(ln_coap_options(&m, &o));
    CHECK_OK(ln_coap_block_window(o.block2, LN_COAP_BLOCK_LARGEST, IMAGE, &block));
    struct ln_coap_builder b = ln_coap_answer(out, sizeof(out), &m, LN_COAP_2_05, 0);
    size_t at = ln_coap_block_offset(block);
    size_t left = IMAGE - at;
    size_t size = ln_coap_block_size(block);
    ln_coap_add(&b, LN_COAP_ETAG, BYTES("\x01"));
    ln_coap_add_block(&b, LN_COAP_BLOCK2, block);
    ln_coap_add_payload(&b, ln_bytes(image(IMAGE).at + at, left < size ? left : size));
    ln_download_recv(&download, bench.now, ln_bytes(out, ln_coap_finish(&b)));
}

static void open_links(void)
{
    struct ln_download_event event;

    while (ln_download_event(&download, &event)) {
        if (event.kind == LN_DOWNLOAD_OPEN) {
            CHECK_TEXT(event.uri.host, "198.51.100.1");
            ln_download_link_up(&download, bench.now);
        }
    }
}

/* Until it is over, or so many blocks have come and the line is cut. */
static void it_fetches(unsigned blocks)
{
    uint8_t buffer[LN_DOWNLOAD_DATAGRAM_MAX];
    size_t len;

    while (ln_download_is_active(&download)) {
        open_links();
        len = ln_download_send(&download, bench.now, buffer, sizeof(buffer));
        link_is_cut = link_is_cut || blocks == 0;
        if (len > 0 && !link_is_cut) {
            blocks--;
            serve(ln_bytes(buffer, len));
        } else if (len == 0 && ln_download_deadline(&download) > bench.now &&
                   ln_download_is_active(&download)) {
            time_passes(ln_download_deadline(&download) - bench.now);
        }
    }
    tell();
}

#define URI "coap://198.51.100.1/image"

/* ---- The cases ---- */

/* spec: ETS 1.0-int-751, 1.1-int-751 */
TEST(int_751_reads_firmware_update)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        read_as("/5/0", LN_FORMAT_TLV);
        CHECK_CODE("2.05");
        CHECK_VALUES("/5/0/1 \n/5/0/3 0\n/5/0/5 0\n/5/0/8/0 0\n/5/0/8/1 1\n/5/0/9 2\n");
    }
}

/* spec: ETS 1.0-int-755, 1.1-int-755 */
TEST(int_755_a_package_is_written_and_taken_back)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        write_at("/5/0/0", LN_FORMAT_OPAQUE, BYTES("\0"));
        CHECK_CODE("2.04");
        CHECK_STATE("0", "0");
        push(IMAGE);
        CHECK_CODE("2.04");
        CHECK_STATE("2", "0");
        the_slot_has(IMAGE);
        write_at("/5/0/0", LN_FORMAT_OPAQUE, BYTES("\0"));
        CHECK_CODE("2.04");
        CHECK_STATE("0", "0");
        CHECK_EQ(slot.got, 0);
    }
}

/* spec: ETS 1.0-int-756, 1.1-int-756 */
TEST(int_756_a_package_uri_is_written_and_taken_back)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        write_text("/5/0/1", "");
        CHECK_CODE("2.04");
        CHECK_STATE("0", "0");
        write_text("/5/0/1", URI);
        CHECK_CODE("2.04");
        CHECK_STATE("1", "0");
        it_fetches(99);
        CHECK_STATE("2", "0");
        the_slot_has(IMAGE);
        read_as("/5/0/1", LN_FORMAT_TEXT);
        CHECK_VALUES("/5/0/1 " URI "\n");
        write_text("/5/0/1", "");
        CHECK_STATE("0", "0");
    }
}

/* spec: ETS 1.0-int-760, 1.1-int-760 */
TEST(int_760_notifies_of_the_state)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        observe("/5/0/3", "");
        CHECK_SERVER_SAYS("observation active\nnotified 0\n");
        time_passes(1000); /* pmin of the account */
        forget();
        push(IMAGE);
        time_passes(1000);
        assert_non_null(strstr(bench.server_says, "notified 2\n"));
        bench_clear(NULL);
    }
}

/* spec: ETS 1.0-int-770, 1.1-int-770 */
TEST(int_770_firmware_is_pushed_and_applied)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        push(IMAGE);
        CHECK_CODE("2.04");
        assert_non_null(strstr(bench.wire, "client ACK 2.31\n"));
        CHECK_STATE("2", "0");
        forget();
        execute("/5/0/2");
        CHECK_CODE("2.04");
        CHECK_CLIENT_SAYS("executed /5/0/2\n");
        CHECK_STATE("3", "0");
        it_installs(true);
        CHECK_STATE("0", "1");
        read_as("/3/0/3", LN_FORMAT_TEXT);
        CHECK_VALUES("/3/0/3 2.0\n");
    }
}

/* spec: ETS 1.0-int-771, 1.1-int-771 */
TEST(int_771_firmware_is_pulled_and_applied)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        write_text("/5/0/1", URI);
        CHECK_CODE("2.04");
        it_fetches(99);
        CHECK_STATE("2", "0");
        the_slot_has(IMAGE);
        execute("/5/0/2");
        CHECK_CODE("2.04");
        it_installs(true);
        CHECK_STATE("0", "1");
        read_as("/3/0/3", LN_FORMAT_TEXT);
        CHECK_VALUES("/3/0/3 2.0\n");
    }
}

/* spec: ETS 1.0-int-772, 1.1-int-772 */
TEST(int_772_an_update_without_a_package_is_refused)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        execute("/5/0/2");
        CHECK_CODE("4.05");
        CHECK_STATE("0", "0");
        CHECK_CLIENT_SAYS("");
    }
}

/* spec: ETS 1.0-int-773, 1.1-int-773 */
TEST(int_773_there_is_no_room_for_the_package)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        push(SLOT + 1);
        CHECK_CODE("4.13");
        CHECK_STATE("0", "2");
    }
}

/* spec: ETS 1.0-int-774, 1.1-int-774; its text says 2, where object 5 says 3 */
TEST(int_774_there_is_no_memory_for_the_package)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        slot.chunk_says = LN_FIRMWARE_NO_MEMORY;
        push(IMAGE);
        CHECK_CODE("5.00");
        CHECK_STATE("0", "3");
    }
}

/* spec: ETS 1.0-int-775, 1.1-int-775 */
TEST(int_775_the_connection_breaks_while_it_fetches)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        write_text("/5/0/1", URI);
        CHECK_STATE("1", "0");
        it_fetches(2);
        CHECK_STATE("0", "4");
        CHECK_EQ(slot.got, 0);
    }
}

/* spec: ETS 1.0-int-776, 1.1-int-776 */
TEST(int_776_the_package_is_damaged)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        slot.end_says = LN_FIRMWARE_DAMAGED;
        push(IMAGE);
        CHECK_CODE("4.00");
        CHECK_STATE("0", "5");
        write_text("/5/0/1", URI);
        CHECK_CODE("2.04");
        it_fetches(99);
        CHECK_STATE("0", "5");
    }
}

/* spec: ETS 1.0-int-777, 1.1-int-777; its text ends in state 1, unlike its neighbours */
TEST(int_777_the_package_is_of_another_kind)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        slot.chunk_says = LN_FIRMWARE_WRONG_PACKAGE;
        push(IMAGE);
        CHECK_CODE("4.00");
        CHECK_STATE("0", "6");
    }
}

/* spec: ETS 1.0-int-778, 1.1-int-778 */
TEST(int_778_the_uri_is_bad)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        write_text("/5/0/1", "coap:///image");
        CHECK_CODE("2.04");
        CHECK_STATE("0", "7");
        write_text("/5/0/1", "gopher://198.51.100.1/image");
        CHECK_CODE("2.04");
        CHECK_STATE("0", "9");
    }
}

/* spec: ETS 1.0-int-779, 1.1-int-779 */
TEST(int_779_an_update_fails)
{
    EACH_VERSION(v)
    {
        given_c8(v);
        push(IMAGE);
        execute("/5/0/2");
        CHECK_CODE("2.04");
        it_installs(false);
        CHECK_STATE("2", "8");
        read_as("/3/0/3", LN_FORMAT_TEXT);
        CHECK_VALUES("/3/0/3 1.0\n");
    }
}

int firmware_tests(void)
{
    const struct CMUnitTest firmware_update[] = {
        CONFORMANCE_TEST(int_751_reads_firmware_update),
        CONFORMANCE_TEST(int_755_a_package_is_written_and_taken_back),
        CONFORMANCE_TEST(int_756_a_package_uri_is_written_and_taken_back),
        CONFORMANCE_TEST(int_760_notifies_of_the_state),
        CONFORMANCE_TEST(int_770_firmware_is_pushed_and_applied),
        CONFORMANCE_TEST(int_771_firmware_is_pulled_and_applied),
        CONFORMANCE_TEST(int_772_an_update_without_a_package_is_refused),
        CONFORMANCE_TEST(int_773_there_is_no_room_for_the_package),
        CONFORMANCE_TEST(int_774_there_is_no_memory_for_the_package),
        CONFORMANCE_TEST(int_775_the_connection_breaks_while_it_fetches),
        CONFORMANCE_TEST(int_776_the_package_is_damaged),
        CONFORMANCE_TEST(int_777_the_package_is_of_another_kind),
        CONFORMANCE_TEST(int_778_the_uri_is_bad),
        CONFORMANCE_TEST(int_779_an_update_fails),
    };

    return RUN_TESTS(firmware_update);
}

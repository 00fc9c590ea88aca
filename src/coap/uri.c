/* URIs taken apart, and as the options of a request. spec: RFC 3986, RFC 7252 §6 */

#include <linnet/coap.h>

enum { OPTION_MAX = 255 };

/* ---- Characters ---- */

static bool is_letter(int c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(int c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_one_of(int c, const char *set)
{
    while (*set != '\0' && *set != (char)c) {
        set++;
    }
    return *set != '\0';
}

/* Letters and digits, those of `also`, and any byte as %41. */
static bool consists_of(struct ln_bytes text, const char *also)
{
    struct ln_reader in = ln_reader(text);

    while (ln_reader_left(&in) > 0) {
        int c = ln_read_u8(&in);
        bool fits = is_letter(c) || is_digit(c) || is_one_of(c, also);
        if (c == '%') {
            int high = hex_digit(ln_read_u8(&in));
            fits = hex_digit(ln_read_u8(&in)) >= 0 && high >= 0;
        }
        if (!fits || in.failed) {
            return false;
        }
    }
    return true;
}

/* ---- Its parts ---- */

/* Up to one of these, which stays. */
static struct ln_bytes read_until_any(struct ln_reader *in, const char *ends)
{
    const uint8_t *from = in->at;

    while (ln_reader_left(in) > 0 && !is_one_of(ln_peek_u8(in), ends)) {
        (void)ln_read_u8(in);
    }
    return ln_bytes(from, (size_t)(in->at - from));
}

static bool read_scheme(struct ln_reader *in, struct ln_bytes *scheme)
{
    *scheme = ln_read_until(in, ':');
    return scheme->len > 0 && is_letter(scheme->at[0]) && consists_of(*scheme, "+-.") &&
           ln_read_if(in, '/') && ln_read_if(in, '/');
}

static bool read_host(struct ln_reader *in, struct ln_bytes *host, bool *is_ipv6)
{
    *is_ipv6 = ln_read_if(in, '[');
    if (*is_ipv6) {
        *host = read_until_any(in, "]");
        return host->len > 0 && consists_of(*host, ":.-_~") && ln_read_if(in, ']');
    }
    *host = read_until_any(in, ":");
    return host->len > 0 && consists_of(*host, "-._~!$&'()*+,;=");
}

static bool read_port(struct ln_reader *in, uint16_t *port)
{
    bool has_port = ln_read_if(in, ':');
    struct ln_bytes text = ln_read_rest(in);
    uint64_t number = 0;

    *port = 0;
    if (text.len == 0) {
        return true; /* "host:" says no more than "host" */
    }
    if (!has_port || !ln_unsigned_of_text(text, &number) || number == 0 ||
        number > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

bool ln_uri_of_text(struct ln_bytes text, struct ln_uri *out)
{
    static const char allowed[] = "-._~!$&'()*+,;=:@/";
    struct ln_reader in = ln_reader(text);

    *out = (struct ln_uri){.port = 0};
    if (!read_scheme(&in, &out->scheme)) {
        return false;
    }
    struct ln_reader authority = ln_reader(read_until_any(&in, "/?"));
    out->path = read_until_any(&in, "?");
    out->query = ln_read_if(&in, '?') ? ln_read_rest(&in) : ln_bytes(NULL, 0);
    return read_host(&authority, &out->host, &out->is_ipv6) &&
           read_port(&authority, &out->port) && consists_of(out->path, allowed) &&
           consists_of(out->query, "-._~!$&'()*+,;=:@/?");
}

bool ln_uri_has_scheme(const struct ln_uri *uri, const char *scheme)
{
    struct ln_bytes wanted = ln_bytes_of_text(scheme);
    bool same = uri->scheme.len == wanted.len;

    for (size_t i = 0; same && i < wanted.len; i++) {
        same = (uri->scheme.at[i] | 0x20) == (wanted.at[i] | 0x20);
    }
    return same;
}

/* ---- As options ---- */

void ln_coap_add_escaped(struct ln_coap_builder *b, uint16_t number, struct ln_bytes value)
{
    uint8_t buffer[OPTION_MAX];
    struct ln_writer w = ln_writer(buffer, sizeof(buffer));
    struct ln_reader in = ln_reader(value);

    while (ln_reader_left(&in) > 0) {
        int c = ln_read_u8(&in);
        if (c == '%') {
            int high = hex_digit(ln_read_u8(&in));
            int low = hex_digit(ln_read_u8(&in));
            c = high < 0 || low < 0 ? -1 : high << 4 | low;
        }
        if (c < 0) {
            ln_writer_fail(&w);
        }
        ln_write_u8(&w, (uint8_t)c);
    }
    ln_coap_add(b, number, ln_writer_bytes(&w));
    if (w.failed) {
        ln_writer_fail(&b->out);
    }
}

static bool is_ipv4(struct ln_bytes host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!is_digit(host.at[i]) && host.at[i] != '.') {
            return false;
        }
    }
    return true;
}

void ln_coap_add_uri(struct ln_coap_builder *b, const struct ln_uri *uri)
{
    struct ln_reader path = ln_reader(uri->path);
    struct ln_reader query = ln_reader(uri->query);

    if (!uri->is_ipv6 && !is_ipv4(uri->host)) {
        ln_coap_add_escaped(b, LN_COAP_URI_HOST, uri->host);
    }
    if (ln_read_if(&path, '/') && ln_reader_left(&path) > 0) {
        bool goes_on = true;
        while (goes_on) { /* "/a/" ends with a segment of no bytes */
            ln_coap_add_escaped(b, LN_COAP_URI_PATH, read_until_any(&path, "/"));
            goes_on = ln_read_if(&path, '/');
        }
    }
    while (ln_reader_left(&query) > 0) {
        ln_coap_add_escaped(b, LN_COAP_URI_QUERY, ln_read_until(&query, '&'));
    }
}

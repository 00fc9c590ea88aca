/* Attributes of information reporting: their text, and how sets of them go together.
 * spec: CORE-1.1.1 §5.1.2, §6.3.4 */

#include <linnet/lwm2m.h>

static const char names[LN_ATTRIBUTES][5] = {"pmin", "pmax", "gt", "lt", "st"};

enum { PERIODS = LN_ATTRIBUTE_GT }; /* the first ones are periods, the rest bounds */

#define BOUNDS (LN_ATTRIBUTE_BIT(GT) | LN_ATTRIBUTE_BIT(LT) | LN_ATTRIBUTE_BIT(ST))

const char *ln_attribute_name(enum ln_attribute attribute)
{
    return names[attribute];
}

/* ---- Reading ---- */

static bool read_value(struct ln_attributes *change, unsigned attribute, struct ln_bytes text)
{
    uint64_t period;

    if (attribute >= PERIODS) {
        struct ln_number *bound = &change->bound[attribute - PERIODS];
        return ln_number_of_text(text, bound) &&
               !(attribute == LN_ATTRIBUTE_ST && ln_number_is_negative(bound));
    }
    if (!ln_unsigned_of_text(text, &period) || period > UINT32_MAX) {
        return false;
    }
    change->period[attribute] = (uint32_t)period;
    return true;
}

ln_err ln_attributes_read(struct ln_bytes item, struct ln_attributes *change)
{
    struct ln_reader in = ln_reader(item);
    struct ln_bytes name = ln_read_until(&in, '=');
    bool has_value = name.len < item.len;

    for (unsigned i = 0; i < LN_ATTRIBUTES; i++) {
        if (!ln_bytes_are(name, names[i])) {
            continue;
        }
        uint8_t bit = (uint8_t)(1U << i);
        if (((change->set | change->unset) & bit) != 0 ||
            (has_value && !read_value(change, i, ln_read_rest(&in)))) {
            return LN_ERR_BAD_REQUEST;
        }
        *(has_value ? &change->set : &change->unset) |= bit;
        return LN_OK;
    }
    return LN_ERR_BAD_REQUEST;
}

/* ---- Sets ---- */

static void take(struct ln_attributes *to, const struct ln_attributes *from, unsigned which)
{
    for (unsigned i = 0; i < LN_ATTRIBUTES; i++) {
        if ((which >> i & 1) == 0) {
            continue;
        }
        if (i < PERIODS) {
            to->period[i] = from->period[i];
        } else {
            to->bound[i - PERIODS] = from->bound[i - PERIODS];
        }
    }
    to->set |= (uint8_t)which;
}

/* lt < gt, and twice st fits between them. */
static bool hold_together(const struct ln_attributes *a)
{
    const struct ln_number *gt = &a->bound[LN_ATTRIBUTE_GT - PERIODS];
    const struct ln_number *lt = &a->bound[LN_ATTRIBUTE_LT - PERIODS];
    const struct ln_number *st = &a->bound[LN_ATTRIBUTE_ST - PERIODS];

    if ((~a->set & (LN_ATTRIBUTE_BIT(GT) | LN_ATTRIBUTE_BIT(LT))) != 0) {
        return true;
    }
    if (ln_number_compare(lt, gt) >= 0) {
        return false;
    }
    if ((a->set & LN_ATTRIBUTE_BIT(ST)) == 0) {
        return true;
    }
    struct ln_number room = ln_number_distance(lt, gt);
    struct ln_number rest = ln_number_distance(&room, st);
    return ln_number_compare(st, &rest) < 0; /* an st beyond the room leaves less than itself */
}

ln_err ln_attributes_change(struct ln_attributes *own, const struct ln_attributes *change)
{
    struct ln_attributes changed = *own;

    changed.set &= (uint8_t)~change->unset;
    take(&changed, change, change->set);
    if (!hold_together(&changed)) {
        return LN_ERR_BAD_REQUEST;
    }
    *own = changed;
    return LN_OK;
}

bool ln_attributes_fit(const struct ln_attributes *attributes, struct ln_path path)
{
    return path.depth >= 3 || ((attributes->set | attributes->unset) & BOUNDS) == 0;
}

void ln_attributes_inherit(struct ln_attributes *own, const struct ln_attributes *from)
{
    take(own, from, (unsigned)from->set & ~(unsigned)own->set);
}

void ln_write_attributes(struct ln_writer *w, const struct ln_attributes *attributes)
{
    for (unsigned i = 0; i < LN_ATTRIBUTES; i++) {
        if ((attributes->set >> i & 1) == 0) {
            continue;
        }
        ln_write_u8(w, ';');
        ln_write_text(w, names[i]);
        ln_write_u8(w, '=');
        if (i < PERIODS) {
            ln_write_unsigned_text(w, attributes->period[i]);
        } else {
            ln_write_number(w, &attributes->bound[i - PERIODS]);
        }
    }
}

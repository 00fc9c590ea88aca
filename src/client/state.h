/* The form of a saved state: what writing and reading it share. */
#ifndef LN_CLIENT_STATE_H
#define LN_CLIENT_STATE_H

#include <linnet/client.h>

/*
 * u32 LN_STATE_MARK, u8 LN_STATE_VERSION, sections in ascending order of their tags, u16 0,
 * u32 ln_checksum() of all before it. A section is u16 tag, u32 length, and that many bytes:
 *
 *   1 to 3  all instances of object 0, 1 or 2, in TLV
 *   4       sets of attributes: u16 short id, u8 depth, u16 for each id of the path, u16 length,
 *           and the text of the attributes as in a link, ";pmin=10"
 *   5 on    as their owners have it
 */
enum { LN_STATE_MARK = 0x4C6E5374, LN_STATE_VERSION = 1, LN_STATE_OBJECTS = 3 };

/* Whether the row's values are kept: what can be written back to the instance. */
static inline bool ln_client__is_kept(const struct ln_resource *row)
{
    switch (row->place) {
    case LN_PLACE_FIELD:
        return row->storage != LN_IN_TEXT && row->storage != LN_IN_BYTES;
    case LN_PLACE_LIST:
        return row->at.list->write != NULL;
    case LN_PLACE_CALL:
        return row->at.calls->read != NULL && row->at.calls->write != NULL;
    default:
        return false;
    }
}

/* The device's object of such a section; NULL if there is none whose instances are in an array. */
const struct ln_object_entry *ln_client__state_object(const struct ln_client *client,
                                                      uint16_t tag);
/* The short id of the server that has that link, or will have it once the client is started; 0:
 * none. */
uint16_t ln_client__state_short_id(const struct ln_client *client, ln_link link);

#endif

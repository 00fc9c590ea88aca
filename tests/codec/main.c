/* All unit tests of the codec layer. */

int path_tests(void);
int value_tests(void);
int format_tests(void);
int text_tests(void);
int opaque_tests(void);
int tlv_encode_tests(void);
int tlv_decode_tests(void);
int json_tests(void);
int cbor_tests(void);
int senml_json_tests(void);
int senml_cbor_tests(void);
int round_trip_tests(void);
int dated_tests(void);
int link_format_tests(void);

int main(void)
{
    return path_tests() + value_tests() + format_tests() + text_tests() + opaque_tests() +
           tlv_encode_tests() + tlv_decode_tests() + json_tests() + cbor_tests() +
           senml_json_tests() + senml_cbor_tests() + round_trip_tests() + link_format_tests() +
           dated_tests();
}

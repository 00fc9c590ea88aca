/* All unit tests of the net layer. */

int udp_tests(void);
int loop_tests(void);
int resolve_tests(void);
int tcp_tests(void);

int main(void)
{
    return udp_tests() + loop_tests() + resolve_tests() + tcp_tests();
}

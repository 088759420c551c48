// Checksums on a Tofino are no work for the pipeline: the parser takes what may change out of the sum (RFC 1624), and the deparser puts
// what stands there then back in. So what core asks for while it translates is nothing here. This file stands in the place of
// core/checksums.p4, whose names and guard it has; what belongs to the parser and deparser is in residuals.p4.
#ifndef MOORING_CORE_CHECKSUMS_P4
#define MOORING_CORE_CHECKSUMS_P4

#include "../core/headers.p4"

@noWarn("unused")
bit<32> sum_ipv4(in ipv4_address_t address) {
    return 0;
}

@noWarn("unused")
bit<32> sum_ipv6(in ipv6_address_t address) {
    return 0;
}

@noWarn("unused")
bit<32> ipv4_difference(in ipv4_address_t old_address, in ipv4_address_t new_address) {
    return 0;
}

@noWarn("unused")
bit<32> ipv6_difference(in ipv6_address_t old_address, in ipv6_address_t new_address) {
    return 0;
}

@noWarn("unused")
bit<32> word_difference(in bit<16> old_word, in bit<16> new_word) {
    return 0;
}

@noWarn("unused")
bit<16> fold_sum(in bit<32> sum) {
    return 0;
}

@noWarn("unused")
bit<16> adjust_checksum(in bit<16> checksum, in bit<32> difference) {
    return checksum;
}

@noWarn("unused")
bit<16> adjust_icmp_checksum(in bit<16> checksum, in bit<32> difference) {
    return checksum;
}

@noWarn("unused")
bit<16> adjust_udp_checksum(in bit<16> checksum, in bit<32> difference) {
    return checksum;
}

#endif

// Checksums kept right by difference (RFC 1624): what was wrong before stays wrong, so that a damaged packet is still
// found by whom it is for, and the payload is never read. Everything is sums of 16-bit words in 32 bits, not folded
// until the end; a packet needs at most some fifty words, so that they never overflow.
#ifndef MOORING_CORE_CHECKSUMS_P4
#define MOORING_CORE_CHECKSUMS_P4

#include "headers.p4"

/// The 16-bit words of an IPv4 address, added up.
bit<32> sum_ipv4(in ipv4_address_t address) {
    return (bit<32>)address[31:16] + (bit<32>)address[15:0];
}

/// The 16-bit words of an IPv6 address, added up.
bit<32> sum_ipv6(in ipv6_address_t address) {
    return (bit<32>)address[127:112] + (bit<32>)address[111:96] + (bit<32>)address[95:80] + (bit<32>)address[79:64]
        + (bit<32>)address[63:48] + (bit<32>)address[47:32] + (bit<32>)address[31:16] + (bit<32>)address[15:0];
}

/// What replacing one IPv4 address adds to the one's complement sum.
bit<32> ipv4_difference(in ipv4_address_t old_address, in ipv4_address_t new_address) {
    return sum_ipv4(~old_address) + sum_ipv4(new_address);
}

/// What replacing one IPv6 address adds to the one's complement sum.
bit<32> ipv6_difference(in ipv6_address_t old_address, in ipv6_address_t new_address) {
    return sum_ipv6(~old_address) + sum_ipv6(new_address);
}

/// What replacing one 16-bit word adds to the one's complement sum.
bit<32> word_difference(in bit<16> old_word, in bit<16> new_word) {
    return (bit<32>)(~old_word) + (bit<32>)new_word;
}

/// The one's complement sum in 16 bits.
bit<16> fold_sum(in bit<32> sum) {
    bit<32> folded = (sum & 0xffff) + (sum >> 16);
    folded = (folded & 0xffff) + (folded >> 16);
    return folded[15:0];
}

/// RFC 1624 equation 3: ~(~checksum + difference).
bit<16> adjust_checksum(in bit<16> checksum, in bit<32> difference) {
    return ~fold_sum((bit<32>)(~checksum) + difference);
}

/// As `adjust_checksum`, for ICMP, whose message may be nothing but zeros: then the checksum is all ones. All ones are
/// right as well where the sum leaves zero, so zero is never sent.
bit<16> adjust_icmp_checksum(in bit<16> checksum, in bit<32> difference) {
    bit<16> adjusted = adjust_checksum(checksum, difference);
    return adjusted == 0 ? 16w0xffff : adjusted;
}

/// As `adjust_checksum`, for UDP: zero means "no checksum" and stays so, and a sum of zero is sent as all ones (RFC
/// 768). Over IPv6, which allows no packet without checksum (RFC 8200), such a packet stays as wrong as it was.
bit<16> adjust_udp_checksum(in bit<16> checksum, in bit<32> difference) {
    bit<16> adjusted = adjust_checksum(checksum, difference);
    return checksum == 0 ? 16w0 : (adjusted == 0 ? 16w0xffff : adjusted);
}

#endif

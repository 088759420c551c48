// Checksums on a Tofino are no work for the pipeline: the parser takes what may change out of the sum (RFC 1624), and
// the deparser puts what stands there then back in. So what core asks for while it translates is nothing here. This
// file stands in the place of core/checksums.p4, whose names and guard it has; what belongs to the parser and deparser
// is in residuals.p4. They are macros, for the back end loses what functions called in actions return.
#ifndef MOORING_CORE_CHECKSUMS_P4
#define MOORING_CORE_CHECKSUMS_P4

#define sum_ipv4(address) 32w0
#define sum_ipv6(address) 32w0
#define ipv4_difference(old_address, new_address) 32w0
#define ipv6_difference(old_address, new_address) 32w0
#define word_difference(old_word, new_word) 32w0
#define fold_sum(sum) 16w0
#define adjust_checksum(checksum, difference) checksum
#define adjust_icmp_checksum(checksum, difference) checksum
#define adjust_udp_checksum(checksum, difference) checksum

#endif

// A packet inside another one, for a server that is to have it as its client sent it, wherever that server is. Outer headers
// are made whole here, checksums included; they are never fragmented (Don't Fragment), so the network between switch and
// servers must have room for 20 to 52 bytes more.
#ifndef MOORING_CORE_ENCAPSULATION_P4
#define MOORING_CORE_ENCAPSULATION_P4

#include "headers.p4"
#include "metadata.p4"
#include "checksums.p4"

const bit<16> IPV4_BYTES = 20;
const bit<16> IPV6_BYTES = 40;
const bit<16> UDP_BYTES = 8;
const bit<16> GUE_BYTES = 4;
const bit<8> OUTER_TTL = 64;

/// Puts IPv4 or IPv6 around the packet, and UDP and GUE in between if `gue`. The datagrams' source port is the connection's,
/// so that a network that spreads by ports keeps it on one path.
control Encapsulate(inout headers_t headers, inout metadata_t meta, in bool gue, in bool outer_ipv6,
                    in ipv6_address_t source, in ipv6_address_t destination, in l4_port_t port) {
    bit<16> inner_bytes;
    bit<8> inner_protocol;
    bit<8> protocol;
    bit<32> sum;
    bit<16> ether_type;

    apply {
        if (headers.ipv4.isValid()) {
            inner_bytes = headers.ipv4.total_length;
            inner_protocol = PROTOCOL_IPIP;
        } else {
            inner_bytes = headers.ipv6.payload_length + IPV6_BYTES;
            inner_protocol = PROTOCOL_IPV6;
        }
        protocol = inner_protocol;
        if (gue) {
            inner_bytes = inner_bytes + UDP_BYTES + GUE_BYTES;
            protocol = PROTOCOL_UDP;
            headers.outer_udp.setValid();
            // Without checksum, over IPv6 as well (RFC 6935): what is inside has its own.
            headers.outer_udp = { meta.client_port | 0xc000, port, inner_bytes, 0 };
            headers.gue.setValid();
            headers.gue = { 0, 0, 0, inner_protocol, 0 };
        }
        if (outer_ipv6) {
            ether_type = ETHER_TYPE_IPV6;
            headers.outer_ipv6.setValid();
            headers.outer_ipv6 = { 6, 0, 0, inner_bytes, protocol, OUTER_TTL, source, destination };
        } else {
            ether_type = ETHER_TYPE_IPV4;
            inner_bytes = inner_bytes + IPV4_BYTES;
            headers.outer_ipv4.setValid();
            headers.outer_ipv4 = { 4, 5, 0, inner_bytes, 0, 2, 0, OUTER_TTL, protocol, 0,
                                   source[31:0], destination[31:0] };
            sum = 0x4500 + (bit<32>)inner_bytes + 0x4000 + (bit<32>)(OUTER_TTL ++ protocol) + sum_ipv4(source[31:0])
                + sum_ipv4(destination[31:0]);
            headers.outer_ipv4.checksum = ~fold_sum(sum);
        }
        if (headers.vlan.isValid()) {
            headers.vlan.ether_type = ether_type;
        } else {
            headers.ethernet.ether_type = ether_type;
        }
    }
}

#endif

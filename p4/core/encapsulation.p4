// A packet inside another one, for a server that is to have it as its client sent it, wherever that server is. Outer
// headers are made whole here, checksums included; they are never fragmented (Don't Fragment), so the network between
// switch and servers must have room for 20 to 52 bytes more.
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

/// Puts UDP and GUE around the packet if `gue`, and fills in the IPv4 or IPv6 header that the server's entry has put in
/// front, with its addresses. The datagrams' source port is the connection's, so that a network that spreads by ports
/// keeps it on one path.
control Encapsulate(inout headers_t headers, inout metadata_t meta, in bool gue, in l4_port_t port) {
    bit<16> inner_bytes;
    bit<8> inner_protocol;

    /// @param bytes with IPv4 header
    action finish_ipv4(bit<16> bytes, bit<8> protocol) {
        headers.outer_ipv4.version = 4;
        headers.outer_ipv4.ihl = 5;
        headers.outer_ipv4.type_of_service = 0;
        headers.outer_ipv4.total_length = bytes;
        headers.outer_ipv4.identification = 0;
        headers.outer_ipv4.flags = 2;
        headers.outer_ipv4.fragment_offset = 0;
        headers.outer_ipv4.ttl = OUTER_TTL;
        headers.outer_ipv4.protocol = protocol;
        headers.outer_ipv4.checksum = ~fold_sum(0x4500 + (bit<32>)bytes + 0x4000 + (bit<32>)(OUTER_TTL ++ protocol)
            + sum_ipv4(headers.outer_ipv4.source) + sum_ipv4(headers.outer_ipv4.destination));
    }

    /// @param bytes without IPv6 header
    action finish_ipv6(bit<16> bytes, bit<8> protocol) {
        headers.outer_ipv6.version = 6;
        headers.outer_ipv6.traffic_class = 0;
        headers.outer_ipv6.flow_label = 0;
        headers.outer_ipv6.payload_length = bytes;
        headers.outer_ipv6.next_header = protocol;
        headers.outer_ipv6.hop_limit = OUTER_TTL;
    }

    action finish_gue() {
        // Without checksum, over IPv6 as well (RFC 6935): what is inside has its own.
        headers.outer_udp.setValid();
        headers.outer_udp = { meta.client_port | 0xc000, port, inner_bytes + UDP_BYTES + GUE_BYTES, 0 };
        headers.gue.setValid();
        headers.gue = { 0, 0, 0, inner_protocol, 0 };
    }

    apply {
#ifdef MOORING_NO_IPV6
        inner_bytes = headers.ipv4.total_length;
        inner_protocol = PROTOCOL_IPIP;
#else
        if (headers.ipv4.isValid()) {
            inner_bytes = headers.ipv4.total_length;
            inner_protocol = PROTOCOL_IPIP;
        } else {
            inner_bytes = headers.ipv6.payload_length + IPV6_BYTES;
            inner_protocol = PROTOCOL_IPV6;
        }
#endif
        if (gue) {
            finish_gue();
            if (headers.outer_ipv6.isValid()) {
                finish_ipv6(inner_bytes + UDP_BYTES + GUE_BYTES, PROTOCOL_UDP);
            } else {
                finish_ipv4(inner_bytes + IPV4_BYTES + UDP_BYTES + GUE_BYTES, PROTOCOL_UDP);
            }
        } else if (headers.outer_ipv6.isValid()) {
            finish_ipv6(inner_bytes, inner_protocol);
        } else {
            finish_ipv4(inner_bytes + IPV4_BYTES, inner_protocol);
        }
        if (headers.outer_ipv6.isValid()) {
            if (headers.vlan.isValid()) {
                headers.vlan.ether_type = ETHER_TYPE_IPV6;
            } else {
                headers.ethernet.ether_type = ETHER_TYPE_IPV6;
            }
        } else if (headers.vlan.isValid()) {
            headers.vlan.ether_type = ETHER_TYPE_IPV4;
        } else {
            headers.ethernet.ether_type = ETHER_TYPE_IPV4;
        }
    }
}

#endif

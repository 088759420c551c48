// Reads a packet down to its transport ports. Anything unknown is payload: it is still switched on its Ethernet
// addresses. Only the first fragment of a datagram has ports; IPv4 options
// and a VLAN tag are carried along unread. Of an ICMP error the connection it speaks of is read.
//
// What a packet is, is told by the state that is reached, not by expressions: hardware parsers select and copy, no
// more.
#ifndef MOORING_CORE_PARSER_P4
#define MOORING_CORE_PARSER_P4

#include "headers.p4"
#include "metadata.p4"

// What a shell does with a header that has just been read: where checksums are an affair of the hardware's parser.
#ifndef MOORING_PARSED_IPV4
#define MOORING_PARSER_STATE
#define MOORING_PARSED_IPV4
#define MOORING_PARSED_PLAIN_IPV4
#define MOORING_PARSED_IPV6
#define MOORING_PARSED_ICMP
#define MOORING_PARSED_TCP
#define MOORING_PARSED_UDP
#endif

/// What follows the header of a packet-out, if it has one, or what came in by a port; that header may have been read
/// before.
parser PacketParser(packet_in packet, inout headers_t headers, inout metadata_t meta) {
    MOORING_PARSER_STATE

    state start {
        transition parse_ethernet;
    }

    state parse_ethernet {
        packet.extract(headers.ethernet);
        meta.probed = headers.ethernet.destination[31:0];
        transition select(headers.ethernet.ether_type) {
            ETHER_TYPE_VLAN: parse_vlan;
            ETHER_TYPE_ARP: parse_arp;
            ETHER_TYPE_IPV4: parse_ipv4;
#ifndef MOORING_NO_IPV6
            ETHER_TYPE_IPV6: parse_ipv6;
#endif
            default: accept;
        }
    }

    state parse_vlan {
        packet.extract(headers.vlan);
        transition select(headers.vlan.ether_type) {
            ETHER_TYPE_ARP: parse_arp;
            ETHER_TYPE_IPV4: parse_ipv4;
#ifndef MOORING_NO_IPV6
            ETHER_TYPE_IPV6: parse_ipv6;
#endif
            default: accept;
        }
    }

    state parse_arp {
        packet.extract(headers.arp);
        transition accept;
    }

    state parse_ipv4 {
        packet.extract(headers.ipv4);
        MOORING_PARSED_IPV4
#ifndef MOORING_NO_IPV6
        meta.source[127:32] = IPV4_MAPPED;
        meta.destination[127:32] = IPV4_MAPPED;
#endif
        meta.source[31:0] = headers.ipv4.source;
        meta.destination[31:0] = headers.ipv4.destination;
        meta.protocol = headers.ipv4.protocol;
        meta.identification[15:0] = headers.ipv4.identification;
        transition select(headers.ipv4.ihl) {
            // A header that ends before its addresses.
            0 &&& 0xc: accept;
            4: accept;
            5: parse_plain_ipv4;
            default: parse_ipv4_options;
        }
    }

    state parse_plain_ipv4 {
        MOORING_PARSED_PLAIN_IPV4
        transition parse_fragment;
    }

    state parse_ipv4_options {
        packet.extract(headers.ipv4_options, (bit<32>)(headers.ipv4.ihl - 5) << 5);
        transition parse_fragment;
    }

    /// The lowest of the flags tells that more fragments follow.
    state parse_fragment {
        transition select(headers.ipv4.flags, headers.ipv4.fragment_offset) {
            (0 &&& 1, 0): parse_transport;
            (_, 0): parse_first_fragment;
            default: parse_later_fragment;
        }
    }

    state parse_first_fragment {
        meta.first_fragment = true;
        transition parse_transport;
    }

    state parse_later_fragment {
        meta.later_fragment = true;
        transition accept;
    }

#ifndef MOORING_NO_IPV6
    state parse_ipv6 {
        packet.extract(headers.ipv6);
        MOORING_PARSED_IPV6
        meta.source = headers.ipv6.source;
        meta.destination = headers.ipv6.destination;
        transition select(headers.ipv6.next_header) {
            PROTOCOL_IPV6_FRAGMENT: parse_ipv6_fragment;
            default: parse_plain_ipv6;
        }
    }

    state parse_plain_ipv6 {
        meta.protocol = headers.ipv6.next_header;
        transition select(headers.ipv6.next_header) {
            PROTOCOL_TCP: parse_tcp;
            PROTOCOL_UDP: parse_udp;
            PROTOCOL_ICMPV6: parse_icmpv6;
            default: accept;
        }
    }

    state parse_ipv6_fragment {
        packet.extract(headers.ipv6_fragment);
        meta.protocol = headers.ipv6_fragment.next_header;
        meta.identification = headers.ipv6_fragment.identification;
        transition select(headers.ipv6_fragment.more, headers.ipv6_fragment.offset) {
            (0, 0): parse_ipv6_transport;
            (1, 0): parse_ipv6_first_fragment;
            default: parse_later_fragment;
        }
    }

    state parse_ipv6_first_fragment {
        meta.first_fragment = true;
        transition parse_ipv6_transport;
    }

    state parse_ipv6_transport {
        transition select(headers.ipv6_fragment.next_header) {
            PROTOCOL_TCP: parse_tcp;
            PROTOCOL_UDP: parse_udp;
            PROTOCOL_ICMPV6: parse_icmpv6;
            default: accept;
        }
    }
#endif

    state parse_transport {
        transition select(headers.ipv4.protocol) {
            PROTOCOL_ICMP: parse_icmp;
            PROTOCOL_TCP: parse_tcp;
            PROTOCOL_UDP: parse_udp;
            default: accept;
        }
    }

    state parse_icmp {
        packet.extract(headers.icmp);
        MOORING_PARSED_ICMP
        transition select(headers.icmp.type) {
#ifndef MOORING_NO_ICMP_ERRORS
            ICMP_UNREACHABLE: parse_error;
            ICMP_TIME_EXCEEDED: parse_error;
            ICMP_PARAMETER_PROBLEM: parse_error;
#endif
            default: accept;
        }
    }

#ifndef MOORING_NO_ICMP_ERRORS
    state parse_error {
        packet.extract(headers.icmp_error);
        packet.extract(headers.quoted_ipv4);
        transition select(headers.quoted_ipv4.ihl, headers.quoted_ipv4.fragment_offset, headers.quoted_ipv4.protocol) {
            (5, 0, PROTOCOL_TCP): parse_quoted_ports;
            (5, 0, PROTOCOL_UDP): parse_quoted_ports;
            default: accept;
        }
    }
#endif

#ifndef MOORING_NO_IPV6
    state parse_icmpv6 {
        packet.extract(headers.icmp);
        MOORING_PARSED_ICMP
        transition select(headers.icmp.type) {
            NDP_SOLICITATION: parse_ndp;
            NDP_ADVERTISEMENT: parse_ndp;
#ifndef MOORING_NO_ICMP_ERRORS
            ICMPV6_UNREACHABLE: parse_error_v6;
            ICMPV6_TOO_BIG: parse_error_v6;
            ICMPV6_TIME_EXCEEDED: parse_error_v6;
            ICMPV6_PARAMETER_PROBLEM: parse_error_v6;
#endif
            default: accept;
        }
    }
#endif

#ifndef MOORING_NO_ICMP_ERRORS
#ifndef MOORING_NO_IPV6
    state parse_error_v6 {
        packet.extract(headers.icmp_error);
        packet.extract(headers.quoted_ipv6);
        transition select(headers.quoted_ipv6.next_header) {
            PROTOCOL_TCP: parse_quoted_ports_v6;
            PROTOCOL_UDP: parse_quoted_ports_v6;
            default: accept;
        }
    }
#endif

    /// From here on the message counts as a packet of the connection it speaks of, in the direction it goes itself:
    /// against that of the packet it quotes.
    state parse_quoted_ports {
        packet.extract(headers.quoted_ports);
        meta.is_error = true;
        meta.has_ports = true;
        meta.source_port = headers.quoted_ports.destination;
        meta.destination_port = headers.quoted_ports.source;
        meta.source = MOORING_OF_IPV4(headers.quoted_ipv4.destination);
        meta.destination = MOORING_OF_IPV4(headers.quoted_ipv4.source);
        meta.protocol = headers.quoted_ipv4.protocol;
        transition accept;
    }

#ifndef MOORING_NO_IPV6
    state parse_quoted_ports_v6 {
        packet.extract(headers.quoted_ports);
        meta.is_error = true;
        meta.has_ports = true;
        meta.source_port = headers.quoted_ports.destination;
        meta.destination_port = headers.quoted_ports.source;
        meta.source = headers.quoted_ipv6.destination;
        meta.destination = headers.quoted_ipv6.source;
        meta.protocol = headers.quoted_ipv6.next_header;
        transition accept;
    }
#endif
#endif

#ifndef MOORING_NO_IPV6
    state parse_ndp {
        packet.extract(headers.ndp);
        // Options may be missing.
        transition select(headers.ipv6.payload_length) {
            0 &&& ~(NDP_ANSWER_BYTES - 1): accept;
            default: parse_ndp_option;
        }
    }

    state parse_ndp_option {
        packet.extract(headers.ndp_mac_option);
        transition accept;
    }
#endif

    state parse_tcp {
        packet.extract(headers.tcp);
        MOORING_PARSED_TCP
        meta.has_ports = true;
        meta.source_port = headers.tcp.source;
        meta.destination_port = headers.tcp.destination;
        transition select(headers.tcp.syn, headers.tcp.ack) {
            (1, 0): parse_syn;
            default: accept;
        }
    }

    state parse_syn {
        meta.is_syn = true;
        meta.opens = true;
        transition accept;
    }

    state parse_udp {
        packet.extract(headers.udp);
        MOORING_PARSED_UDP
        meta.has_ports = true;
        meta.source_port = headers.udp.source;
        meta.destination_port = headers.udp.destination;
        meta.opens = true;
        transition accept;
    }
}

#endif

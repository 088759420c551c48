// Reads a packet down to its transport ports. Anything unknown is payload: it is still switched on its Ethernet
// addresses. Only the first fragment of a datagram has ports; IPv4 options
// and a VLAN tag are carried along unread. Of an ICMP error the connection it speaks of is read.
#ifndef MOORING_CORE_PARSER_P4
#define MOORING_CORE_PARSER_P4

#include "headers.p4"
#include "metadata.p4"

parser PacketParser(packet_in packet, out headers_t headers, inout metadata_t meta, in bool from_controller) {
    state start {
        transition select(from_controller) {
            true: parse_packet_out;
            false: parse_ethernet;
        }
    }

    state parse_packet_out {
        packet.extract(headers.packet_out);
        // A release or a sweep carries no packet behind its header.
        transition select(headers.packet_out.operation) {
            PACKET_OUT_FORWARD: parse_ethernet;
            PACKET_OUT_FLOOD: parse_ethernet;
            PACKET_OUT_RECEIVE: parse_ethernet;
            default: accept;
        }
    }

    state parse_ethernet {
        packet.extract(headers.ethernet);
        transition select(headers.ethernet.ether_type) {
            ETHER_TYPE_VLAN: parse_vlan;
            ETHER_TYPE_ARP: parse_arp;
            ETHER_TYPE_IPV4: parse_ipv4;
            ETHER_TYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }

    state parse_vlan {
        packet.extract(headers.vlan);
        transition select(headers.vlan.ether_type) {
            ETHER_TYPE_ARP: parse_arp;
            ETHER_TYPE_IPV4: parse_ipv4;
            ETHER_TYPE_IPV6: parse_ipv6;
            default: accept;
        }
    }

    state parse_arp {
        packet.extract(headers.arp);
        transition accept;
    }

    state parse_ipv4 {
        packet.extract(headers.ipv4);
        verify(headers.ipv4.ihl >= 5, error.ParserInvalidArgument);
        meta.source = IPV4_MAPPED ++ headers.ipv4.source;
        meta.destination = IPV4_MAPPED ++ headers.ipv4.destination;
        meta.protocol = headers.ipv4.protocol;
        meta.first_fragment = headers.ipv4.flags[0:0] == 1 && headers.ipv4.fragment_offset == 0;
        meta.later_fragment = headers.ipv4.fragment_offset != 0;
        meta.identification = (bit<32>)headers.ipv4.identification;
        transition select(headers.ipv4.ihl) {
            5: parse_transport;
            default: parse_ipv4_options;
        }
    }

    state parse_ipv4_options {
        packet.extract(headers.ipv4_options, (bit<32>)(headers.ipv4.ihl - 5) << 5);
        transition parse_transport;
    }

    state parse_ipv6 {
        packet.extract(headers.ipv6);
        meta.source = headers.ipv6.source;
        meta.destination = headers.ipv6.destination;
        meta.protocol = headers.ipv6.next_header;
        transition select(headers.ipv6.next_header) {
            PROTOCOL_IPV6_FRAGMENT: parse_ipv6_fragment;
            PROTOCOL_TCP: parse_tcp;
            PROTOCOL_UDP: parse_udp;
            PROTOCOL_ICMPV6: parse_icmpv6;
            default: accept;
        }
    }

    state parse_ipv6_fragment {
        packet.extract(headers.ipv6_fragment);
        meta.protocol = headers.ipv6_fragment.next_header;
        meta.first_fragment = headers.ipv6_fragment.more == 1 && headers.ipv6_fragment.offset == 0;
        meta.later_fragment = headers.ipv6_fragment.offset != 0;
        meta.identification = headers.ipv6_fragment.identification;
        transition select(headers.ipv6_fragment.offset, headers.ipv6_fragment.next_header) {
            (0, PROTOCOL_TCP): parse_tcp;
            (0, PROTOCOL_UDP): parse_udp;
            (0, PROTOCOL_ICMPV6): parse_icmpv6;
            default: accept;
        }
    }

    state parse_transport {
        transition select(headers.ipv4.fragment_offset, headers.ipv4.protocol) {
            (0, PROTOCOL_ICMP): parse_icmp;
            (0, PROTOCOL_TCP): parse_tcp;
            (0, PROTOCOL_UDP): parse_udp;
            default: accept;
        }
    }

    state parse_icmp {
        packet.extract(headers.icmp);
        transition select(headers.icmp.type) {
            ICMP_UNREACHABLE: parse_error;
            ICMP_TIME_EXCEEDED: parse_error;
            ICMP_PARAMETER_PROBLEM: parse_error;
            default: accept;
        }
    }

    state parse_error {
        packet.extract(headers.icmp_error);
        packet.extract(headers.quoted_ipv4);
        transition select(headers.quoted_ipv4.ihl, headers.quoted_ipv4.fragment_offset, headers.quoted_ipv4.protocol) {
            (5, 0, PROTOCOL_TCP): parse_quoted_ports;
            (5, 0, PROTOCOL_UDP): parse_quoted_ports;
            default: accept;
        }
    }

    state parse_icmpv6 {
        packet.extract(headers.icmp);
        transition select(headers.icmp.type) {
            NDP_SOLICITATION: parse_ndp;
            NDP_ADVERTISEMENT: parse_ndp;
            ICMPV6_UNREACHABLE: parse_error_v6;
            ICMPV6_TOO_BIG: parse_error_v6;
            ICMPV6_TIME_EXCEEDED: parse_error_v6;
            ICMPV6_PARAMETER_PROBLEM: parse_error_v6;
            default: accept;
        }
    }

    state parse_error_v6 {
        packet.extract(headers.icmp_error);
        packet.extract(headers.quoted_ipv6);
        transition select(headers.quoted_ipv6.next_header) {
            PROTOCOL_TCP: parse_quoted_ports_v6;
            PROTOCOL_UDP: parse_quoted_ports_v6;
            default: accept;
        }
    }

    /// From here on the message counts as a packet of the connection it speaks of, in the direction it goes itself:
    /// against that of the packet it quotes.
    state parse_quoted_ports {
        packet.extract(headers.quoted_ports);
        meta.is_error = true;
        meta.has_ports = true;
        meta.source_port = headers.quoted_ports.destination;
        meta.destination_port = headers.quoted_ports.source;
        meta.source = IPV4_MAPPED ++ headers.quoted_ipv4.destination;
        meta.destination = IPV4_MAPPED ++ headers.quoted_ipv4.source;
        meta.protocol = headers.quoted_ipv4.protocol;
        transition accept;
    }

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

    state parse_ndp {
        packet.extract(headers.ndp);
        // Options may be missing.
        transition select(headers.ipv6.payload_length >= NDP_ANSWER_BYTES) {
            true: parse_ndp_option;
            false: accept;
        }
    }

    state parse_ndp_option {
        packet.extract(headers.ndp_mac_option);
        transition accept;
    }

    state parse_tcp {
        packet.extract(headers.tcp);
        meta.has_ports = true;
        meta.source_port = headers.tcp.source;
        meta.destination_port = headers.tcp.destination;
        meta.is_syn = headers.tcp.syn == 1 && headers.tcp.ack == 0;
        meta.opens = meta.is_syn;
        transition accept;
    }

    state parse_udp {
        packet.extract(headers.udp);
        meta.has_ports = true;
        meta.source_port = headers.udp.source;
        meta.destination_port = headers.udp.destination;
        meta.opens = true;
        transition accept;
    }
}

#endif

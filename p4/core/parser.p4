// Reads a packet down to its transport ports. Anything unknown is payload: it is still switched on its Ethernet
// addresses. Only the first fragment of a datagram has ports; IPv4 options are carried along unread.
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
            default: accept;
        }
    }

    state parse_ethernet {
        packet.extract(headers.ethernet);
        transition select(headers.ethernet.ether_type) {
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
        transition select(headers.ipv4.ihl) {
            5: parse_transport;
            default: parse_ipv4_options;
        }
    }

    state parse_ipv4_options {
        packet.extract(headers.ipv4_options, (bit<32>)(headers.ipv4.ihl - 5) << 5);
        transition parse_transport;
    }

    state parse_transport {
        transition select(headers.ipv4.fragment_offset, headers.ipv4.protocol) {
            (0, PROTOCOL_ICMP): parse_icmp;
            (0, PROTOCOL_TCP): parse_tcp;
            (0, PROTOCOL_UDP): parse_udp;
            default: accept;
        }
    }

    state parse_ipv6 {
        packet.extract(headers.ipv6);
        transition select(headers.ipv6.next_header) {
            PROTOCOL_TCP: parse_tcp;
            PROTOCOL_UDP: parse_udp;
            PROTOCOL_ICMPV6: parse_icmpv6;
            default: accept;
        }
    }

    state parse_icmp {
        packet.extract(headers.icmp);
        transition accept;
    }

    state parse_icmpv6 {
        packet.extract(headers.icmp);
        transition select(headers.icmp.type) {
            NDP_SOLICITATION: parse_ndp;
            NDP_ADVERTISEMENT: parse_ndp;
            default: accept;
        }
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

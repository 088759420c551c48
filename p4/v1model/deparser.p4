// What leaves: the headers that are valid, each in its place. Included where the shell's own metadata is known.
#ifndef MOORING_V1MODEL_DEPARSER_P4
#define MOORING_V1MODEL_DEPARSER_P4

control MooringComputeChecksum(inout headers_t headers, inout user_metadata_t user) {
    // Checksums are adjusted where addresses are translated.
    apply {}
}

control MooringDeparser(packet_out packet, in headers_t headers) {
    apply {
        packet.emit(headers.packet_in);
        packet.emit(headers.ethernet);
        packet.emit(headers.vlan);
        packet.emit(headers.arp);
        packet.emit(headers.outer_ipv4);
        packet.emit(headers.outer_ipv6);
        packet.emit(headers.outer_udp);
        packet.emit(headers.gue);
        packet.emit(headers.ipv4);
        packet.emit(headers.ipv4_options);
        packet.emit(headers.ipv6);
        packet.emit(headers.ipv6_fragment);
        packet.emit(headers.icmp);
        packet.emit(headers.icmp_error);
        packet.emit(headers.quoted_ipv4);
        packet.emit(headers.quoted_ipv6);
        packet.emit(headers.quoted_ports);
        packet.emit(headers.ndp);
        packet.emit(headers.ndp_mac_option);
        packet.emit(headers.tcp);
        packet.emit(headers.udp);
    }
}

#endif

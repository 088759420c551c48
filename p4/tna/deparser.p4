// What leaves ingress: digests, checksums of what was changed (the residuals are the parser's, residuals.p4), and the
// headers. Conditions are single bits here.
#ifndef MOORING_TNA_DEPARSER_P4
#define MOORING_TNA_DEPARSER_P4

control MooringIngressDeparser(packet_out packet, inout tna_headers_t headers, in user_metadata_t user,
                               in ingress_intrinsic_metadata_for_deparser_t deparser) {
    // Named as on the other targets, after what they carry.
    @name(".pin_event_t")
    Digest<pin_event_t>(DIGEST_PIN) pin_digest;
    @name(".mac_event_t")
    Digest<mac_event_t>(DIGEST_MAC) mac_digest;
    Checksum() ipv4_sum;
#ifndef MOORING_NO_ENCAPSULATION
    Checksum() outer_sum;
#endif
    Checksum() tcp_sum;
    Checksum() udp_sum;
    Checksum() echo_sum;
#ifndef MOORING_NO_IPV6
    Checksum() advertisement_sum;
#endif

    apply {
        if (deparser.digest_type == DIGEST_PIN) {
            pin_digest.pack(user.mooring.event);
        } else if (deparser.digest_type == DIGEST_MAC) {
            mac_digest.pack(user.mooring.mac_event);
        }
        if (user.ipv4_changed) {
            headers.mooring.ipv4.checksum = ipv4_sum.update({
                headers.mooring.ipv4.source, headers.mooring.ipv4.destination, user.mooring.ipv4_rest });
        }
#ifndef MOORING_NO_ENCAPSULATION
        if (headers.mooring.outer_ipv4.isValid()) {
            headers.mooring.outer_ipv4.checksum = outer_sum.update({
                headers.mooring.outer_ipv4.version, headers.mooring.outer_ipv4.ihl,
                headers.mooring.outer_ipv4.type_of_service, headers.mooring.outer_ipv4.total_length,
                headers.mooring.outer_ipv4.identification, headers.mooring.outer_ipv4.flags,
                headers.mooring.outer_ipv4.fragment_offset, headers.mooring.outer_ipv4.ttl,
                headers.mooring.outer_ipv4.protocol, headers.mooring.outer_ipv4.source,
                headers.mooring.outer_ipv4.destination });
        }
#endif
        // Of the two kinds of addresses those of a header that is not there count nothing.
        if (user.tcp_changed) {
            headers.mooring.tcp.checksum = tcp_sum.update({
                headers.mooring.ipv4.source, headers.mooring.ipv4.destination,
#ifndef MOORING_NO_IPV6
                headers.mooring.ipv6.source, headers.mooring.ipv6.destination,
#endif
                headers.mooring.tcp.source, headers.mooring.tcp.destination, user.mooring.transport_rest });
        }
        if (user.udp_changed) {
            headers.mooring.udp.checksum = udp_sum.update({
                headers.mooring.ipv4.source, headers.mooring.ipv4.destination,
#ifndef MOORING_NO_IPV6
                headers.mooring.ipv6.source, headers.mooring.ipv6.destination,
#endif
                headers.mooring.udp.source, headers.mooring.udp.destination, user.mooring.transport_rest }, true);
        }
        if (user.echo_answered) {
            headers.mooring.icmp.checksum = echo_sum.update({
                headers.mooring.icmp.type, headers.mooring.icmp.code, user.mooring.transport_rest });
        }
#ifndef MOORING_NO_IPV6
        if (user.advertised) {
            headers.mooring.icmp.checksum = advertisement_sum.update({
                headers.mooring.ipv6.source, headers.mooring.ipv6.destination, headers.mooring.ipv6.payload_length,
                8w0, headers.mooring.ipv6.next_header, headers.mooring.icmp.type, headers.mooring.icmp.code,
                headers.mooring.ndp.flags, headers.mooring.ndp.target, headers.mooring.ndp_mac_option.type,
                headers.mooring.ndp_mac_option.length, headers.mooring.ndp_mac_option.mac });
        }
#endif
        packet.emit(headers.resume);
        packet.emit(headers.store);
        packet.emit(headers.bridge);
        packet.emit(headers.mooring);
    }
}

#endif

// Address and port translation, both ways, with the checksums kept right by difference (RFC 1624): what was wrong
// before stays wrong, so that a damaged packet is still found by whom it is for, and the payload is never read.
#ifndef MOORING_CORE_TRANSLATION_P4
#define MOORING_CORE_TRANSLATION_P4

#include "headers.p4"
#include "metadata.p4"

/// What replacing one address and one port adds to the one's complement sum, not folded.
/// The terms are at most six times 0xffff, so 32 bits never overflow.
bit<32> checksum_difference(in ipv4_address_t old_address, in ipv4_address_t new_address,
                                     in l4_port_t old_port, in l4_port_t new_port) {
    return (bit<32>)(~old_address[31:16]) + (bit<32>)(~old_address[15:0]) + (bit<32>)(~old_port)
        + (bit<32>)new_address[31:16] + (bit<32>)new_address[15:0] + (bit<32>)new_port;
}

/// RFC 1624 equation 3: ~(~checksum + difference), folded to 16 bits.
bit<16> adjust_checksum(in bit<16> checksum, in bit<32> difference) {
    bit<32> sum = (bit<32>)(~checksum) + difference;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum[15:0];
}

/// Brings IPv4, TCP and UDP checksums up to date after an address and a port were replaced.
control AdjustChecksums(inout headers_t headers, in ipv4_address_t old_address, in ipv4_address_t new_address,
                        in l4_port_t old_port, in l4_port_t new_port) {
    bit<32> difference;

    apply {
        headers.ipv4.checksum =
            adjust_checksum(headers.ipv4.checksum, checksum_difference(old_address, new_address, 0, 0));
        difference = checksum_difference(old_address, new_address, old_port, new_port);
        if (headers.tcp.isValid()) {
            headers.tcp.checksum = adjust_checksum(headers.tcp.checksum, difference);
        } else if (headers.udp.isValid() && headers.udp.checksum != 0) {
            headers.udp.checksum = adjust_checksum(headers.udp.checksum, difference);
            // RFC 768: zero means "no checksum", so a sum of zero is sent as all ones.
            if (headers.udp.checksum == 0) {
                headers.udp.checksum = 0xffff;
            }
        }
    }
}

/// To the server `meta.server`: its address and port in place of the VIP's, its MAC address and switch port.
control ToServer(inout headers_t headers, inout metadata_t meta) {
    ipv4_address_t old_address;
    l4_port_t old_port;
    AdjustChecksums() adjust;
    MOORING_DIRECT_COUNTER(server_packets)

    /// @param mac, egress_port the way to the server
    /// @param address, port where the server takes this VIP's connections
    @name(".to_server")
    action to_server(mac_address_t mac, switch_port_t egress_port, ipv4_address_t address, l4_port_t port) {
        headers.ethernet.destination = mac;
        headers.ipv4.destination = address;
        meta.destination_port = port;
        meta.egress_port = egress_port;
    }

    @name(".servers")
    table servers {
        key = {
            meta.vip: exact @name("vip");
            meta.server: exact @name("server");
        }
        actions = { to_server; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
        MOORING_COUNTED_BY(server_packets)
    }

    apply {
        old_address = headers.ipv4.destination;
        old_port = meta.destination_port;
        if (servers.apply().hit) {
            meta.verdict = VERDICT_PORT;
            if (headers.tcp.isValid()) {
                headers.tcp.destination = meta.destination_port;
            } else {
                headers.udp.destination = meta.destination_port;
            }
            adjust.apply(headers, old_address, headers.ipv4.destination, old_port, meta.destination_port);
        } else {
            meta.verdict = VERDICT_DROP;
            meta.drop_reason = DROP_NO_SERVER;
        }
    }
}

/// Back to the client: the VIP's address and port in place of the server's. The way there is plain switching.
control FromServer(inout headers_t headers, inout metadata_t meta, in ipv4_address_t vip_address,
                   in l4_port_t vip_port) {
    ipv4_address_t old_address;
    AdjustChecksums() adjust;

    apply {
        old_address = headers.ipv4.source;
        headers.ipv4.source = vip_address;
        if (headers.tcp.isValid()) {
            headers.tcp.source = vip_port;
        } else {
            headers.udp.source = vip_port;
        }
        adjust.apply(headers, old_address, vip_address, meta.source_port, vip_port);
    }
}

#endif

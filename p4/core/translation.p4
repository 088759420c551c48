// Address and port translation, both ways, with the checksums adjusted by the difference. The server's entry chooses
// between IPv4 and IPv6, and must be of the VIP's own kind: what is replaced is the header the packet has.
#ifndef MOORING_CORE_TRANSLATION_P4
#define MOORING_CORE_TRANSLATION_P4

#include "headers.p4"
#include "metadata.p4"
#include "checksums.p4"

/// Adds a difference of address and port to whichever transport checksum there is.
control AdjustTransport(inout headers_t headers, in bit<32> difference) {
    apply {
        if (headers.tcp.isValid()) {
            headers.tcp.checksum = adjust_checksum(headers.tcp.checksum, difference);
        } else if (headers.udp.isValid()) {
            headers.udp.checksum = adjust_udp_checksum(headers.udp.checksum, difference);
        }
    }
}

/// To the server `meta.server`: its address and port in place of the VIP's, its MAC address and switch port.
control ToServer(inout headers_t headers, inout metadata_t meta) {
    bit<32> difference;
    l4_port_t old_port;
    AdjustTransport() adjust;
    MOORING_DIRECT_COUNTER(server_packets)

    action by_way(mac_address_t mac, switch_port_t egress_port, l4_port_t port) {
        headers.ethernet.destination = mac;
        meta.destination_port = port;
        meta.egress_port = egress_port;
        MOORING_COUNT(server_packets)
    }

    /// @param mac, egress_port the way to the server
    /// @param address, port where the server takes this VIP's connections
    @name(".to_server")
    action to_server(mac_address_t mac, switch_port_t egress_port, ipv4_address_t address, l4_port_t port) {
        by_way(mac, egress_port, port);
        difference = ipv4_difference(headers.ipv4.destination, address);
        headers.ipv4.checksum = adjust_checksum(headers.ipv4.checksum, difference);
        headers.ipv4.destination = address;
    }

    /// As `to_server`.
    @name(".to_server_v6")
    action to_server_v6(mac_address_t mac, switch_port_t egress_port, ipv6_address_t address, l4_port_t port) {
        by_way(mac, egress_port, port);
        difference = ipv6_difference(headers.ipv6.destination, address);
        headers.ipv6.destination = address;
    }

    @name(".servers")
    table servers {
        key = {
            meta.vip: exact @name("vip");
            meta.server: exact @name("server");
        }
        actions = { to_server; to_server_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
        MOORING_COUNTED_BY(server_packets)
    }

    apply {
        difference = 0;
        old_port = meta.destination_port;
        if (servers.apply().hit) {
            meta.verdict = VERDICT_PORT;
            if (headers.tcp.isValid()) {
                headers.tcp.destination = meta.destination_port;
            } else {
                headers.udp.destination = meta.destination_port;
            }
            adjust.apply(headers, difference + word_difference(old_port, meta.destination_port));
        } else {
            meta.verdict = VERDICT_DROP;
            meta.drop_reason = DROP_NO_SERVER;
        }
    }
}

/// Back to the client: the VIP's address and port in place of the server's. The way there is plain switching.
control FromServer(inout headers_t headers, inout metadata_t meta) {
    bit<32> difference;
    AdjustTransport() adjust;

    apply {
        if (headers.ipv4.isValid()) {
            difference = ipv4_difference(headers.ipv4.source, meta.service_address[31:0]);
            headers.ipv4.checksum = adjust_checksum(headers.ipv4.checksum, difference);
            headers.ipv4.source = meta.service_address[31:0];
        } else {
            difference = ipv6_difference(headers.ipv6.source, meta.service_address);
            headers.ipv6.source = meta.service_address;
        }
        if (headers.tcp.isValid()) {
            headers.tcp.source = meta.service_port;
        } else {
            headers.udp.source = meta.service_port;
        }
        adjust.apply(headers, difference + word_difference(meta.source_port, meta.service_port));
    }
}

#endif

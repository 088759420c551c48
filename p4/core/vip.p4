// From a packet to the VIP it is for, or the VIP it comes back from. `vips` and `returns` are each other's mirror: one
// knows the service as clients see it, the other as the servers run it. IPv4 and IPv6 have tables of their own, so that
// an IPv4 address costs 32 bits of a key; behind them a client's address is one 128-bit number, whatever it was.
#ifndef MOORING_CORE_VIP_P4
#define MOORING_CORE_VIP_P4

#include "headers.p4"
#include "metadata.p4"

/// Client to VIP. `hit` tells whether the packet is for a VIP.
control VipLookup(in headers_t headers, inout metadata_t meta, out bool hit) {
    /// @param vip the VIP's number, unique to its address, protocol and port
    /// @param bucket_count how many buckets its connections are spread over
    /// @param seed goes into the hash
    /// @param port_mask 0xffff spreads by client address and port, 0 keeps a client's connections together
    /// @param one_way the switch cannot watch handshakes: UDP, or servers that answer past the switch
    @name(".set_vip")
    action set_vip(vip_id_t vip, bit<16> bucket_count, bit<32> seed, bit<16> port_mask, bit<1> one_way) {
        meta.vip = vip;
        meta.bucket_count = bucket_count;
        meta.seed = seed;
        meta.client_port = meta.source_port;
        meta.hashed_port = meta.source_port & port_mask;
        meta.one_way = one_way == 1;
    }

    @name(".vips")
    table vips {
        key = {
            headers.ipv4.destination: exact @name("address");
            headers.ipv4.protocol: exact @name("protocol");
            meta.destination_port: exact @name("port");
        }
        actions = { set_vip; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    @name(".vips_v6")
    table vips_v6 {
        key = {
            headers.ipv6.destination: exact @name("address");
            headers.ipv6.next_header: exact @name("protocol");
            meta.destination_port: exact @name("port");
        }
        actions = { set_vip; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    apply {
        if (headers.ipv4.isValid()) {
            hit = vips.apply().hit;
            meta.client_address = IPV4_MAPPED ++ headers.ipv4.source;
        } else {
            hit = vips_v6.apply().hit;
            meta.client_address = headers.ipv6.source;
        }
    }
}

/// Server to client. `hit` tells whether the packet comes from a server's service port.
control ReturnLookup(in headers_t headers, inout metadata_t meta, out bool hit) {
    action from(server_id_t server, vip_id_t vip, l4_port_t port) {
        meta.server = server;
        meta.vip = vip;
        meta.client_port = meta.destination_port;
        meta.service_port = port;
    }

    /// @param server the server's number
    /// @param address, port the VIP's, which the client knows
    @name(".from_server")
    action from_server(server_id_t server, vip_id_t vip, ipv4_address_t address, l4_port_t port) {
        from(server, vip, port);
        meta.client_address = IPV4_MAPPED ++ headers.ipv4.destination;
        meta.service_address = IPV4_MAPPED ++ address;
    }

    /// As `from_server`.
    @name(".from_server_v6")
    action from_server_v6(server_id_t server, vip_id_t vip, ipv6_address_t address, l4_port_t port) {
        from(server, vip, port);
        meta.client_address = headers.ipv6.destination;
        meta.service_address = address;
    }

    @name(".returns")
    table returns {
        key = {
            headers.ipv4.source: exact @name("address");
            headers.ipv4.protocol: exact @name("protocol");
            meta.source_port: exact @name("port");
        }
        actions = { from_server; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
    }

    @name(".returns_v6")
    table returns_v6 {
        key = {
            headers.ipv6.source: exact @name("address");
            headers.ipv6.next_header: exact @name("protocol");
            meta.source_port: exact @name("port");
        }
        actions = { from_server_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
    }

    apply {
        if (headers.ipv4.isValid()) {
            hit = returns.apply().hit;
        } else {
            hit = returns_v6.apply().hit;
        }
    }
}

#endif

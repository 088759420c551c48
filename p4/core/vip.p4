// From a packet to the VIP it is for, or the VIP it comes back from. The two tables are each other's mirror: `vips`
// knows the service as clients see it, `returns` as the servers run it.
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
    @name(".set_vip")
    action set_vip(vip_id_t vip, bit<16> bucket_count, bit<32> seed, bit<16> port_mask) {
        meta.vip = vip;
        meta.bucket_count = bucket_count;
        meta.seed = seed;
        meta.client_address = headers.ipv4.source;
        meta.client_port = meta.source_port;
        meta.hashed_port = meta.source_port & port_mask;
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

    apply {
        hit = vips.apply().hit;
        meta.key = meta.client_address ++ meta.client_port ++ meta.vip;
    }
}

/// Server to client. `hit` tells whether the packet comes from a server's service port.
control ReturnLookup(in headers_t headers, inout metadata_t meta, out bool hit,
                     out ipv4_address_t vip_address, out l4_port_t vip_port) {
    /// @param server the server's number
    /// @param address, port the VIP's, which the client knows
    @name(".from_server")
    action from_server(server_id_t server, vip_id_t vip, ipv4_address_t address, l4_port_t port) {
        meta.server = server;
        meta.vip = vip;
        meta.client_address = headers.ipv4.destination;
        meta.client_port = meta.destination_port;
        vip_address = address;
        vip_port = port;
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

    apply {
        vip_address = 0;
        vip_port = 0;
        hit = returns.apply().hit;
        meta.key = meta.client_address ++ meta.client_port ++ meta.vip;
    }
}

#endif

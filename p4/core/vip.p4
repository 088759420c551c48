// From a packet to the VIP it is for, or the VIP it comes back from. `vips` and `returns` are each other's mirror: one
// knows the service as clients see it, the other as the servers run it. A service may be another for each class of
// clients. IPv4 and IPv6 have tables of their own, so that an IPv4 address costs 32 bits of a key; behind them a
// client's address is one 128-bit number, whatever it was.
//
// A VIP for all ports of a protocol has tables without the port, which are asked only where those with the port know
// nothing: a VIP for a particular port comes first, and costs nothing more. Of such a VIP the port the client has
// connected to is part of the connection's identity (`vip_port`), since the same client address and port may have many
// connections to it at once.
#ifndef MOORING_CORE_VIP_P4
#define MOORING_CORE_VIP_P4

#include "headers.p4"
#include "metadata.p4"

/// Which class a client belongs to, by the longest prefix of its address.
control ClientClass(in headers_t headers, inout metadata_t meta) {
    MOORING_DIRECT_COUNTER(class_packets)
#ifndef MOORING_NO_IPV6
    MOORING_DIRECT_COUNTER(class_packets_v6)
#endif

    /// @param client_class from 1 on
    @name(".set_class")
    action set_class(client_class_t client_class) {
        meta.client_class = client_class;
        MOORING_COUNT(class_packets)
    }

#ifndef MOORING_NO_IPV6
    /// As `set_class`.
    @name(".set_class_v6")
    action set_class_v6(client_class_t client_class) {
        meta.client_class = client_class;
        MOORING_COUNT(class_packets_v6)
    }
#endif

    @name(".client_classes")
    table client_classes {
        key = { meta.source[31:0]: lpm @name("client_address"); }
        actions = { set_class; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
        MOORING_COUNTED_BY(class_packets)
    }

#ifndef MOORING_NO_IPV6
    @name(".client_classes_v6")
    table client_classes_v6 {
        key = { meta.source: lpm @name("client_address"); }
        actions = { set_class_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
        MOORING_COUNTED_BY(class_packets_v6)
    }
#endif

    apply {
        meta.client_class = 0;
        if (headers.ipv4.isValid()) {
            client_classes.apply();
#ifndef MOORING_NO_IPV6
        } else {
            client_classes_v6.apply();
#endif
        }
    }
}

/// Client to VIP. `hit` tells whether the packet is for a VIP.
control VipLookup(in headers_t headers, inout metadata_t meta, out bool hit) {
    MOORING_DIRECT_COUNTER(vip_packets)
#ifndef MOORING_NO_IPV6
    MOORING_DIRECT_COUNTER(vip_packets_v6)
#endif

    action choose(vip_id_t vip, bucket_t first_bucket, bit<16> bucket_count, bit<32> seed, bit<16> port_mask,
                  bit<1> one_way) {
        meta.vip = vip;
        meta.client_address = meta.source;
        meta.first_bucket = first_bucket;
        meta.bucket_count = bucket_count;
        meta.seed = seed;
        meta.client_port = meta.source_port;
        meta.hashed_port = meta.source_port & port_mask;
        meta.one_way = (bool)one_way;
    }

    /// @param vip the VIP's number, unique to its address, protocol, port and class of clients
    /// @param first_bucket number of the first of its buckets: another one where they have been laid out anew
    /// @param bucket_count how many buckets its connections are spread over
    /// @param seed goes into the hash: 0, or an odd number with bits all over
    /// @param port_mask 0xffff spreads by client address and port, 0 keeps a client's connections together
    /// @param one_way the switch cannot watch handshakes: UDP, or servers that answer past the switch
    @name(".set_vip")
    action set_vip(vip_id_t vip, bucket_t first_bucket, bit<16> bucket_count, bit<32> seed, bit<16> port_mask,
                   bit<1> one_way) {
        choose(vip, first_bucket, bucket_count, seed, port_mask, one_way);
        MOORING_COUNT(vip_packets)
    }

#ifndef MOORING_NO_IPV6
    /// As `set_vip`.
    @name(".set_vip_v6")
    action set_vip_v6(vip_id_t vip, bucket_t first_bucket, bit<16> bucket_count, bit<32> seed, bit<16> port_mask,
                   bit<1> one_way) {
        choose(vip, first_bucket, bucket_count, seed, port_mask, one_way);
        MOORING_COUNT(vip_packets_v6)
    }
#endif

#ifndef MOORING_NO_ALL_PORTS
    MOORING_DIRECT_COUNTER(all_ports_packets)
#ifndef MOORING_NO_IPV6
    MOORING_DIRECT_COUNTER(all_ports_packets_v6)
#endif

    action choose_all_ports(vip_id_t vip, bucket_t first_bucket, bit<16> bucket_count, bit<32> seed,
                            bit<16> port_mask, bit<1> one_way) {
        choose(vip, first_bucket, bucket_count, seed, port_mask, one_way);
        meta.vip_port = meta.destination_port;
        meta.hashed_port = (meta.source_port ^ meta.destination_port) & port_mask;
    }

    /// As `set_vip`, of a VIP for all ports.
    /// @param port_mask 0xffff spreads by both ports and the client's address
    @name(".set_vip_all_ports")
    action set_vip_all_ports(vip_id_t vip, bucket_t first_bucket, bit<16> bucket_count, bit<32> seed,
                             bit<16> port_mask, bit<1> one_way) {
        choose_all_ports(vip, first_bucket, bucket_count, seed, port_mask, one_way);
        MOORING_COUNT(all_ports_packets)
    }

#ifndef MOORING_NO_IPV6
    /// As `set_vip_all_ports`.
    @name(".set_vip_all_ports_v6")
    action set_vip_all_ports_v6(vip_id_t vip, bucket_t first_bucket, bit<16> bucket_count, bit<32> seed,
                                bit<16> port_mask, bit<1> one_way) {
        choose_all_ports(vip, first_bucket, bucket_count, seed, port_mask, one_way);
        MOORING_COUNT(all_ports_packets_v6)
    }
#endif

    @name(".vips_all_ports")
    table vips_all_ports {
        key = {
            meta.destination[31:0]: exact @name("address");
            meta.protocol: exact @name("protocol");
            meta.client_class: exact @name("client_class");
        }
        actions = { set_vip_all_ports; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
        MOORING_COUNTED_BY(all_ports_packets)
    }

#ifndef MOORING_NO_IPV6
    @name(".vips_all_ports_v6")
    table vips_all_ports_v6 {
        key = {
            meta.destination: exact @name("address");
            meta.protocol: exact @name("protocol");
            meta.client_class: exact @name("client_class");
        }
        actions = { set_vip_all_ports_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
        MOORING_COUNTED_BY(all_ports_packets_v6)
    }
#endif
#endif

    @name(".vips")
    table vips {
        key = {
            meta.destination[31:0]: exact @name("address");
            meta.protocol: exact @name("protocol");
            meta.destination_port: exact @name("port");
            meta.client_class: exact @name("client_class");
        }
        actions = { set_vip; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
        MOORING_COUNTED_BY(vip_packets)
    }

#ifndef MOORING_NO_IPV6
    @name(".vips_v6")
    table vips_v6 {
        key = {
            meta.destination: exact @name("address");
            meta.protocol: exact @name("protocol");
            meta.destination_port: exact @name("port");
            meta.client_class: exact @name("client_class");
        }
        actions = { set_vip_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
        MOORING_COUNTED_BY(vip_packets_v6)
    }
#endif

    apply {
        hit = false;
        if (headers.ipv4.isValid()) {
            hit = vips.apply().hit;
#ifndef MOORING_NO_IPV6
        } else {
            hit = vips_v6.apply().hit;
#endif
        }
#ifndef MOORING_NO_ALL_PORTS
        if (!hit) {
            if (headers.ipv4.isValid()) {
                hit = vips_all_ports.apply().hit;
#ifndef MOORING_NO_IPV6
            } else {
                hit = vips_all_ports_v6.apply().hit;
#endif
            }
        }
#endif
    }
}

/// Server to client. `hit` tells whether the packet comes from a server's service port.
control ReturnLookup(in headers_t headers, inout metadata_t meta, out bool hit) {
    action from(server_id_t server, vip_id_t vip, l4_port_t port) {
        meta.server = server;
        meta.vip = vip;
        meta.client_address = meta.destination;
        meta.client_port = meta.destination_port;
        meta.service_port = port;
    }

    /// @param server the server's number
    /// @param address, port the VIP's, which the client knows
    @name(".from_server")
    action from_server(server_id_t server, vip_id_t vip, ipv4_address_t address, l4_port_t port) {
        from(server, vip, port);
        meta.service_address = MOORING_OF_IPV4(address);
    }

#ifndef MOORING_NO_IPV6
    /// As `from_server`.
    @name(".from_server_v6")
    action from_server_v6(server_id_t server, vip_id_t vip, ipv6_address_t address, l4_port_t port) {
        from(server, vip, port);
        meta.service_address = address;
    }
#endif

#ifndef MOORING_NO_ALL_PORTS
    action from_all_ports(server_id_t server, vip_id_t vip) {
        from(server, vip, meta.source_port);
        meta.vip_port = meta.source_port;
    }

    /// As `from_server`, of a VIP for all ports: the server has kept the port.
    @name(".from_server_all_ports")
    action from_server_all_ports(server_id_t server, vip_id_t vip, ipv4_address_t address) {
        from_all_ports(server, vip);
        meta.service_address = MOORING_OF_IPV4(address);
    }

#ifndef MOORING_NO_IPV6
    /// As `from_server_all_ports`.
    @name(".from_server_all_ports_v6")
    action from_server_all_ports_v6(server_id_t server, vip_id_t vip, ipv6_address_t address) {
        from_all_ports(server, vip);
        meta.service_address = address;
    }
#endif

    @name(".returns_all_ports")
    table returns_all_ports {
        key = {
            meta.source[31:0]: exact @name("address");
            meta.protocol: exact @name("protocol");
        }
        actions = { from_server_all_ports; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

#ifndef MOORING_NO_IPV6
    @name(".returns_all_ports_v6")
    table returns_all_ports_v6 {
        key = {
            meta.source: exact @name("address");
            meta.protocol: exact @name("protocol");
        }
        actions = { from_server_all_ports_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }
#endif
#endif

    @name(".returns")
    table returns {
        key = {
            meta.source[31:0]: exact @name("address");
            meta.protocol: exact @name("protocol");
            meta.source_port: exact @name("port");
        }
        actions = { from_server; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
    }

#ifndef MOORING_NO_IPV6
    @name(".returns_v6")
    table returns_v6 {
        key = {
            meta.source: exact @name("address");
            meta.protocol: exact @name("protocol");
            meta.source_port: exact @name("port");
        }
        actions = { from_server_v6; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
    }
#endif

    apply {
        hit = false;
        if (headers.ipv4.isValid()) {
            hit = returns.apply().hit;
#ifndef MOORING_NO_IPV6
        } else {
            hit = returns_v6.apply().hit;
#endif
        }
#ifndef MOORING_NO_ALL_PORTS
        if (!hit) {
            if (headers.ipv4.isValid()) {
                hit = returns_all_ports.apply().hit;
#ifndef MOORING_NO_IPV6
            } else {
                hit = returns_all_ports_v6.apply().hit;
#endif
            }
        }
#endif
    }
}

#endif

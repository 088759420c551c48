// To the server and back: by default with addresses and ports translated both ways, checksums adjusted by the
// difference. A server may instead be given packets as they are: by its MAC address alone, or inside another packet. It
// then answers past the switch, from the VIP's own address, and the VIP is a one-way one.
//
// The server's entry chooses between IPv4 and IPv6 and must be of the VIP's own kind: what is replaced is the header
// that the packet has.
#ifndef MOORING_CORE_TRANSLATION_P4
#define MOORING_CORE_TRANSLATION_P4

#include "headers.p4"
#include "metadata.p4"
#include "checksums.p4"
#include "encapsulation.p4"

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

#ifndef MOORING_NO_ICMP_ERRORS
/// In an ICMP error: puts `address` and `port` in place of the quoted packet's source (an error on its way to a server)
/// or destination (from a server). `difference` is what has changed in the message's pseudo header already.
control TranslateQuoted(inout headers_t headers, inout metadata_t meta, in bool to_server, in address_t address,
                        in l4_port_t port, in bit<32> difference) {
    bit<32> changed;
    bit<32> ports;
    bit<16> old_checksum;

    apply {
#ifndef MOORING_NO_IPV6
        if (headers.quoted_ipv6.isValid()) {
            changed = ipv6_difference(to_server ? headers.quoted_ipv6.source : headers.quoted_ipv6.destination, address);
        } else
#endif
        {
            changed = ipv4_difference(to_server ? headers.quoted_ipv4.source : headers.quoted_ipv4.destination,
                                      address[31:0]);
            // With its checksum right again the header's words add up to what they did.
            headers.quoted_ipv4.checksum = adjust_checksum(headers.quoted_ipv4.checksum, changed);
        }
        ports = word_difference(to_server ? headers.quoted_ports.source : headers.quoted_ports.destination, port);
        old_checksum = headers.quoted_ports.fourth;
        if (meta.protocol == PROTOCOL_UDP) {
            headers.quoted_ports.fourth = adjust_udp_checksum(old_checksum, changed + ports);
        }
        ports = ports + word_difference(old_checksum, headers.quoted_ports.fourth);
        if (headers.quoted_ipv6.isValid()) {
            ports = ports + changed + difference;
        }
        headers.icmp.checksum = adjust_checksum(headers.icmp.checksum, ports);
        if (to_server) {
            headers.quoted_ipv4.source = address[31:0];
#ifndef MOORING_NO_IPV6
            headers.quoted_ipv6.source = address;
#endif
            headers.quoted_ports.source = port;
        } else {
            headers.quoted_ipv4.destination = address[31:0];
#ifndef MOORING_NO_IPV6
            headers.quoted_ipv6.destination = address;
#endif
            headers.quoted_ports.destination = port;
        }
    }
}
#endif

/// To the server `meta.server`, in whichever way its entry says. What the entry's action does not set is not read.
@noWarn("uninitialized-use")
control ToServer(inout headers_t headers, inout metadata_t meta) {
    bit<32> difference;
    address_t new_address;
    l4_port_t new_port;
    bit<2> way;
#ifndef MOORING_NO_ENCAPSULATION
    Encapsulate() encapsulate;
#endif
    AdjustTransport() adjust;
#ifndef MOORING_NO_ICMP_ERRORS
    TranslateQuoted() translate_quoted;
#endif
    MOORING_DIRECT_COUNTER(server_packets)
#ifdef MOORING_SELECTOR
    MOORING_SELECTOR(link_selector)
#endif

    action by_way(mac_address_t mac, switch_port_t egress_port) {
        headers.ethernet.destination = mac;
        meta.egress_port = egress_port;
        MOORING_COUNT(server_packets)
    }

#ifndef MOORING_NO_ENCAPSULATION
    action inside_ipv4(ipv4_address_t source, ipv4_address_t destination) {
        headers.outer_ipv4.setValid();
        headers.outer_ipv4.source = source;
        headers.outer_ipv4.destination = destination;
    }

    action inside_ipv6(ipv6_address_t source, ipv6_address_t destination) {
        headers.outer_ipv6.setValid();
        headers.outer_ipv6.source = source;
        headers.outer_ipv6.destination = destination;
    }
#endif

    /// @param mac, egress_port the way to the server; BY_LINK for one of its links
    /// @param address, port where the server takes this VIP's connections
    @name(".to_server")
    action to_server(mac_address_t mac, switch_port_t egress_port, ipv4_address_t address, l4_port_t port) {
        by_way(mac, egress_port);
        way = FORWARD_TRANSLATED;
        new_address = MOORING_OF_IPV4(address);
        new_port = port;
    }

#ifndef MOORING_NO_IPV6
    /// As `to_server`.
    @name(".to_server_v6")
    action to_server_v6(mac_address_t mac, switch_port_t egress_port, ipv6_address_t address, l4_port_t port) {
        by_way(mac, egress_port);
        way = FORWARD_TRANSLATED;
        new_address = address;
        new_port = port;
    }
#endif

#ifndef MOORING_NO_ALL_PORTS
    /// As `to_server`, of a VIP for all ports: the port stays.
    @name(".to_server_all_ports")
    action to_server_all_ports(mac_address_t mac, switch_port_t egress_port, ipv4_address_t address) {
        by_way(mac, egress_port);
        way = FORWARD_TRANSLATED;
        new_address = MOORING_OF_IPV4(address);
        new_port = meta.destination_port;
    }

#ifndef MOORING_NO_IPV6
    /// As `to_server_all_ports`.
    @name(".to_server_all_ports_v6")
    action to_server_all_ports_v6(mac_address_t mac, switch_port_t egress_port, ipv6_address_t address) {
        by_way(mac, egress_port);
        way = FORWARD_TRANSLATED;
        new_address = address;
        new_port = meta.destination_port;
    }
#endif
#endif

    /// As it is: the server has the VIP's address as one of its own.
    @name(".to_server_direct")
    action to_server_direct(mac_address_t mac, switch_port_t egress_port) {
        by_way(mac, egress_port);
        way = FORWARD_DIRECT;
    }

#ifndef MOORING_NO_ENCAPSULATION
    /// Inside an IP packet (RFC 2003, RFC 2473).
    /// @param source, destination of that packet
    @name(".to_server_ipip")
    action to_server_ipip(mac_address_t mac, switch_port_t egress_port, ipv4_address_t source,
                          ipv4_address_t destination) {
        by_way(mac, egress_port);
        way = FORWARD_IPIP;
        inside_ipv4(source, destination);
    }

    /// As `to_server_ipip`.
    @name(".to_server_ipip_v6")
    action to_server_ipip_v6(mac_address_t mac, switch_port_t egress_port, ipv6_address_t source,
                             ipv6_address_t destination) {
        by_way(mac, egress_port);
        way = FORWARD_IPIP;
        inside_ipv6(source, destination);
    }

    /// Inside a UDP datagram (GUE).
    /// @param port where the server takes such datagrams
    @name(".to_server_gue")
    action to_server_gue(mac_address_t mac, switch_port_t egress_port, ipv4_address_t source,
                         ipv4_address_t destination, l4_port_t port) {
        by_way(mac, egress_port);
        way = FORWARD_GUE;
        inside_ipv4(source, destination);
        new_port = port;
    }

    /// As `to_server_gue`.
    @name(".to_server_gue_v6")
    action to_server_gue_v6(mac_address_t mac, switch_port_t egress_port, ipv6_address_t source,
                            ipv6_address_t destination, l4_port_t port) {
        by_way(mac, egress_port);
        way = FORWARD_GUE;
        inside_ipv6(source, destination);
        new_port = port;
    }
#endif

    @name(".servers")
    table servers {
        key = {
            meta.vip: exact @name("vip");
            meta.server: exact @name("server");
        }
        actions = {
            to_server;
#ifndef MOORING_NO_IPV6
            to_server_v6;
#endif
#ifndef MOORING_NO_ALL_PORTS
            to_server_all_ports;
#ifndef MOORING_NO_IPV6
            to_server_all_ports_v6;
#endif
#endif
            to_server_direct;
#ifndef MOORING_NO_ENCAPSULATION
            to_server_ipip;
            to_server_ipip_v6;
            to_server_gue;
            to_server_gue_v6;
#endif
            @defaultonly NoAction;
        }
        const default_action = NoAction;
        size = 8192;
        MOORING_COUNTED_BY(server_packets)
    }

#ifdef MOORING_SELECTOR
    @name(".to_link")
    action to_link(mac_address_t mac, switch_port_t egress_port) {
        headers.ethernet.destination = mac;
        meta.egress_port = egress_port;
    }

    @name(".links")
    table links {
        key = {
            meta.server: exact @name("server");
            meta.client_address: selector;
            meta.client_port: selector;
        }
        actions = { to_link; @defaultonly NoAction; }
        size = 4096;
        MOORING_SELECTED_BY(link_selector)
    }
#endif

    apply {
        if (servers.apply().hit) {
            meta.verdict = VERDICT_PORT;
#ifdef MOORING_SELECTOR
            if (meta.egress_port == BY_LINK) {
                if (!links.apply().hit) {
                    meta.verdict = VERDICT_DROP;
                    meta.drop_reason = DROP_NO_SERVER;
                }
            }
#endif
        } else {
            meta.verdict = VERDICT_DROP;
            meta.drop_reason = DROP_NO_SERVER;
            way = FORWARD_DIRECT;
        }
        if (way == FORWARD_TRANSLATED) {
            if (headers.ipv4.isValid()) {
                difference = ipv4_difference(headers.ipv4.destination, new_address[31:0]);
                headers.ipv4.checksum = adjust_checksum(headers.ipv4.checksum, difference);
                headers.ipv4.destination = new_address[31:0];
#ifndef MOORING_NO_IPV6
            } else {
                difference = ipv6_difference(headers.ipv6.destination, new_address);
                headers.ipv6.destination = new_address;
#endif
            }
#ifndef MOORING_NO_ICMP_ERRORS
            if (meta.is_error) {
                translate_quoted.apply(headers, meta, true, new_address, new_port, difference);
            } else
#endif
            {
                adjust.apply(headers, difference + word_difference(meta.destination_port, new_port));
                if (headers.tcp.isValid()) {
                    headers.tcp.destination = new_port;
                } else if (headers.udp.isValid()) {
                    headers.udp.destination = new_port;
                }
            }
#ifndef MOORING_NO_ENCAPSULATION
        } else if (way != FORWARD_DIRECT) {
            encapsulate.apply(headers, meta, way == FORWARD_GUE, new_port);
#endif
        }
    }
}

/// Back to the client: the VIP's address and port in place of the server's. The way there is plain switching.
control FromServer(inout headers_t headers, inout metadata_t meta) {
    bit<32> difference;
    AdjustTransport() adjust;
#ifndef MOORING_NO_ICMP_ERRORS
    TranslateQuoted() translate_quoted;
#endif

    apply {
        difference = 0;
        // An error may come from a router on the way, which speaks for itself.
        if (headers.ipv4.isValid() && headers.ipv4.source == meta.source[31:0]) {
            difference = ipv4_difference(headers.ipv4.source, meta.service_address[31:0]);
            headers.ipv4.checksum = adjust_checksum(headers.ipv4.checksum, difference);
            headers.ipv4.source = meta.service_address[31:0];
#ifndef MOORING_NO_IPV6
        } else if (headers.ipv6.isValid() && headers.ipv6.source == meta.source) {
            difference = ipv6_difference(headers.ipv6.source, meta.service_address);
            headers.ipv6.source = meta.service_address;
#endif
        }
#ifndef MOORING_NO_ICMP_ERRORS
        if (meta.is_error) {
            translate_quoted.apply(headers, meta, false, meta.service_address, meta.service_port, difference);
        } else
#endif
        {
            adjust.apply(headers, difference + word_difference(meta.source_port, meta.service_port));
            if (headers.tcp.isValid()) {
                headers.tcp.source = meta.service_port;
            } else if (headers.udp.isValid()) {
                headers.udp.source = meta.service_port;
            }
        }
    }
}

#endif

// The addresses that live in the switch itself: every VIP answers ARP requests, neighbour solicitations and echo
// requests. ARP replies and neighbour advertisements sent to one of them are for the controller, which asked where a
// server is.
#ifndef MOORING_CORE_ADDRESSES_P4
#define MOORING_CORE_ADDRESSES_P4

#include "headers.p4"
#include "metadata.p4"
#include "checksums.p4"

/// An answer is a solicited one and overrides what was known: the S and O flags of RFC 4861 section 4.4.
const bit<32> NDP_SOLICITED = 0x60000000;
/// To a host that has no address yet and asks whether the VIP's is free: the O flag alone, to all nodes.
const bit<32> NDP_UNSOLICITED = 0x20000000;
const ipv6_address_t NO_ADDRESS = 0;
const ipv6_address_t ALL_NODES = 0xff020000000000000000000000000001;
const mac_address_t ALL_NODES_MAC = 0x333300000001;

/// Servers that have the VIP's address themselves do not answer requests in its name. They are asked by a probe (RFC
/// 5227), which names no sender; its answer is recognised by the MAC address it goes to: these 16 bits and the VIP's
/// address.
const bit<16> PROBER = 0x024d;

/// `own` tells whether the packet is for one of the addresses, `handled` whether it was answered or handed to the
/// controller.
control OwnAddresses(inout headers_t headers, inout metadata_t meta, out bool own, out bool handled) {
    ipv4_address_t asked;
#ifndef MOORING_NO_IPV6
    ipv6_address_t asked_v6;
    bit<32> sum;
#endif
    mac_address_t own_mac;

    /// @param mac the address's MAC address
    @name(".own_address")
    action own_address(mac_address_t mac) {
        own_mac = mac;
    }

    @name(".addresses")
    table addresses {
        key = { asked: exact @name("address"); }
        actions = { own_address; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

#ifndef MOORING_NO_IPV6
    @name(".addresses_v6")
    table addresses_v6 {
        key = { asked_v6: exact @name("address"); }
        actions = { own_address; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }
#endif

    action answer_arp() {
        headers.arp.operation = ARP_REPLY;
        headers.arp.target_mac = headers.arp.sender_mac;
        headers.arp.target_address = headers.arp.sender_address;
        headers.arp.sender_mac = own_mac;
        headers.arp.sender_address = asked;
    }

    action answer_echo() {
        headers.ipv4.destination = headers.ipv4.source;
        headers.ipv4.source = asked;
        headers.icmp.type = ICMP_ECHO_REPLY;
        // The type alone changes, by 8 in the upper byte of a 16-bit word.
        headers.icmp.checksum = adjust_icmp_checksum(headers.icmp.checksum, 0xf7ff);
    }

#ifndef MOORING_NO_IPV6
    action answer_echo_v6() {
        headers.ipv6.destination = headers.ipv6.source;
        headers.ipv6.source = asked_v6;
        headers.icmp.type = ICMPV6_ECHO_REPLY;
        headers.icmp.checksum = adjust_checksum(headers.icmp.checksum, 0x0100);
    }
#endif

    action send_back() {
        headers.ethernet.destination = headers.ethernet.source;
        headers.ethernet.source = own_mac;
        meta.verdict = VERDICT_PORT;
        meta.egress_port = meta.ingress_port;
    }

#ifndef MOORING_NO_IPV6
    /// The answer is a message of its own, whatever options the question had: they are left behind its end.
    action answer_solicitation() {
        headers.ipv6.destination = headers.ipv6.source;
        headers.ipv6.source = asked_v6;
        headers.ipv6.payload_length = NDP_ANSWER_BYTES;
        headers.icmp.type = NDP_ADVERTISEMENT;
        headers.ndp.flags = NDP_SOLICITED;
        headers.ndp_mac_option.setValid();
        headers.ndp_mac_option.type = NDP_TARGET_MAC;
        headers.ndp_mac_option.length = 1;
        headers.ndp_mac_option.mac = own_mac;
        send_back();
    }

    action sign_advertisement() {
        sum = sum_ipv6(headers.ipv6.source) + sum_ipv6(headers.ipv6.destination)
            + (bit<32>)NDP_ANSWER_BYTES + (bit<32>)PROTOCOL_ICMPV6
            + (bit<32>)(NDP_ADVERTISEMENT ++ 8w0) + (headers.ndp.flags >> 16) + sum_ipv6(headers.ndp.target)
            + (bit<32>)(NDP_TARGET_MAC ++ 8w1)
            + (bit<32>)own_mac[47:32] + (bit<32>)own_mac[31:16] + (bit<32>)own_mac[15:0];
        headers.icmp.checksum = ~fold_sum(sum);
    }
#endif

    apply {
        handled = false;
        own = false;
        own_mac = 0;
        if (!headers.arp.isValid()) {
            asked = headers.ipv4.destination;
        } else if (headers.arp.target_address != 0) {
            asked = headers.arp.target_address;
        } else if (headers.ethernet.destination[47:32] == PROBER) {
            asked = meta.probed;
        } else {
            asked = 0;
        }
#ifndef MOORING_NO_IPV6
        if (headers.ndp.isValid() && headers.icmp.type == NDP_SOLICITATION) {
            asked_v6 = headers.ndp.target;
        } else {
            asked_v6 = headers.ipv6.destination;
        }
#endif
        if (headers.arp.isValid() || headers.ipv4.isValid()) {
            own = addresses.apply().hit;
        }
#ifndef MOORING_NO_IPV6
        if (headers.ipv6.isValid()) {
            own = addresses_v6.apply().hit;
        }
#endif
        if (own && headers.arp.isValid()) {
            handled = true;
            if (headers.arp.operation == ARP_REQUEST) {
                answer_arp();
                send_back();
            } else {
                meta.verdict = VERDICT_CONTROLLER;
            }
#ifndef MOORING_NO_IPV6
        } else if (own && headers.ndp.isValid()) {
            if (headers.ipv6.hop_limit == NDP_HOP_LIMIT && headers.icmp.code == 0) {
                handled = true;
                if (headers.icmp.type == NDP_ADVERTISEMENT) {
                    meta.verdict = VERDICT_CONTROLLER;
                } else {
                    answer_solicitation();
                    if (headers.ipv6.destination == NO_ADDRESS) {
                        headers.ipv6.destination = ALL_NODES;
                        headers.ethernet.destination = ALL_NODES_MAC;
                        headers.ndp.flags = NDP_UNSOLICITED;
                    }
                    sign_advertisement();
                }
            }
#endif
        } else if (own && headers.icmp.isValid()) {
            if (headers.ipv4.isValid() && headers.icmp.type == ICMP_ECHO_REQUEST) {
                handled = true;
                answer_echo();
                send_back();
#ifndef MOORING_NO_IPV6
            } else if (headers.ipv6.isValid() && headers.icmp.type == ICMPV6_ECHO_REQUEST) {
                handled = true;
                answer_echo_v6();
                send_back();
#endif
            }
        }
    }
}

#endif

// The addresses that live in the switch itself: every VIP answers ARP and echo requests. ARP replies sent to one of
// them are for the controller, which asked where a server is.
#ifndef MOORING_CORE_ADDRESSES_P4
#define MOORING_CORE_ADDRESSES_P4

#include "headers.p4"
#include "metadata.p4"
#include "translation.p4"

/// `handled` tells whether the packet was answered, or handed to the controller.
control OwnAddresses(inout headers_t headers, inout metadata_t meta, out bool own, out bool handled) {
    ipv4_address_t asked;
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
        headers.icmp.checksum = adjust_checksum(headers.icmp.checksum, 0xf7ff);
    }

    action send_back() {
        headers.ethernet.destination = headers.ethernet.source;
        headers.ethernet.source = own_mac;
        meta.verdict = VERDICT_PORT;
        meta.egress_port = meta.ingress_port;
    }

    apply {
        handled = false;
        own = false;
        own_mac = 0;
        asked = headers.arp.isValid() ? headers.arp.target_address : headers.ipv4.destination;
        if (headers.arp.isValid() || headers.ipv4.isValid()) {
            own = addresses.apply().hit;
        }
        if (own) {
            if (headers.arp.isValid()) {
                handled = true;
                if (headers.arp.operation == ARP_REQUEST) {
                    answer_arp();
                    send_back();
                } else {
                    meta.verdict = VERDICT_CONTROLLER;
                }
            } else if (headers.icmp.isValid() && headers.icmp.type == ICMP_ECHO_REQUEST) {
                handled = true;
                answer_echo();
                send_back();
            }
        }
    }
}

#endif

// Plain switching for whatever is not for a VIP: by MAC address, flooding what is unknown. The controller learns
// where addresses are from events and forgets those that fall silent by the entries' idle timeouts.
#ifndef MOORING_CORE_ETHERNET_P4
#define MOORING_CORE_ETHERNET_P4

#include "headers.p4"
#include "metadata.p4"

/// Notices a MAC address that is new, or was behind another port.
control MacLearning(in headers_t headers, inout metadata_t meta) {
    @name(".mac_known")
    action mac_known() {}

    @name(".mac_sources")
    table mac_sources {
        key = {
            headers.ethernet.source: exact @name("mac");
            meta.ingress_port: exact @name("port");
        }
        actions = { mac_known; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
        MOORING_IDLE_TIMEOUT
    }

    apply {
        // What is too short for an address has none to learn.
        if (headers.ethernet.isValid()) {
            if (!mac_sources.apply().hit) {
                meta.mac_unknown = true;
                meta.mac_event = { headers.ethernet.source, meta.ingress_port };
            }
        }
    }
}

/// Sends to where the destination address is, or everywhere.
control MacForwarding(in headers_t headers, inout metadata_t meta) {
    @name(".to_port")
    action to_port(switch_port_t port) {
        meta.verdict = VERDICT_PORT;
        meta.egress_port = port;
    }

    /// @param group the multicast group of all ports
    @name(".flood")
    action flood(bit<16> group) {
        meta.verdict = VERDICT_FLOOD;
        meta.flood_group = group;
    }

    @name(".macs")
    table macs {
        key = { headers.ethernet.destination: exact @name("mac"); }
        actions = { to_port; flood; }
        default_action = flood(1);
        size = 16384;
    }

    apply {
        macs.apply();
    }
}

#endif

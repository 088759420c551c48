// Which server a connection is held to, if any (rule R1): a confirmed register slot, else an exact entry. A pin to a
// server that is not alive is ignored here and now, without waiting for the controller to delete it.
#ifndef MOORING_CORE_PINS_P4
#define MOORING_CORE_PINS_P4

#include "headers.p4"
#include "metadata.p4"

// What a shell says of its largest tables.
#ifndef MOORING_LARGE_TABLE
#define MOORING_LARGE_TABLE
#endif

/// The durable store of pins: one entry a connection, made by the controller from the registers' events. IPv4 clients
/// have a table of their own, whose key is small.
control ExactPins(in headers_t headers, inout metadata_t meta) {
    /// @param server where the connection lives
    /// @param closing the entry is about to be deleted: a SYN is dropped, to be resent (rule R6)
    @name(".pin")
    action pin(server_id_t server, bit<1> closing) {
        meta.pin_server = server;
        meta.pin_closing = (bool)closing;
    }

    MOORING_LARGE_TABLE
    @name(".pins")
    table pins {
        key = {
            meta.vip: exact @name("vip");
            meta.client_address[31:0]: exact @name("client_address");
            meta.client_port: exact @name("client_port");
#ifndef MOORING_NO_ALL_PORTS
            meta.vip_port: exact @name("vip_port");
#endif
        }
        actions = { pin; @defaultonly NoAction; }
        const default_action = NoAction;
        size = MOORING_PINS;
        MOORING_IDLE_TIMEOUT
    }

#ifndef MOORING_NO_IPV6
    MOORING_LARGE_TABLE
    @name(".pins_v6")
    table pins_v6 {
        key = {
            meta.vip: exact @name("vip");
            meta.client_address: exact @name("client_address");
            meta.client_port: exact @name("client_port");
#ifndef MOORING_NO_ALL_PORTS
            meta.vip_port: exact @name("vip_port");
#endif
        }
        actions = { pin; @defaultonly NoAction; }
        const default_action = NoAction;
        size = MOORING_PINS / 4;
        MOORING_IDLE_TIMEOUT
    }
#endif

    @name(".alive_for_pin")
    action alive() {}

    @name(".pin_servers")
    table pin_servers {
        key = { meta.pin_server: exact @name("server"); }
        actions = { alive; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    apply {
        meta.pinned = false;
        bool found = false;
        if (headers.ipv4.isValid()) {
            found = pins.apply().hit;
#ifndef MOORING_NO_IPV6
        } else {
            found = pins_v6.apply().hit;
#endif
        }
        if (found) {
            meta.pinned = pin_servers.apply().hit;
        }
    }
}

/// Compares a slot that has been read with the packet. A shell whose registers can compare does without.
@noWarn("unused")
control JudgeSlot(in headers_t headers, in metadata_t meta, inout slot_t slot) {
    ticks_t age;

    apply {
        age = meta.now - slot.stamp;
        slot.same = slot.client_address == meta.client_address && slot.client_port == meta.client_port
            && slot.vip == meta.vip && slot.vip_port == meta.vip_port;
        slot.expired = age > meta.tentative_lifetime;
        slot.overdue = age > meta.report_interval;
        slot.acknowledged = headers.tcp.acknowledgment == slot.sequence + 1;
    }
}

/// Finds the register slot that holds the connection. Both ways have been read: the connection is in one at most.
control SlotMatch(inout metadata_t meta) {
    @name(".alive_for_slot")
    action alive() {}

    @name(".slot_servers")
    table slot_servers {
        key = { meta.slot.server: exact @name("server"); }
        actions = { alive; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    apply {
        meta.way = WAY_NONE;
        if (meta.first.state != SLOT_EMPTY && meta.first.same) {
            meta.slot = meta.first;
            meta.way = WAY_FIRST;
        } else if (meta.second.state != SLOT_EMPTY && meta.second.same) {
            meta.slot = meta.second;
            meta.way = WAY_SECOND;
        }
        meta.slot_alive = false;
        if (meta.way != WAY_NONE) {
            meta.slot_alive = slot_servers.apply().hit;
        }
    }
}

#endif

// What the controller orders by packet-out about the pin registers, which it cannot write itself: to release a slot
// whose pin has been promoted, and to go over slots and report what they hold.
//
// A release names connection and generation, so that one that comes late or twice frees nobody else's pin (rule R3).
// It is answered whether it found the pin or not: either way the slot no longer holds it.
#ifndef MOORING_CORE_ORDERS_P4
#define MOORING_CORE_ORDERS_P4

#include "headers.p4"
#include "metadata.p4"
#include "decision.p4"
#include "pins.p4"

/// Frees the slot that `meta.way` names, if it still holds the pin that the order speaks of.
control ReleaseSlot(in headers_t headers, inout metadata_t meta) {
    apply {
        meta.event.kind = EVENT_RELEASED;
        meta.event.way = headers.packet_out.way;
        meta.event.slot = headers.packet_out.slot;
        meta.event.generation = headers.packet_out.generation;
        meta.event.vip = meta.vip;
        meta.event.bucket = 0;
        MOORING_SHOW(meta.event.client_address, meta.client_address)
        meta.event.client_port = meta.client_port;
        meta.event.vip_port = meta.vip_port;
        meta.event.server = 0;
        if (meta.slot.state == SLOT_CONFIRMED && meta.slot.same
            && meta.slot.generation == headers.packet_out.generation) {
            meta.slot.state = SLOT_EMPTY;
            meta.slot.generation = meta.slot.generation + 1;
            meta.store = meta.way;
        }
    }
}

#ifndef MOORING_NO_SWEEPS
/// One step of a sweep, which reports one slot at most.
control SweepSlot(in headers_t headers, inout metadata_t meta) {
    ReportSlot() report_swept;

    apply {
        meta.client_address = meta.slot.client_address;
        meta.client_port = meta.slot.client_port;
        meta.vip = meta.slot.vip;
#ifndef MOORING_NO_ALL_PORTS
        meta.vip_port = meta.slot.vip_port;
#endif
        if (meta.slot.state == SLOT_CONFIRMED) {
            report_swept.apply(meta, EVENT_HELD);
            meta.sweep_reports = meta.sweep_reports + 1;
        } else if (meta.slot.state == SLOT_TENTATIVE) {
            if (meta.slot.expired) {
                meta.slot.state = SLOT_EMPTY;
                meta.slot.generation = meta.slot.generation + 1;
                meta.store = meta.way;
            } else {
                report_swept.apply(meta, EVENT_TENTATIVE);
                meta.sweep_reports = meta.sweep_reports + 1;
            }
        }
    }
}
#endif

/// Reads a packet-out's header: what the packet behind it, or the slot it names, is for. `received` is set where it is
/// to be handled as if it came in by a port, `alive` where the controller wants it known that it is there.
control PacketOutOrder(in headers_t headers, inout metadata_t meta, out bool switched, out bool received,
                       out bool alive) {
#ifndef MOORING_NO_SWEEPS
    /// A sweep's next slot, and how many are left.
    bit<32> slot;
    bit<32> left;
    bool exists;
#endif
    bit<32> age;

    action refuse(bit<8> reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    /// Hardware compares a difference with zero, not two numbers, and computes in one stage what it asks for in the
    /// next: an action of its own.
    action measure_age() {
        age = headers.packet_out.epoch - meta.epoch;
    }

#ifndef MOORING_NO_SWEEPS
    /// Likewise.
    action measure_sweep() {
        left = headers.packet_out.count - meta.sweep_offset;
        slot = headers.packet_out.slot + meta.sweep_offset;
    }
#endif

    action name_slot(bit<8> order, bit<32> index) {
        meta.order = order;
        meta.index_first = index;
        meta.index_second = index;
    }

    apply {
        switched = false;
        received = false;
        alive = false;
        refuse(DROP_CONSUMED);
        measure_age();
#ifndef MOORING_NO_SWEEPS
        measure_sweep();
        if (slot < MOORING_SLOTS) {
            exists = true;
        } else {
            exists = false;
        }
#endif
        if (age[31:31] == 1) {
            refuse(DROP_PACKET_OUT);
        } else if (headers.packet_out.operation == PACKET_OUT_FORWARD) {
            meta.verdict = VERDICT_PORT;
            meta.egress_port = headers.packet_out.egress_port;
        } else if (headers.packet_out.operation == PACKET_OUT_FLOOD) {
            switched = true;
        } else if (headers.packet_out.operation == PACKET_OUT_RECEIVE) {
            received = true;
            meta.ingress_port = headers.packet_out.egress_port;
        } else if (headers.packet_out.operation == PACKET_OUT_ALIVE) {
            alive = true;
        } else if (headers.packet_out.operation == PACKET_OUT_RELEASE && headers.packet_out.slot < MOORING_SLOTS) {
            name_slot(ORDER_RELEASE, headers.packet_out.slot);
            if (headers.packet_out.way == 0) {
                meta.way = WAY_FIRST;
            } else {
                meta.way = WAY_SECOND;
            }
            meta.client_address = MOORING_OF_IPV6(headers.packet_out.client_address);
            meta.client_port = headers.packet_out.client_port;
            meta.vip = headers.packet_out.vip;
            meta.vip_port = headers.packet_out.vip_port;
#ifndef MOORING_NO_SWEEPS
        } else if (headers.packet_out.operation == PACKET_OUT_SWEEP) {
            if (meta.sweep_way == WAY_SECOND) {
                meta.way = WAY_SECOND;
            } else {
                meta.way = WAY_FIRST;
            }
            if (left != 0 && left[31:31] == 0 && exists) {
                name_slot(ORDER_SWEEP, slot);
                meta.again = true;
            } else {
                meta.event = { EVENT_SWEPT, 0, meta.sweep_reports, headers.packet_out.generation, 0, 0, 0, 0, 0, 0 };
            }
#endif
        } else {
            refuse(DROP_PACKET_OUT);
        }
    }
}

/// Carries an order out on the slot it names; both ways have been read.
control SlotOrder(in headers_t headers, inout metadata_t meta) {
    ReleaseSlot() release_slot;
#ifndef MOORING_NO_SWEEPS
    SweepSlot() sweep_slot;
#endif

#ifndef MOORING_NO_SWEEPS
    action sweep_on() {
        meta.sweep_offset = meta.sweep_offset + 1;
    }
#endif

    apply {
#ifndef MOORING_NO_SWEEPS
        if (meta.order == ORDER_SWEEP) {
            if (meta.way == WAY_FIRST && meta.first.state != SLOT_EMPTY) {
                meta.sweep_way = WAY_SECOND;
            } else {
                // Most slots are empty: then both ways of a sweep take one pass.
                meta.way = WAY_SECOND;
                meta.sweep_way = WAY_FIRST;
                sweep_on();
            }
        }
#endif
        if (meta.way == WAY_FIRST) {
            meta.slot = meta.first;
        } else {
            meta.slot = meta.second;
        }
        if (meta.order == ORDER_RELEASE) {
            release_slot.apply(headers, meta);
#ifndef MOORING_NO_SWEEPS
        } else {
            sweep_slot.apply(headers, meta);
#endif
        }
    }
}

#endif

// The heart of Mooring: which server this packet of a client goes to. Rules R1 to R3 of the design, in the order in
// which they apply. Every branch ends at a server that keeps the connection alive: the pin's, or the bucket's base,
// which serves all connections that have no pin. What cannot be stored falls back to the base, or, in a sealed
// bucket, is dropped for the client to resend: a limit never breaks a connection.
#ifndef MOORING_CORE_DECISION_P4
#define MOORING_CORE_DECISION_P4

#include "headers.p4"
#include "metadata.p4"
#include "doubt.p4"

/// A slot can be taken when it is empty, or tentative for longer than any handshake lasts.
bool slot_is_free(in slot_t slot) {
    bool free;
    if (slot.state == SLOT_EMPTY || (slot.state == SLOT_TENTATIVE && slot.expired)) {
        free = true;
    } else {
        free = false;
    }
    return free;
}

/// Describes the slot at hand to the controller: it holds the packet's connection.
control ReportSlot(inout metadata_t meta, in bit<8> kind) {
    apply {
        meta.event.kind = kind;
        if (meta.way == WAY_FIRST) {
            meta.event.way = 0;
            meta.event.slot = meta.index_first;
        } else {
            meta.event.way = 1;
            meta.event.slot = meta.index_second;
        }
        meta.event.generation = meta.slot.generation;
        meta.event.vip = meta.vip;
        meta.event.bucket = meta.slot.bucket;
        MOORING_SHOW(meta.event.client_address, meta.client_address)
        meta.event.client_port = meta.client_port;
        meta.event.vip_port = meta.vip_port;
        meta.event.server = meta.slot.server;
    }
}

/// Chooses `meta.server` for a packet from a client; the bucket's assignment, the pins and the slots have been read.
///
/// What can be known before is computed before; the decision itself is one chain of conditions, each with all its
/// consequences at once, so that hardware makes it in one step.
control ServerDecision(in headers_t headers, inout metadata_t meta) {
    ReportSlot() report_confirmed;
    bool first_free;
    bool second_free;
    bool may_have_lost;
    bool new_connection;
    bool learned;
    /// What has no pin is for the controller, which will say where the connection lives.
    bool asks;
    /// Of a slot that it takes: where nobody watches handshakes there is none to wait for.
    bit<8> opening_state;
    /// It finds no room in the registers, and goes to the base for good: the controller is to pin it there.
    bool left_to_base;

    action drop_because(bit<8> reason) {
        meta.verdict = VERDICT_DROP;
        meta.drop_reason = reason;
    }

    action to_base() {
        meta.server = meta.base;
        meta.unpinned = true;
    }

    /// The slot at hand stays the connection's.
    action keep(bit<8> state) {
        meta.server = meta.slot.server;
        meta.slot.state = state;
        meta.slot.stamp = meta.now;
        meta.store = meta.way;
    }

    /// Takes a slot for a connection that has no pin; whoever had it before has it no more if `generation` is another
    /// one.
    action take(bit<8> way, generation_t generation) {
        meta.server = meta.current;
        meta.way = way;
        meta.slot.client_address = meta.client_address;
        meta.slot.client_port = meta.client_port;
        meta.slot.vip = meta.vip;
        meta.slot.vip_port = meta.vip_port;
        meta.slot.state = opening_state;
        meta.slot.answered = 0;
        meta.slot.generation = generation;
        meta.slot.server = meta.current;
        meta.slot.bucket = meta.bucket;
        meta.slot.stamp = meta.now;
        meta.store = way;
    }

    apply {
        first_free = slot_is_free(meta.first);
        second_free = slot_is_free(meta.second);
        may_have_lost = may_have_lost_pin(headers, meta);
        if (meta.opens && meta.base != meta.current) {
            new_connection = true;
        } else {
            new_connection = false;
        }
        // Where any packet may open a connection, all that live are pinned before the current server changes. The
        // current server is the base's own then.
        if (meta.one_way && meta.learn && meta.base == meta.current && !meta.is_error && !may_have_lost) {
            learned = true;
        } else {
            learned = false;
        }
        if (meta.controller_listens && may_have_lost) {
            asks = true;
        } else {
            asks = false;
        }
        if (meta.one_way) {
            opening_state = SLOT_CONFIRMED;
        } else {
            opening_state = SLOT_TENTATIVE;
        }

        left_to_base = false;
        if (meta.slot_alive && meta.slot.state == SLOT_TENTATIVE && meta.slot.answered == 1 && headers.tcp.isValid()
            && headers.tcp.ack == 1 && headers.tcp.syn == 0 && headers.tcp.rst == 0 && meta.slot.acknowledged) {
            // The client acknowledges the SYN of the tentative server, and of no other (rule R2).
            keep(SLOT_CONFIRMED);
        } else if (meta.slot_alive && meta.slot.state == SLOT_CONFIRMED) {
            if (meta.slot.overdue) {
                // Still here: the report or the release was lost (rule R3).
                keep(SLOT_CONFIRMED);
            } else {
                meta.server = meta.slot.server;
            }
        } else if (meta.pinned) {
            meta.server = meta.pin_server;
            if (meta.pin_closing && meta.is_syn) {
                drop_because(DROP_PIN_CLOSING);
            }
        } else if (new_connection || learned) {
            if (meta.slot_alive) {
                // Its SYN was resent.
                keep(SLOT_TENTATIVE);
            } else if (meta.way != WAY_NONE) {
                // Its server died: freed by this.
                take(meta.way, meta.slot.generation + 1);
            } else if (first_free) {
                if (meta.first.state == SLOT_EMPTY) {
                    take(WAY_FIRST, meta.first.generation);
                } else {
                    take(WAY_FIRST, meta.first.generation + 1);
                }
            } else if (second_free) {
                if (meta.second.state == SLOT_EMPTY) {
                    take(WAY_SECOND, meta.second.generation);
                } else {
                    take(WAY_SECOND, meta.second.generation + 1);
                }
            } else if (learned && !meta.sealed) {
                to_base();
            } else if (meta.one_way && !meta.is_syn) {
                // Its next packet may find room: sent to the base now, the flow would be torn apart then.
                drop_because(DROP_NO_ROOM);
            } else if (meta.sealed) {
                drop_because(DROP_SEALED);
            } else {
                // Whatever else the connection sends goes there as well. A SYN that is resent could find room where
                // nobody watches handshakes, so the base is to hold it.
                to_base();
                left_to_base = meta.one_way;
            }
        } else {
            to_base();
            if (asks) {
                meta.verdict = VERDICT_CONTROLLER;
            }
        }

#ifndef MOORING_NO_ICMP_ERRORS
        if (meta.is_error) {
            // What is said about a connection is no sign of its life.
            meta.unpinned = false;
        }
#endif
        if (meta.store != WAY_NONE && meta.slot.state == SLOT_CONFIRMED) {
            report_confirmed.apply(meta, EVENT_CONFIRMED);
        } else if (meta.verdict == VERDICT_CONTROLLER) {
            // The controller will say where the connection lives.
        } else if (left_to_base || (meta.unpinned && meta.learn
                                    && (meta.one_way || (!meta.is_syn && meta.base != meta.current)))) {
            meta.event.kind = EVENT_LEARNED;
            meta.event.way = 0;
            meta.event.slot = 0;
            meta.event.generation = 0;
            meta.event.vip = meta.vip;
            meta.event.bucket = meta.bucket;
            MOORING_SHOW(meta.event.client_address, meta.client_address)
            meta.event.client_port = meta.client_port;
            meta.event.vip_port = meta.vip_port;
            meta.event.server = meta.base;
        }
    }
}

/// A server's SYN-ACK passes: what sequence number it chose decides later whether the client's answer was meant for it.
control RememberAnswer(in headers_t headers, inout metadata_t meta) {
    apply {
        if (meta.way != WAY_NONE && meta.slot.state == SLOT_TENTATIVE && meta.slot.server == meta.server) {
            meta.slot.answered = 1;
            meta.slot.sequence = headers.tcp.sequence;
            meta.store = meta.way;
        }
    }
}

#endif

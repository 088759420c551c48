// The heart of Mooring: which server this packet of a client goes to. Rules R1 to R3 of the design, in the order in
// which they apply. Every branch ends at a server that keeps the connection alive: the pin's, or the bucket's base,
// which serves all connections that have no pin. What cannot be stored falls back to the base, or, in a sealed
// bucket, is dropped for the client to resend: a limit never breaks a connection.
#ifndef MOORING_CORE_DECISION_P4
#define MOORING_CORE_DECISION_P4

#include "headers.p4"
#include "metadata.p4"

/// A slot can be taken when it is empty, or tentative for longer than any handshake lasts.
bool slot_is_free(in bit<2> state, in ticks_t age, in ticks_t tentative_lifetime) {
    return state == SLOT_EMPTY || (state == SLOT_TENTATIVE && age > tentative_lifetime);
}

/// Describes the slot at hand to the controller.
control ReportSlot(inout metadata_t meta, in bit<8> kind) {
    apply {
        meta.event.kind = kind;
        meta.event.way = meta.way == WAY_FIRST ? 8w0 : 8w1;
        meta.event.slot = meta.way == WAY_FIRST ? meta.index_first : meta.index_second;
        meta.event.generation = meta.slot.generation;
        meta.event.vip = meta.slot.key[15:0];
        meta.event.bucket = meta.slot.bucket;
        meta.event.client_address = meta.slot.key[63:32];
        meta.event.client_port = meta.slot.key[31:16];
        meta.event.server = meta.slot.server;
    }
}

/// A SYN of a connection that has no pin, in a bucket whose current server is not its base: takes a tentative slot.
control PinTentatively(inout metadata_t meta) {
    bool first_free;
    bool second_free;

    apply {
        first_free = slot_is_free(meta.first.state, meta.now - meta.first.stamp, meta.tentative_lifetime);
        second_free = slot_is_free(meta.second.state, meta.now - meta.second.stamp, meta.tentative_lifetime);
        if (meta.way != WAY_NONE) {
            // Resent: its slot stays as it is if that server lives, and starts over with the current one if not.
            if (!meta.slot_alive) {
                meta.slot.server = meta.current;
                meta.slot.answered = 0;
            }
            meta.store = meta.way;
        } else if (first_free) {
            meta.slot = meta.first;
            meta.store = WAY_FIRST;
        } else if (second_free) {
            meta.slot = meta.second;
            meta.store = WAY_SECOND;
        }
        if (meta.store != WAY_NONE) {
            if (meta.way == WAY_NONE) {
                if (meta.slot.state != SLOT_EMPTY) {
                    // What the expired slot held is freed by this.
                    meta.slot.generation = meta.slot.generation + 1;
                }
                meta.slot.key = meta.key;
                meta.slot.state = SLOT_TENTATIVE;
                meta.slot.answered = 0;
                meta.slot.server = meta.current;
                meta.slot.bucket = meta.bucket;
            }
            meta.slot.stamp = meta.now;
            meta.server = meta.slot.server;
        } else if (meta.sealed) {
            meta.verdict = VERDICT_DROP;
            meta.drop_reason = DROP_SEALED;
        } else {
            meta.server = meta.base;
            meta.unpinned = true;
        }
    }
}

/// Chooses `meta.server` for a packet from a client; the bucket's assignment, the pins and the slots have been read.
control ServerDecision(in headers_t headers, inout metadata_t meta) {
    PinTentatively() pin_tentatively;
    ReportSlot() report_confirmed;
    bool handshake_completes;
    bool confirmed;

    apply {
        // The client acknowledges the SYN of the tentative server, and of no other (rule R2).
        handshake_completes = meta.slot_alive && meta.slot.state == SLOT_TENTATIVE && meta.slot.answered == 1
            && headers.tcp.isValid() && headers.tcp.ack == 1 && headers.tcp.syn == 0 && headers.tcp.rst == 0
            && headers.tcp.acknowledgment == meta.slot.sequence + 1;
        confirmed = meta.slot_alive && meta.slot.state == SLOT_CONFIRMED;

        if (handshake_completes) {
            meta.server = meta.slot.server;
            meta.slot.state = SLOT_CONFIRMED;
            meta.slot.stamp = meta.now;
            meta.store = meta.way;
            report_confirmed.apply(meta, EVENT_CONFIRMED);
        } else if (confirmed) {
            meta.server = meta.slot.server;
            // Still here: the report or the release was lost (rule R3).
            if (meta.now - meta.slot.stamp > meta.report_interval) {
                meta.slot.stamp = meta.now;
                meta.store = meta.way;
                report_confirmed.apply(meta, EVENT_CONFIRMED);
            }
        } else if (meta.pinned) {
            meta.server = meta.pin_server;
            if (meta.pin_closing && meta.is_syn) {
                meta.verdict = VERDICT_DROP;
                meta.drop_reason = DROP_PIN_CLOSING;
            }
        } else if (meta.is_syn && meta.base != meta.current) {
            pin_tentatively.apply(meta);
        } else {
            meta.server = meta.base;
            meta.unpinned = true;
            if (meta.learn && !meta.is_syn) {
                meta.event = { EVENT_LEARNED, 0, 0, 0, meta.vip, meta.bucket, meta.client_address, meta.client_port,
                               meta.base };
            }
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

// What servers make of new connections and of packets they do not expect, counted by server. SYNs that a server gets
// and SYN-ACKs that come back from it say whether it takes connections; resets say whether it got packets of
// connections that it does not have. A reset without acknowledgment says just that, "no such connection" (RFC 9293,
// 3.10.7.1); with one, a server refuses or ends a connection.
//
// The controller decides what is counted, by the entries it makes: a server without them costs a lookup and no counter.
// Of a VIP whose servers answer past the switch it makes none for SYNs, for the other half would be missing. Where
// resets of such a VIP happen to pass, nobody knows whose they are: they are server 0's.
//
// What goes to the controller to find a lost connection (doubt.p4) is no news, and is not counted.
#ifndef MOORING_CORE_SIGNALS_P4
#define MOORING_CORE_SIGNALS_P4

#include "headers.p4"
#include "metadata.p4"

const bit<8> SIGNAL_NONE = 0;
/// A SYN goes to the server, for the first time or resent.
const bit<8> SIGNAL_SYN = 1;
/// The server answers a SYN.
const bit<8> SIGNAL_SYN_ACK = 2;
/// The server refuses a connection, or ends it.
const bit<8> SIGNAL_RESET = 3;
/// The server knows nothing of the connection.
const bit<8> SIGNAL_NO_CONNECTION = 4;

/// Counts a packet to (`to_server`) or from `meta.server`.
control ServerSignals(in headers_t headers, in metadata_t meta, in bool to_server) {
    bit<8> signal;
    MOORING_DIRECT_COUNTER(signal_packets)

    @name(".counted")
    action counted() {
        MOORING_COUNT(signal_packets)
    }

    @name(".signals")
    table signals {
        key = {
            meta.vip: exact @name("vip");
            meta.server: exact @name("server");
            signal: exact @name("signal");
        }
        actions = { counted; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 16384;
        MOORING_COUNTED_BY(signal_packets)
    }

    apply {
        signal = SIGNAL_NONE;
        if (headers.tcp.isValid()) {
            if (to_server) {
                if (meta.is_syn) {
                    signal = SIGNAL_SYN;
                }
            } else if (headers.tcp.rst == 1) {
                if (headers.tcp.ack == 1) {
                    signal = SIGNAL_RESET;
                } else {
                    signal = SIGNAL_NO_CONNECTION;
                }
            } else if (headers.tcp.syn == 1 && headers.tcp.ack == 1) {
                signal = SIGNAL_SYN_ACK;
            }
        }
        if (signal != SIGNAL_NONE) {
            signals.apply();
        }
    }
}

#endif

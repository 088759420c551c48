// Connections whose pins were lost with the registers of a switch that had to start anew. In a bucket in doubt the
// controller is asked where a connection without a pin lives: its packet goes to the controller, which gives the
// connection an exact pin to one of the servers that may have it and has the packet received once more. A server that
// does not know the connection answers with a reset without acknowledgment (RFC 9293, 3.10.7.1: for nothing but
// segments of connections that do not exist). That reset goes to the controller as well, in place of the client, and
// the next server is tried; only when no server knows it does the client hear of it.
//
// The controller says every 100 ms that it is there. When it is not, packets go to the base as everywhere, where most
// of these connections live; resets are held back all the same, so that the others wait for it instead of ending.
//
// A SYN needs none of this: whoever opens a connection has none that could be lost.
#ifndef MOORING_CORE_DOUBT_P4
#define MOORING_CORE_DOUBT_P4

#include "headers.p4"
#include "metadata.p4"

/// Whether the packet, if it has no pin, may be one of a connection that has lost it.
bool may_have_lost_pin(in headers_t headers, in metadata_t meta) {
    bool may;
    if (meta.in_doubt && headers.tcp.isValid() && !meta.is_syn && !meta.is_error) {
        may = true;
    } else {
        may = false;
    }
    return may;
}

/// A server's packet: `for_controller` is set for a reset that says "no such connection", of a VIP in doubt.
control ResetInDoubt(in headers_t headers, inout metadata_t meta, inout bool for_controller) {
    @name(".in_doubt")
    action in_doubt() {}

    @name(".doubts")
    table doubts {
        key = { meta.vip: exact @name("vip"); }
        actions = { in_doubt; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    apply {
        if (headers.tcp.isValid() && headers.tcp.rst == 1 && headers.tcp.ack == 0) {
            if (doubts.apply().hit) {
                meta.resetting_server = meta.server;
                for_controller = true;
            }
        }
    }
}

#endif

// A service none of whose servers has room for another connection, as their agents say: where its operator does not
// want new ones to wait in accept queues that are full, the switch refuses them. A SYN is dropped, for the client to
// send it again, or answered with a reset, as a host without a listener there answers (RFC 9293, 3.10.7.1). What lives
// is not touched: nothing but a SYN is refused, and the reset of one that was late, or spoofed, has a sequence number
// for which the client of a connection that lives does not end it (RFC 5961, 3.2).
//
// It is the controller that knows when there is room again. If it was not heard of lately nobody is refused: servers'
// own queues decide then.
#ifndef MOORING_CORE_REFUSAL_P4
#define MOORING_CORE_REFUSAL_P4

#include "headers.p4"
#include "metadata.p4"
#include "checksums.p4"

#ifndef MOORING_NO_REFUSALS
/// The flags of such a reset: RST and ACK.
const bit<16> RESET_FLAGS = 0x14;

/// Whether SYNs of the packet's VIP and class of clients are refused, and how.
control Refusal(inout metadata_t meta, out bool refuses) {
    /// The client's SYN is dropped.
    @name(".refuse_silently")
    action refuse_silently() {
        meta.refused_with_reset = false;
    }

    /// The client's SYN is answered with a reset.
    @name(".refuse_with_reset")
    action refuse_with_reset() {
        meta.refused_with_reset = true;
    }

    @name(".refusals")
    table refusals {
        key = {
            meta.vip: exact @name("vip");
            meta.client_class: exact @name("client_class");
        }
        actions = { refuse_silently; refuse_with_reset; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    apply {
        refuses = refusals.apply().hit;
    }
}

/// Makes the reset of a SYN, and sends it back where that came from. Whatever else the SYN carries stays: options and
/// data mean nothing in a reset.
control AnswerWithReset(inout headers_t headers, inout metadata_t meta) {
    bit<32> difference;
    bit<32> sequence;
    /// The word of the header with the flags in it.
    bit<16> old_flags;
    mac_address_t mac;
    l4_port_t port;
    ipv4_address_t address;
#ifndef MOORING_NO_IPV6
    ipv6_address_t address_v6;
#endif

    apply {
        // Addresses and ports change places, which leaves every checksum as it is.
        mac = headers.ethernet.source;
        headers.ethernet.source = headers.ethernet.destination;
        headers.ethernet.destination = mac;
        if (headers.ipv4.isValid()) {
            address = headers.ipv4.source;
            headers.ipv4.source = headers.ipv4.destination;
            headers.ipv4.destination = address;
#ifndef MOORING_NO_IPV6
        } else {
            address_v6 = headers.ipv6.source;
            headers.ipv6.source = headers.ipv6.destination;
            headers.ipv6.destination = address_v6;
#endif
        }
        port = headers.tcp.source;
        headers.tcp.source = headers.tcp.destination;
        headers.tcp.destination = port;

        sequence = headers.tcp.sequence;
        old_flags = headers.tcp.data_offset ++ headers.tcp.reserved ++ headers.tcp.cwr ++ headers.tcp.ece
            ++ headers.tcp.urg ++ headers.tcp.ack ++ headers.tcp.psh ++ headers.tcp.rst ++ headers.tcp.syn
            ++ headers.tcp.fin;
        // Numbers of 32 bits add up as addresses do.
        difference = ipv4_difference(sequence, 0) + ipv4_difference(headers.tcp.acknowledgment, sequence + 1)
            + word_difference(old_flags, (old_flags & 0xff00) | RESET_FLAGS);
        headers.tcp.sequence = 0;
        headers.tcp.acknowledgment = sequence + 1;
        headers.tcp.cwr = 0;
        headers.tcp.ece = 0;
        headers.tcp.urg = 0;
        headers.tcp.ack = 1;
        headers.tcp.psh = 0;
        headers.tcp.rst = 1;
        headers.tcp.syn = 0;
        headers.tcp.fin = 0;
        headers.tcp.checksum = adjust_checksum(headers.tcp.checksum, difference);
        meta.verdict = VERDICT_PORT;
        meta.egress_port = meta.ingress_port;
    }
}
#endif

#endif

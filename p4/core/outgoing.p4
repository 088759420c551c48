// Connections that a server opens itself, with its VIP's address as their source (rule R10). Their client's answers
// come to the VIP, so the connection is held to its origin from its first packet on, unless that is its bucket's base
// and the bucket is not sealed. The SYN is looked at as the client's answer will be: which bucket it falls into, which
// slots it may have. The decision is that about a client's packet to a one-way VIP whose current server is the origin:
// a pin is confirmed at once, for nobody else claims the connection. Without room for it the SYN is dropped, and its
// sender repeats it.
//
// Who looks at the slots must be known before any server has opened anything. So packets to VIPs for all ports always
// do. Of other VIPs only those of unsettled buckets do: elsewhere the SYN takes its slot and is dropped, and passes
// when it is repeated and the controller has made an exact pin of the slot.
#ifndef MOORING_CORE_OUTGOING_P4
#define MOORING_CORE_OUTGOING_P4

#include "headers.p4"
#include "metadata.p4"

#ifndef MOORING_NO_OUTGOING
/// Whether a client's packet looks at the slots; the bucket's assignment has been read.
bool looks_at_slots(in metadata_t meta) {
    return meta.unsettled || (meta.vip_port != 0 && !meta.one_way);
}

/// A server's SYN, of a connection to a client: from now on its addresses and ports are those of the answer.
control AsItsAnswer(inout metadata_t meta) {
    apply {
        meta.source = meta.destination;
        meta.source_port = meta.destination_port;
        meta.destination = meta.service_address;
        meta.destination_port = meta.service_port;
    }
}

/// Before the decision about it: the origin takes the current server's place, and what finds no room is refused. In a
/// sealed bucket the base's own connections are pinned as well (rule R5).
control FromItsOrigin(inout metadata_t meta) {
    apply {
        meta.current = meta.server;
        meta.one_way = true;
        meta.learn = meta.sealed;
        meta.sealed = true;
    }
}

/// After the decision: whether the client's answer will find the origin. `looked_at` tells whether it will look at the
/// slots.
bool answer_returns(in metadata_t meta, in bool looked_at) {
    return meta.verdict == VERDICT_PORT && meta.server == meta.current
        && !(meta.slot_alive && meta.slot.state == SLOT_TENTATIVE) && (looked_at || meta.unpinned || meta.pinned);
}
#endif

#endif

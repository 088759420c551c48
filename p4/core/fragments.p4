// Fragments of a datagram go where its first one went (RFC 791, RFC 8200): only that one has ports. A small store
// remembers what was done with first fragments for as long as their rest may take; it is bounded, a later datagram
// takes the place of an earlier one, and what finds nothing there is dropped and counted. Senders avoid fragments, so
// it is rarely used. A shell whose registers have no room for it leaves it out: then later fragments are dropped.
#ifndef MOORING_CORE_FRAGMENTS_P4
#define MOORING_CORE_FRAGMENTS_P4

#include "metadata.p4"

/// Datagrams remembered at a time.
#ifndef MOORING_FRAGMENTS
#define MOORING_FRAGMENTS 1024
#endif

/// 30 s, as Linux waits for missing fragments.
const ticks_t FRAGMENT_LIFETIME = 29297;

/// What was remembered at this datagram's place has been read: `known` tells whether it is of this datagram.
@noWarn("unused")
control RecallFragment(inout metadata_t meta, out bool known) {
    apply {
        known = meta.fragment.source == meta.source && meta.fragment.destination == meta.destination
            && meta.fragment.identification == meta.identification && meta.fragment.protocol == meta.protocol
            && meta.now - meta.fragment.stamp < FRAGMENT_LIFETIME
            && (meta.fragment.server != 0 || meta.fragment.service_address != 0);
        if (known) {
            meta.server = meta.fragment.server;
            meta.vip = meta.fragment.vip;
            meta.service_address = meta.fragment.service_address;
        }
    }
}

/// What is to be remembered of a first fragment; the shell stores it.
@noWarn("unused")
control RememberFragment(inout metadata_t meta, in bool to_server) {
    apply {
        meta.fragment.source = meta.source;
        meta.fragment.destination = meta.destination;
        meta.fragment.identification = meta.identification;
        meta.fragment.protocol = meta.protocol;
        meta.fragment.stamp = meta.now;
        meta.fragment.server = to_server ? meta.server : 0;
        meta.fragment.vip = meta.vip;
        meta.fragment.service_address = to_server ? (address_t)0 : meta.service_address;
    }
}

#endif

// Headers that live inside the switch only: what a packet carries with it when it goes through ingress a second time,
// and from ingress to egress. A Tofino keeps no metadata across either, and a packet touches each register once on its
// way, so what has been decided in one pass must be written in another. The packet's own connection is not carried: the
// second pass looks it up again.
#ifndef MOORING_TNA_RESUME_P4
#define MOORING_TNA_RESUME_P4

#include "../core/headers.p4"
#include "../core/metadata.p4"

/// What is stored beside the state word.
const bit<8> STORE_STATE = 1;
/// Connection, server, bucket, time: of a client's packet.
const bit<8> STORE_CLIENT = 2;
/// The sequence number of a server's SYN-ACK.
const bit<8> STORE_ANSWER = 3;

/// A sweep's next step: the packet begins with a packet_out header.
const bit<8> RESUME_AGAIN = 0;
/// A store_t follows, and then the packet.
const bit<8> RESUME_STORING = 1;
/// As RESUME_STORING, of a packet that begins with a packet_out header.
const bit<8> RESUME_STORING_ORDER = 2;

/// In front of a packet that comes round. Widths are whole bytes.
header resume_t {
    /// One of RESUME_*
    bit<8> kind;
    switch_port_t ingress_port;
    /// The first pass's.
    ticks_t now;
#ifndef MOORING_NO_SWEEPS
    /// How far a sweep has come, and how many slots it has reported.
    bit<32> sweep_offset;
    bit<8> sweep_way;
    bit<32> sweep_reports;
#endif
}

/// What to store, as the first pass writes it.
header store_t {
    /// One of STORE_*
    bit<8> parts;
    /// WAY_FIRST or WAY_SECOND
    bit<8> way;
    bit<32> index;
    /// The slot's state word as it was read; if it is another one now, somebody was faster.
    bit<32> expected;
    bit<8> state;
    bit<8> answered;
    generation_t generation;
    server_id_t server;
    bucket_t bucket;
    /// What to tell the controller when it is stored.
    bit<8> event_kind;
}

/// The same, as the second pass reads it: words of the registers.
header stored_t {
    bit<8> parts;
    bit<8> way;
    bit<32> index;
    bit<32> expected;
    bit<32> state_word;
    bit<32> owner;
    bit<8> event_kind;
}

/// From ingress to egress.
header bridge_t {
    switch_port_t ingress_port;
    /// For the controller, as in packet_in_t.
    server_id_t server;
    vip_id_t vip;
    bucket_t bucket;
    /// 1: a drain of the bucket waits for packets as this one.
    bit<8> watched;
    /// 1: copies go to many ports.
    bit<8> flooded;
}

struct tna_headers_t {
    resume_t resume;
    store_t store;
    stored_t stored;
    bridge_t bridge;
    headers_t mooring;
}

#endif

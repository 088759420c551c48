// Headers that live inside the switch only: what a packet carries with it when it goes through ingress a second time, and
// from ingress to egress. A Tofino keeps no metadata across either, and a packet touches each register once on its way, so what has been
// decided in one pass must be written in another.
#ifndef MOORING_TNA_RESUME_P4
#define MOORING_TNA_RESUME_P4

#include "../core/headers.p4"
#include "../core/metadata.p4"

/// In front of a packet that comes round. Widths are whole bytes.
header resume_t {
    /// Ticks and port of the first pass.
    ticks_t now;
    switch_port_t ingress_port;
    /// The packet begins with a packet_out header.
    bit<8> from_controller;
    /// How far a sweep has come, and how many slots it has reported.
    bit<32> sweep_offset;
    bit<32> sweep_reports;
    /// WAY_NONE, or where to store the slot that follows.
    bit<8> way;
    bit<16> index;
    /// The slot's state word as it was read; if it is another one now, somebody was faster.
    bit<32> expected;
    ipv6_address_t client_address;
    l4_port_t client_port;
    vip_id_t vip;
    bit<8> state;
    bit<8> answered;
    generation_t generation;
    server_id_t server;
    bucket_t bucket;
    ticks_t stamp;
    bit<32> sequence;
    /// What to tell the controller when it is stored.
    bit<8> event_kind;
    generation_t event_generation;
}

/// From ingress to egress.
header bridge_t {
    switch_port_t ingress_port;
    /// For the controller, as in packet_in_t.
    bit<16> server;
    /// One of 1: copies go to many ports.
    bit<8> flooded;
}

struct tna_headers_t {
    resume_t resume;
    bridge_t bridge;
    headers_t mooring;
}

#endif

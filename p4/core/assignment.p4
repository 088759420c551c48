// A bucket's assignment: its base and current server and the state of a shift, written as one entry so that no packet
// ever sees half of a change (rule R7). Only where base and current differ, or a pin may still lie in the registers,
// does a packet look at the registers at all: in steady state a connection costs no memory and no register access.
#ifndef MOORING_CORE_ASSIGNMENT_P4
#define MOORING_CORE_ASSIGNMENT_P4

#include "metadata.p4"

control AssignmentLookup(inout metadata_t meta, out bool hit) {
    /// @param base serves every connection that has no pin
    /// @param current serves new connections, which are pinned while it is not the base; 0: who that is depends on the
    ///        connection (ComingMapping)
    /// @param learn unpinned connections are reported, so that the controller can pin them to the base
    /// @param seal a new connection whose pin finds no room is dropped instead of going to the base (rule R5)
    /// @param unsettled the registers may hold pins of this bucket
    /// @param doubt 1: pins of the bucket have been lost, so the controller is asked where a connection without one
    ///        lives (doubt.p4)
    @name(".set_assignment")
    action set_assignment(server_id_t base, server_id_t current, bit<1> learn, bit<1> seal, bit<1> unsettled,
                          bit<16> doubt) {
        meta.base = base;
        meta.current = current;
        meta.learn = (bool)learn;
        meta.sealed = (bool)seal;
        meta.unsettled = (bool)unsettled;
        meta.in_doubt = (bool)doubt[0:0];
    }

    @name(".buckets")
    table buckets {
        key = {
            meta.vip: exact @name("vip");
            meta.bucket: exact @name("bucket");
        }
        actions = { set_assignment; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 65536;
    }

    apply {
        hit = buckets.apply().hit;
    }
}

/// A VIP whose hash is to change: its number of buckets, its seed, what goes into it. A connection's bucket in the
/// coming mapping has a server as well, and while a bucket of the present mapping is in shift to the coming one each of
/// its new connections is for that server: `current` depends on the connection, and all else is as in any shift. Once
/// every bucket is ready for its commit, one change of the VIP's entry makes the coming mapping the present one.
/// Without a change of mapping under way this costs a packet one comparison.
control ComingMapping(inout metadata_t meta, out bool hit) {
    /// As the same parameters of `set_vip`.
    @name(".set_coming")
    action set_coming(bit<16> bucket_count, bit<32> seed, bit<16> port_mask) {
        meta.bucket_count = bucket_count;
        meta.seed = seed;
        meta.hashed_port = (meta.client_port ^ meta.vip_port) & port_mask;
    }

    @name(".coming_mappings")
    table coming_mappings {
        key = { meta.vip: exact @name("vip"); }
        actions = { set_coming; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 4096;
    }

    apply {
        // What nobody knows yet is served by the base.
        meta.current = meta.base;
        hit = coming_mappings.apply().hit;
    }
}

/// Who serves the packet's bucket of the coming mapping.
control ComingServer(inout metadata_t meta) {
    @name(".set_coming_server")
    action set_coming_server(server_id_t server) {
        meta.current = server;
    }

    @name(".coming_buckets")
    table coming_buckets {
        key = {
            meta.vip: exact @name("vip");
            meta.coming_bucket: exact @name("bucket");
        }
        actions = { set_coming_server; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 65536;
    }

    apply {
        coming_buckets.apply();
    }
}

/// An entry here for each bucket in shift is hit by every packet that only the base may see. When nothing hits it any
/// more its idle timeout tells the controller, which then need not ask.
control DrainWatch(inout metadata_t meta) {
    MOORING_DIRECT_COUNTER(watched_packets)

    @name(".watched")
    action watched() {
        MOORING_COUNT(watched_packets)
    }

    @name(".drain_watch")
    table drain_watch {
        key = {
            meta.vip: exact @name("vip");
            meta.bucket: exact @name("bucket");
        }
        actions = { watched; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 65536;
        MOORING_IDLE_TIMEOUT
        MOORING_COUNTED_BY(watched_packets)
    }

    apply {
        drain_watch.apply();
    }
}

#endif

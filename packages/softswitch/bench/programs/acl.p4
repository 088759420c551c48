// An access list of ternary entries over the five-tuple, with counters, in front of a fixed port.
#include "common.p4"

control Forward(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    direct_counter(CounterType.packets_and_bytes) hits;
    action permit(bit<9> port) {
        standard.egress_spec = port;
        hits.count();
    }
    action deny() {
        mark_to_drop(standard);
        hits.count();
    }
    table acl {
        key = {
            hdr.ipv4.source: ternary;
            hdr.ipv4.destination: ternary;
            hdr.ipv4.protocol: ternary;
            hdr.ports.source: ternary;
            hdr.ports.destination: ternary;
        }
        actions = { permit; deny; }
        default_action = permit(1);
        size = 1024;
        counters = hits;
    }
    apply {
        acl.apply();
    }
}

V1Switch(Parse(), Verify(), Forward(), Leave(), Update(), Deparse()) main;

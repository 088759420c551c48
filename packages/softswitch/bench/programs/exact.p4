// A large exact-match table over address, protocol and ports.
#include "common.p4"

control Forward(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    action forward(bit<9> port) {
        standard.egress_spec = port;
    }
    action drop() {
        mark_to_drop(standard);
    }
    table flows {
        key = {
            hdr.ipv4.source: exact;
            hdr.ipv4.destination: exact;
            hdr.ipv4.protocol: exact;
            hdr.ports.source: exact;
        }
        actions = { forward; drop; }
        default_action = drop();
        size = 1048576;
    }
    apply {
        flows.apply();
    }
}

V1Switch(Parse(), Verify(), Forward(), Leave(), Update(), Deparse()) main;

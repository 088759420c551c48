// Actions that entries share: a selector with groups, and a profile without.
#include "probe.p4"

parser Parse(packet_in packet, out headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    state start { packet.extract(h.probe); transition accept; }
}

control Handle(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    @max_group_size(120)
    action_selector(HashAlgorithm.crc16, 128, 16) chooser;
    action_profile(16) shared_actions;

    action send(bit<9> port) { standard.egress_spec = port; }
    action mark(bit<16> value) { h.probe.result = value; standard.egress_spec = standard.ingress_port; }
    action discard() { mark_to_drop(standard); }
    action tag(bit<16> value) { h.probe.result = value; }
    action other() { h.probe.result = 0xffff; }

    table chosen {
        key = { h.probe.c : exact; h.probe.b : selector; }
        actions = { send; mark; discard; @groupaction tag; }
        implementation = chooser;
        size = 64;
    }
    table assigned {
        key = { h.probe.c : exact; }
        actions = { send; mark; discard; }
        implementation = shared_actions;
        size = 64;
    }
    table plain { key = { h.probe.c : exact; } actions = { other; discard; } default_action = discard(); }

    apply {
        if (h.probe.kind == 0) standard.egress_spec = standard.ingress_port;
        else if (h.probe.kind == 1) chosen.apply();
        else if (h.probe.kind == 2) assigned.apply();
        else if (h.probe.kind == 3) plain.apply();
        else mark_to_drop(standard);
    }
}

control Leave(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) { apply {} }

V1Switch(Parse(), Verify(), Handle(), Leave(), Compute(), Emit()) main;

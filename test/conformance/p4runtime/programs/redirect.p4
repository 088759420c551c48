// Every way a packet can be copied or sent round again: multicast, clones of both sides, resubmission, recirculation, truncation, exit, and
// what the parser says of packets that it cannot parse. `kind` is the way to go, `c` its number, `a` how often it went round.
#include "probe.p4"

error { BadKind }

parser Parse(packet_in packet, out headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    state start {
        packet.extract(h.probe);
        verify(h.probe.kind != 0xee, error.BadKind);
        transition accept;
    }
}

control Handle(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    action reply() { standard.egress_spec = standard.ingress_port; }
    action leave_early() { h.probe.result = 0xe; reply(); exit; }
    table leaver { actions = { leave_early; } const default_action = leave_early(); }

    apply {
        if (standard.parser_error == error.PacketTooShort) {
            h.probe.setValid();
            h.probe.result = 1;
            reply();
        } else if (standard.parser_error == error.BadKind) {
            h.probe.result = 2;
            reply();
        } else if (h.probe.kind == 0 || h.probe.kind == 3 || h.probe.kind == 4 || h.probe.kind == 10 || h.probe.kind == 11) reply();
        else if (h.probe.kind == 6) {
            h.probe.result = (bit<16>) standard.instance_type;
            reply();
        }
        else if (h.probe.kind == 1) standard.mcast_grp = (bit<16>) h.probe.c;
        else if (h.probe.kind == 2) {
            clone(CloneType.I2E, (bit<32>) h.probe.c);
            reply();
        } else if (h.probe.kind == 5) {
            if (meta.rounds < 3) {
                meta.rounds = meta.rounds + 1;
                resubmit_preserving_field_list(1);
            }
            h.probe.result = (bit<16>) meta.rounds;
            h.probe.a = (bit<8>) standard.instance_type;
            reply();
        } else if (h.probe.kind == 7) {
            leaver.apply();
            h.probe.result = 0xbad;
        } else if (h.probe.kind == 12) {
            clone(CloneType.I2E, (bit<32>) h.probe.c);
            reply();
        } else if (h.probe.kind == 8) {
            clone(CloneType.I2E, (bit<32>) h.probe.c);
            standard.mcast_grp = (bit<16>) h.probe.b;
        } else mark_to_drop(standard);
    }
}

control Leave(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    apply {
        if (h.probe.kind == 1 || h.probe.kind == 2 || h.probe.kind == 8) {
            h.probe.a = (bit<8>) standard.instance_type;
            h.probe.result = standard.egress_rid;
        } else if (h.probe.kind == 3 && standard.instance_type == 0) clone(CloneType.E2E, (bit<32>) h.probe.c);
        else if (h.probe.kind == 3) h.probe.a = (bit<8>) standard.instance_type;
        else if (h.probe.kind == 10) {
            h.probe.result = standard.enq_qdepth[15:0];
            h.probe.c = (bit<32>) standard.deq_qdepth;
        } else if (h.probe.kind == 11) {
            h.probe.result = standard.enq_qdepth[15:0];
            h.probe.b = standard.deq_qdepth[15:0];
            if (standard.instance_type == 0) clone(CloneType.E2E, (bit<32>) h.probe.c);
        } else if (h.probe.kind == 12) {
            h.probe.result = (bit<16>) standard.priority;
        } else if (h.probe.kind == 4) truncate((bit<32>) h.probe.c);
        else if (h.probe.kind == 6) {
            if (h.probe.a < 3) {
                h.probe.a = h.probe.a + 1;
                recirculate_preserving_field_list(0);
            }
        }
    }
}

V1Switch(Parse(), Verify(), Handle(), Leave(), Compute(), Emit()) main;

// Every match kind, alone and together, and what can be said of a table's actions and entries: constant default actions, actions for entries
// only or for the default only, constant entries, idle timeouts, a size.
#include "probe.p4"

parser Parse(packet_in packet, out headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    state start { packet.extract(h.probe); transition accept; }
}

control Handle(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    action send(bit<9> port) { standard.egress_spec = port; }
    action mark(bit<16> value) { h.probe.result = value; standard.egress_spec = standard.ingress_port; }
    action discard() { mark_to_drop(standard); }

    table exact_one { key = { h.probe.c : exact; } actions = { send; mark; discard; } default_action = discard(); size = 512; }
    table lpm_one { key = { h.probe.c : lpm; } actions = { send; mark; discard; } default_action = discard(); size = 512; }
    table ternary_one { key = { h.probe.c : ternary; } actions = { send; mark; discard; } default_action = discard(); size = 512; }
    table range_one { key = { h.probe.b : range; } actions = { send; mark; discard; } default_action = discard(); size = 512; }
    table optional_two {
        key = { h.probe.b : optional; h.probe.c : optional; }
        actions = { send; mark; discard; }
        default_action = discard();
        size = 512;
    }
    table ternary_two {
        key = { h.probe.b : ternary; h.probe.c : ternary; }
        actions = { send; mark; discard; }
        default_action = discard();
        size = 512;
    }
    table mixed {
        key = { h.probe.a[6:0] : exact @name("seven"); h.probe.b[11:0] : ternary @name("twelve"); h.probe.c : lpm; }
        actions = { mark; discard; }
        default_action = discard();
        size = 512;
    }
    table constant_default {
        key = { h.probe.c : exact; }
        actions = { mark; discard; }
        const default_action = mark(0x0bad);
    }
    table annotated {
        key = { h.probe.c : exact; }
        actions = { mark; @tableonly send; @defaultonly discard; }
        default_action = discard();
    }
    table constant_entries {
        key = { h.probe.b : exact; }
        actions = { mark; discard; }
        default_action = discard();
        const entries = { 1 : mark(0x1111); 2 : mark(0x2222); 3 : discard(); }
    }
    table ageing {
        key = { h.probe.c : exact; }
        actions = { mark; discard; }
        default_action = discard();
        support_timeout = true;
        size = 16;
    }
    table small { key = { h.probe.c : exact; } actions = { mark; discard; } default_action = discard(); size = 4; }

    apply {
        if (h.probe.kind == 0) standard.egress_spec = standard.ingress_port;
        else if (h.probe.kind == 1) exact_one.apply();
        else if (h.probe.kind == 2) lpm_one.apply();
        else if (h.probe.kind == 3) ternary_one.apply();
        else if (h.probe.kind == 4) range_one.apply();
        else if (h.probe.kind == 5) optional_two.apply();
        else if (h.probe.kind == 6) ternary_two.apply();
        else if (h.probe.kind == 7) mixed.apply();
        else if (h.probe.kind == 8) constant_default.apply();
        else if (h.probe.kind == 9) annotated.apply();
        else if (h.probe.kind == 10) constant_entries.apply();
        else if (h.probe.kind == 11) ageing.apply();
        else if (h.probe.kind == 12) small.apply();
        else mark_to_drop(standard);
    }
}

control Leave(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) { apply {} }

V1Switch(Parse(), Verify(), Handle(), Leave(), Compute(), Emit()) main;

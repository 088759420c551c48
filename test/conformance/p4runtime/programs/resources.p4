// What a program keeps: direct and indirect counters and meters, registers of several types, digests, a value set of its parser.
#include "probe.p4"

struct sighting_t {
    bit<32> c;
    bit<9>  port;
}

parser Parse(packet_in packet, out headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    value_set<bit<16>>(4) known;
    state start {
        packet.extract(h.probe);
        transition select(h.probe.b) {
            known : member;
            default : accept;
        }
    }
    state member { meta.in_set = 1; transition accept; }
}

control Handle(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    direct_counter(CounterType.packets_and_bytes) hits;
    direct_meter<bit<8>>(MeterType.packets) pace;
    counter(8, CounterType.packets_and_bytes) totals;
    meter(8, MeterType.packets) limits;
    register<bit<32>>(8) memory;
    register<int<16>>(4) balance;

    action discard() { mark_to_drop(standard); }
    action shade(bit<16> value) { pace.read(meta.color); h.probe.result = value; standard.egress_spec = standard.ingress_port; }
    action fade() { pace.read(meta.color); mark_to_drop(standard); }
    action count_mark(bit<16> value) { hits.count(); h.probe.result = value; standard.egress_spec = standard.ingress_port; }
    action count_discard() { hits.count(); mark_to_drop(standard); }
    action reply() { standard.egress_spec = standard.ingress_port; }

    table counted { key = { h.probe.c : exact; } actions = { count_mark; count_discard; } default_action = count_discard(); counters = hits; size = 64; }
    table paced { key = { h.probe.c : exact; } actions = { shade; fade; } default_action = fade(); meters = pace; size = 64; }

    apply {
        if (h.probe.kind == 0) reply();
        else if (h.probe.kind == 1) counted.apply();
        else if (h.probe.kind == 2) {
            paced.apply();
            h.probe.a = meta.color;
        } else if (h.probe.kind == 3) {
            totals.count((bit<32>) h.probe.a);
            reply();
        } else if (h.probe.kind == 4) {
            limits.execute_meter((bit<32>) h.probe.a, meta.color);
            h.probe.result = (bit<16>) meta.color;
            reply();
        } else if (h.probe.kind == 5) {
            memory.write((bit<32>) h.probe.a, h.probe.c);
            reply();
        } else if (h.probe.kind == 6) {
            memory.read(h.probe.c, (bit<32>) h.probe.a);
            reply();
        } else if (h.probe.kind == 7) {
            digest<sighting_t>(1, { h.probe.c, standard.ingress_port });
            reply();
        } else if (h.probe.kind == 8) {
            h.probe.result = (bit<16>) meta.in_set;
            reply();
        } else if (h.probe.kind == 9) {
            int<16> now;
            balance.read(now, (bit<32>) h.probe.a);
            h.probe.result = (bit<16>) now;
            reply();
        } else discard();
    }
}

control Leave(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) { apply {} }

V1Switch(Parse(), Verify(), Handle(), Leave(), Compute(), Emit()) main;

// A large table, and a way to the controller: packets of kind 1 go there, others are looked up.
#include <core.p4>
#include <v1model.p4>

@controller_header("packet_in")
header packet_in_t {
    bit<16> port;
}
header probe_t {
    bit<32> kind;
    bit<32> c;
}
struct headers_t {
    packet_in_t to_controller;
    probe_t probe;
}
struct meta_t {}

parser Parse(packet_in packet, out headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    state start { packet.extract(h.probe); transition accept; }
}
control Verify(inout headers_t h, inout meta_t meta) { apply {} }
control Compute(inout headers_t h, inout meta_t meta) { apply {} }
control Handle(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    action mark(bit<32> value) { h.probe.kind = value; standard.egress_spec = standard.ingress_port; }
    action discard() { mark_to_drop(standard); }
    table flows { key = { h.probe.c : exact; } actions = { mark; discard; } default_action = discard(); size = 4000000; }
    apply {
        if (h.probe.kind == 1) {
            h.to_controller.setValid();
            h.to_controller.port = (bit<16>) standard.ingress_port;
            standard.egress_spec = 255;
        } else flows.apply();
    }
}
control Leave(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) { apply {} }
control Deparse(packet_out packet, in headers_t h) { apply { packet.emit(h.to_controller); packet.emit(h.probe); } }

V1Switch(Parse(), Verify(), Handle(), Leave(), Compute(), Deparse()) main;

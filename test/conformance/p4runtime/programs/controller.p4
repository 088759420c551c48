// Packets to and from the controller, with metadata of odd widths: a packet-out says where to go, a packet of kind 1 goes to the controller.
#include <core.p4>
#include <v1model.p4>

const bit<9> CPU_PORT = 255;

@controller_header("packet_in")
header packet_in_t {
    bit<9>  ingress_port;
    bit<7>  reason;
    bit<32> mark;
}

@controller_header("packet_out")
header packet_out_t {
    bit<9>  egress_port;
    bit<7>  note;
    bit<32> mark;
}

header probe_t {
    bit<8>  kind;
    bit<8>  a;
    bit<16> b;
    bit<32> c;
    bit<16> result;
}

struct headers_t {
    packet_in_t  to_controller;
    packet_out_t from_controller;
    probe_t      probe;
}
struct meta_t {}

parser Parse(packet_in packet, out headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    state start {
        transition select(standard.ingress_port) {
            CPU_PORT : controller;
            default : probe;
        }
    }
    state controller { packet.extract(h.from_controller); transition probe; }
    state probe { packet.extract(h.probe); transition accept; }
}

control Verify(inout headers_t h, inout meta_t meta) { apply {} }
control Compute(inout headers_t h, inout meta_t meta) { apply {} }

control Handle(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) {
    apply {
        if (h.from_controller.isValid()) {
            standard.egress_spec = h.from_controller.egress_port;
            h.probe.a = (bit<8>) h.from_controller.note;
            h.probe.c = h.from_controller.mark;
            h.from_controller.setInvalid();
        } else if (h.probe.kind == 1) {
            h.to_controller.setValid();
            h.to_controller.ingress_port = standard.ingress_port;
            h.to_controller.reason = h.probe.a[6:0];
            h.to_controller.mark = h.probe.c;
            standard.egress_spec = CPU_PORT;
        } else standard.egress_spec = standard.ingress_port;
    }
}

control Leave(inout headers_t h, inout meta_t meta, inout standard_metadata_t standard) { apply {} }

control Deparse(packet_out packet, in headers_t h) {
    apply {
        packet.emit(h.to_controller);
        packet.emit(h.from_controller);
        packet.emit(h.probe);
    }
}

V1Switch(Parse(), Verify(), Handle(), Leave(), Compute(), Deparse()) main;

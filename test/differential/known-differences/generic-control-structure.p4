// What a control writes to an inout parameter reaches the argument, whatever its type is made of.
#include <core.p4>
#include <v1model.p4>

header data_t {
    bit<8> a;
    bit<8> b;
}

struct headers_t {
    data_t data;
}

struct metadata_t {
    bit<8> m;
}

parser parse(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    state start {
        packet.extract(hdr.data);
        transition accept;
    }
}

control verify_sums(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

struct box_t<T> {
    T value;
    bit<8> count;
}

control Fill<T>(inout box_t<T> box, in T value) {
    apply {
        box.value = value;
        box.count = box.count + 1;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    Fill<bit<8>>() fill;
    apply {
        box_t<bit<8>> box = { 0, 1 };
        fill.apply(box, hdr.data.a);
        hdr.data.a = box.value;
        hdr.data.b = box.count;
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply { }
}

control update_sums(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control deparse(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}

V1Switch(parse(), verify_sums(), ingress(), egress(), update_sums(), deparse()) main;

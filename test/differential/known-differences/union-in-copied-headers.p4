// No member of the union is valid.
#include <core.p4>
#include <v1model.p4>

header data_t {
    bit<8> a;
    bit<8> b;
}

header_union either_t {
    data_t one;
    data_t other;
}

struct headers_t {
    data_t data;
    either_t either;
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

control Part(inout headers_t hdr, inout bit<8> x) {
    apply {
        x = hdr.either.isValid() ? 8w1 : 8w2;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    Part() part;
    apply {
        part.apply(hdr, hdr.data.b);
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

// Subparsers, functions and branches in parsers, select on ranges, masks, tuples and computed keys, value sets.
#include <core.p4>
#include <v1model.p4>

header tag_t { bit<4> kind; bit<4> more; bit<8> data; }
header tail_t { bit<16> t; }
struct headers_t { tag_t one; tag_t two; tail_t tail; }
struct metadata_t { bit<8> path; }

bit<8> mix(in bit<8> x, in bit<4> y) {
    if (y == 0) {
        return x;
    }
    return x + (bit<8>)y;
}

parser TagParser(packet_in packet, out tag_t tag, inout bit<8> path) {
    state start {
        packet.extract(tag);
        path = mix(path, tag.kind);
        transition select(tag.kind, tag.data) {
            (1 .. 3, _): low;
            (4w8 &&& 4w8, 0x10 &&& 0xf0): high;
            default: accept;
        }
    }
    state low {
        path = path + 0x10;
        transition accept;
    }
    state high {
        path = path + 0x20;
        transition accept;
    }
}

parser TestParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    TagParser() tags;
    value_set<bit<8>>(4) wanted;
    state start {
        meta.path = 0;
        tags.apply(packet, hdr.one, meta.path);
        if (hdr.one.more == 1) {
            meta.path = meta.path + 1;
        }
        transition select(hdr.one.more + 1, hdr.one.data > 100) {
            (1, _): accept;
            (2, true): second;
            (2, false): accept;
            default: third;
        }
    }
    state second {
        tags.apply(packet, hdr.two, meta.path);
        transition third;
    }
    state third {
        transition select(hdr.one.data) {
            wanted: accept;
            200: reject;
            default: tail;
        }
    }
    state tail {
        packet.extract(hdr.tail);
        transition accept;
    }
}

control TestVerify(inout headers_t hdr, inout metadata_t meta) { apply {} }
control TestIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        sm.egress_spec = 1;
        hdr.one.data = meta.path;
        if (hdr.tail.isValid()) {
            hdr.tail.t = 0;
        }
    }
}
control TestEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) { apply {} }
control TestCompute(inout headers_t hdr, inout metadata_t meta) { apply {} }
control TestDeparser(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(TestParser(), TestVerify(), TestIngress(), TestEgress(), TestCompute(), TestDeparser()) main;

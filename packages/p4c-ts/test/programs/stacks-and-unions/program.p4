// Header stacks with indexes known at run time, push and pop, unions whose members exclude each other, varbit and lookahead.
#include <core.p4>
#include <v1model.p4>

header start_t { bit<8> count; bit<8> index; bit<8> kind; }
header item_t { bit<8> value; }
header short_t { bit<8> s; }
header long_t { bit<16> l; }
header options_t { bit<8> length; varbit<64> data; }
header_union body_t { short_t small; long_t large; }

struct headers_t {
    start_t   start;
    item_t[4] items;
    body_t    body;
    options_t options;
}
struct metadata_t { bit<8> left; }

parser TestParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    state start {
        packet.extract(hdr.start);
        meta.left = hdr.start.count;
        transition next_item;
    }
    state next_item {
        transition select(meta.left) {
            0: body;
            default: item;
        }
    }
    state item {
        packet.extract(hdr.items.next);
        meta.left = meta.left - 1;
        transition select(hdr.items.last.value) {
            0xff: body;
            default: next_item;
        }
    }
    state body {
        transition select(hdr.start.kind) {
            1: small;
            2: large;
            3: options;
            default: accept;
        }
    }
    state small {
        packet.extract(hdr.body.small);
        transition accept;
    }
    state large {
        packet.extract(hdr.body.large);
        transition accept;
    }
    state options {
        bit<8> length = packet.lookahead<bit<8>>();
        verify(length <= 8, error.HeaderTooShort);
        packet.extract(hdr.options, (bit<32>)(length << 3));
        transition accept;
    }
}

control TestVerify(inout headers_t hdr, inout metadata_t meta) { apply {} }

control TestIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        sm.egress_spec = 1;
        if (sm.parser_error != error.NoError) {
            hdr.start.kind = 0xee;
            return;
        }
        bit<8> i = hdr.start.index;
        if (i < 4 && hdr.items[i].isValid()) {
            hdr.items[i].value = hdr.items[i].value + hdr.items[0].value;
        }
        if (hdr.start.index == 8) {
            hdr.items.push_front(1);
            hdr.items[0].setValid();
            hdr.items[0].value = 0xaa;
        }
        if (hdr.start.index == 9) {
            hdr.items.pop_front(1);
        }
        if (hdr.body.small.isValid()) {
            bit<8> s = hdr.body.small.s;
            hdr.body.large.setValid();
            hdr.body.large.l = s ++ s;
        } else if (hdr.body.isValid()) {
            hdr.body.large.l = ~hdr.body.large.l;
        }
    }
}

control TestEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) { apply {} }
control TestCompute(inout headers_t hdr, inout metadata_t meta) { apply {} }
control TestDeparser(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(TestParser(), TestVerify(), TestIngress(), TestEgress(), TestCompute(), TestDeparser()) main;

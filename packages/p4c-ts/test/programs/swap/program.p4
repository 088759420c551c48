// The right side of an assignment is evaluated as a whole before anything is stored.
#include "../include/head.p4"

struct pair_t {
    bit<8> first;
    bit<8> second;
}

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        pair_t p = { hdr.data.a, hdr.data.b };
        p = { p.second, p.first };
        hdr.data.a = p.first;
        hdr.data.b = p.second;
        tuple<bit<16>, bit<32>> t = { hdr.data.c, hdr.data.d };
        hdr.data = { hdr.data.b, hdr.data.a, t[0] + 1, (bit<32>)t[0] ++ 16w0 == 48w0 ? 32w1 : t[1] };
    }
}

#include "../include/tail.p4"

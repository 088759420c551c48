// Signed and unsigned arithmetic wraps, saturates, shifts and compares as P4 says, although BMv2 computes without bounds.
#include "../include/head.p4"

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        int<8> s = (int<8>)hdr.data.a;
        int<8> t = (int<8>)hdr.data.b;
        bit<32> r = 0;
        r[0:0] = s < t ? 1w1 : 0;
        r[1:1] = hdr.data.a < hdr.data.b ? 1w1 : 0;
        r[2:2] = (s - t) < 0 ? 1w1 : 0;
        r[3:3] = (hdr.data.a - hdr.data.b) > 128 ? 1w1 : 0;
        r[15:8] = (bit<8>)(s |+| t);
        r[23:16] = hdr.data.a |-| hdr.data.b;
        r[31:24] = (bit<8>)(s >> 2);
        bit<16> amount = hdr.data.c;
        hdr.data.c = ((16w0x8001 << amount) | (16w0x8001 >> amount)) ^ (bit<16>)(int<16>)s;
        hdr.data.d = r;
        hdr.data.b = (bit<8>)(-s) ^ ~hdr.data.a;
    }
}

#include "../include/tail.p4"

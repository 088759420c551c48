// for, for-in, break, continue, return from inside a loop, and loops whose bounds are known only at run time.
#include "../include/head.p4"

bit<8> first_multiple(in bit<8> of, in bit<8> start) {
    for (bit<8> i = start; i < 200; i = i + 1) {
        if ((i & 7) == of) {
            return i;
        }
    }
    return 255;
}

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        bit<16> sum = 0;
        for (bit<8> i = 0; i < hdr.data.a; i = i + 1) {
            if (i == 2) {
                continue;
            }
            if (i == 6) {
                break;
            }
            for (bit<16> j in 16w1 .. 16w3) {
                sum = sum + (bit<16>)i + j;
            }
        }
        hdr.data.c = sum;
        hdr.data.b = first_multiple(3, hdr.data.b);
        bit<32> bits = 0;
        for (bit<32> element in (list<bit<32>>){ 1, 4, 16 }) {
            bits = bits | element;
        }
        hdr.data.d = bits;
    }
}

#include "../include/tail.p4"

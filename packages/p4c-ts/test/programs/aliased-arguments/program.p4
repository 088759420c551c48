// Copy-in and copy-out with arguments that share storage; the leftmost argument is copied out first.
#include "../include/head.p4"

void both(inout bit<8> x, inout bit<8> y) {
    x = x + 1;
    y = y + 16;
    x = x + y;
}

bit<8> bump(inout bit<8> x) {
    x = x + 1;
    return x;
}

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    action set(in bit<8> value, out bit<8> where) {
        hdr.data.a = 0x77;
        where = value;
    }
    apply {
        // Both start with the same value; the second copy-out wins.
        both(hdr.data.a, hdr.data.a);
        // Operands are evaluated from left to right.
        hdr.data.b = hdr.data.b + bump(hdr.data.b);
        // `value` was copied before the action changed its source.
        set(hdr.data.a, hdr.data.c[7:0]);
        if (hdr.data.d[0:0] == 1 && bump(hdr.data.b) == 0) {
            hdr.data.d[31:24] = 0xee;
        }
    }
}

#include "../include/tail.p4"

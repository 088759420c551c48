// Directed parameters of a table's actions are bound in the table; the control plane gives the others.
#include "../include/head.p4"

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    action combine(in bit<8> x, inout bit<16> sum, bit<8> extra) {
        sum = sum + (bit<16>)(x + extra);
    }
    table left {
        key = { hdr.data.a[3:0] : exact @name("low"); }
        actions = { combine(hdr.data.a, hdr.data.c); }
        const default_action = combine(hdr.data.a, hdr.data.c, 1);
    }
    table right {
        key = { hdr.data.b : ternary; }
        actions = { combine(hdr.data.b, hdr.data.c); NoAction; }
        const default_action = NoAction();
        const entries = {
            0x10 &&& 0xf0 : combine(hdr.data.b, hdr.data.c, 0x20);
        }
    }
    apply {
        left.apply();
        right.apply();
    }
}

#include "../include/tail.p4"

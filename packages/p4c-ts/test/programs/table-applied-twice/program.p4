// A table applied at two places comes back to the right one, although BMv2 knows one successor only.
#include "../include/head.p4"

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    action add(bit<8> amount) {
        hdr.data.b = hdr.data.b + amount;
    }
    table t {
        key = { hdr.data.a : exact; }
        actions = { add; NoAction; }
        default_action = NoAction();
        const entries = {
            1 : add(16);
            2 : add(32);
        }
    }
    apply {
        if (t.apply().hit) {
            hdr.data.c = 1;
        } else {
            hdr.data.c = 2;
        }
        hdr.data.a = hdr.data.a + 1;
        if (!t.apply().hit) {
            hdr.data.c = hdr.data.c + 0x100;
        }
        hdr.data.d = 7;
    }
}

#include "../include/tail.p4"

// `exit` inside a table's action still copies out the parameters of the controls around it.
#include "../include/head.p4"

control Inner(inout bit<8> x, inout bit<8> y, in bit<8> limit) {
    action stop() {
        x = x + 1;
        exit;
    }
    action go() {
        y = y + 2;
    }
    table t {
        key = { y : exact; }
        actions = { stop; go; }
        const default_action = go();
        const entries = { 5 : stop(); }
    }
    apply {
        y = y + limit;
        t.apply();
        x = 0x55;
    }
}

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    Inner() inner;
    apply {
        // The arguments overlap, so they must be copied.
        inner.apply(hdr.data.a, hdr.data.b, hdr.data.a);
        hdr.data.c = 0xffff;
    }
}

#include "../include/tail.p4"

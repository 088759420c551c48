// One instance applied at two places: its table, action and state exist once.
#include "../include/head.p4"

control Lookup(inout bit<8> value, in bit<8> by)(bit<8> offset) {
    register<bit<8>>(1) calls;
    action replace(bit<8> with) {
        value = with + by;
    }
    table t {
        key = { value + offset : exact @name("key"); }
        actions = { replace; NoAction; }
        default_action = NoAction();
    }
    apply {
        bit<8> count;
        calls.read(count, 0);
        calls.write(0, count + 1);
        if (t.apply().miss) {
            value = count;
        }
    }
}

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    Lookup(1) lookup;
    apply {
        lookup.apply(hdr.data.a, 0);
        lookup.apply(hdr.data.b, hdr.data.a);
    }
}

#include "../include/tail.p4"

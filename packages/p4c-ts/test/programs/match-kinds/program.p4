// Constant entries of every match kind, priorities, and keys that are computed.
#include "../include/head.p4"

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    action result(bit<8> r) {
        hdr.data.b = r;
    }
    table ranges {
        key = {
            hdr.data.c : range;
            hdr.data.a : optional;
        }
        actions = { result; }
        const default_action = result(0);
        largest_priority_wins = false;
        entries = {
            priority = 3: (10 .. 19, _) : result(1);
            priority = 2: (15 .. 29, 7) : result(2);
            priority = 1: (_, 9) : result(3);
        }
    }
    table prefixes {
        key = { hdr.data.d ^ 0xff : lpm @name("address"); }
        actions = { result; NoAction; }
        const default_action = NoAction();
        const entries = {
            0x0a000000 &&& 0xff000000 : result(0x11);
            0x0a0b0000 &&& 0xffff0000 : result(0x12);
        }
    }
    table valid {
        key = { hdr.data.isValid() : exact; hdr.data.a & 3 : exact; }
        actions = { result; NoAction; }
        const entries = {
            (true, 3) : result(0x33);
        }
    }
    table pairs {
        key = {
            hdr.data.c : lpm;
            hdr.data.a : lpm;
        }
        actions = { result; }
        const default_action = result(0x40);
        const entries = {
            (0x1200 &&& 0xff00, 0x30 &&& 0xf0) : result(0x41);
            (0x1234, _) : result(0x42);
            (_, 0x80 &&& 0x80) : result(0x43);
        }
    }
    apply {
        ranges.apply();
        if (hdr.data.d == 0xffffffff) {
            pairs.apply();
        } else if (hdr.data.d != 0) {
            prefixes.apply();
        }
        valid.apply();
    }
}

#include "../include/tail.p4"

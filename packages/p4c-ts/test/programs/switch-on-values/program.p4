// switch over numbers and enums, with labels that share a body and without default.
#include "../include/head.p4"

enum bit<8> Kind { LOW = 1, MIDDLE = 5, HIGH = 9 }

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        switch (hdr.data.a) {
            0:
            1: { hdr.data.b = 0x10; }
            2: { hdr.data.b = 0x20; return; }
            default: { hdr.data.b = 0xff; }
        }
        Kind kind = (Kind)hdr.data.c[7:0];
        switch (kind) {
            Kind.LOW: { hdr.data.d = 1; }
            Kind.HIGH: { hdr.data.d = 2; }
        }
    }
}

#include "../include/tail.p4"

// What all conformance programs share: a probe packet says by `kind` which table it is about, carries the fields that tables match
// on, and comes back with what the switch did in `result`. Kind 0 is an echo: it always comes back to where it came from, so that a test
// can tell "nothing came" from "not yet".
#include <core.p4>
#include <v1model.p4>

header probe_t {
    bit<8>  kind;
    bit<8>  a;
    bit<16> b;
    bit<32> c;
    bit<16> result;
}

struct headers_t {
    probe_t probe;
}

struct meta_t {
    bit<8> color;
    bit<1> in_set;
    @field_list(1)
    bit<8> rounds;
}

control Verify(inout headers_t h, inout meta_t meta) { apply {} }
control Compute(inout headers_t h, inout meta_t meta) { apply {} }
control Emit(packet_out packet, in headers_t h) { apply { packet.emit(h.probe); } }

// Types that P4Info describes: new types with and without translation, enumerations, structures, tuples, structured annotations.
#include <core.p4>
#include <v1model.p4>

type bit<8> plain_t;
@p4runtime_translation("org.mooring/port", bit<32>)
type bit<9> port_t;
@p4runtime_translation("org.mooring/name", string)
@note("kept")
type bit<16> named_t;
type port_t port_of_port_t;
typedef port_t port_alias_t;

enum Plain {
    one,
    two
}
enum bit<4> Small {
    a = 1,
    b = 9
}
header h_t {
    plain_t plain;
    bit<7> pad;
    port_t port;
    named_t name;
    port_of_port_t again;
    bit<3> pad2;
    Small small;
    int<8> number;
}
struct inner_t {
    bit<8> x;
    bool y;
}
struct outer_t {
    inner_t inner;
    Small small;
    port_alias_t port;
    named_t name;
}
struct headers_t {
    h_t h;
}
struct metadata_t {
    outer_t outer;
    error reason;
}

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.h);
        transition accept;
    }
}

control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    register<outer_t>(2) structures;
    register<tuple<bit<8>, int<4>>>(2) pairs;
    action a(plain_t p, port_alias_t q, named_t r, Small s, int<12> i) {
        hdr.h.plain = p;
    }
    @mixed[1 + 2, "text", true]
    @pairs[key = 7, other = "value"]
    table t {
        key = {
            hdr.h.plain: exact;
            hdr.h.port: exact;
            hdr.h.name: ternary;
            hdr.h.again: exact;
            hdr.h.small: exact;
            hdr.h.number: exact @unit["bits"];
            meta.reason: exact;
        }
        actions = {
            @weight[3] a;
        }
    }
    apply {
        t.apply();
        digest(1, meta.outer);
        digest<tuple<bit<8>, named_t>>(2, { meta.outer.inner.x, hdr.h.name });
    }
}
control MyEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}
control MyVerify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}
control MyCompute(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}
control MyDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}
V1Switch(P(), MyVerify(), MyIngress(), MyEgress(), MyCompute(), MyDeparser()) main;

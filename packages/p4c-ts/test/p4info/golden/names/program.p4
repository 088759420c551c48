// How names are made: nested instances, @name relative and absolute, shared and direct instances, actions with equal names,
// constructor parameters that decide what is alive, aliases that need several parts.
#include <core.p4>
#include <v1model.p4>

header h_t {
    bit<8> a;
    @name("renamed") bit<8> b;
    @name(".absolute") bit<8> c;
}
struct headers_t {
    h_t h;
    h_t[2] stack;
}
struct metadata_t {
    bit<8> m;
}

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.h);
        packet.extract(hdr.stack.next);
        transition accept;
    }
}

control Inner(inout headers_t hdr)(bool with_table) {
    action set(bit<8> v) {
        hdr.h.a = v;
    }
    register<bit<8>>(1) memory;
    table t {
        key = {
            hdr.h.a: exact;
        }
        actions = {
            set;
        }
    }
    table optional_table {
        key = {
            hdr.stack[1].a: exact;
        }
        actions = {
            set;
        }
    }
    apply {
        t.apply();
        if (with_table) {
            optional_table.apply();
        }
    }
}

control Middle(inout headers_t hdr) {
    Inner(true) deep;
    @name("given") Inner(false) other;
    apply {
        deep.apply(hdr);
        other.apply(hdr);
    }
}

control Direct(inout headers_t hdr) {
    table t {
        key = {
            hdr.h.b: exact;
            hdr.h.c: exact;
            hdr.h.a & 0xF: exact @name("low nibble");
        }
        actions = {
            NoAction;
        }
    }
    apply {
        t.apply();
    }
}

control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    @name(".top.counter") counter(1, CounterType.bytes) c;
    @name("alias_me") action set(bit<8> v) {
        hdr.h.a = v;
    }
    table t {
        key = {
            hdr.h.a: ternary;
        }
        actions = {
            set;
            NoAction;
        }
        default_action = NoAction;
    }
    @name(".t2") table second {
        actions = {
            set;
        }
        default_action = set(1);
    }
    Middle() middle;
    apply {
        t.apply();
        second.apply();
        middle.apply(hdr);
        Direct.apply(hdr);
    }
}

control MyEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    table t {
        key = {
            hdr.h.a: exact;
        }
        actions = {
            @deprecated_use NoAction;
        }
    }
    apply {
        t.apply();
        return;
        t.apply();
    }
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

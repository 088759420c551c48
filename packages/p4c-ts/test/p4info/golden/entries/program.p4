// Entries of the program itself: all match kinds, priorities given, computed and by position, wide values, masks.
#include <core.p4>
#include <v1model.p4>

enum bit<16> Kind {
    ip = 0x800,
    arp = 0x806
}
header h_t {
    bit<48> mac;
    bit<16> port;
    bit<12> vlan;
    bit<4> pad;
    Kind kind;
}
struct headers_t {
    h_t h;
}
struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.h);
        transition accept;
    }
}
const bit<16> HTTP = 80;

control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    action a(bit<12> vlan, bool flag) {
        hdr.h.vlan = vlan;
    }
    action b() { }
    table constant {
        key = {
            hdr.h.mac: ternary;
            hdr.h.port: range;
            hdr.h.kind: exact;
        }
        actions = {
            a;
            b;
        }
        const entries = {
            (0x0102030405ff &&& 0xffffffffffff, HTTP .. 443, Kind.ip): a(4095, true);
            (0xff0000000000 &&& 0xff0000000000, 8080, Kind.arp): b();
            (_, 0 .. 0xffff, Kind.ip): a(1, false);
            (0xab, 1 .. 1, Kind.arp): b();
        }
    }
    table prefixes {
        key = {
            hdr.h.mac: lpm;
            hdr.h.isValid(): exact;
        }
        actions = {
            b;
        }
        const entries = {
            (0x010000000000 &&& 0xff0000000000, true): b();
            (0x0a0b0c0d0e0f, true): b();
            (_, false): b();
        }
    }
    table initial {
        key = {
            hdr.h.port: optional;
            hdr.h.vlan: ternary;
        }
        actions = {
            a;
            b;
        }
        entries = {
            const priority = 50: (HTTP, _): a(1, true);
            priority = 40: (_, 0x7 &&& 0xf): b();
            (443, 12w3): b();
        }
    }
    table smallest_first {
        key = {
            hdr.h.vlan: ternary;
        }
        actions = {
            b;
        }
        largest_priority_wins = false;
        priority_delta = 10;
        entries = {
            priority = 5: 1: b();
            2: b();
            const priority = (10 + 1): 3 &&& 3: b();
        }
    }
    apply {
        constant.apply();
        prefixes.apply();
        initial.apply();
        smallest_first.apply();
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

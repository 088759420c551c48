// Recirculated and cloned packets keep the metadata of their field lists and lose the rest.
#include <core.p4>
#include <v1model.p4>

enum bit<8> Lists { RECIRCULATED = 1, CLONED = 2 }

header data_t { bit<8> a; bit<8> b; bit<8> c; }
struct headers_t { data_t data; }
struct inner_t { bit<8> deep; bit<8> lost; }
struct metadata_t {
    @field_list(Lists.RECIRCULATED, Lists.CLONED)
    bit<8> kept;
    @field_list(1)
    inner_t inner;
    bit<8> lost;
}

parser TestParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    state start {
        packet.extract(hdr.data);
        transition accept;
    }
}
control TestVerify(inout headers_t hdr, inout metadata_t meta) { apply {} }
control TestIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        sm.egress_spec = 1;
        if (sm.instance_type == 4) {
            hdr.data.b = meta.kept;
            hdr.data.c = meta.lost + meta.inner.deep;
        } else {
            meta.kept = hdr.data.a + 1;
            meta.lost = 0x70;
            meta.inner.deep = 3;
            if (hdr.data.a == 2) {
                clone_preserving_field_list(CloneType.I2E, 5, 2);
            }
        }
    }
}
control TestEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        if (sm.instance_type == 1) {
            hdr.data.b = meta.kept;
            hdr.data.c = meta.lost + 0xc0;
        } else if (hdr.data.a == 1 && hdr.data.b == 0) {
            recirculate_preserving_field_list(1);
        }
    }
}
control TestCompute(inout headers_t hdr, inout metadata_t meta) { apply {} }
control TestDeparser(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(TestParser(), TestVerify(), TestIngress(), TestEgress(), TestCompute(), TestDeparser()) main;

// Checksums verified and updated, conditionally, with and without the payload.
#include <core.p4>
#include <v1model.p4>

header data_t { bit<16> sum; bit<16> x; bit<16> y; }
header more_t { bit<16> crc; bit<16> z; }
struct headers_t { data_t data; more_t more; }
struct metadata_t { bool update; }

parser TestParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    state start {
        packet.extract(hdr.data);
        transition select(hdr.data.y) {
            0xffff: accept;
            default: more;
        }
    }
    state more {
        packet.extract(hdr.more);
        transition accept;
    }
}
control TestVerify(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(true, { hdr.data.x, hdr.data.y }, hdr.data.sum, HashAlgorithm.csum16);
    }
}
control TestIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    apply {
        sm.egress_spec = 1;
        meta.update = sm.checksum_error == 1;
        if (meta.update) {
            hdr.data.x = hdr.data.x + 1;
        }
    }
}
control TestEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) { apply {} }
control TestCompute(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(meta.update, { hdr.data.x, hdr.data.y }, hdr.data.sum, HashAlgorithm.csum16);
        update_checksum_with_payload(hdr.more.isValid(), { hdr.more.z, 16w1 }, hdr.more.crc, HashAlgorithm.csum16);
    }
}
control TestDeparser(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(TestParser(), TestVerify(), TestIngress(), TestEgress(), TestCompute(), TestDeparser()) main;

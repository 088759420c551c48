// A register that counts packets by flow: threads share it, but seldom the same cell.
#include "common.p4"

control Forward(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<32>>(65536) packets;
    apply {
        bit<32> flow;
        bit<32> count;
        hash(flow, HashAlgorithm.crc32, 32w0,
             { hdr.ipv4.source, hdr.ipv4.destination, hdr.ports.source, hdr.ports.destination }, 32w65536);
        packets.read(count, flow);
        packets.write(flow, count + 1);
        hdr.ipv4.identification = count[15:0];
        standard.egress_spec = 1;
    }
}

V1Switch(Parse(), Verify(), Forward(), Leave(), Update(), Deparse()) main;

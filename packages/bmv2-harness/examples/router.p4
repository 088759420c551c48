// A basic IPv4 router: the longest prefix gives the port and the next hop's MAC address; the time to live goes down by
// one.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> destination;
    bit<48> source;
    bit<16> ether_type;
}

header ipv4_t {
    bit<4>  version;
    bit<4>  ihl;
    bit<8>  type_of_service;
    bit<16> total_length;
    bit<16> identification;
    bit<3>  flags;
    bit<13> fragment_offset;
    bit<8>  ttl;
    bit<8>  protocol;
    bit<16> checksum;
    bit<32> source;
    bit<32> destination;
}

struct headers_t {
    ethernet_t ethernet;
    ipv4_t     ipv4;
}

struct metadata_t {}

parser RouterParser(packet_in packet, out headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    state start {
        packet.extract(headers.ethernet);
        transition select(headers.ethernet.ether_type) {
            0x0800: parse_ipv4;
            default: accept;
        }
    }
    state parse_ipv4 {
        packet.extract(headers.ipv4);
        transition accept;
    }
}

control RouterVerify(inout headers_t headers, inout metadata_t metadata) {
    apply {
        verify_checksum(headers.ipv4.isValid(),
            { headers.ipv4.version, headers.ipv4.ihl, headers.ipv4.type_of_service, headers.ipv4.total_length,
              headers.ipv4.identification, headers.ipv4.flags, headers.ipv4.fragment_offset, headers.ipv4.ttl,
              headers.ipv4.protocol, headers.ipv4.source, headers.ipv4.destination },
            headers.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control RouterIngress(inout headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    counter(512, CounterType.packets_and_bytes) forwarded;

    action drop() {
        mark_to_drop(standard);
    }
    action forward(bit<9> port, bit<48> mac) {
        standard.egress_spec = port;
        headers.ethernet.source = headers.ethernet.destination;
        headers.ethernet.destination = mac;
        headers.ipv4.ttl = headers.ipv4.ttl - 1;
        forwarded.count((bit<32>) port);
    }
    table routes {
        key = { headers.ipv4.destination: lpm @name("destination"); }
        actions = { forward; drop; }
        default_action = drop();
        size = 1024;
        support_timeout = true;
    }

    apply {
        if (headers.ipv4.isValid() && standard.checksum_error == 0 && headers.ipv4.ttl > 1) {
            routes.apply();
        } else {
            drop();
        }
    }
}

control RouterEgress(inout headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    apply {}
}

control RouterCompute(inout headers_t headers, inout metadata_t metadata) {
    apply {
        update_checksum(headers.ipv4.isValid(),
            { headers.ipv4.version, headers.ipv4.ihl, headers.ipv4.type_of_service, headers.ipv4.total_length,
              headers.ipv4.identification, headers.ipv4.flags, headers.ipv4.fragment_offset, headers.ipv4.ttl,
              headers.ipv4.protocol, headers.ipv4.source, headers.ipv4.destination },
            headers.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control RouterDeparser(packet_out packet, in headers_t headers) {
    apply {
        packet.emit(headers.ethernet);
        packet.emit(headers.ipv4);
    }
}

V1Switch(RouterParser(), RouterVerify(), RouterIngress(), RouterEgress(), RouterCompute(), RouterDeparser()) main;

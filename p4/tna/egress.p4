// Egress keeps what was flooded from going back, and writes the header of packets to the controller. What decides
// nothing is there as well: the table that packets hit that only a bucket's base may see. In ingress it would have to
// stand behind the decision, where there are no stages left for it.
#ifndef MOORING_TNA_EGRESS_P4
#define MOORING_TNA_EGRESS_P4

struct egress_headers_t {
    bridge_t bridge;
    packet_in_t packet_in;
}

struct egress_metadata_t {
    metadata_t mooring;
}

// Headers are invalid and metadata zero from the start.
@noWarn("uninitialized-use")
@noWarn("uninitialized-out-param")
parser MooringEgressParser(packet_in packet, out egress_headers_t headers, out egress_metadata_t user,
                           out egress_intrinsic_metadata_t intrinsic) {
    state start {
        packet.extract(intrinsic);
        packet.extract(headers.bridge);
        user.mooring.vip = headers.bridge.vip;
        user.mooring.bucket = headers.bridge.bucket;
        transition accept;
    }
}

control MooringEgress(inout egress_headers_t headers, inout egress_metadata_t user,
                      in egress_intrinsic_metadata_t intrinsic, in egress_intrinsic_metadata_from_parser_t from_parser,
                      inout egress_intrinsic_metadata_for_deparser_t deparser,
                      inout egress_intrinsic_metadata_for_output_port_t output) {
    DrainWatch() drain_watch;

    apply {
        if (headers.bridge.watched == 1) {
            drain_watch.apply(user.mooring);
        }
        // What is flooded does not go back where it came from.
        if (headers.bridge.flooded == 1 && headers.bridge.ingress_port == (bit<16>)intrinsic.egress_port) {
            deparser.drop_ctl = DROP_ALL;
        } else if (intrinsic.egress_port == MOORING_CPU_PORT) {
            headers.packet_in.setValid();
            headers.packet_in.ingress_port = headers.bridge.ingress_port;
            headers.packet_in.server = headers.bridge.server;
        }
        headers.bridge.setInvalid();
    }
}

control MooringEgressDeparser(packet_out packet, inout egress_headers_t headers, in egress_metadata_t user,
                              in egress_intrinsic_metadata_for_deparser_t deparser) {
    apply {
        packet.emit(headers);
    }
}

#endif

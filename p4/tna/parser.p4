// How a packet is read: from a port, from the controller, or coming round from its first pass. A hardware parser
// chooses by what is in the packet, not by what was said before it, so each of these is a state of its own.
#ifndef MOORING_TNA_PARSER_P4
#define MOORING_TNA_PARSER_P4

// Headers are invalid and metadata zero from the start.
@noWarn("uninitialized-use")
@noWarn("uninitialized-out-param")
parser MooringIngressParser(packet_in packet, out tna_headers_t headers, out user_metadata_t user,
                            out ingress_intrinsic_metadata_t intrinsic) {
    PacketParser() packet_parser;

    state start {
        packet.extract(intrinsic);
        packet.advance(PORT_METADATA_SIZE);
        transition select(intrinsic.ingress_port) {
            MOORING_RECIRCULATION_PORT: parse_resume;
            MOORING_CPU_PORT: parse_from_controller;
            default: parse_packet;
        }
    }

    state parse_resume {
        packet.extract(headers.resume);
        transition select(headers.resume.kind) {
            RESUME_STORING: parse_stored;
            RESUME_STORING_ORDER: parse_stored_from_controller;
            default: parse_from_controller;
        }
    }

    state parse_stored {
        packet.extract(headers.stored);
        transition parse_packet;
    }

    state parse_stored_from_controller {
        packet.extract(headers.stored);
        transition parse_from_controller;
    }

    /// A release or a sweep carries no packet behind its header.
    state parse_from_controller {
        packet.extract(headers.mooring.packet_out);
        transition select(headers.mooring.packet_out.operation) {
            PACKET_OUT_FORWARD: parse_packet;
            PACKET_OUT_FLOOD: parse_packet;
            PACKET_OUT_RECEIVE: parse_packet;
            default: accept;
        }
    }

    state parse_packet {
        packet_parser.apply(packet, headers.mooring, user.mooring);
        transition accept;
    }
}

#endif

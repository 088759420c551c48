// What a switch tells its controller, and what depends on time: a digest of each new address, packets for the controller, an order of
// the controller, an idle timeout, a meter. The byte behind the addresses says what to do with a packet.
#include <core.p4>
#include <v1model.p4>

header frame_t {
    bit<48> destination;
    bit<48> source;
    bit<8>  operation;
}

@controller_header("packet_out")
header order_t {
    bit<16> port;
}

@controller_header("packet_in")
header report_t {
    bit<16> port;
}

struct headers_t {
    order_t  order;
    report_t report;
    frame_t  frame;
}

struct seen_t {
    bit<48> mac;
    bit<16> port;
}

struct metadata_t {
    bit<2> color;
}

parser P(packet_in packet, out headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    state start {
        transition select(standard.ingress_port) {
            510: parse_order;
            default: parse_frame;
        }
    }
    state parse_order {
        packet.extract(headers.order);
        transition parse_frame;
    }
    state parse_frame {
        packet.extract(headers.frame);
        transition accept;
    }
}

control None(inout headers_t headers, inout metadata_t metadata) {
    apply {}
}

control I(inout headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    meter(4, MeterType.packets) pace;
    register<bit<16>>(1) count;

    action known() {}
    action unknown() {
        digest<seen_t>(1, { headers.frame.source, (bit<16>) standard.ingress_port });
    }
    table sources {
        key = { headers.frame.source: exact @name("mac"); }
        actions = { known; @defaultonly unknown; }
        default_action = unknown();
        support_timeout = true;
        size = 16;
    }

    apply {
        bit<16> seen;
        if (headers.order.isValid()) {
            standard.egress_spec = (bit<9>) headers.order.port;
            headers.order.setInvalid();
        } else if (headers.frame.operation == 1) {
            headers.report.setValid();
            headers.report.port = (bit<16>) standard.ingress_port;
            standard.egress_spec = 510;
        } else if (headers.frame.operation == 2) {
            pace.execute_meter(0, metadata.color);
            if (metadata.color == 0) {
                standard.egress_spec = 2;
            } else {
                mark_to_drop(standard);
            }
        } else if (headers.frame.operation == 3) {
            count.read(seen, 0);
            count.write(0, seen + 1);
            standard.egress_spec = seen < 1 ? 9w1 : 9w2;
        } else if (headers.frame.operation == 4) {
            standard.mcast_grp = 1;
        } else {
            sources.apply();
            mark_to_drop(standard);
        }
    }
}

control E(inout headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    apply {}
}

control D(packet_out packet, in headers_t headers) {
    apply {
        packet.emit(headers.report);
        packet.emit(headers.frame);
    }
}

V1Switch(P(), None(), I(), E(), None(), D()) main;

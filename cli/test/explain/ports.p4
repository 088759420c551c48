// Two tables: one over an address, whose entries a controller writes, and one whose entries stand in the program.
#include <core.p4>
#include <v1model.p4>

header address_t {
    bit<16> destination;
    bit<8>  kind;
}
struct headers_t {
    address_t address;
}
struct metadata_t {}

parser Read(packet_in packet, out headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    state start {
        packet.extract(headers.address);
        transition accept;
    }
}
control Verify(inout headers_t headers, inout metadata_t metadata) {
    apply {}
}
control Forward(inout headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    action drop() {
        mark_to_drop(standard);
    }
    action send(bit<9> port) {
        standard.egress_spec = port;
    }
    action mark(bit<8> kind) {
        headers.address.kind = kind;
    }
    table kinds {
        key = { headers.address.kind: exact; }
        actions = { mark; NoAction; }
        default_action = NoAction();
        const entries = {
            1 : mark(0x11);
            2 : mark(0x22);
        }
    }
    table routes {
        key = { headers.address.destination: lpm; }
        actions = { send; drop; }
        default_action = drop();
    }
    apply {
        kinds.apply();
        routes.apply();
    }
}
control Leave(inout headers_t headers, inout metadata_t metadata, inout standard_metadata_t standard) {
    apply {}
}
control Compute(inout headers_t headers, inout metadata_t metadata) {
    apply {}
}
control Write(packet_out packet, in headers_t headers) {
    apply {
        packet.emit(headers.address);
    }
}
V1Switch(Read(), Verify(), Forward(), Leave(), Compute(), Write()) main;

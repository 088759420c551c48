// One register cell that every packet counts in: as much sharing between workers as there can be.
#include "common.p4"

control Forward(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<32>>(1) tickets;
    apply {
        bit<32> ticket;
        tickets.read(ticket, 0);
        tickets.write(0, ticket + 1);
        hdr.ipv4.identification = ticket[15:0];
        standard.egress_spec = 1;
    }
}

V1Switch(Parse(), Verify(), Forward(), Leave(), Update(), Deparse()) main;

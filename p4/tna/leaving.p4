// The ends of a packet's way through ingress: once more through it with a slot to store, or out by a port, to all of
// them, to the controller or nowhere.
#ifndef MOORING_TNA_LEAVING_P4
#define MOORING_TNA_LEAVING_P4

/// Writes down what the second pass stores: the slot at hand, where the packet saw `seen_first` and `seen_second` as
/// its ways' state words.
control CarrySlot(inout tna_headers_t headers, in user_metadata_t user, in bool assigned, in bool from_service,
                  in bit<32> seen_first, in bit<32> seen_second) {
    action carry_slot(bit<8> parts) {
        headers.store.setValid();
        headers.store.parts = parts;
        headers.store.way = user.mooring.store;
        headers.store.state = user.mooring.slot.state;
        headers.store.answered = user.mooring.slot.answered;
        headers.store.generation = user.mooring.slot.generation;
        headers.store.server = user.mooring.slot.server;
        headers.store.bucket = user.mooring.slot.bucket;
        headers.store.event_kind = user.mooring.event.kind;
    }

    action carry_first() {
        headers.store.index = user.mooring.index_first;
        headers.store.expected = seen_first;
    }

    action carry_second() {
        headers.store.index = user.mooring.index_second;
        headers.store.expected = seen_second;
    }

    apply {
        if (assigned) {
            carry_slot(STORE_CLIENT);
        } else if (from_service) {
            carry_slot(STORE_ANSWER);
        } else {
            carry_slot(STORE_STATE);
        }
        if (user.mooring.store == WAY_FIRST) {
            carry_first();
        } else {
            carry_second();
        }
    }
}

/// Does what the verdict says.
control CarryOut(inout tna_headers_t headers, in user_metadata_t user, in bit<8> watched,
                 inout ingress_intrinsic_metadata_for_deparser_t deparser,
                 inout ingress_intrinsic_metadata_for_tm_t manager) {
    /// Packets dropped, by DROP_*.
    @name(".drops")
    Counter<bit<64>, bit<8>>(32, CounterType_t.PACKETS) drops;

    action count_drop() {
        drops.count(user.mooring.drop_reason);
        deparser.drop_ctl = DROP_ALL;
    }

    apply {
        headers.mooring.packet_out.setInvalid();
        headers.bridge.setValid();
        headers.bridge.ingress_port = user.mooring.ingress_port;
        headers.bridge.server = user.mooring.resetting_server;
        headers.bridge.vip = user.mooring.vip;
        headers.bridge.bucket = user.mooring.bucket;
        headers.bridge.watched = watched;
        headers.bridge.flooded = 0;
        if (user.mooring.verdict == VERDICT_PORT) {
            manager.ucast_egress_port = (PortId_t)user.mooring.egress_port;
        } else if (user.mooring.verdict == VERDICT_FLOOD) {
            manager.mcast_grp_a = user.mooring.flood_group;
            headers.bridge.flooded = 1;
        } else if (user.mooring.verdict == VERDICT_CONTROLLER) {
            manager.ucast_egress_port = MOORING_CPU_PORT;
        } else {
            count_drop();
        }
    }
}

#endif

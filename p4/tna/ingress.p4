// The ordered list of applies, which is that of the v1model shell, with what this architecture makes of the slots: they
// are compared early and for every packet that may have one, so that it happens beside the other tables and not behind
// them, and stored in a second pass.
//
// Conditions are small, one variable is set where it is known, and what needs arithmetic is computed before it is asked
// for: a stage compares few bits, computes once, and a packet has as many steps as there are stages.
#ifndef MOORING_TNA_INGRESS_P4
#define MOORING_TNA_INGRESS_P4

// Annotations of the control that follows.
#include "containers.p4"
control MooringIngress(inout tna_headers_t headers, inout user_metadata_t user,
                       in ingress_intrinsic_metadata_t intrinsic, in ingress_intrinsic_metadata_from_parser_t from_parser,
                       inout ingress_intrinsic_metadata_for_deparser_t deparser,
                       inout ingress_intrinsic_metadata_for_tm_t manager) {
    Settings() settings;
    MacLearning() mac_learning;
    MacForwarding() mac_forwarding;
    OwnAddresses() own_addresses;
    ClientClass() client_class;
    VipLookup() vip_lookup;
    ReturnLookup() return_lookup;
    AssignmentLookup() assignment_lookup;
    SlotMatch() slot_match;
    ExactPins() exact_pins;
    ServerDecision() server_decision;
    RememberAnswer() remember_answer;
#ifndef MOORING_NO_DOUBT
    ResetInDoubt() reset_in_doubt;
#endif
#ifndef MOORING_NO_SIGNALS
    ServerSignals() server_signals;
#endif
    ToServer() to_server;
    FromServer() from_server;
    PacketOutOrder() packet_out_order;
    SlotOrder() slot_order;
    ReportSlot() report_stored;
    SlotModes() slot_modes;
    StateWord() first_state;
    StateWord() second_state;
    SlotWay() first_way;
    SlotWay() second_way;
#ifndef MOORING_NO_DOUBT
    ControllerSeen() controller_seen;
#endif
    CarrySlot() carry_slot;
    CarryOut() carry_out;

    /// SYNs by class of clients: what is marked red is dropped.
    @name(".class_syns")
    Meter<client_class_t>(256, MeterType_t.PACKETS) class_syns;

    Hash<bit<32>>(HashAlgorithm_t.CRC32) bucket_hash_v4;
#ifndef MOORING_NO_IPV6
    Hash<bit<32>>(HashAlgorithm_t.CRC32) bucket_hash_v6;
#endif
    Hash<slot_index_t>(HashAlgorithm_t.CRC32) first_hash;
    Hash<slot_index_t>(HashAlgorithm_t.CRC16) second_hash;

    bool own_address;
    bool handled;
    bool for_vip;
    bool from_service;
    /// The same of packets that nothing speaks against.
    bool client;
    bool service;
    bool switched;
    bool received;
    bool alive;
    bool for_controller;
    bool found;
    bool assigned;
    /// A drain waits for packets as this one.
    bit<8> watched;
    bit<1> lost_first;
    bit<1> lost_second;
    slot_mode_t mode_first;
    slot_mode_t mode_second;
    slot_index_t index_first;
    slot_index_t index_second;
    bit<32> seen_first;
    bit<32> seen_second;
    key_words_t own;
    bit<32> acknowledged;
    bit<32> ordered_slot;
    bit<1> acknowledges_first;
    bit<1> acknowledges_second;
    ticks_t tentative_since;
    ticks_t reported_since;
    ticks_t since_first;
    ticks_t since_second;
    ticks_t after_first;
    ticks_t after_second;
    ticks_t silence;
    ticks_t patience;
    bit<16> bucket_mask;
    bit<32> hashed;
    bit<8> color;

    action hash_bucket_v4() {
        hashed = bucket_hash_v4.get({ user.mooring.hashed_port, user.mooring.seed,
                                      user.mooring.client_address[31:0] });
    }

#ifndef MOORING_NO_IPV6
    action hash_bucket_v6() {
        hashed = bucket_hash_v6.get({ user.mooring.hashed_port, user.mooring.seed, user.mooring.client_address });
    }
#endif

    /// No remainder here: numbers of buckets are powers of two.
    action mask_buckets() {
        bucket_mask = user.mooring.bucket_count - 1;
    }

    action hash_slots() {
        index_first = first_hash.get({ user.mooring.client_address, user.mooring.client_port, user.mooring.vip });
        index_second = second_hash.get({ user.mooring.client_address, user.mooring.client_port, user.mooring.vip });
    }

#ifndef MOORING_NO_DOUBT
    /// An action of its own, lest the difference should become part of a condition.
    action measure_patience() {
        patience = silence - (CONTROLLER_PATIENCE << 4);
    }
#endif

#ifndef MOORING_NO_SWEEPS
    /// Likewise, of an index.
    action find_ordered_slot() {
        ordered_slot = headers.mooring.packet_out.slot + user.mooring.sweep_offset;
    }
#endif

    action meter_syn() {
        color = class_syns.execute(user.mooring.client_class);
    }

    action drop_because(bit<8> reason) {
        user.mooring.verdict = VERDICT_DROP;
        user.mooring.drop_reason = reason;
    }

    /// A tick is a sixteenth of a millisecond here, so that the hardware's 48-bit clock wraps where 32 bits do.
    action begin() {
        user.mooring.now = intrinsic.ingress_mac_tstamp[47:16];
        user.mooring.ingress_port = (bit<16>)intrinsic.ingress_port;
    }

    action resume() {
        user.mooring.now = headers.resume.now;
        user.mooring.ingress_port = headers.resume.ingress_port;
#ifndef MOORING_NO_SWEEPS
        user.mooring.sweep_offset = headers.resume.sweep_offset;
        user.mooring.sweep_way = headers.resume.sweep_way;
        user.mooring.sweep_reports = headers.resume.sweep_reports;
#endif
    }

    /// The packet's own first pass has decided what to store.
    action resume_slot() {
        index_first = headers.stored.index[MOORING_SLOT_INDEX_BITS - 1:0];
        index_second = headers.stored.index[MOORING_SLOT_INDEX_BITS - 1:0];
        user.mooring.way = headers.stored.way;
        user.mooring.slot.generation = headers.stored.state_word[15:0];
        user.mooring.slot.server = headers.stored.owner[31:16];
        user.mooring.slot.bucket = headers.stored.owner[15:0];
    }

    action resume_order() {
        user.mooring.vip = headers.mooring.packet_out.vip;
        user.mooring.client_address = MOORING_OF_IPV6(headers.mooring.packet_out.client_address);
        user.mooring.client_port = headers.mooring.packet_out.client_port;
    }

    /// What is told of a slot that an order has freed is what the order named.
    action report_order() {
        user.mooring.event.generation = headers.mooring.packet_out.generation;
        user.mooring.event.bucket = 0;
        user.mooring.event.server = 0;
    }

    action go_round(bit<8> kind) {
        headers.resume.setValid();
        headers.resume.kind = kind;
        headers.resume.now = user.mooring.now;
        headers.resume.ingress_port = user.mooring.ingress_port;
#ifndef MOORING_NO_SWEEPS
        headers.resume.sweep_offset = user.mooring.sweep_offset;
        headers.resume.sweep_way = user.mooring.sweep_way;
        headers.resume.sweep_reports = user.mooring.sweep_reports;
#endif
        manager.ucast_egress_port = MOORING_RECIRCULATION_PORT;
        manager.bypass_egress = 1;
    }


    apply {
        handled = false;
        own_address = false;
        for_vip = false;
        from_service = false;
        client = false;
        service = false;
        switched = false;
        found = false;
        assigned = false;
        watched = 0;
        lost_first = 0;
        lost_second = 0;
        seen_first = 0;
        seen_second = 0;
        index_first = 0;
        index_second = 0;
        color = 0;
        after_first = 0;
        after_second = 0;
        acknowledges_first = 0;
        acknowledges_second = 0;
        silence = 0;
        mode_first = SLOT_UNTOUCHED;
        mode_second = SLOT_UNTOUCHED;
        received = false;
        alive = false;
        for_controller = false;
        user.mooring.resetting_server = 0;

        if (headers.resume.isValid()) {
            resume();
        } else {
            begin();
        }
        settings.apply(user.mooring);
        // The settings count in ticks that are sixteen of the clock's.
        user.mooring.tentative_lifetime = user.mooring.tentative_lifetime << 4;
        user.mooring.report_interval = user.mooring.report_interval << 4;
        tentative_since = user.mooring.now - user.mooring.tentative_lifetime;
        reported_since = user.mooring.now - user.mooring.report_interval;
        acknowledged = headers.mooring.tcp.acknowledgment - 1;
#ifdef MOORING_NO_SWEEPS
        ordered_slot = headers.mooring.packet_out.slot;
#else
        find_ordered_slot();
#endif

        if (headers.mooring.packet_out.isValid()) {
            if (headers.stored.isValid() && headers.mooring.packet_out.operation != PACKET_OUT_RECEIVE) {
                // The order was carried out when the slot was read.
                drop_because(DROP_CONSUMED);
                resume_order();
#ifndef MOORING_NO_SWEEPS
                if (headers.mooring.packet_out.operation == PACKET_OUT_SWEEP) {
                    user.mooring.again = true;
                }
#endif
            } else {
                packet_out_order.apply(headers.mooring, user.mooring, switched, received, alive);
            }
        }

        // Whose packet is it? The tables are asked before it is known whether the controller that has handed the packet
        // back is still in its place. `switched` sends it on by its Ethernet addresses, translated or not.
        if (!headers.mooring.packet_out.isValid() || headers.mooring.packet_out.operation == PACKET_OUT_RECEIVE) {
            own_addresses.apply(headers.mooring, user.mooring, own_address, handled);
            // What has ports is not handled here.
            if (user.mooring.has_ports) {
                if (own_address) {
                    client_class.apply(headers.mooring, user.mooring);
                    vip_lookup.apply(headers.mooring, user.mooring, for_vip);
                } else {
                    return_lookup.apply(headers.mooring, user.mooring, from_service);
                }
            }
        }
        if (!headers.mooring.packet_out.isValid() || received) {
            if (for_vip) {
                if (user.mooring.checksum_wrong) {
                    drop_because(DROP_CHECKSUM);
                } else {
                    client = true;
                }
            } else if (own_address) {
                if (user.mooring.has_ports) {
                    drop_because(DROP_NO_VIP);
                } else if (!handled) {
                    drop_because(DROP_FRAGMENT);
                }
            } else if (!from_service) {
                switched = true;
            } else if (user.mooring.checksum_wrong) {
                drop_because(DROP_CHECKSUM);
            } else {
                service = true;
                switched = true;
            }
        } else if (headers.mooring.packet_out.operation == PACKET_OUT_RECEIVE) {
            // Whatever the tables made of it.
            drop_because(DROP_PACKET_OUT);
        }

        // Which slots may be its own? To look costs nothing: what they hold counts only in a bucket that is unsettled.
        slot_modes.apply(headers, for_vip, from_service, mode_first, mode_second);
        if (headers.stored.isValid()) {
            resume_slot();
        } else if (headers.mooring.packet_out.isValid() && headers.mooring.packet_out.operation != PACKET_OUT_RECEIVE) {
            index_first = ordered_slot[MOORING_SLOT_INDEX_BITS - 1:0];
            index_second = ordered_slot[MOORING_SLOT_INDEX_BITS - 1:0];
        } else {
            hash_slots();
        }
        user.mooring.index_first[MOORING_SLOT_INDEX_BITS - 1:0] = index_first;
        user.mooring.index_second[MOORING_SLOT_INDEX_BITS - 1:0] = index_second;

        if (!headers.resume.isValid() && (!headers.mooring.packet_out.isValid() || received)) {
            mac_learning.apply(headers.mooring, user.mooring);
        }
        if (switched) {
            mac_forwarding.apply(headers.mooring, user.mooring);
        }

        // What is assigned to it, and where is it pinned? Pins take many stages, so they are looked up early.
        if (for_vip) {
            exact_pins.apply(headers.mooring, user.mooring);
        }
        mask_buckets();
        if (headers.mooring.ipv4.isValid()) {
            hash_bucket_v4();
#ifndef MOORING_NO_IPV6
        } else {
            hash_bucket_v6();
#endif
        }
        user.mooring.bucket = hashed[15:0] & bucket_mask;
        if (client) {
            if (user.mooring.is_syn && !headers.resume.isValid()) {
                meter_syn();
            }
            assignment_lookup.apply(user.mooring, found);
            if (!found) {
                drop_because(DROP_NO_ASSIGNMENT);
            } else if (color == METER_RED) {
                drop_because(DROP_SYN_RATE);
            } else {
                assigned = true;
                user.mooring.verdict = VERDICT_PORT;
            }
        }

#ifdef MOORING_NO_DOUBT
        user.mooring.in_doubt = false;
        user.mooring.controller_listens = false;
#else
        controller_seen.apply(alive, user.mooring.in_doubt, user.mooring.now, silence);
        measure_patience();
        user.mooring.controller_listens = false;
        if (user.mooring.in_doubt && silence[31:31] == 0 && patience[31:31] == 1) {
            user.mooring.controller_listens = true;
        }
#endif

#ifndef MOORING_NO_IPV6
        own.word_0 = user.mooring.client_address[127:96];
        own.word_1 = user.mooring.client_address[95:64];
        own.word_2 = user.mooring.client_address[63:32];
#endif
        own.word_3 = user.mooring.client_address[31:0];
        own.port_and_vip = user.mooring.client_port ++ user.mooring.vip;
        first_state.apply(mode_first, index_first, headers.stored.expected, headers.stored.state_word, seen_first,
                          lost_first);
        second_state.apply(mode_second, index_second, headers.stored.expected, headers.stored.state_word, seen_second,
                           lost_second);
        user.mooring.first.state = seen_first[31:24];
        user.mooring.first.answered = seen_first[23:16];
        user.mooring.first.generation = seen_first[15:0];
        user.mooring.second.state = seen_second[31:24];
        user.mooring.second.answered = seen_second[23:16];
        user.mooring.second.generation = seen_second[15:0];

        // How old a slot may get depends on its state.
        if (seen_first[31:24] == SLOT_TENTATIVE) {
            since_first = tentative_since;
        } else {
            since_first = reported_since;
        }
        if (seen_second[31:24] == SLOT_TENTATIVE) {
            since_second = tentative_since;
        } else {
            since_second = reported_since;
        }
        first_way.apply(mode_first, lost_first, index_first, own, user.mooring.now, since_first, headers.stored.owner,
                        acknowledged, headers.mooring.tcp.sequence, user.mooring.first, after_first, acknowledges_first);
        second_way.apply(mode_second, lost_second, index_second, own, user.mooring.now, since_second,
                         headers.stored.owner, acknowledged, headers.mooring.tcp.sequence, user.mooring.second, after_second,
                         acknowledges_second);
        user.mooring.first.expired = (bool)after_first[31:31];
        user.mooring.second.expired = (bool)after_second[31:31];

        // What follows from it: a slot to store, or the way on.
        if (headers.stored.isValid()) {
            if (lost_first == 1 || lost_second == 1 || (mode_first == SLOT_UNTOUCHED && mode_second == SLOT_UNTOUCHED)) {
                // Somebody was faster, or what the packet is for has gone meanwhile.
                drop_because(DROP_NO_ROOM);
                assigned = false;
                service = false;
            } else {
                if (headers.stored.event_kind != EVENT_NONE) {
                    report_stored.apply(user.mooring, headers.stored.event_kind);
                    if (headers.mooring.packet_out.isValid()) {
                        report_order();
                    }
                }
                user.mooring.server = user.mooring.slot.server;
            }
        } else if (user.mooring.order != ORDER_NONE) {
            slot_order.apply(headers.mooring, user.mooring);
        } else {
            if ((client && user.mooring.unsettled) || service) {
                slot_match.apply(user.mooring);
                // Of the two ways' last words, which come late.
                if (user.mooring.way == WAY_FIRST) {
                    user.mooring.slot.acknowledged = (bool)acknowledges_first;
                    user.mooring.slot.overdue = (bool)after_first[31:31];
                } else {
                    user.mooring.slot.acknowledged = (bool)acknowledges_second;
                    user.mooring.slot.overdue = (bool)after_second[31:31];
                }
            }
            if (assigned) {
                server_decision.apply(headers.mooring, user.mooring);
                // Where its server would not change by a commit either, the base need not be waited for.
                if (user.mooring.unpinned && user.mooring.unsettled && user.mooring.base != user.mooring.current) {
                    watched = 1;
                }
            } else if (service) {
                if (mode_first == SLOT_COMPARE) {
                    remember_answer.apply(headers.mooring, user.mooring);
                }
#ifndef MOORING_NO_DOUBT
                reset_in_doubt.apply(headers.mooring, user.mooring, for_controller);
#endif
            }
        }

        if (user.mooring.store != WAY_NONE) {
            // Nothing is translated and nothing told before the slot is stored.
            if (headers.mooring.packet_out.isValid()) {
                go_round(RESUME_STORING_ORDER);
            } else {
                go_round(RESUME_STORING);
            }
            carry_slot.apply(headers, user, assigned, service, seen_first, seen_second);
            headers.stored.setInvalid();
        } else {
#ifndef MOORING_NO_SIGNALS
            if ((assigned && user.mooring.verdict == VERDICT_PORT) || (service && !for_controller)) {
                server_signals.apply(headers.mooring, user.mooring, assigned);
            }
#endif
            if (assigned && user.mooring.verdict == VERDICT_PORT) {
                to_server.apply(headers.mooring, user.mooring);
            } else if (service) {
                from_server.apply(headers.mooring, user.mooring);
                if (for_controller) {
                    user.mooring.verdict = VERDICT_CONTROLLER;
                }
            }
            // Whose checksums have changed; of an answered request the ICMP message's alone.
            if (client || service) {
                if (headers.mooring.ipv4.isValid()) {
                    user.ipv4_changed = true;
                }
                if (headers.mooring.tcp.isValid()) {
                    user.tcp_changed = true;
                } else if (headers.mooring.udp.isValid() && headers.mooring.udp.checksum != 0) {
                    user.udp_changed = true;
                }
            }
            if (handled && headers.mooring.ndp.isValid()) {
                user.advertised = true;
            } else if (handled && headers.mooring.icmp.isValid()) {
                user.echo_answered = true;
            }
            if (user.mooring.event.kind != EVENT_NONE) {
                deparser.digest_type = DIGEST_PIN;
            } else if (user.mooring.mac_unknown) {
                deparser.digest_type = DIGEST_MAC;
            }
            headers.resume.setInvalid();
            headers.stored.setInvalid();
            if (user.mooring.again) {
                go_round(RESUME_AGAIN);
            } else {
                carry_out.apply(headers, user, watched, deparser, manager);
            }
        }
    }
}

#endif

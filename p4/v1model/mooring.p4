// Mooring on v1model (BMv2 and the embedded switch): the shell around the features of p4/core. Here is only what the
// architecture forces: intrinsic metadata, the registers, hashes, digests and counters, and the ordered list of
// applies that makes a load balancer of the features.
//
// All work on a connection's pin happens in ingress, which this architecture runs for one packet at a time, so that
// reading a slot and storing it back cannot be torn apart.
//
// IPv6, VIPs for all ports and packets inside others can be left out, as in the Tofino shell (MOORING_NO_IPV6,
// MOORING_NO_ALL_PORTS, MOORING_NO_ENCAPSULATION).
#include <core.p4>
#include <v1model.p4>

// What core needs an architecture's word for.
#define MOORING_IDLE_TIMEOUT support_timeout = true;
#define MOORING_DIRECT_COUNTER(name) direct_counter(CounterType.packets_and_bytes) name;
#define MOORING_COUNTED_BY(name) counters = name;
#define MOORING_COUNT(name)
#define MOORING_SELECTOR(name) action_selector(HashAlgorithm.crc32, 32w8192, 32w16) name;
#define MOORING_SELECTED_BY(name) implementation = name;

#include "../core/headers.p4"
#include "../core/metadata.p4"
#include "../core/parser.p4"
#include "../core/settings.p4"
#include "../core/vip.p4"
#include "../core/assignment.p4"
#include "../core/pins.p4"
#include "../core/doubt.p4"
#include "../core/refusal.p4"
#include "../core/signals.p4"
#include "../core/decision.p4"
#include "../core/outgoing.p4"
#include "../core/orders.p4"
#include "../core/checksums.p4"
#include "../core/encapsulation.p4"
#include "../core/translation.p4"
#include "../core/fragments.p4"
#include "../core/addresses.p4"
#include "../core/ethernet.p4"
#include "bucket-hash.p4"
#include "fragment-store.p4"

/// The port packets to and from the controller pass through.
#ifndef MOORING_CPU_PORT
#define MOORING_CPU_PORT 510
#endif

/// Egress checks nothing for a packet that was replicated, except that it does not go back where it came from.
const bit<32> INSTANCE_TYPE_REPLICATION = 5;
const bit<8> SWEEP_STATE = 1;

struct user_metadata_t {
    metadata_t mooring;
    // A resubmitted packet keeps nothing but these: how far its sweep has come, what it has told, and when it came in.
    @field_list(1)
    bit<32> sweep_offset;
    @field_list(1)
    bit<8> sweep_way;
    @field_list(1)
    bit<32> sweep_reports;
    @field_list(1)
    ticks_t sweep_time;
}

#include "deparser.p4"

// Headers that have not been read are invalid from the start.
@noWarn("uninitialized-use")
parser MooringParser(packet_in packet, out headers_t headers, inout user_metadata_t user,
                     inout standard_metadata_t standard) {
    PacketParser() packet_parser;

    state start {
        // A sweep that goes round has lost its ingress port.
        transition select(standard.ingress_port == MOORING_CPU_PORT || user.sweep_way != WAY_NONE) {
            true: parse_packet_out;
            false: parse_packet;
        }
    }

    /// A release or a sweep carries no packet behind its header.
    state parse_packet_out {
        packet.extract(headers.packet_out);
        transition select(headers.packet_out.operation) {
            PACKET_OUT_FORWARD: parse_packet;
            PACKET_OUT_FLOOD: parse_packet;
            PACKET_OUT_RECEIVE: parse_packet;
            default: accept;
        }
    }

    state parse_packet {
        packet_parser.apply(packet, headers, user.mooring);
        transition accept;
    }
}

control MooringVerifyChecksum(inout headers_t headers, inout user_metadata_t user) {
    apply {
        // Options are not read; a header that has some is checked by the server.
        verify_checksum(headers.ipv4.isValid() && headers.ipv4.ihl == 5,
                        { headers.ipv4.version, headers.ipv4.ihl, headers.ipv4.type_of_service,
                          headers.ipv4.total_length, headers.ipv4.identification, headers.ipv4.flags,
                          headers.ipv4.fragment_offset, headers.ipv4.ttl, headers.ipv4.protocol,
                          headers.ipv4.source, headers.ipv4.destination },
                        headers.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control MooringIngress(inout headers_t headers, inout user_metadata_t user, inout standard_metadata_t standard) {
    Settings() settings;
    MacLearning() mac_learning;
    MacForwarding() mac_forwarding;
    OwnAddresses() own_addresses;
    ClientClass() client_class;
    VipLookup() vip_lookup;
    ReturnLookup() return_lookup;
    BucketHash() bucket_hash;
    BucketHash() coming_hash;
    AssignmentLookup() assignment_lookup;
    ComingMapping() coming_mapping;
    ComingServer() coming_server;
    Refusal() refusal;
    AnswerWithReset() answer_with_reset;
    JudgeSlot() judge_first;
    JudgeSlot() judge_second;
    SlotMatch() slot_match;
    ExactPins() exact_pins;
    AsItsAnswer() as_its_answer;
    FromItsOrigin() from_its_origin;
    ServerDecision() server_decision;
    RememberAnswer() remember_answer;
    ResetInDoubt() reset_in_doubt;
    ServerSignals() server_signals;
    DrainWatch() drain_watch;
    FragmentStore() fragment_store;
    RecallFragment() recall_fragment;
    RememberFragment() remember_fragment;
    ToServer() to_server;
    FromServer() from_server;
    PacketOutOrder() packet_out_order;
    SlotOrder() slot_order;

    /// SYNs by class of clients: what is marked red is dropped. A class without a rate has none.
    @name(".class_syns")
    meter(256, MeterType.packets) class_syns;
    const bit<2> METER_RED = 2;

    /// Packets dropped, by DROP_*.
    @name(".drops")
    counter(32, CounterType.packets) drops;

    // A slot of each way lies in three registers: the connection; state, generation, server, bucket; time and number.
    @name(".first_key") register<bit<176>>(MOORING_SLOTS) first_key;
    @name(".first_pin") register<bit<64>>(MOORING_SLOTS) first_pin;
    @name(".first_time") register<bit<64>>(MOORING_SLOTS) first_time;
    @name(".second_key") register<bit<176>>(MOORING_SLOTS) second_key;
    @name(".second_pin") register<bit<64>>(MOORING_SLOTS) second_pin;
    @name(".second_time") register<bit<64>>(MOORING_SLOTS) second_time;

    /// When the controller last said that it is there.
    @name(".controller_seen") register<ticks_t>(1) controller_seen;

    bit<2> syn_color;
    bool fragment_known;
    bit<176> key_word;
    bit<64> pin_word;
    bit<64> time_word;
    bool own_address;
    bool handled;
    bool for_vip;
    bool from_service;
    bool switched;
    bool received;
    bool alive;
    ticks_t seen;
    bool for_controller;
    bool assigned;
    bool refused;
    bool coming;
    /// A server opens a connection: who, from where, of which VIP.
    bool outgoing;
    address_t origin_address;
    l4_port_t origin_port;
    vip_id_t origin_vip;
    bool looked_at;
    bucket_t bucket;

    /// Two different hash functions: a connection that collides with another in one way hardly does in both.
    action hash_slots() {
        hash(user.mooring.index_first, HashAlgorithm.crc32, 32w0,
             { user.mooring.client_address, user.mooring.client_port, user.mooring.vip, user.mooring.vip_port },
             (bit<32>)MOORING_SLOTS);
        hash(user.mooring.index_second, HashAlgorithm.crc16, 32w0,
             { user.mooring.client_address, user.mooring.client_port, user.mooring.vip, user.mooring.vip_port },
             (bit<32>)MOORING_SLOTS);
    }

    action load_slots() {
        first_key.read(key_word, user.mooring.index_first);
        user.mooring.first.client_address = (address_t)key_word[175:48];
        user.mooring.first.client_port = key_word[47:32];
        user.mooring.first.vip = key_word[31:16];
        user.mooring.first.vip_port = key_word[15:0];
        first_pin.read(pin_word, user.mooring.index_first);
        first_time.read(time_word, user.mooring.index_first);
        user.mooring.first.state = pin_word[63:56];
        user.mooring.first.answered = pin_word[55:48];
        user.mooring.first.generation = pin_word[47:32];
        user.mooring.first.server = pin_word[31:16];
        user.mooring.first.bucket = pin_word[15:0];
        user.mooring.first.stamp = time_word[63:32];
        user.mooring.first.sequence = time_word[31:0];
        second_key.read(key_word, user.mooring.index_second);
        user.mooring.second.client_address = (address_t)key_word[175:48];
        user.mooring.second.client_port = key_word[47:32];
        user.mooring.second.vip = key_word[31:16];
        user.mooring.second.vip_port = key_word[15:0];
        second_pin.read(pin_word, user.mooring.index_second);
        second_time.read(time_word, user.mooring.index_second);
        user.mooring.second.state = pin_word[63:56];
        user.mooring.second.answered = pin_word[55:48];
        user.mooring.second.generation = pin_word[47:32];
        user.mooring.second.server = pin_word[31:16];
        user.mooring.second.bucket = pin_word[15:0];
        user.mooring.second.stamp = time_word[63:32];
        user.mooring.second.sequence = time_word[31:0];
    }

    action pack_slot() {
        key_word = (bit<128>)user.mooring.slot.client_address ++ user.mooring.slot.client_port ++ user.mooring.slot.vip
            ++ user.mooring.slot.vip_port;
        pin_word = user.mooring.slot.state ++ user.mooring.slot.answered ++ user.mooring.slot.generation
            ++ user.mooring.slot.server ++ user.mooring.slot.bucket;
        time_word = user.mooring.slot.stamp ++ user.mooring.slot.sequence;
    }

    action store_first() {
        first_key.write(user.mooring.index_first, key_word);
        first_pin.write(user.mooring.index_first, pin_word);
        first_time.write(user.mooring.index_first, time_word);
    }

    action store_second() {
        second_key.write(user.mooring.index_second, key_word);
        second_pin.write(user.mooring.index_second, pin_word);
        second_time.write(user.mooring.index_second, time_word);
    }

    action drop_because(bit<8> reason) {
        user.mooring.verdict = VERDICT_DROP;
        user.mooring.drop_reason = reason;
    }

    apply {
        user.mooring.now = user.sweep_way == WAY_NONE ? standard.ingress_global_timestamp[41:10] : user.sweep_time;
        user.mooring.ingress_port = (bit<16>)standard.ingress_port;
        user.mooring.checksum_wrong = standard.checksum_error == 1;
        user.mooring.sweep_offset = user.sweep_offset;
        user.mooring.sweep_way = user.sweep_way;
        user.mooring.sweep_reports = user.sweep_reports;
        settings.apply(user.mooring);

        // Whose packet is it? `switched` sends it on by its Ethernet addresses, translated or not.
        handled = false;
        own_address = false;
        for_vip = false;
        from_service = false;
        switched = false;
        assigned = false;
        refused = false;
        coming = false;
        outgoing = false;
        fragment_known = false;
        syn_color = 0;
        received = true;
        alive = false;
        for_controller = false;
        user.mooring.resetting_server = 0;
        if (headers.packet_out.isValid()) {
            packet_out_order.apply(headers, user.mooring, switched, received, alive);
            if (alive) {
                controller_seen.write(0, user.mooring.now);
            }
        }
        if (received) {
            mac_learning.apply(headers, user.mooring);
            own_addresses.apply(headers, user.mooring, own_address, handled);
            if (!handled && user.mooring.has_ports) {
                if (!own_address) {
                    return_lookup.apply(headers, user.mooring, from_service);
                    outgoing = from_service && user.mooring.is_syn;
                }
                if (outgoing) {
                    origin_address = user.mooring.source;
                    origin_port = user.mooring.source_port;
                    origin_vip = user.mooring.vip;
                    as_its_answer.apply(user.mooring);
                }
                if (own_address || outgoing) {
                    client_class.apply(headers, user.mooring);
                    vip_lookup.apply(headers, user.mooring, for_vip);
                }
                if (outgoing) {
                    user.mooring.destination = user.mooring.source;
                    user.mooring.destination_port = user.mooring.source_port;
                    user.mooring.source = origin_address;
                    user.mooring.source_port = origin_port;
                }
            } else if (user.mooring.later_fragment) {
                fragment_store.apply(user.mooring, false);
                recall_fragment.apply(user.mooring, fragment_known);
            }
            switched = !handled && !own_address;
            if (user.mooring.checksum_wrong && (for_vip || from_service)) {
                drop_because(DROP_CHECKSUM);
                for_vip = false;
                from_service = false;
                fragment_known = false;
                switched = false;
            } else if (own_address && !handled && !for_vip && !fragment_known) {
                drop_because(user.mooring.has_ports ? DROP_NO_VIP : DROP_FRAGMENT);
            }
        }

        // What is assigned to it, and which slot and pin does it have?
        if (for_vip) {
            bucket_hash.apply(headers, user.mooring, bucket);
            user.mooring.bucket = user.mooring.first_bucket + bucket;
            assignment_lookup.apply(user.mooring, assigned);
            if (assigned && user.mooring.current == BY_COMING_MAPPING) {
                coming_mapping.apply(user.mooring, coming);
                if (coming) {
                    coming_hash.apply(headers, user.mooring, bucket);
                    user.mooring.coming_bucket = bucket;
                    coming_server.apply(user.mooring);
                }
            }
            if (user.mooring.is_syn && !outgoing) {
                class_syns.execute_meter((bit<32>)user.mooring.client_class, syn_color);
            }
            if (syn_color == METER_RED) {
                assigned = false;
                drop_because(DROP_SYN_RATE);
            } else if (!assigned) {
                drop_because(DROP_NO_ASSIGNMENT);
            } else if (user.mooring.is_syn && !outgoing) {
                controller_seen.read(seen, 0);
                if (user.mooring.now - seen < CONTROLLER_PATIENCE) {
                    refusal.apply(user.mooring, refused);
                }
            }
            if (refused) {
                assigned = false;
                // A reset is never answered.
                if (user.mooring.refused_with_reset && headers.tcp.rst == 0) {
                    drops.count((bit<32>)DROP_REFUSED);
                    answer_with_reset.apply(headers, user.mooring);
                } else {
                    drop_because(DROP_REFUSED);
                }
            }
        }
        looked_at = looks_at_slots(user.mooring);
        if ((assigned && (looked_at || outgoing))
            || (from_service && headers.tcp.isValid() && headers.tcp.syn == 1 && headers.tcp.ack == 1)) {
            hash_slots();
            load_slots();
            judge_first.apply(headers, user.mooring, user.mooring.first);
            judge_second.apply(headers, user.mooring, user.mooring.second);
            slot_match.apply(user.mooring);
        }

        // What follows from it.
        if (user.mooring.order != ORDER_NONE) {
            load_slots();
            judge_first.apply(headers, user.mooring, user.mooring.first);
            judge_second.apply(headers, user.mooring, user.mooring.second);
            slot_order.apply(headers, user.mooring);
        } else if (assigned) {
            exact_pins.apply(headers, user.mooring);
            user.mooring.controller_listens = false;
            if (user.mooring.in_doubt) {
                controller_seen.read(seen, 0);
                user.mooring.controller_listens = user.mooring.now - seen < CONTROLLER_PATIENCE;
            }
            user.mooring.verdict = VERDICT_PORT;
            if (outgoing) {
                from_its_origin.apply(user.mooring);
            }
            server_decision.apply(headers, user.mooring);
            // Where its server would not change by a commit either, the base need not be waited for.
            if (user.mooring.unpinned && user.mooring.unsettled
                && (user.mooring.base != user.mooring.current || outgoing)) {
                drain_watch.apply(user.mooring);
            }
            if (outgoing) {
                // It goes the way of any packet from a server.
                assigned = false;
                if (!answer_returns(user.mooring, looked_at) || user.mooring.vip != origin_vip) {
                    drop_because(DROP_OUTGOING);
                    from_service = false;
                    switched = false;
                }
            }
        } else if (from_service) {
            remember_answer.apply(headers, user.mooring);
            reset_in_doubt.apply(headers, user.mooring, for_controller);
        }
        if ((assigned && user.mooring.verdict == VERDICT_PORT) || (from_service && !for_controller)) {
            server_signals.apply(headers, user.mooring, assigned);
        }
        if ((assigned && user.mooring.verdict == VERDICT_PORT) || from_service) {
            if (user.mooring.first_fragment && !user.mooring.is_error) {
                remember_fragment.apply(user.mooring, assigned);
                fragment_store.apply(user.mooring, true);
            }
        }
        if ((assigned && user.mooring.verdict == VERDICT_PORT) || (fragment_known && own_address)) {
            to_server.apply(headers, user.mooring);
        } else if (from_service || fragment_known) {
            from_server.apply(headers, user.mooring);
        }
        if (switched) {
            mac_forwarding.apply(headers, user.mooring);
        }
        if (for_controller) {
            user.mooring.verdict = VERDICT_CONTROLLER;
        }

        if (user.mooring.store != WAY_NONE) {
            pack_slot();
            if (user.mooring.store == WAY_FIRST) {
                store_first();
            } else {
                store_second();
            }
        }
        if (user.mooring.event.kind != EVENT_NONE) {
            // A packet has one digest in this architecture, the last. An unknown address is told by the next packet.
            digest<pin_event_t>(1, user.mooring.event);
        } else if (user.mooring.mac_unknown) {
            digest<mac_event_t>(1, user.mooring.mac_event);
        }

        headers.packet_out.setInvalid();
        user.sweep_offset = user.mooring.sweep_offset;
        user.sweep_way = user.mooring.sweep_way;
        user.sweep_reports = user.mooring.sweep_reports;
        user.sweep_time = user.mooring.now;
        if (user.mooring.again) {
            resubmit_preserving_field_list(SWEEP_STATE);
            mark_to_drop(standard);
        } else if (user.mooring.verdict == VERDICT_PORT) {
            standard.egress_spec = (bit<9>)user.mooring.egress_port;
        } else if (user.mooring.verdict == VERDICT_FLOOD) {
            standard.mcast_grp = user.mooring.flood_group;
        } else if (user.mooring.verdict == VERDICT_CONTROLLER) {
            standard.egress_spec = MOORING_CPU_PORT;
        } else {
            drops.count((bit<32>)user.mooring.drop_reason);
            mark_to_drop(standard);
        }
    }
}

control MooringEgress(inout headers_t headers, inout user_metadata_t user, inout standard_metadata_t standard) {
    apply {
        if (standard.instance_type == INSTANCE_TYPE_REPLICATION && standard.egress_port == standard.ingress_port) {
            mark_to_drop(standard);
        } else if (standard.egress_port == MOORING_CPU_PORT) {
            headers.packet_in.setValid();
            headers.packet_in.ingress_port = user.mooring.ingress_port;
            headers.packet_in.server = user.mooring.resetting_server;
        }
    }
}

V1Switch(MooringParser(), MooringVerifyChecksum(), MooringIngress(), MooringEgress(), MooringComputeChecksum(),
         MooringDeparser()) main;

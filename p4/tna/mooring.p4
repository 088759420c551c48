// Mooring on the Tofino Native Architecture: the shell around the features of p4/core. Here is only what the architecture forces: intrinsic
// metadata, registers that a packet touches once (slots.p4), the second pass that follows from it, hashes, digests,
// counters, and the ordered list of applies that makes a load balancer of the features. The list is the one of the v1model shell.
//
// What fragments.p4 remembers has no room in this architecture's registers: later fragments to a VIP are dropped and counted.
// Nor does a server have several links here, for want of a P4Info for this architecture's selectors.
//
// Differences a controller can see are in docs/tofino.md: numbers of buckets are powers of two, a tick is 2.4 % longer, and a packet that loses
// the race for a slot between its two passes is dropped for its sender to resend, which is what a full slot does anyway.
#include <core.p4>
#include <tna.p4>

// What core needs an architecture's word for.
#define MOORING_IDLE_TIMEOUT idle_timeout = true;
#define MOORING_DIRECT_COUNTER(name) DirectCounter<bit<64>>(CounterType_t.PACKETS_AND_BYTES) name;
#define MOORING_COUNTED_BY(name) counters = name;
#define MOORING_COUNT(name) name.count();

// A slot's index has 16 bits here.
#define MOORING_SLOTS 65536

#include "../core/headers.p4"
#include "../core/metadata.p4"
#include "../core/parser.p4"
#include "../core/settings.p4"
#include "../core/vip.p4"
#include "../core/assignment.p4"
#include "../core/pins.p4"
#include "../core/doubt.p4"
#include "../core/decision.p4"
#include "../core/orders.p4"
#include "../core/checksums.p4"
#include "../core/encapsulation.p4"
#include "../core/translation.p4"
#include "../core/fragments.p4"
#include "../core/addresses.p4"
#include "../core/ethernet.p4"
#include "resume.p4"
#include "slots.p4"

/// The port packets to and from the controller pass through: the PCIe port of the first pipe.
#ifndef MOORING_CPU_PORT
#define MOORING_CPU_PORT 192
#endif
/// The port whose packets come back in: the recirculation port of the first pipe.
#ifndef MOORING_RECIRCULATION_PORT
#define MOORING_RECIRCULATION_PORT 68
#endif

const DigestType_t DIGEST_PIN = 1;
const DigestType_t DIGEST_MAC = 2;
const bit<3> DROP_ALL = 1;
const bit<8> METER_RED = 3;
/// Ticks are counted in sixteenths here, so that the hardware's 48-bit clock wraps where 32 bits do.
const bit<8> TICK_SHIFT = 4;

struct user_metadata_t {
    metadata_t mooring;
    bool checksum_wrong;
    bool from_controller;
}

parser MooringIngressParser(packet_in packet, out tna_headers_t headers, out user_metadata_t user,
                            out ingress_intrinsic_metadata_t intrinsic) {
    PacketParser() packet_parser;
    Checksum() ipv4_checksum;

    state start {
        packet.extract(intrinsic);
        packet.advance(PORT_METADATA_SIZE);
        user.checksum_wrong = false;
        user.from_controller = false;
        transition select(intrinsic.ingress_port) {
            MOORING_RECIRCULATION_PORT: parse_resume;
            MOORING_CPU_PORT: parse_from_controller;
            default: parse_packet;
        }
    }

    state parse_resume {
        packet.extract(headers.resume);
        user.from_controller = headers.resume.from_controller == 1;
        transition parse_packet;
    }

    state parse_from_controller {
        user.from_controller = true;
        transition parse_packet;
    }

    state parse_packet {
        packet_parser.apply(packet, headers.mooring, user.mooring, user.from_controller);
        // Options are not read; a header that has some is checked by the server.
        transition select(headers.mooring.ipv4.isValid(), headers.mooring.ipv4.ihl) {
            (true, 5): check_ipv4;
            default: accept;
        }
    }

    state check_ipv4 {
        ipv4_checksum.add(headers.mooring.ipv4);
        // True where the sum is wrong, whatever the name says.
        user.checksum_wrong = ipv4_checksum.verify();
        transition accept;
    }
}

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
    ResetInDoubt() reset_in_doubt;
    DrainWatch() drain_watch;
    ToServer() to_server;
    FromServer() from_server;
    PacketOutOrder() packet_out_order;
    SlotOrder() slot_order;
    ReportSlot() report_stored;
    SlotWay() first_way;
    SlotWay() second_way;

    /// Packets dropped, by DROP_*.
    @name(".drops")
    Counter<bit<64>, bit<8>>(32, CounterType_t.PACKETS) drops;

    /// SYNs by class of clients: what is marked red is dropped.
    @name(".class_syns")
    Meter<client_class_t>(256, MeterType_t.PACKETS) class_syns;

    Hash<bit<32>>(HashAlgorithm_t.CRC32) bucket_hash_v4;
    Hash<bit<32>>(HashAlgorithm_t.CRC32) bucket_hash_v6;
    Hash<bit<16>>(HashAlgorithm_t.CRC32) first_hash;
    Hash<bit<16>>(HashAlgorithm_t.CRC16) second_hash;

    bool resumed;
    bool storing;
    bool own_address;
    bool handled;
    bool for_vip;
    bool from_service;
    bool switched;
    bool received;
    bool alive;
    ticks_t seen;
    /// When the controller last said that it is there.
    @name(".controller_seen")
    Register<bit<32>, bit<1>>(1) controller_seen;
    RegisterAction<bit<32>, bit<1>, bit<32>>(controller_seen) see_controller = {
        void apply(inout bit<32> stamp, out bit<32> before) {
            before = stamp;
            if (alive) {
                stamp = user.mooring.now;
            }
        }
    };
    bool for_controller;
    bool assigned;
    bool won_first;
    bool won_second;
    bit<2> mode_first;
    bit<2> mode_second;
    bit<32> expected;
    bit<32> hashed;

    action hash_bucket_v4() {
        hashed = bucket_hash_v4.get({ user.mooring.hashed_port, user.mooring.seed,
                                      user.mooring.client_address[31:0] });
    }

    action hash_bucket_v6() {
        hashed = bucket_hash_v6.get({ user.mooring.hashed_port, user.mooring.seed, user.mooring.client_address });
    }

    action hash_first() {
        user.mooring.index_first = (bit<32>)first_hash.get({ user.mooring.client_address, user.mooring.client_port,
                                                             user.mooring.vip });
    }

    action hash_second() {
        user.mooring.index_second = (bit<32>)second_hash.get({ user.mooring.client_address, user.mooring.client_port,
                                                               user.mooring.vip });
    }

    action drop_because(bit<8> reason) {
        user.mooring.verdict = VERDICT_DROP;
        user.mooring.drop_reason = reason;
    }

    /// The packet's own first pass has decided what to store.
    action resume_slot() {
        user.mooring.index_first = (bit<32>)headers.resume.index;
        user.mooring.index_second = (bit<32>)headers.resume.index;
        user.mooring.way = headers.resume.way[1:0];
        user.mooring.slot.client_address = headers.resume.client_address;
        user.mooring.slot.client_port = headers.resume.client_port;
        user.mooring.slot.vip = headers.resume.vip;
        user.mooring.slot.state = headers.resume.state[1:0];
        user.mooring.slot.answered = headers.resume.answered[0:0];
        user.mooring.slot.generation = headers.resume.generation;
        user.mooring.slot.server = headers.resume.server;
        user.mooring.slot.bucket = headers.resume.bucket;
        user.mooring.slot.stamp = headers.resume.stamp;
        user.mooring.slot.sequence = headers.resume.sequence;
        user.mooring.server = headers.resume.server;
    }

    action go_round() {
        headers.resume.setValid();
        headers.resume.now = user.mooring.now;
        headers.resume.ingress_port = user.mooring.ingress_port;
        headers.resume.from_controller = user.from_controller ? 8w1 : 8w0;
        headers.resume.sweep_offset = user.mooring.sweep_offset;
        headers.resume.sweep_reports = user.mooring.sweep_reports;
        headers.resume.way = 6w0 ++ user.mooring.store;
        headers.resume.index = user.mooring.store == WAY_FIRST ? user.mooring.index_first[15:0]
                                                               : user.mooring.index_second[15:0];
        headers.resume.expected = user.mooring.store == WAY_FIRST ? state_word_of(user.mooring.first)
                                                                  : state_word_of(user.mooring.second);
        headers.resume.client_address = user.mooring.slot.client_address;
        headers.resume.client_port = user.mooring.slot.client_port;
        headers.resume.vip = user.mooring.slot.vip;
        headers.resume.state = 6w0 ++ user.mooring.slot.state;
        headers.resume.answered = 7w0 ++ user.mooring.slot.answered;
        headers.resume.generation = user.mooring.slot.generation;
        headers.resume.server = user.mooring.slot.server;
        headers.resume.bucket = user.mooring.slot.bucket;
        headers.resume.stamp = user.mooring.slot.stamp;
        headers.resume.sequence = user.mooring.slot.sequence;
        headers.resume.event_kind = user.mooring.event.kind;
        headers.resume.event_generation = user.mooring.event.generation;
        manager.ucast_egress_port = MOORING_RECIRCULATION_PORT;
        manager.bypass_egress = 1;
    }

    apply {
        resumed = headers.resume.isValid();
        storing = resumed && headers.resume.way != 0;
        user.mooring.now = intrinsic.ingress_mac_tstamp[47:16];
        user.mooring.ingress_port = (bit<16>)intrinsic.ingress_port;
        if (resumed) {
            user.mooring.now = headers.resume.now;
            user.mooring.ingress_port = headers.resume.ingress_port;
            user.mooring.sweep_offset = headers.resume.sweep_offset;
            user.mooring.sweep_reports = headers.resume.sweep_reports;
        }
        user.mooring.checksum_wrong = user.checksum_wrong;
        settings.apply(user.mooring);
        user.mooring.tentative_lifetime = user.mooring.tentative_lifetime << TICK_SHIFT;
        user.mooring.report_interval = user.mooring.report_interval << TICK_SHIFT;

        // Whose packet is it? `switched` sends it on by its Ethernet addresses, translated or not.
        handled = false;
        own_address = false;
        for_vip = false;
        from_service = false;
        switched = false;
        assigned = false;
        received = true;
        alive = false;
        for_controller = false;
        user.mooring.resetting_server = 0;
        if (headers.mooring.packet_out.isValid()) {
            if (storing && headers.mooring.packet_out.operation != PACKET_OUT_RECEIVE) {
                received = false;
                // The order was carried out when the slot was read.
                drop_because(DROP_CONSUMED);
                user.mooring.again = headers.mooring.packet_out.operation == PACKET_OUT_SWEEP;
            } else {
                packet_out_order.apply(headers.mooring, user.mooring, switched, received, alive);
            }
        }
        if (received) {
            if (!resumed) {
                mac_learning.apply(headers.mooring, user.mooring);
            }
            own_addresses.apply(headers.mooring, user.mooring, own_address, handled);
            if (!handled && user.mooring.has_ports) {
                if (own_address) {
                    client_class.apply(headers.mooring, user.mooring);
                    vip_lookup.apply(headers.mooring, user.mooring, for_vip);
                } else {
                    return_lookup.apply(headers.mooring, user.mooring, from_service);
                }
            }
            switched = !handled && !for_vip && !own_address;
            if (user.mooring.checksum_wrong && (for_vip || from_service)) {
                drop_because(DROP_CHECKSUM);
                for_vip = false;
                from_service = false;
                switched = false;
            } else if (own_address && !handled && !for_vip) {
                drop_because(user.mooring.has_ports ? DROP_NO_VIP : DROP_FRAGMENT);
            }
        }

        // What is assigned to it, and which slot and pin does it have?
        if (for_vip) {
            if (headers.mooring.ipv4.isValid()) {
                hash_bucket_v4();
            } else {
                hash_bucket_v6();
            }
            // No remainder here: numbers of buckets are powers of two.
            user.mooring.bucket = hashed[15:0] & (user.mooring.bucket_count - 1);
            assignment_lookup.apply(user.mooring, assigned);
            if (!assigned) {
                drop_because(DROP_NO_ASSIGNMENT);
            } else if (user.mooring.is_syn && !resumed) {
                if (class_syns.execute(user.mooring.client_class) == METER_RED) {
                    assigned = false;
                    drop_because(DROP_SYN_RATE);
                }
            }
        }
        seen = 0;
        if (alive || (assigned && user.mooring.in_doubt)) {
            seen = see_controller.execute(0);
        }
        mode_first = SLOT_UNTOUCHED;
        mode_second = SLOT_UNTOUCHED;
        expected = 0;
        if (storing) {
            resume_slot();
            expected = headers.resume.expected;
            if (user.mooring.way == WAY_FIRST) {
                mode_first = SLOT_STORE;
                user.mooring.first = user.mooring.slot;
            } else {
                mode_second = SLOT_STORE;
                user.mooring.second = user.mooring.slot;
            }
        } else if (user.mooring.order != ORDER_NONE) {
            mode_first = SLOT_READ;
            mode_second = SLOT_READ;
        } else if ((assigned && user.mooring.unsettled)
                   || (from_service && headers.mooring.tcp.isValid() && headers.mooring.tcp.syn == 1
                       && headers.mooring.tcp.ack == 1)) {
            hash_first();
            hash_second();
            mode_first = SLOT_READ;
            mode_second = SLOT_READ;
        }
        first_way.apply(mode_first, user.mooring.index_first[15:0], expected, user.mooring.first, won_first);
        second_way.apply(mode_second, user.mooring.index_second[15:0], expected, user.mooring.second, won_second);
        if (mode_first == SLOT_READ && user.mooring.order == ORDER_NONE) {
            slot_match.apply(user.mooring);
        }

        // What follows from it: a slot to store, or the way on.
        if (storing) {
            if (!won_first || !won_second) {
                drop_because(DROP_NO_ROOM);
                assigned = false;
                from_service = false;
                switched = false;
            } else {
                if (headers.resume.event_kind != EVENT_NONE) {
                    report_stored.apply(user.mooring, headers.resume.event_kind);
                    user.mooring.event.generation = headers.resume.event_generation;
                }
                user.mooring.verdict = assigned ? VERDICT_PORT : user.mooring.verdict;
            }
        } else if (user.mooring.order != ORDER_NONE) {
            slot_order.apply(headers.mooring, user.mooring);
        } else if (assigned) {
            exact_pins.apply(headers.mooring, user.mooring);
            user.mooring.controller_listens = false;
            if (user.mooring.in_doubt) {
                user.mooring.controller_listens = user.mooring.now - seen < (CONTROLLER_PATIENCE << TICK_SHIFT);
            }
            user.mooring.verdict = VERDICT_PORT;
            server_decision.apply(headers.mooring, user.mooring);
            if (user.mooring.unpinned && user.mooring.unsettled) {
                drain_watch.apply(user.mooring);
            }
        } else if (from_service) {
            remember_answer.apply(headers.mooring, user.mooring);
            reset_in_doubt.apply(headers.mooring, user.mooring, for_controller);
        }

        if (user.mooring.store != WAY_NONE) {
            // Nothing is translated and nothing told before the slot is stored.
            go_round();
        } else {
            if (assigned && user.mooring.verdict == VERDICT_PORT) {
                to_server.apply(headers.mooring, user.mooring);
            } else if (from_service) {
                from_server.apply(headers.mooring, user.mooring);
            }
            if (switched) {
                mac_forwarding.apply(headers.mooring, user.mooring);
            }
            if (for_controller) {
                user.mooring.verdict = VERDICT_CONTROLLER;
            }
            if (user.mooring.event.kind != EVENT_NONE) {
                deparser.digest_type = DIGEST_PIN;
            } else if (user.mooring.mac_unknown) {
                deparser.digest_type = DIGEST_MAC;
            }
            headers.resume.setInvalid();
            if (user.mooring.again) {
                go_round();
            } else {
                headers.mooring.packet_out.setInvalid();
                headers.bridge.setValid();
                headers.bridge.ingress_port = user.mooring.ingress_port;
                headers.bridge.server = user.mooring.resetting_server;
                headers.bridge.flooded = 0;
                if (user.mooring.verdict == VERDICT_PORT) {
                    manager.ucast_egress_port = (PortId_t)user.mooring.egress_port;
                } else if (user.mooring.verdict == VERDICT_FLOOD) {
                    manager.mcast_grp_a = user.mooring.flood_group;
                    headers.bridge.flooded = 1;
                } else if (user.mooring.verdict == VERDICT_CONTROLLER) {
                    manager.ucast_egress_port = MOORING_CPU_PORT;
                } else {
                    drops.count(user.mooring.drop_reason);
                    deparser.drop_ctl = DROP_ALL;
                }
            }
        }
    }
}

control MooringIngressDeparser(packet_out packet, inout tna_headers_t headers, in user_metadata_t user,
                               in ingress_intrinsic_metadata_for_deparser_t deparser) {
    // Named as on the other targets, after what they carry.
    @name(".pin_event_t")
    Digest<pin_event_t>(DIGEST_PIN) pin_digest;
    @name(".mac_event_t")
    Digest<mac_event_t>(DIGEST_MAC) mac_digest;

    apply {
        if (deparser.digest_type == DIGEST_PIN) {
            pin_digest.pack(user.mooring.event);
        } else if (deparser.digest_type == DIGEST_MAC) {
            mac_digest.pack(user.mooring.mac_event);
        }
        packet.emit(headers.resume);
        packet.emit(headers.bridge);
        packet.emit(headers.mooring);
    }
}

struct egress_headers_t {
    bridge_t bridge;
    packet_in_t packet_in;
}

struct egress_metadata_t {}

parser MooringEgressParser(packet_in packet, out egress_headers_t headers, out egress_metadata_t user,
                           out egress_intrinsic_metadata_t intrinsic) {
    state start {
        packet.extract(intrinsic);
        packet.extract(headers.bridge);
        transition accept;
    }
}

control MooringEgress(inout egress_headers_t headers, inout egress_metadata_t user,
                      in egress_intrinsic_metadata_t intrinsic, in egress_intrinsic_metadata_from_parser_t from_parser,
                      inout egress_intrinsic_metadata_for_deparser_t deparser,
                      inout egress_intrinsic_metadata_for_output_port_t output) {
    apply {
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

Pipeline(MooringIngressParser(), MooringIngress(), MooringIngressDeparser(), MooringEgressParser(), MooringEgress(),
         MooringEgressDeparser()) pipe;
Switch(pipe) main;

// Every kind of object that P4Info knows, once, with the annotations that change how it is described.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

@controller_header("packet_in")
header packet_in_t {
    bit<9> ingress_port;
    @id(7) bit<7> reason;
}

@controller_header("packet_out")
header packet_out_t {
    bit<9> egress_port;
    @hidden bit<7> pad;
}

struct headers_t {
    packet_in_t packet_in;
    packet_out_t packet_out;
    ethernet_t ethernet;
}

struct metadata_t {
    bit<16> hash;
    bit<32> color;
    bit<8> class;
}

struct learn_t {
    bit<48> mac;
    bit<9> port;
}

struct set_key_t {
    @match(ternary) bit<16> type;
    @brief("the low part") bit<8> low;
}

parser MyParser(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    value_set<bit<16>>(4) types;
    @name("pairs") value_set<set_key_t>(8) set_of_pairs;
    state start {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.type) {
            types: accept;
            default: more;
        }
    }
    state more {
        transition select(hdr.ethernet.type, hdr.ethernet.dst[7:0]) {
            set_of_pairs: accept;
            default: accept;
        }
    }
}

control MyVerify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

@brief("does nothing much")
@description("and says so")
action shared_action(bit<8> class, @id(9) @brief("a port") bit<9> port, bool flag) { }

control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    counter(128, CounterType.packets_and_bytes) arrivals;
    meter(64, MeterType.bytes) rates;
    register<bit<32>>(256) state_of_flow;
    register<learn_t>(4) learned;
    direct_counter(CounterType.packets) table_hits;
    direct_meter<bit<32>>(MeterType.packets) table_rate;
    @max_group_size(16) @selector_size_semantics("sum_of_members") @max_member_weight(100)
    action_selector(HashAlgorithm.crc16, 64, 16) choose;
    action_profile(32) profile;

    action drop() {
        mark_to_drop(std);
    }
    action send(@name("to") bit<9> port) {
        std.egress_spec = port;
    }
    action learn() {
        digest<learn_t>(1, { hdr.ethernet.src, std.ingress_port });
    }
    action only_called(bit<8> x) {
        meta.class = x;
    }

    @id(0x02000123)
    @my_mark(some, "tokens")
    table all_kinds {
        key = {
            hdr.ethernet.dst: exact;
            hdr.ethernet.src: lpm;
            hdr.ethernet.type: ternary @name("ether_type") @custom;
            std.ingress_port: range @id(12);
            meta.class: optional;
            hdr.ethernet.isValid(): exact;
            hdr.ethernet.dst[15:8]: exact;
        }
        actions = {
            send;
            @tableonly drop;
            @defaultonly learn;
        }
        const default_action = learn;
        size = 4000;
        counters = table_hits;
        meters = table_rate;
        support_timeout = true;
    }
    table by_selector {
        key = {
            meta.class: exact;
            meta.hash: selector;
        }
        actions = {
            send;
            drop;
        }
        implementation = choose;
    }
    table by_profile {
        key = {
            meta.class: exact;
        }
        actions = {
            send;
        }
        implementation = profile;
    }
    table by_profile_too {
        key = {
            meta.hash: exact;
        }
        actions = {
            send;
            shared_action;
        }
        implementation = profile;
        default_action = shared_action(3, 9w5, true);
    }
    @hidden table invisible {
        actions = {
            drop;
        }
    }
    table never_applied {
        actions = {
            drop;
        }
    }
    apply {
        bit<32> value;
        arrivals.count((bit<32>) std.ingress_port);
        rates.execute_meter<bit<32>>(0, meta.color);
        state_of_flow.read(value, 3);
        all_kinds.apply();
        table_rate.read(meta.color);
        by_selector.apply();
        by_profile.apply();
        by_profile_too.apply();
        invisible.apply();
        only_called(7);
        if (false) {
            never_applied.apply();
        }
    }
}

control MyEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control MyCompute(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control MyDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.ethernet);
    }
}

@pkginfo(name = "everything.p4", version = "1.2", organization = "mooring")
@platform_property(multicast_group_table_size = 10, multicast_group_table_total_replicas = 20)
@brief("all of it")
V1Switch(MyParser(), MyVerify(), MyIngress(), MyEgress(), MyCompute(), MyDeparser()) main;

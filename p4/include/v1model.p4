// The v1model architecture: what BMv2's simple_switch offers to a P4_16 program. One parser, checksum verification,
// ingress, traffic manager, egress, checksum update, deparser. Written from the published behaviour of simple_switch;
// names, parameter names and their order are those that programs and control planes depend on.
//
// V1MODEL_VERSION chooses between the two forms of the indexed externs: from 20200408 on the index has a type
// parameter of its own and ports have a named type; before that, an index is bit<32>.
#ifndef _V1_MODEL_P4_
#define _V1_MODEL_P4_

#include <core.p4>

#ifndef V1MODEL_VERSION
#define V1MODEL_VERSION 20180101
#endif

#if V1MODEL_VERSION >= 20200408
#define V1MODEL_INDEX_PARAMETER <I>
#define V1MODEL_INDEX I
#define V1MODEL_PORT PortId_t
#else
#define V1MODEL_INDEX_PARAMETER
#define V1MODEL_INDEX bit<32>
#define V1MODEL_PORT bit<9>
#endif

const bit<32> __v1model_version = V1MODEL_VERSION;

/// The match kinds of simple_switch beyond those of core.p4.
match_kind {
    /// Between two bounds, both included.
    range,
    /// Equal, or not looked at.
    optional,
    /// Not matched: feeds the hash of an action selector.
    selector
}

#if V1MODEL_VERSION >= 20200408
typedef bit<9> PortId_t;
#endif

/// What the switch tells the program of a packet, and the program the switch.
@metadata
@name("standard_metadata")
struct standard_metadata_t {
    /// Where the packet came in.
    V1MODEL_PORT ingress_port;
    /// Where ingress wants it to go; 511 drops it.
    V1MODEL_PORT egress_spec;
    /// Where it leaves; set for egress only.
    V1MODEL_PORT egress_port;
    /// 0 normal, 1 cloned in ingress, 2 cloned in egress, 4 recirculated, 5 replicated, 6 resubmitted.
    bit<32> instance_type;
    /// In bytes.
    bit<32> packet_length;
    /// When it entered the egress queue, in microseconds.
    @alias("queueing_metadata.enq_timestamp")
    bit<32> enq_timestamp;
    /// How many packets the queue held then.
    @alias("queueing_metadata.enq_qdepth")
    bit<19> enq_qdepth;
    /// How long it stayed in the queue, in microseconds.
    @alias("queueing_metadata.deq_timedelta")
    bit<32> deq_timedelta;
    /// How many packets the queue held when it left.
    @alias("queueing_metadata.deq_qdepth")
    bit<19> deq_qdepth;
    /// When ingress began, in microseconds since the switch started.
    @alias("intrinsic_metadata.ingress_global_timestamp")
    bit<48> ingress_global_timestamp;
    /// When egress began, in microseconds since the switch started.
    @alias("intrinsic_metadata.egress_global_timestamp")
    bit<48> egress_global_timestamp;
    /// The multicast group to replicate to; 0 for none.
    @alias("intrinsic_metadata.mcast_grp")
    bit<16> mcast_grp;
    /// Which copy of a replicated packet this is.
    @alias("intrinsic_metadata.egress_rid")
    bit<16> egress_rid;
    /// 1 if verify_checksum found a wrong one.
    bit<1> checksum_error;
    /// What the parser ran into.
    error parser_error;
    /// The egress queue's priority, where the switch has several.
    @alias("intrinsic_metadata.priority")
    bit<3> priority;
}

/// What a counter counts.
enum CounterType {
    packets,
    bytes,
    packets_and_bytes
}

/// What a meter measures.
enum MeterType {
    packets,
    bytes
}

/// Algorithms of hash(), of checksums and of action selectors.
enum HashAlgorithm {
    crc32,
    crc32_custom,
    crc16,
    crc16_custom,
    random,
    identity,
    csum16,
    xor16
}

/// Which side a clone is made on: from ingress to egress, or from egress to egress.
enum CloneType {
    I2E,
    E2E
}

/// An array of counters, by index.
extern counter V1MODEL_INDEX_PARAMETER {
    counter(bit<32> size, CounterType type);
    void count(in V1MODEL_INDEX index);
}

/// A counter for each entry of the table it is attached to.
extern direct_counter {
    direct_counter(CounterType type);
    void count();
}

#define V1MODEL_METER_COLOR_GREEN  0
#define V1MODEL_METER_COLOR_YELLOW 1
#define V1MODEL_METER_COLOR_RED    2

/// An array of two-rate three-colour meters, by index. The result is one of the colours above.
extern meter V1MODEL_INDEX_PARAMETER {
    meter(bit<32> size, MeterType type);
    void execute_meter<T>(in V1MODEL_INDEX index, out T result);
}

/// A meter for each entry of the table it is attached to.
extern direct_meter<T> {
    direct_meter(MeterType type);
    void read(out T result);
}

/// An array of values that outlive a packet.
#if V1MODEL_VERSION >= 20200408
extern register<T, I> {
#else
extern register<T> {
#endif
    register(bit<32> size);
    @noSideEffects
    void read(out T result, in V1MODEL_INDEX index);
    void write(in V1MODEL_INDEX index, in T value);
}

/// Actions that several entries share.
extern action_profile {
    action_profile(bit<32> size);
}

/// An action profile whose groups choose a member by a hash of the `selector` fields.
extern action_selector {
    action_selector(HashAlgorithm algorithm, bit<32> size, bit<32> outputWidth);
}

/// A number between the two bounds, both included.
extern void random<T>(out T result, in T lo, in T hi);

/// Tells the control plane; the type of `data` names the message. `receiver` is not used.
extern void digest<T>(in bit<32> receiver, in T data);

/// The form without an argument belongs to no pipeline.
@deprecated("Please use mark_to_drop(standard_metadata) instead.")
extern void mark_to_drop();

/// Has the packet dropped at the end of this pipeline unless something else is set after: egress_spec 511, mcast_grp 0.
@pure
extern void mark_to_drop(inout standard_metadata_t standard_metadata);

/// result = base + hash(data) mod max; max 0 counts as 1.
@pure
extern void hash<O, T, D, M>(out O result, in HashAlgorithm algo, in T base, in D data, in M max);

/// The older form of checksums.
@deprecated("Please use verify_checksum/update_checksum instead.")
extern Checksum16 {
    Checksum16();
    bit<16> get<D>(in D data);
}

/// Sets checksum_error if the condition holds and the checksum of `data` is not `checksum`.
extern void verify_checksum<T, O>(in bool condition, in T data, in O checksum, HashAlgorithm algo);
/// Stores the checksum of `data` if the condition holds.
@pure
extern void update_checksum<T, O>(in bool condition, in T data, inout O checksum, HashAlgorithm algo);
/// As verify_checksum, over `data` followed by all that the parser left unread.
extern void verify_checksum_with_payload<T, O>(in bool condition, in T data, in O checksum, HashAlgorithm algo);
/// As update_checksum, over `data` followed by all that the parser left unread.
@noSideEffects
extern void update_checksum_with_payload<T, O>(in bool condition, in T data, inout O checksum, HashAlgorithm algo);

/// Ingress: the packet starts over with its metadata as it came in, but for the fields of @field_list(index).
extern void resubmit_preserving_field_list(bit<8> index);
@deprecated("Please use 'resubmit_preserving_field_list' instead")
extern void resubmit<T>(in T data);

/// Egress: the packet as deparsed starts over in the parser; the fields of @field_list(index) go with it.
extern void recirculate_preserving_field_list(bit<8> index);
@deprecated("Please use 'recirculate_preserving_field_list' instead")
extern void recirculate<T>(in T data);

/// A copy for the egress ports of the mirror session, without metadata.
extern void clone(in CloneType type, in bit<32> session);
/// A copy for the egress ports of the mirror session, with the fields of @field_list(index).
extern void clone_preserving_field_list(in CloneType type, in bit<32> session, bit<8> index);
@deprecated("Please use 'clone_preserving_field_list' instead")
extern void clone3<T>(in CloneType type, in bit<32> session, in T data);

/// Cuts the packet to at most this many bytes when it leaves.
extern void truncate(in bit<32> length);

/// Stops the switch (or is only reported, as the switch is set) when the condition does not hold.
extern void assert(in bool check);
/// As assert, for what verification tools may take for granted.
extern void assume(in bool check);

/// A line in the switch's log; `{}` stands for one value of `data` each.
extern void log_msg(string msg);
extern void log_msg<T>(string msg, in T data);

// The blocks of the architecture, and the package that joins them.

parser Parser<H, M>(packet_in b, out H parsedHdr, inout M meta, inout standard_metadata_t standard_metadata);

control VerifyChecksum<H, M>(inout H hdr, inout M meta);

@pipeline
control Ingress<H, M>(inout H hdr, inout M meta, inout standard_metadata_t standard_metadata);

@pipeline
control Egress<H, M>(inout H hdr, inout M meta, inout standard_metadata_t standard_metadata);

control ComputeChecksum<H, M>(inout H hdr, inout M meta);

@deparser
control Deparser<H>(packet_out b, in H hdr);

package V1Switch<H, M>(Parser<H, M> p,
                       VerifyChecksum<H, M> vr,
                       Ingress<H, M> ig,
                       Egress<H, M> eg,
                       ComputeChecksum<H, M> ck,
                       Deparser<H> dep);

#endif

// Mooring on the Tofino Native Architecture: the shell around the features of p4/core. Here is only what the
// architecture forces: intrinsic metadata, registers that a packet touches once (slots.p4), the second pass that
// follows from it (resume.p4), checksums in parser and deparser (checksums.p4, residuals.p4), hashes, digests,
// counters, and the ordered list of applies that makes a load balancer of the features. The list is the one of the
// v1model shell.
//
// What fragments.p4 remembers has no room in this architecture's registers: later fragments to a VIP are dropped and
// counted. So are ICMP errors, whose connection a hardware parser cannot put in place of the packet's own. Nor does a
// server have several links here, for want of a P4Info for this architecture's selectors. A VIP has one port: all ports
// would take another word of each slot and a longer key of each pin. Connections that servers open are translated and
// not pinned: they would have to be looked up as clients' packets are, before it is known whose they are. No SYN is
// refused because servers have no room.
//
// Differences a controller can see are in docs/tofino.md: numbers of buckets are powers of two, a tick is 2.4 % longer,
// and a packet that loses the race for a slot between its two passes is dropped for its sender to resend, which is what
// a full slot does anyway.
//
// What needs the most containers and stages can be left out one by one, where a chip has no room: IPv6
// (MOORING_NO_IPV6), servers that get packets inside others (MOORING_NO_ENCAPSULATION), sweeps (MOORING_NO_SWEEPS),
// buckets in doubt (MOORING_NO_DOUBT) and signals of servers (MOORING_NO_SIGNALS).
#include <core.p4>
#if __TARGET_TOFINO__ == 2
#include <t2na.p4>
#else
#include <tna.p4>
#endif

// What core needs an architecture's word for.
#define MOORING_IDLE_TIMEOUT idle_timeout = true;
// One bit an entry for its idle time, which is kept in memory that stages have little of.
#define MOORING_LARGE_TABLE @idletime_precision(1)
#define MOORING_DIRECT_COUNTER(name) DirectCounter<bit<64>>(CounterType_t.PACKETS_AND_BYTES) name;
#define MOORING_COUNTED_BY(name) counters = name;
#define MOORING_COUNT(name) name.count();
#define MOORING_NO_ICMP_ERRORS
#define MOORING_NO_ALL_PORTS
#define MOORING_NO_OUTGOING
#define MOORING_NO_REFUSALS

// Slots of each way: four registers of so many words find room in a stage.
#define MOORING_SLOTS 32768
#define MOORING_SLOT_INDEX_BITS 15

/// The port packets to and from the controller pass through: the PCIe port.
#ifndef MOORING_CPU_PORT
#if __TARGET_TOFINO__ == 2
#define MOORING_CPU_PORT 0
#else
#define MOORING_CPU_PORT 192
#endif
#endif
/// The port whose packets come back in: a recirculation port of the first pipe.
#ifndef MOORING_RECIRCULATION_PORT
#if __TARGET_TOFINO__ == 2
#define MOORING_RECIRCULATION_PORT 6
#else
#define MOORING_RECIRCULATION_PORT 68
#endif
#endif

#include "residuals.p4"
#include "checksums.p4"
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
#include "resume.p4"
#include "slots.p4"

const DigestType_t DIGEST_PIN = 1;
const DigestType_t DIGEST_MAC = 2;
const bit<3> DROP_ALL = 1;
const bit<8> METER_RED = 3;

struct user_metadata_t {
    metadata_t mooring;
    /// What the deparser is to make right.
    bool ipv4_changed;
    bool tcp_changed;
    bool udp_changed;
    bool echo_answered;
    bool advertised;
}

#include "parser.p4"
#include "leaving.p4"
#include "ingress.p4"
#include "deparser.p4"
#include "egress.p4"

Pipeline(MooringIngressParser(), MooringIngress(), MooringIngressDeparser(), MooringEgressParser(), MooringEgress(),
         MooringEgressDeparser()) pipe;
// Metadata is zero where nothing was written, as everywhere else.
@pa_auto_init_metadata
Switch(pipe) main;

// What one packet's way through the load balancer carries from feature to feature. Grouped by the feature that
// writes it; whoever reads a field finds its meaning here.
#ifndef MOORING_CORE_METADATA_P4
#define MOORING_CORE_METADATA_P4

typedef bit<16> vip_id_t;
typedef bit<16> bucket_t;
typedef bit<16> server_id_t;
typedef bit<16> generation_t;
/// Time in units of 1.024 ms, wrapping after 50 days; only differences are looked at.
typedef bit<32> ticks_t;

/// As a bucket's current server: whoever serves the connection in the VIP's coming mapping.
const server_id_t BY_COMING_MAPPING = 0;

/// A set of client addresses that see services of their own; 0 is everybody else.
typedef bit<8> client_class_t;

/// Number of slots in each of the two ways of the pin registers.
#ifndef MOORING_SLOTS
#define MOORING_SLOTS 16384
#endif

/// Number of exact pins there is room for (of IPv4 clients; of IPv6 clients a quarter).
#ifndef MOORING_PINS
#define MOORING_PINS 262144
#endif

const bit<8> SLOT_EMPTY = 0;
/// A SYN was sent to `server`; the handshake has not shown yet that it answers (rule R2).
const bit<8> SLOT_TENTATIVE = 1;
/// The client has acknowledged the server's SYN: the connection lives there.
const bit<8> SLOT_CONFIRMED = 2;

/// One slot of the pin registers.
struct slot_t {
    /// A connection's whole identity, so that no other connection matches.
    address_t client_address;
    l4_port_t client_port;
    vip_id_t vip;
    /// As in metadata_t.
    l4_port_t vip_port;
    bit<8> state;
    /// 1: `sequence` holds the SYN-ACK's sequence number.
    bit<8> answered;
    /// Raised each time the slot is freed, so that a late release frees nobody else's pin (rule R3).
    generation_t generation;
    server_id_t server;
    bucket_t bucket;
    /// When the SYN was last seen (tentative), or the pin last reported (confirmed).
    ticks_t stamp;
    /// Initial sequence number of the server's SYN-ACK.
    bit<32> sequence;

    // What follows is not stored: how the slot compares with the packet that has read it.
    /// The connection is the packet's, or the order's.
    bool same;
    /// Older than any handshake lasts.
    bool expired;
    /// Not reported for longer than `report_interval`.
    bool overdue;
    /// The packet acknowledges `sequence`.
    bool acknowledged;
}

/// What is remembered of a fragmented datagram while it passes.
struct fragment_t {
    address_t source;
    address_t destination;
    bit<32> identification;
    bit<8> protocol;
    ticks_t stamp;
    /// To a server: who gets it. From a server (0): the address of the service.
    server_id_t server;
    vip_id_t vip;
    address_t service_address;
}

/// Which register slot of a packet's connection was found, if any.
const bit<8> WAY_NONE = 0;
const bit<8> WAY_FIRST = 1;
const bit<8> WAY_SECOND = 2;

/// What is told of a pin.
const bit<8> EVENT_NONE = 0;
/// A handshake completed with a pinned server: promote the slot to a table entry, then release it.
const bit<8> EVENT_CONFIRMED = 1;
/// The bucket is learning and this connection, which has no pin and gets no slot, lives on the bucket's base.
const bit<8> EVENT_LEARNED = 2;
/// The slot named is free of that pin (now, or it was before).
const bit<8> EVENT_RELEASED = 3;
/// A sweep met a tentative slot that has not expired.
const bit<8> EVENT_TENTATIVE = 4;
/// A sweep has come to its end; `slot` is the number of slots it reported.
const bit<8> EVENT_SWEPT = 5;
/// A sweep met a confirmed slot: as EVENT_CONFIRMED.
const bit<8> EVENT_HELD = 6;

/// A message to the controller about a pin.
struct pin_event_t {
    bit<8> kind;
    /// 0 or 1
    bit<8> way;
    bit<32> slot;
    generation_t generation;
    vip_id_t vip;
    bucket_t bucket;
    ipv6_address_t client_address;
    l4_port_t client_port;
    l4_port_t vip_port;
    server_id_t server;
}

/// A message to the controller: this address was seen behind this port.
struct mac_event_t {
    mac_address_t mac;
    switch_port_t port;
}

/// Why a packet was dropped; the index of the counter `drops`, from 1 on.
/// For a VIP that has no assignment for the packet's bucket.
const bit<8> DROP_NO_ASSIGNMENT = 1;
/// The assignment names a server the switch has no way to.
const bit<8> DROP_NO_SERVER = 2;
/// A SYN of a connection whose pin is about to be deleted (rule R6); the client resends it.
const bit<8> DROP_PIN_CLOSING = 3;
/// A SYN that found no room for its pin in a sealed bucket (rule R5); the client resends it.
const bit<8> DROP_SEALED = 4;
/// A fragment of a datagram to a VIP whose first fragment has not been seen, or not lately, or its protocol has no
/// ports.
const bit<8> DROP_FRAGMENT = 5;
/// The IPv4 header checksum is wrong.
const bit<8> DROP_CHECKSUM = 6;
/// For a VIP's address, but no VIP has its protocol and port.
const bit<8> DROP_NO_VIP = 7;
/// A packet-out of a controller that another has replaced, or whose operation does not exist.
const bit<8> DROP_PACKET_OUT = 8;
/// The packet has done its work (a release, a sweep).
const bit<8> DROP_CONSUMED = 9;

/// A packet that may open a connection of a one-way VIP found no room for its pin; the client resends it.
const bit<8> DROP_NO_ROOM = 10;

/// A SYN above the rate of its client's class.
const bit<8> DROP_SYN_RATE = 11;

/// A SYN by which a server opens a connection whose answer would not find it; the server resends it (rule R10).
const bit<8> DROP_OUTGOING = 12;

/// A SYN for which no server of its VIP has room (refusal.p4), answered or not.
const bit<8> DROP_REFUSED = 13;

/// What a packet-out has done with the slot it names.
const bit<8> ORDER_NONE = 0;
const bit<8> ORDER_RELEASE = 1;
const bit<8> ORDER_SWEEP = 2;

/// How long after the controller was last heard of it is still counted upon, in ticks of 1.024 ms.
#ifndef MOORING_CONTROLLER_PATIENCE
#define MOORING_CONTROLLER_PATIENCE 293
#endif
const ticks_t CONTROLLER_PATIENCE = MOORING_CONTROLLER_PATIENCE;

/// How a server gets its packets.
const bit<2> FORWARD_TRANSLATED = 0;
const bit<2> FORWARD_DIRECT = 1;
const bit<2> FORWARD_IPIP = 2;
const bit<2> FORWARD_GUE = 3;

/// In place of a server's switch port: whichever of its links is up, by the table `links`.
const switch_port_t BY_LINK = 0xffff;

/// Where a packet goes when the pipeline has decided.
const bit<2> VERDICT_DROP = 0;
const bit<2> VERDICT_PORT = 1;
const bit<2> VERDICT_FLOOD = 2;
const bit<2> VERDICT_CONTROLLER = 3;

// What a shell keeps there besides.
#ifndef MOORING_METADATA
#define MOORING_METADATA
#endif

struct metadata_t {
    MOORING_METADATA
    // From the shell.
    ticks_t now;
    switch_port_t ingress_port;
    bool checksum_wrong;

    // Settings of the whole switch.
    bit<32> epoch;
    ticks_t tentative_lifetime;
    ticks_t report_interval;

    // Addresses and transport ports, whatever the protocols; IPv4 is ::ffff:a.b.c.d. Of an ICMP error those of the
    // connection it speaks of, as if it were a packet of it. `has_ports` is false for later fragments and other
    // protocols.
    address_t source;
    address_t destination;
    bit<8> protocol;
    bool is_error;
    bool has_ports;
    l4_port_t source_port;
    l4_port_t destination_port;

    /// The address in the MAC address that an answer to a probe goes to (addresses.p4); of other packets it means
    /// nothing.
    ipv4_address_t probed;

    // Part of a datagram: which, and what was done with its first part.
    bool first_fragment;
    bool later_fragment;
    bit<32> identification;
    fragment_t fragment;

    // The connection.
    client_class_t client_class;
    vip_id_t vip;
    /// Which port of a VIP for all ports; 0 of any other.
    l4_port_t vip_port;
    address_t client_address;
    l4_port_t client_port;
    bool is_syn;
    /// The packet may be the first of its connection: a SYN, or any datagram.
    bool opens;
    /// No handshake of the VIP's connections can be watched: datagrams, or servers that answer past the switch.
    bool one_way;
    /// Of a SYN that is refused: it is answered.
    bool refused_with_reset;

    // Its bucket: hash input and assignment. Where a coming mapping is asked, the input becomes that one's.
    bucket_t first_bucket;
    bit<16> bucket_count;
    bit<32> seed;
    l4_port_t hashed_port;
    bucket_t bucket;
    /// In the coming mapping, from 0 on.
    bucket_t coming_bucket;
    server_id_t base;
    server_id_t current;
    bool learn;
    bool sealed;
    bool unsettled;
    /// Pins of its connections have been lost: who has none may live elsewhere than on the base.
    bool in_doubt;
    /// With `in_doubt`: the controller was heard of lately.
    bool controller_listens;

    // Its pins. `slot` is the one that holds the connection, at `way`.
    bit<32> index_first;
    bit<32> index_second;
    slot_t first;
    slot_t second;
    slot_t slot;
    bit<8> way;
    bool slot_alive;
    bool pinned;
    server_id_t pin_server;
    bool pin_closing;

    // A server's packet: what its client knows it by.
    address_t service_address;
    l4_port_t service_port;

    // The decision.
    server_id_t server;
    bool unpinned;
    /// Where to store `slot`, WAY_NONE for nowhere.
    bit<8> store;
    pin_event_t event;
    mac_event_t mac_event;
    bool mac_unknown;

    // The verdict.
    bit<2> verdict;
    /// With a reset for the controller: whose it is.
    server_id_t resetting_server;
    switch_port_t egress_port;
    bit<16> flood_group;
    bit<8> drop_reason;

    // What a packet-out orders to be done with a slot.
    bit<8> order;
    // How far a sweep has come: the shell keeps it while the packet-out goes round `again`. The next slot, from the
    // first one on, and which way of it; WAY_NONE where it has not begun.
    bit<32> sweep_offset;
    bit<8> sweep_way;
    /// Slots reported so far, kept likewise: the controller compares, so that it notices a lost report.
    bit<32> sweep_reports;
    bool again;
}

#endif

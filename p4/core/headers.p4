// The packet headers Mooring reads and writes, as their standards define them, and the two headers that travel
// between controller and switch. Field names are the standards' own, so that a trace or a table entry reads like them.
#ifndef MOORING_CORE_HEADERS_P4
#define MOORING_CORE_HEADERS_P4

typedef bit<48> mac_address_t;
typedef bit<32> ipv4_address_t;
typedef bit<128> ipv6_address_t;
typedef bit<16> l4_port_t;
/// An address of a client or a server: an IPv6 address, or an IPv4 address among those. A shell without room for IPv6
/// (MOORING_NO_IPV6) has IPv4 addresses alone, and shows them to the controller as the others do.
#ifdef MOORING_NO_IPV6
typedef ipv4_address_t address_t;
#define MOORING_OF_IPV4(address) address
#define MOORING_OF_IPV6(address) address[31:0]
#define MOORING_SHOW(target, address) target[127:32] = IPV4_MAPPED; target[31:0] = address;
#else
typedef ipv6_address_t address_t;
#define MOORING_OF_IPV4(address) IPV4_MAPPED ++ address
#define MOORING_OF_IPV6(address) address
#define MOORING_SHOW(target, address) target = address;
#endif
/// A port of the switch, as wide as P4Runtime carries it; a shell narrows it to what its target has.
typedef bit<16> switch_port_t;

const bit<16> ETHER_TYPE_IPV4 = 0x0800;
const bit<16> ETHER_TYPE_ARP = 0x0806;
const bit<16> ETHER_TYPE_IPV6 = 0x86dd;
const bit<16> ETHER_TYPE_VLAN = 0x8100;
const bit<8> PROTOCOL_ICMP = 1;
const bit<8> PROTOCOL_IPIP = 4;
const bit<8> PROTOCOL_TCP = 6;
const bit<8> PROTOCOL_UDP = 17;
const bit<8> PROTOCOL_IPV6 = 41;
const bit<8> PROTOCOL_IPV6_FRAGMENT = 44;
const bit<8> PROTOCOL_ICMPV6 = 58;
const bit<16> ARP_REQUEST = 1;
const bit<16> ARP_REPLY = 2;
const bit<8> ICMP_ECHO_REPLY = 0;
const bit<8> ICMP_UNREACHABLE = 3;
const bit<8> ICMP_ECHO_REQUEST = 8;
const bit<8> ICMP_TIME_EXCEEDED = 11;
const bit<8> ICMP_PARAMETER_PROBLEM = 12;
const bit<8> ICMPV6_UNREACHABLE = 1;
const bit<8> ICMPV6_TOO_BIG = 2;
const bit<8> ICMPV6_TIME_EXCEEDED = 3;
const bit<8> ICMPV6_PARAMETER_PROBLEM = 4;
const bit<8> ICMPV6_ECHO_REQUEST = 128;
const bit<8> ICMPV6_ECHO_REPLY = 129;
const bit<8> NDP_SOLICITATION = 135;
const bit<8> NDP_ADVERTISEMENT = 136;
const bit<8> NDP_TARGET_MAC = 2;
/// A neighbour solicitation or advertisement with one option that holds a MAC address.
const bit<16> NDP_ANSWER_BYTES = 32;
/// RFC 4861: what comes from further away than the link has less.
const bit<8> NDP_HOP_LIMIT = 255;
/// An IPv4 address among IPv6 addresses: ::ffff:a.b.c.d (RFC 4291).
const bit<96> IPV4_MAPPED = 0xffff;

/// IEEE 802.3
header ethernet_t {
    mac_address_t destination;
    mac_address_t source;
    bit<16> ether_type;
}

/// IEEE 802.1Q; what it belongs to is not looked at, it stays on whatever the switch does to the packet.
header vlan_t {
    bit<3> priority;
    bit<1> drop_eligible;
    bit<12> id;
    bit<16> ether_type;
}

/// RFC 826, for IPv4 over Ethernet
header arp_t {
    bit<16> hardware_type;
    bit<16> protocol_type;
    bit<8> hardware_length;
    bit<8> protocol_length;
    bit<16> operation;
    mac_address_t sender_mac;
    ipv4_address_t sender_address;
    mac_address_t target_mac;
    ipv4_address_t target_address;
}

/// RFC 791
header ipv4_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> type_of_service;
    bit<16> total_length;
    bit<16> identification;
    bit<3> flags;
    bit<13> fragment_offset;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> checksum;
    ipv4_address_t source;
    ipv4_address_t destination;
}

/// RFC 791, what follows the first twenty bytes
header ipv4_options_t {
    varbit<320> options;
}

/// RFC 8200
header ipv6_t {
    bit<4> version;
    bit<8> traffic_class;
    bit<20> flow_label;
    bit<16> payload_length;
    bit<8> next_header;
    bit<8> hop_limit;
    ipv6_address_t source;
    ipv6_address_t destination;
}

/// RFC 8200, the fragment header
header ipv6_fragment_t {
    bit<8> next_header;
    bit<8> reserved;
    bit<13> offset;
    bit<2> reserved2;
    bit<1> more;
    bit<32> identification;
}

/// RFC 792 and RFC 4443, the part common to all messages
header icmp_t {
    bit<8> type;
    bit<8> code;
    bit<16> checksum;
}

/// RFC 792 and RFC 4443: what stands between that and the packet an error message speaks of.
header icmp_error_t {
    /// An MTU, or a pointer, or nothing.
    bit<32> detail;
}

/// The first eight bytes of a TCP or UDP header in an error message, which are all that need be there.
header quoted_ports_t {
    l4_port_t source;
    l4_port_t destination;
    bit<16> third;
    /// UDP: the checksum.
    bit<16> fourth;
}

/// Generic UDP Encapsulation, variant 0 without extensions
header gue_t {
    bit<2> variant;
    bit<1> control_message;
    bit<5> extension_words;
    bit<8> protocol;
    bit<16> flags;
}

/// RFC 4861, what follows in a neighbour solicitation or advertisement
header ndp_t {
    bit<32> flags;
    ipv6_address_t target;
}

/// RFC 4861, an option that holds a MAC address
header ndp_mac_option_t {
    bit<8> type;
    /// In units of 8 bytes.
    bit<8> length;
    mac_address_t mac;
}

/// RFC 9293, without options: they are payload here
header tcp_t {
    l4_port_t source;
    l4_port_t destination;
    bit<32> sequence;
    bit<32> acknowledgment;
    bit<4> data_offset;
    bit<4> reserved;
    bit<1> cwr;
    bit<1> ece;
    bit<1> urg;
    bit<1> ack;
    bit<1> psh;
    bit<1> rst;
    bit<1> syn;
    bit<1> fin;
    bit<16> window;
    bit<16> checksum;
    bit<16> urgent_pointer;
}

/// RFC 768
header udp_t {
    l4_port_t source;
    l4_port_t destination;
    bit<16> length;
    bit<16> checksum;
}

/// What a packet-out asks for.
const bit<8> PACKET_OUT_FORWARD = 0;
const bit<8> PACKET_OUT_FLOOD = 1;
const bit<8> PACKET_OUT_RELEASE = 2;
const bit<8> PACKET_OUT_SWEEP = 3;
const bit<8> PACKET_OUT_RECEIVE = 4;
const bit<8> PACKET_OUT_ALIVE = 5;

/// In front of a packet from the controller.
@controller_header("packet_out")
header packet_out_t {
    /// One of PACKET_OUT_*.
    bit<8> operation;
    /// Forward: the port it leaves by. Receive: the port it came in by, when it was handed to the controller.
    switch_port_t egress_port;
    /// The epoch of the controller that sends it; one older than the switch's settings is ignored (rule R11).
    bit<32> epoch;
    /// Release: the way, slot and generation the digest named, and the connection it belongs to. Sweep: the first slot.
    bit<8> way;
    bit<32> slot;
    bit<16> generation;
    bit<16> vip;
    ipv6_address_t client_address;
    l4_port_t client_port;
    l4_port_t vip_port;
    /// Sweep: how many slots.
    bit<32> count;
}

/// In front of a packet to the controller.
@controller_header("packet_in")
header packet_in_t {
    switch_port_t ingress_port;
    /// A reset of a VIP in doubt: the server it comes from, where the switch knows; 0 otherwise.
    bit<16> server;
}

struct headers_t {
    packet_out_t packet_out;
    packet_in_t packet_in;
    ethernet_t ethernet;
    vlan_t vlan;
    arp_t arp;
    // Around a packet on its way to a server that takes it whole.
    ipv4_t outer_ipv4;
    ipv6_t outer_ipv6;
    udp_t outer_udp;
    gue_t gue;
    ipv4_t ipv4;
    ipv4_options_t ipv4_options;
    ipv6_t ipv6;
    ipv6_fragment_t ipv6_fragment;
    icmp_t icmp;
    // What an ICMP error speaks of.
    icmp_error_t icmp_error;
    ipv4_t quoted_ipv4;
    ipv6_t quoted_ipv6;
    quoted_ports_t quoted_ports;
    ndp_t ndp;
    ndp_mac_option_t ndp_mac_option;
    tcp_t tcp;
    udp_t udp;
}

#endif

// What is left of a checksum when everything that translation may change is taken out of it: the parser's part, as
// hooks of core's parser. The deparser adds what stands in those places then (checksums of the same names in
// mooring.p4). What was wrong before stays wrong, as on the other targets.
#ifndef MOORING_TNA_RESIDUALS_P4
#define MOORING_TNA_RESIDUALS_P4

#define MOORING_PARSER_STATE \
    Checksum() ipv4_check; \
    Checksum() ipv4_rest; \
    Checksum() tcp_rest; \
    Checksum() udp_rest; \
    Checksum() icmp_rest;

#define MOORING_PARSED_IPV4 \
    ipv4_check.add(headers.ipv4); \
    ipv4_rest.subtract({ headers.ipv4.checksum, headers.ipv4.source, headers.ipv4.destination }); \
    meta.ipv4_rest = ipv4_rest.get(); \
    tcp_rest.subtract({ headers.ipv4.source, headers.ipv4.destination }); \
    udp_rest.subtract({ headers.ipv4.source, headers.ipv4.destination });

// Options are not read; a header that has some is checked by the server. True where the sum is wrong, whatever the name
// says.
#define MOORING_PARSED_PLAIN_IPV4 \
    meta.checksum_wrong = ipv4_check.verify();

#define MOORING_PARSED_IPV6 \
    tcp_rest.subtract({ headers.ipv6.source, headers.ipv6.destination }); \
    udp_rest.subtract({ headers.ipv6.source, headers.ipv6.destination });

#define MOORING_PARSED_ICMP \
    icmp_rest.subtract({ headers.icmp.type, headers.icmp.code, headers.icmp.checksum }); \
    meta.transport_rest = icmp_rest.get();

#define MOORING_PARSED_TCP \
    tcp_rest.subtract({ headers.tcp.checksum }); \
    tcp_rest.subtract({ headers.tcp.source, headers.tcp.destination }); \
    meta.transport_rest = tcp_rest.get();

#define MOORING_PARSED_UDP \
    udp_rest.subtract({ headers.udp.checksum }); \
    udp_rest.subtract({ headers.udp.source, headers.udp.destination }); \
    meta.transport_rest = udp_rest.get();

/// What a shell adds to core's metadata.
#define MOORING_METADATA \
    bit<16> ipv4_rest; \
    bit<16> transport_rest;

#endif

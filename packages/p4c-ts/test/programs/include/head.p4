// What the small test programs share: one header, some metadata, a switch that answers on port 1.
#include <core.p4>
#include <v1model.p4>

header data_t {
    bit<8>  a;
    bit<8>  b;
    bit<16> c;
    bit<32> d;
}

struct headers_t {
    data_t data;
}

struct metadata_t {
    bit<8>  m;
    bit<16> n;
}

// Registers, counters, meters, hashes, random numbers, digests and logging with computed arguments.
#include "../include/head.p4"

struct report_t {
    bit<8>  a;
    bit<16> sum;
}

// Nobody uses it, but the control plane knows it.
register<bit<32>>(2) spare;

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    register<bit<16>>(16) cells;
    register<int<8>>(4) levels;
    counter(8, CounterType.packets_and_bytes) seen;
    meter(8, MeterType.packets) rates;
    apply {
        bit<16> old;
        cells.read(old, (bit<32>)(hdr.data.a & 0xf));
        cells.write((bit<32>)(hdr.data.a & 0xf), old + (bit<16>)hdr.data.b + 1);
        levels.write((bit<32>)hdr.data.a[1:0], (int<8>)hdr.data.a - 100);
        int<8> level;
        levels.read(level, (bit<32>)hdr.data.a[1:0]);
        seen.count((bit<32>)hdr.data.a[2:0]);
        bit<2> color;
        rates.execute_meter((bit<32>)hdr.data.a[2:0] + 1, color);
        bit<32> h;
        hash(h, HashAlgorithm.crc32, 32w0, { hdr.data.a, hdr.data.b + 1, 8w7 }, 32w0xffffffff);
        bit<16> c;
        hash(c, HashAlgorithm.crc16, 16w10, { hdr.data.a }, 16w5);
        bit<8> dice;
        random(dice, 3, 3);
        hdr.data.c = old + (bit<16>)dice;
        digest<report_t>(1, { hdr.data.a, old + 1 });
        log_msg("a = {}, level = {}", { hdr.data.a, (bit<8>)level });
        hdr.data.d = h;
        hdr.data.b = (bit<8>)level;
        meta.n = c;
        if (level < -90) {
            hdr.data.b = (bit<8>)c + (bit<8>)color;
        }
    }
}

#include "../include/tail.p4"

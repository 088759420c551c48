// Generic functions, controls and structures; constructor parameters; enums, newtypes and default arguments.
#include "../include/head.p4"

struct box_t<T> {
    T       value;
    bit<8>  count;
}

type bit<8> level_t;
enum Mode { OFF, ON, AUTO }

T larger<T>(in T x, in T y, in bool pick_first) {
    if (pick_first) {
        return x;
    }
    return y;
}

control Fill<T>(inout box_t<T> box, in T value)(bit<8> times) {
    apply {
        box.value = value;
        box.count = box.count + times;
    }
}

control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
    Fill<bit<16>>(2) fill16;
    Fill<level_t>(3) fill_level;
    Mode mode;
    apply {
        box_t<bit<16>> wide = { 0, 1 };
        box_t<level_t> level = { (level_t)0, 1 };
        fill16.apply(wide, hdr.data.c + 1);
        fill_level.apply(level, (level_t)hdr.data.b);
        mode = hdr.data.a == 0 ? Mode.OFF : Mode.AUTO;
        hdr.data.c = larger(wide.value, 16w0xbeef, mode == Mode.AUTO);
        hdr.data.b = (bit<8>)larger<level_t>(level.value, (level_t)9, mode != Mode.AUTO);
        hdr.data.d = (bit<32>)(wide.count ++ level.count);
    }
}

#include "../include/tail.p4"

// The extern types and table properties of the portable switch architecture are called otherwise than v1model's. The few
// declarations that matter are here, so that the case needs no include file.
error { NoError }
match_kind { exact, lpm, ternary }
extern packet_in { }
action NoAction() { }

@p4runtime_translation("org.mooring/index", bit<32>)
type bit<8> Index_t;
enum PSA_CounterType_t { PACKETS, BYTES, PACKETS_AND_BYTES }
enum PSA_MeterType_t { PACKETS, BYTES }
enum PSA_MeterColor_t { RED, GREEN, YELLOW }
enum PSA_IdleTimeout_t { NO_TIMEOUT, NOTIFY_CONTROL }
enum PSA_HashAlgorithm_t { CRC16 }
extern Counter<W, S> {
    Counter(bit<32> n_counters, PSA_CounterType_t type);
    void count(in S index);
}
extern DirectCounter<W> {
    DirectCounter(PSA_CounterType_t type);
    void count();
}
extern Meter<S> {
    Meter(bit<32> n_meters, PSA_MeterType_t type);
    PSA_MeterColor_t execute(in S index);
}
extern DirectMeter {
    DirectMeter(PSA_MeterType_t type);
    PSA_MeterColor_t execute();
}
extern Register<T, S> {
    Register(bit<32> size);
    T read(in S index);
}
extern ActionProfile {
    ActionProfile(bit<32> size);
}
extern ActionSelector {
    ActionSelector(PSA_HashAlgorithm_t algo, bit<32> size, bit<32> outputWidth);
}
extern Digest<T> {
    Digest();
    void pack(in T data);
}

header h_t {
    bit<8> a;
    bit<8> b;
}
struct headers_t {
    h_t h;
}
struct news_t {
    bit<8> what;
    Index_t where;
}

parser IngressParser(packet_in buffer, out headers_t hdr);
control Ingress(inout headers_t hdr);
package IngressPipeline(IngressParser ip, Ingress ig);
package PSA_Switch(IngressPipeline ingress, Ingress other);

parser MyParser(packet_in buffer, out headers_t hdr) {
    state start {
        transition accept;
    }
}
control MyIngress(inout headers_t hdr) {
    Counter<bit<32>, Index_t>(10, PSA_CounterType_t.PACKETS_AND_BYTES) counters;
    Meter<Index_t>(20, PSA_MeterType_t.BYTES) meters;
    Register<bit<16>, Index_t>(30) registers;
    DirectCounter<bit<32>>(PSA_CounterType_t.BYTES) direct_counter;
    DirectMeter(PSA_MeterType_t.PACKETS) direct_meter;
    ActionProfile(40) profile;
    ActionSelector(PSA_HashAlgorithm_t.CRC16, 50, 16) selector_of_actions;
    Digest<news_t>() news;
    action count() {
        direct_counter.count();
    }
    table t {
        key = {
            hdr.h.a: exact;
        }
        actions = {
            count;
        }
        psa_direct_counter = direct_counter;
        psa_direct_meter = direct_meter;
        psa_idle_timeout = PSA_IdleTimeout_t.NOTIFY_CONTROL;
    }
    table u {
        key = {
            hdr.h.a: lpm;
        }
        actions = {
            NoAction;
        }
        psa_implementation = profile;
    }
    table v {
        key = {
            hdr.h.b: ternary;
        }
        actions = {
            NoAction;
        }
        psa_implementation = selector_of_actions;
    }
    apply {
        counters.count((Index_t) hdr.h.a);
        news.pack({ hdr.h.a, (Index_t) hdr.h.b });
        t.apply();
        u.apply();
        v.apply();
    }
}
control MyOther(inout headers_t hdr) {
    apply { }
}
IngressPipeline(MyParser(), MyIngress()) pipeline;
PSA_Switch(pipeline, MyOther()) main;

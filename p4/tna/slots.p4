// The pin registers on a Tofino. A slot is nine words of 32 bits, each a register of its own, because a stateful unit
// works on one word or a pair of them. A packet touches each register once: in its first pass it compares the slot with
// itself, core decides, and what is to be stored comes back in a second pass. What came between the two is found by the
// state word, which every change of a slot changes: it is stored only if it still is what was read, and only then are
// the others. The words lie in pipeline order behind it, so that packets see each other's changes whole.
//
// The stateful units compare, so that no more than a bit of each word has to be kept; the words themselves are read
// only where they are to be told to the controller.
#ifndef MOORING_TNA_SLOTS_P4
#define MOORING_TNA_SLOTS_P4

#include "../core/metadata.p4"

typedef bit<3> slot_mode_t;
/// As wide as MOORING_SLOTS says.
typedef bit<MOORING_SLOT_INDEX_BITS> slot_index_t;
const slot_mode_t SLOT_UNTOUCHED = 0;
/// Is it the packet's?
const slot_mode_t SLOT_COMPARE = 1;
/// What is in it?
const slot_mode_t SLOT_READ = 2;
/// Store the state word and what belongs to a client's packet, to a server's, or nothing else.
const slot_mode_t SLOT_STORE_CLIENT = 3;
const slot_mode_t SLOT_STORE_ANSWER = 4;
const slot_mode_t SLOT_STORE_STATE = 5;

/// What to do with each of the two ways: it follows from what the packet is for, and, of one that comes round, from
/// what it stores.
control SlotModes(in tna_headers_t headers, in bool for_vip, in bool from_service, inout slot_mode_t first,
                  inout slot_mode_t second) {
    action both(slot_mode_t mode) {
        first = mode;
        second = mode;
    }
    action only_first(slot_mode_t mode) {
        first = mode;
    }
    action only_second(slot_mode_t mode) {
        second = mode;
    }

    @hidden
    table modes {
        key = {
            headers.stored.isValid(): ternary @name("stored");
            headers.stored.way: ternary @name("way");
            headers.mooring.packet_out.isValid(): ternary @name("ordered");
            headers.mooring.packet_out.operation: ternary @name("operation");
            for_vip: ternary;
            from_service: ternary;
            headers.mooring.tcp.isValid(): ternary @name("tcp");
            headers.mooring.tcp.syn: ternary @name("syn");
            headers.mooring.tcp.ack: ternary @name("ack");
        }
        actions = { both; only_first; only_second; NoAction; }
        const default_action = NoAction;
        const entries = {
            (true, WAY_FIRST, true, PACKET_OUT_RELEASE, _, _, _, _, _): only_first(SLOT_STORE_STATE);
            (true, WAY_SECOND, true, PACKET_OUT_RELEASE, _, _, _, _, _): only_second(SLOT_STORE_STATE);
            (false, _, true, PACKET_OUT_RELEASE, _, _, _, _, _): both(SLOT_COMPARE);
#ifndef MOORING_NO_SWEEPS
            (true, WAY_FIRST, true, PACKET_OUT_SWEEP, _, _, _, _, _): only_first(SLOT_STORE_STATE);
            (true, WAY_SECOND, true, PACKET_OUT_SWEEP, _, _, _, _, _): only_second(SLOT_STORE_STATE);
            (false, _, true, PACKET_OUT_SWEEP, _, _, _, _, _): both(SLOT_READ);
#endif
            (true, WAY_FIRST, _, _, true, _, _, _, _): only_first(SLOT_STORE_CLIENT);
            (true, WAY_SECOND, _, _, true, _, _, _, _): only_second(SLOT_STORE_CLIENT);
            (false, _, _, _, true, _, _, _, _): both(SLOT_COMPARE);
            (true, WAY_FIRST, _, _, _, true, true, 1, 1): only_first(SLOT_STORE_ANSWER);
            (true, WAY_SECOND, _, _, _, true, true, 1, 1): only_second(SLOT_STORE_ANSWER);
            (false, _, _, _, _, true, true, 1, 1): both(SLOT_COMPARE);
        }
        size = 16;
    }

    apply {
        modes.apply();
    }
}

/// State, whether the server has answered, and generation: read, or stored where it still is `expected`.
control StateWord(in slot_mode_t mode, in slot_index_t index, in bit<32> expected, in bit<32> word, inout bit<32> seen,
                  inout bit<1> lost) {
    Register<bit<32>, slot_index_t>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) load = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = value;
        }
    };
    RegisterAction<bit<32>, slot_index_t, bit<1>>(cells) compare_and_set = {
        void apply(inout bit<32> value, out bit<1> result) {
            if (value == expected) {
                value = word;
                result = 0;
            } else {
                result = 1;
            }
        }
    };

    action read() {
        seen = load.execute(index);
    }
    action store() {
        lost = compare_and_set.execute(index);
    }

    @hidden
    table access {
        key = { mode: exact; }
        actions = { read; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            SLOT_COMPARE: read();
            SLOT_READ: read();
            SLOT_STORE_CLIENT: store();
            SLOT_STORE_ANSWER: store();
            SLOT_STORE_STATE: store();
        }
        size = 8;
    }

    apply {
        access.apply();
    }
}

/// One word of a connection.
control KeyWord(in slot_mode_t mode, in bit<1> lost, in slot_index_t index, in bit<32> own, inout bit<1> differs,
                inout bit<32> word) {
    Register<bit<32>, slot_index_t>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, slot_index_t, bit<1>>(cells) compare_with_own = {
        void apply(inout bit<32> value, out bit<1> result) {
            if (value == own) {
                result = 0;
            } else {
                result = 1;
            }
        }
    };
#ifndef MOORING_NO_SWEEPS
    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) load = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = value;
        }
    };
#endif
    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) replace = {
        void apply(inout bit<32> value) {
            value = own;
        }
    };

    action compare() {
        differs = compare_with_own.execute(index);
    }
#ifndef MOORING_NO_SWEEPS
    action read() {
        word = load.execute(index);
    }
#endif
    action store() {
        replace.execute(index);
    }

    @hidden
    table access {
        key = {
            mode: exact;
            lost: exact;
        }
        actions = {
            compare;
#ifndef MOORING_NO_SWEEPS
            read;
#endif
            store;
            NoAction;
        }
        const default_action = NoAction;
        const entries = {
            (SLOT_COMPARE, 0): compare();
#ifndef MOORING_NO_SWEEPS
            (SLOT_READ, 0): read();
#endif
            (SLOT_STORE_CLIENT, 0): store();
        }
        size = 8;
    }

    apply {
        access.apply();
    }
}

/// Server and bucket.
control OwnerWord(in slot_mode_t mode, in bit<1> lost, in slot_index_t index, in bit<32> owner, inout bit<32> word) {
    Register<bit<32>, slot_index_t>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) load = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = value;
        }
    };
    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) replace = {
        void apply(inout bit<32> value) {
            value = owner;
        }
    };

    action read() {
        word = load.execute(index);
    }
    action store() {
        replace.execute(index);
    }

    @hidden
    table access {
        key = {
            mode: exact;
            lost: exact;
        }
        actions = { read; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            (SLOT_COMPARE, 0): read();
            (SLOT_READ, 0): read();
            (SLOT_STORE_CLIENT, 0): store();
        }
        size = 8;
    }

    apply {
        access.apply();
    }
}

/// When it was stored; what is asked for is how long that is after `since`, negative if it is before.
control TimeWord(in slot_mode_t mode, in bit<1> lost, in slot_index_t index, in ticks_t now, in ticks_t since,
                 inout ticks_t after) {
    Register<bit<32>, slot_index_t>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) measure = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = value - since;
        }
    };
    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) replace = {
        void apply(inout bit<32> value) {
            value = now;
        }
    };

    action read() {
        after = measure.execute(index);
    }
    action store() {
        replace.execute(index);
    }

    @hidden
    table access {
        key = {
            mode: exact;
            lost: exact;
        }
        actions = { read; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            (SLOT_COMPARE, 0): read();
            (SLOT_READ, 0): read();
            (SLOT_STORE_CLIENT, 0): store();
        }
        size = 8;
    }

    apply {
        access.apply();
    }
}

/// The sequence number of the server's SYN-ACK.
control SequenceWord(in slot_mode_t mode, in bit<1> lost, in slot_index_t index, in bit<32> acknowledged, in bit<32> sequence,
                     inout bit<1> matches) {
    Register<bit<32>, slot_index_t>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, slot_index_t, bit<1>>(cells) compare_with_acknowledged = {
        void apply(inout bit<32> value, out bit<1> result) {
            if (value == acknowledged) {
                result = 1;
            } else {
                result = 0;
            }
        }
    };
    RegisterAction<bit<32>, slot_index_t, bit<32>>(cells) replace = {
        void apply(inout bit<32> value) {
            value = sequence;
        }
    };

    action compare() {
        matches = compare_with_acknowledged.execute(index);
    }
    action store() {
        replace.execute(index);
    }

    @hidden
    table access {
        key = {
            mode: exact;
            lost: exact;
        }
        actions = { compare; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            (SLOT_COMPARE, 0): compare();
            (SLOT_STORE_ANSWER, 0): store();
        }
        size = 8;
    }

    apply {
        access.apply();
    }
}

/// When the controller last said that it is there: `age` tells how long ago that is.
control ControllerSeen(in bool alive, in bool asked, in ticks_t now, inout ticks_t age) {
    @name(".controller_seen")
    Register<bit<32>, bit<1>>(1) controller_seen;

    RegisterAction<bit<32>, bit<1>, bit<32>>(controller_seen) measure = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = now - value;
        }
    };
    RegisterAction<bit<32>, bit<1>, bit<32>>(controller_seen) replace = {
        void apply(inout bit<32> value) {
            value = now;
        }
    };

    action read() {
        age = measure.execute(0);
    }
    action store() {
        replace.execute(0);
    }

    @hidden
    table access {
        key = {
            alive: exact;
            asked: exact;
        }
        actions = { read; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            (true, false): store();
            (false, true): read();
        }
        size = 4;
    }

    apply {
        access.apply();
    }
}

/// A connection as the registers hold it.
struct key_words_t {
#ifndef MOORING_NO_IPV6
    bit<32> word_0;
    bit<32> word_1;
    bit<32> word_2;
#endif
    bit<32> word_3;
    bit<32> port_and_vip;
}

/// One way of slots but for its state word: what `slot` says of it in comparison with the packet, or what it holds.
/// Server and bucket, time and sequence number lie behind the connection: there is time to find out whose the slot is
/// until the last of them has been read.
control SlotWay(in slot_mode_t mode, in bit<1> lost, in slot_index_t index, in key_words_t own, in ticks_t now,
                in ticks_t since, in bit<32> owner, in bit<32> acknowledged, in bit<32> sequence, inout slot_t slot,
                inout ticks_t after, inout bit<1> acknowledges) {
#ifndef MOORING_NO_IPV6
    KeyWord() address_0;
    KeyWord() address_1;
    KeyWord() address_2;
#endif
    KeyWord() address_3;
    KeyWord() port_and_vip;
    OwnerWord() owner_word;
    TimeWord() time_word;
    SequenceWord() sequence_word;
    key_words_t read;
    bit<1> differs_0;
    bit<1> differs_1;
    bit<1> differs_2;
    bit<1> differs_3;
    bit<1> differs_port;
    bit<32> owner_read;

    apply {
        differs_0 = 0;
        differs_1 = 0;
        differs_2 = 0;
        differs_3 = 0;
        differs_port = 0;
        owner_read = 0;
#ifdef MOORING_NO_IPV6
        read = { 0, 0 };
#else
        read = { 0, 0, 0, 0, 0 };
#endif
#ifndef MOORING_NO_IPV6
        address_0.apply(mode, lost, index, own.word_0, differs_0, read.word_0);
        address_1.apply(mode, lost, index, own.word_1, differs_1, read.word_1);
        address_2.apply(mode, lost, index, own.word_2, differs_2, read.word_2);
#endif
        address_3.apply(mode, lost, index, own.word_3, differs_3, read.word_3);
        port_and_vip.apply(mode, lost, index, own.port_and_vip, differs_port, read.port_and_vip);
        owner_word.apply(mode, lost, index, owner, owner_read);
        time_word.apply(mode, lost, index, now, since, after);
        sequence_word.apply(mode, lost, index, acknowledged, sequence, acknowledges);
        slot.same = false;
        if (differs_0 == 0 && differs_1 == 0 && differs_2 == 0 && differs_3 == 0 && differs_port == 0) {
            slot.same = true;
        }
#ifndef MOORING_NO_SWEEPS
#ifdef MOORING_NO_IPV6
        slot.client_address = read.word_3;
#else
        slot.client_address = read.word_0 ++ read.word_1 ++ read.word_2 ++ read.word_3;
#endif
        slot.client_port = read.port_and_vip[31:16];
        slot.vip = read.port_and_vip[15:0];
#endif
        slot.server = owner_read[31:16];
        slot.bucket = owner_read[15:0];
    }
}

#endif

// The pin registers on a Tofino. A slot is nine words of 32 bits, each a register of its own, because a stateful unit works on one word or a pair of
// them. A packet touches each register once: it reads the slot in its first pass, core decides, and what is to be stored comes
// back in a second pass. What came between the two is found by the state word, which every change of a slot changes:
// it is stored only if it still is what was read, and only then are the others. The words lie in pipeline order behind it, so
// that packets see each other's changes whole.
#ifndef MOORING_TNA_SLOTS_P4
#define MOORING_TNA_SLOTS_P4

#include "../core/metadata.p4"

const bit<2> SLOT_UNTOUCHED = 0;
const bit<2> SLOT_READ = 1;
const bit<2> SLOT_STORE = 2;

/// State, whether the server has answered, and generation, as one word.
bit<32> state_word_of(in slot_t slot) {
    return slot.state ++ slot.answered ++ 13w0 ++ slot.generation;
}

/// One word of every slot. Both actions belong to one table, as a register's actions must.
control SlotWord(in bit<2> mode, in bit<16> index, inout bit<32> word) {
    Register<bit<32>, bit<16>>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, bit<16>, bit<32>>(cells) load = {
        void apply(inout bit<32> value, out bit<32> seen) {
            seen = value;
        }
    };
    RegisterAction<bit<32>, bit<16>, bit<32>>(cells) replace = {
        void apply(inout bit<32> value, out bit<32> seen) {
            seen = word;
            value = word;
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
        key = { mode: exact; }
        actions = { read; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            SLOT_READ: read();
            SLOT_STORE: store();
        }
        size = 4;
    }

    apply {
        access.apply();
    }
}

/// The state word: stored only where it still is `expected`; `seen` tells what it was.
control StateWord(in bit<2> mode, in bit<16> index, in bit<32> expected, in bit<32> word, out bit<32> seen) {
    Register<bit<32>, bit<16>>(MOORING_SLOTS) cells;

    RegisterAction<bit<32>, bit<16>, bit<32>>(cells) load = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = value;
        }
    };
    RegisterAction<bit<32>, bit<16>, bit<32>>(cells) compare_and_set = {
        void apply(inout bit<32> value, out bit<32> result) {
            result = value;
            if (value == expected) {
                value = word;
            }
        }
    };

    action read() {
        seen = load.execute(index);
    }
    action store() {
        seen = compare_and_set.execute(index);
    }

    @hidden
    table access {
        key = { mode: exact; }
        actions = { read; store; NoAction; }
        const default_action = NoAction;
        const entries = {
            SLOT_READ: read();
            SLOT_STORE: store();
        }
        size = 4;
    }

    apply {
        seen = 0;
        access.apply();
    }
}

/// One way of slots: reads `slot`, or stores it. `won` is false if it was to be stored and somebody was faster.
control SlotWay(in bit<2> mode, in bit<16> index, in bit<32> expected, inout slot_t slot, out bool won) {
    StateWord() state_word;
    SlotWord() address_0;
    SlotWord() address_1;
    SlotWord() address_2;
    SlotWord() address_3;
    SlotWord() port_and_vip;
    SlotWord() owner;
    SlotWord() stamp;
    SlotWord() sequence;
    bit<2> rest;
    bit<32> seen;
    bit<32> word_0;
    bit<32> word_1;
    bit<32> word_2;
    bit<32> word_3;
    bit<32> word_port;
    bit<32> word_owner;

    apply {
        state_word.apply(mode, index, expected, state_word_of(slot), seen);
        won = mode != SLOT_STORE || seen == expected;
        rest = won ? mode : SLOT_UNTOUCHED;
        word_0 = slot.client_address[127:96];
        word_1 = slot.client_address[95:64];
        word_2 = slot.client_address[63:32];
        word_3 = slot.client_address[31:0];
        word_port = slot.client_port ++ slot.vip;
        word_owner = slot.server ++ slot.bucket;
        address_0.apply(rest, index, word_0);
        address_1.apply(rest, index, word_1);
        address_2.apply(rest, index, word_2);
        address_3.apply(rest, index, word_3);
        port_and_vip.apply(rest, index, word_port);
        owner.apply(rest, index, word_owner);
        stamp.apply(rest, index, slot.stamp);
        sequence.apply(rest, index, slot.sequence);
        if (mode == SLOT_READ) {
            slot.state = seen[31:30];
            slot.answered = seen[29:29];
            slot.generation = seen[15:0];
            slot.client_address = word_0 ++ word_1 ++ word_2 ++ word_3;
            slot.client_port = word_port[31:16];
            slot.vip = word_port[15:0];
            slot.server = word_owner[31:16];
            slot.bucket = word_owner[15:0];
        }
    }
}

#endif

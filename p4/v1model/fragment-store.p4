// The registers behind fragments.p4: a place for each datagram that is remembered, found by a hash of what its
// fragments have in common. What was read or is to be written stands in `meta.fragment`.
#ifndef MOORING_V1MODEL_FRAGMENT_STORE_P4
#define MOORING_V1MODEL_FRAGMENT_STORE_P4

#include "../core/fragments.p4"
#include "../core/metadata.p4"

/// Reads what is remembered at the packet's place, or, `storing`, writes it.
control FragmentStore(inout metadata_t meta, in bool storing) {
    /// Whose it is.
    @name(".fragment_key") register<bit<296>>(MOORING_FRAGMENTS) fragment_key;
    /// When it was seen, and where it goes.
    @name(".fragment_way") register<bit<192>>(MOORING_FRAGMENTS) fragment_way;
    bit<296> key_word;
    bit<192> way_word;
    bit<32> index;

    action find() {
        hash(index, HashAlgorithm.crc32, 32w0,
             { meta.source, meta.destination, meta.identification, meta.protocol }, (bit<32>)MOORING_FRAGMENTS);
    }

    action load() {
        fragment_key.read(key_word, index);
        fragment_way.read(way_word, index);
        meta.fragment.source = (address_t)key_word[295:168];
        meta.fragment.destination = (address_t)key_word[167:40];
        meta.fragment.identification = key_word[39:8];
        meta.fragment.protocol = key_word[7:0];
        meta.fragment.stamp = way_word[191:160];
        meta.fragment.server = way_word[159:144];
        meta.fragment.vip = way_word[143:128];
        meta.fragment.service_address = (address_t)way_word[127:0];
    }

    action store() {
        fragment_key.write(index, (bit<128>)meta.fragment.source ++ (bit<128>)meta.fragment.destination
            ++ meta.fragment.identification ++ meta.fragment.protocol);
        fragment_way.write(index, meta.fragment.stamp ++ meta.fragment.server ++ meta.fragment.vip
            ++ (bit<128>)meta.fragment.service_address);
    }

    apply {
        find();
        if (storing) {
            store();
        } else {
            load();
        }
    }
}

#endif

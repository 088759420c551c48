// Which bucket a connection falls into: CRC-32 over the port, the seed and the client's address, modulo the number of
// buckets. A CRC is linear: a seed that only went into it would shift all connections alike, and part none of two that
// share a bucket. So port and address are mixed with each other first, by multiplications with the seed: a round of a
// Feistel network from the address to the port and one back, each of which could be undone, so that no difference is
// lost. Which connections share a bucket then depends on the seed. Seed 0 mixes nothing, and costs a packet one
// comparison.
#ifndef MOORING_V1MODEL_BUCKET_HASH_P4
#define MOORING_V1MODEL_BUCKET_HASH_P4

#include "../core/headers.p4"
#include "../core/metadata.p4"

/// The bucket, from 0 on, by `meta.hashed_port`, which gets mixed, `seed`, `bucket_count` and the client's address.
control BucketHash(in headers_t headers, inout metadata_t meta, out bucket_t bucket) {
    bit<32> mixed;
    bit<32> word;

    apply {
        word = meta.client_address[31:0];
        if (meta.seed != 0) {
            mixed = 0;
#ifndef MOORING_NO_IPV6
            if (headers.ipv6.isValid()) {
                // Each word goes through what the ones before have come to, so that no two differences cancel out for
                // every seed.
                mixed = meta.client_address[127:96] * meta.seed;
                mixed = (mixed ^ mixed >> 16 ^ meta.client_address[95:64]) * meta.seed;
                mixed = (mixed ^ mixed >> 16 ^ meta.client_address[63:32]) * meta.seed;
            }
#endif
            mixed = (mixed ^ mixed >> 16 ^ word) * meta.seed;
            meta.hashed_port = meta.hashed_port ^ mixed[31:16];
            word = word ^ (bit<32>)meta.hashed_port * meta.seed;
        }
#ifndef MOORING_NO_IPV6
        if (headers.ipv6.isValid()) {
            hash(bucket, HashAlgorithm.crc32, 16w0,
                 { meta.hashed_port, meta.seed, meta.client_address[127:32], word }, (bit<32>)meta.bucket_count);
        } else
#endif
        {
            hash(bucket, HashAlgorithm.crc32, 16w0, { meta.hashed_port, meta.seed, word },
                 (bit<32>)meta.bucket_count);
        }
    }
}

#endif

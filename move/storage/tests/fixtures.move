// SPDX-License-Identifier: Apache-2.0

/// Keys, signatures and blobs for the tests of this package.
///
/// Members have the BLS secrets 1..10. Their keys and the two certificates are
/// vectors made with cloudflare/circl and checked with npm @mysten/walrus-wasm
/// 0.3.0; the proofs of possession were made with npm @noble/curves 2.4.0, which
/// reproduces the certificates.
///
/// In Sui's test runner BLS12-381 is a stand-in that accepts any signature and any
/// point: tests marked "signature" prove something only in our VM, which runs all
/// of them too. That bad signatures and bad points are refused stands in
/// crypto_tests, which the runner does not see.
#[test_only]
module floe_storage::fixtures;

use floe_storage::committee::{Self, Committee};
use std::string::String;

/// Who registers committees.
public fun admin(): address { @0xa }

/// The epoch that proofs and certificates are for.
public fun epoch(): u32 { 5 }

/// Public keys of the secrets 1..10.
public fun public_keys(): vector<vector<u8>> {
    vector[
        x"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        x"a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e",
        x"89ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff981747a0b2ca2179b96d2c0c9024e5224",
        x"ac9b60d5afcbd5663a8a44b7c5a02f19e9a77ab0a35bd65809bb5c67ec582c897feb04decc694b13e08587f3ff9b5b60",
        x"b0e7791fb972fe014159aa33a98622da3cdc98ff707965e536d8636b5fcc5ac7a91a8c46e59a00dca575af0f18fb13dc",
        x"a6e82f6da4520f85c5d27d8f329eccfa05944fd1096b20734c894966d12a9e2a9a9744529d7212d33883113a0cadb909",
        x"b928f3beb93519eecf0145da903b40a4c97dca00b21f12ac0df3be9116ef2ef27b2ae6bcd4c5bc2d54ef5a70627efcb7",
        x"a85ae765588126f5e860d019c0e26235f567a9c0c0b2d8ff30f3e8d436b1082596e5e7462d20f5be3764fd473e57f9cf",
        x"99cdf3807146e68e041314ca93e1fee0991224ec2a74beb2866816fd0826ce7b6263ee31e953a86d1b72cc2215a57793",
        x"af81da25ecf1c84b577fefbedd61077a81dc43b00304015b2b596ab67f00e41c86bb00ebd0f90d4b125eb0539891aeed",
    ]
}

/// Proofs of possession of the secrets 1..4 for `epoch` and `admin`.
public fun proofs_of_possession(): vector<vector<u8>> {
    vector[
        x"996630492e7186e2c2824c66ddbb431f960d24585fa4e44703676f1650a741df98cfde7d6219875c1e271fced6f7acb91688327a86e31d0cfc77c99fd761333921e561cae1ccea8c8843c9ddd8bfe32db93b083908057621e11e3fb8038a96d6",
        x"8c41927fc4554eec34c9f987d83ac04d109be48fc75c256153e66bac9292ab03dd29da8a4f1895a8a8bd72032402bc0f0436232137ef09caf7d78fab84e02299fc44378d1f2a3539c32cbc0d952a3ee43df701209fb6c77c35b0ed32ebca6da2",
        x"a4dbf8668db3d7c4bf408f7db9beced7df460164b4f982283173b0652592307ff909ac2c63dd218670c871a85877060a03d352b58dc0c2b9dbf52eeecada35640db979aa2655a3bd667834f73bf19dbc7d4dea60482020295d766ba2b502f6b3",
        x"811db09c9cd20a537b3e8f45ffce81c3cf95a8630b99759b849a5cb7cfb9ff974ff308943b1f77006499affa13ec7e3d0286dac631d1735f1b37cfd56c21c8ba60fca404e868677a8294161fb096a30692fca983968c1321f570083c8515f806",
    ]
}

/// The same for epoch 0.
public fun proofs_of_possession_for_epoch_0(): vector<vector<u8>> {
    vector[
        x"97aac8741c4ade69fe0596012385d562056648cdbbaae2c48eec65977fbb84eed50d24fc66c7881c90a2aa4cdbc5afff05b5b509ff06695548131ac13f91acb4a287a53fae312a6860621e33069b7911be41544351e00ad5a737474a65c79521",
        x"ad7c2061ab9e385ed4f4f0689053286405b767a2f484a03c05d83a5950c58144097a73c2bb92ca1e6c065a99fbe0aa5d007d8f9d6970d373da5f9c744056385b1b59f30ccbd3e4a5dc0bb40575590327e79c7a1e104b4713b55f34b675d13c0a",
        x"8a642dadc8927e4ccb06cb93ebad8922b22aa00a50b8d8fc87fd5ca5ec5319aad3dffd0e4e6e705fe622e6b9683d4a3601626b8916336ba64a17169528db53649aef0926c91e9a4cca0272a32f56c929e618db3ccead2a1e752e7f7920910de4",
        x"ac64ed2b5b84e8cd800a0cda3e7a8034f0f98e14843d64d35e509baff73c98cfc780a0d833dad3de5d0dddfcfc252b4a0076dbc411a8ae43948507196950b2506ac19e00bfd739216678b8824d41fac10a5b535bfe5cd87de497507f0dd7f94c",
    ]
}

/// The first `count` public keys.
public fun first_keys(count: u64): vector<vector<u8>> {
    let all = public_keys();
    let mut keys = vector[];
    while (keys.length() < count) {
        let next = all[keys.length()];
        keys.push_back(next);
    };
    keys
}

/// Names "a", "b", …
public fun names(count: u64): vector<String> {
    let mut names = vector[];
    while (names.length() < count) {
        let letter = 97 + (names.length() as u8);
        names.push_back(vector[letter].to_string());
    };
    names
}

/// Ten shards over four members: 3, 3, 2 and 2.
public fun shards_of_four(): vector<vector<u16>> {
    vector[vector[0, 1, 2], vector[5, 4, 3], vector[6, 9], vector[7, 8]]
}

/// One shard for each of `count` members.
public fun one_shard_each(count: u64): vector<vector<u16>> {
    let mut shards = vector[];
    while (shards.length() < count) {
        let shard = shards.length() as u16;
        shards.push_back(vector[shard]);
    };
    shards
}

/// Four members that hold 3, 3, 2 and 2 shards of ten.
public fun committee_of_four(): Committee {
    committee::new(
        epoch(),
        admin(),
        names(4),
        names(4),
        first_keys(4),
        proofs_of_possession(),
        shards_of_four(),
    )
}

/// Ten members with one shard each.
public fun committee_of_ten(): Committee {
    committee::new_for_testing(epoch(), names(10), public_keys(), one_shard_each(10))
}

/// The blob that both certificates are for.
public fun blob_id(): u256 { 0xabc }

/// Signers 0, 1, 2, 3, 4, 7 and 8 of ten.
public fun bitmap(): vector<u8> { x"9f01" }

/// Their confirmation of the blob as a permanent one.
public fun permanent_message(): vector<u8> {
    x"01000305000000bc0a00000000000000000000000000000000000000000000000000000000000000"
}

/// Their aggregate signature over `permanent_message`.
public fun permanent_signature(): vector<u8> {
    x"99c43ae152f3a090e35298c95afd2e686517a17dc4bbee35d3ab6e0aa0872624c1707e15ca534cf9413d61a89218e92208807c67b27230c8ae4fd4660d0feab4d56514a320a0c81e929c09a94e973eced440a1dcd4c5c6efcf2bc61e9fd44324"
}

/// Their confirmation of the blob as a deletable one in the object 0x2a.
public fun deletable_message(): vector<u8> {
    x"01000305000000bc0a00000000000000000000000000000000000000000000000000000000000001000000000000000000000000000000000000000000000000000000000000002a"
}

/// Their aggregate signature over `deletable_message`.
public fun deletable_signature(): vector<u8> {
    x"8100fea826489d185c9a593aeb063a8d6e116322b965a578c36caf61233b9179213d5d02f697b9e4b911466079780e610f7aef008e83a0648ef17081f7c2b6b90ebbce395dbd6a1c85e478ec7e9735f37d2c9ab5abb3d894f72a4533c02aeb30"
}

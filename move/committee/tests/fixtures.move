// SPDX-License-Identifier: Apache-2.0

/// Members and keys for the tests of this package.
///
/// The partial public keys are those of the shares in Seal's own test of committees
/// (e2e.rs, read in seal.md A.12): three shares of threshold 2, and after a rotation
/// four of threshold 3, with the public key that the same test names.
///
/// In Sui's test runner BLS12-381 is a stand-in, so what depends on points stands in
/// crypto_tests, which the runner does not see.
#[test_only]
module floe_committee::fixtures;

use floe_committee::seal_committee::{Self, Committee};
use sui::bls12381;
use sui::package;
use sui::test_scenario::{Self, Scenario};

const ADMIN: address = @0xad;

public fun alice(): address { @0xa }

public fun bob(): address { @0xb }

public fun carol(): address { @0xc }

public fun dave(): address { @0xd }

/// Is never a member.
public fun mallory(): address { @0x666 }

public fun first_members(): vector<address> { vector[alice(), bob(), carol()] }

/// As in Seal's test: the first two members change places, and one comes in for
/// the third.
public fun next_members(): vector<address> { vector[bob(), alice(), dave(), carol()] }

/// The package whose upgrades the committee decides about.
public fun package(): ID { @0xc0de.to_id() }

public fun pk(): vector<u8> {
    x"95a35c03681de93032e9a0544b9b8533ffd7fabe1e70b29a844030237e84789c0c34c0e5a5b12a33e345599ba90f096f17ddd3a8586a4a0de28c13e249c3767026a4bbdb4343885b50115931f8e8a77d735d269ac5a5eca05787d0b91c4a5ffb"
}

/// Threshold 2.
public fun first_partial_pks(): vector<vector<u8>> {
    vector[
        x"a5f9959e26225e125cf2bd7b2412715b869945c04cb241e0f85902a70b3f16f565a3c1607d66b6e44489206702f010430efa092d590773b308c4375dff90979a2eace2dd9bd2295c7936c52bc18c07d208f45e7bd2c4e79682cb443c0d0f4cc7",
        x"82a6ce38adf09b2455803daeabcff56e11596fb500d89b876799ec9061f6b9f19414ed86db838c6fa2417acdba8ad3c60d43c3f24632699b7b200b11dcae2a198a32562c2bf3a1a877aa4e7a49c759ec2cac86e192b4ab6782c7079610c1cbd1",
        x"8d95a0361dc362492f594a755b3af73838a504ca76f175d7b5f607345eb58399d2115a73d0fbddeb8e64a8a73ff425b90d5a3d92bc63cf8d61cdf3e134e6e483d26ebcd4c6e96f5a25fe0dee0e96109a70d2e8e3a31bdea0a713bf2d0141978d",
    ]
}

/// Threshold 3.
public fun next_partial_pks(): vector<vector<u8>> {
    vector[
        x"aa56bd6b3af3eb4c92b75c1cbe7c4fff64563966b81f812008b4edcf1dac9cf42df1695be94f850f01dcfa813add29630810a51dc5bb558f67da1f3182e5e1ff064555e3c3cf83e295899677873c10c284ace2526dd7f5f7b898a7d323622e57",
        x"8f1902dbf32c7c2dd7a6eefa97b1e6833bccd859c35c4ec6124dde5f267d260fcd16240cf0c5ecadfa5202563f97035e05ba0cd246ceaca8abb930505cf2752b00e14565af0ffe02a437de0b5c799c1e84314297b7fdc7e9fdd322a9c77c6bc3",
        x"8d942a02eb6a3bf78d27ec8ee27b9a8721b07fe22866bb4f6614f78978e394c9ddc8b87712ddbc3fa2f0386bc3b68ccc18dd0f05f2ca5345bf19433933a5d77bf56cd2563a2e872f82b16495529b47086212466f903f84949b15153d7eab6848",
        x"94eba091a424bed60ad920855706ee476d23c2d9d4763ab5a4f832b3e57c38eb7d81013ea8f5b4790b4db6cd1ad2fd051633e6c8e9a25f302b5b4382724c5e83c40e487dba39910df2829c09f7d38ee2d37e0a8a1bdc2a71486c5fb6e508c069",
    ]
}

/// A key to encrypt to: alice's.
public fun enc_pk(): vector<u8> { *bls12381::g1_generator().bytes() }

public fun signing_pk(): vector<u8> { *bls12381::g2_generator().bytes() }

/// The keys of alice, bob, carol and dave: the generators times 1, 2, 3 and 4, by
/// gnark-crypto.
public fun keys_of(member: address): (vector<u8>, vector<u8>) {
    let enc_pks = vector[
        enc_pk(),
        x"a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e",
        x"89ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff981747a0b2ca2179b96d2c0c9024e5224",
        x"ac9b60d5afcbd5663a8a44b7c5a02f19e9a77ab0a35bd65809bb5c67ec582c897feb04decc694b13e08587f3ff9b5b60",
    ];
    let signing_pks = vector[
        signing_pk(),
        x"aa4edef9c1ed7f729f520e47730a124fd70662a904ba1074728114d1031e1572c6c886f6b57ec72a6178288c47c335771638533957d540a9d2370f17cc7ed5863bc0b995b8825e0ee1ea1e1e4d00dbae81f14b0bf3611b78c952aacab827a053",
        x"89380275bbc8e5dcea7dc4dd7e0550ff2ac480905396eda55062650f8d251c96eb480673937cc6d9d6a44aaa56ca66dc122915c824a0857e2ee414a3dccb23ae691ae54329781315a0c75df1c04d6d7a50a030fc866f09d516020ef82324afae",
        x"870227d3f13684fdb7ce31b8065ba3acb35f7bde6fe2ddfefa359f8b35d08a9ab9537b43e24f4ffb720b5a0bda2a82f20e7a30979a8853a077454eb63b8dcee75f106221b262886bb8e01b0abb043368da82f60899cc1412e33e4120195fc557",
    ];
    let i = vector[alice(), bob(), carol(), dave()].find_index!(|other| other == member).destroy_some();
    (enc_pks[i], signing_pks[i])
}

/// A new chain on which a committee of `first_members` registers.
public fun begin(): Scenario {
    let mut scenario = test_scenario::begin(ADMIN);
    let cap = package::test_publish(package(), scenario.ctx());
    seal_committee::init_for_testing(cap, 2, first_members(), scenario.ctx());
    scenario.next_tx(ADMIN);
    scenario
}

/// `begin`, and the committee has its key, by no ceremony.
public fun begin_finalized(): Scenario {
    let mut scenario = begin();
    let mut committee = scenario.take_shared<Committee>();
    committee.finalize_for_testing(first_partial_pks(), pk(), scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(ADMIN);
    scenario
}

/// Registers a member under a name of its own.
public fun register(scenario: &mut Scenario, committee: ID, member: address) {
    scenario.next_tx(member);
    let mut committee = scenario.take_shared_by_id<Committee>(committee);
    let mut url = b"https://".to_string();
    url.append(member.to_string());
    let (enc_pk, signing_pk) = keys_of(member);
    committee.register(enc_pk, signing_pk, url, member.to_string(), scenario.ctx());
    test_scenario::return_shared(committee);
    scenario.next_tx(member);
}

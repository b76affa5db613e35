// SPDX-License-Identifier: Apache-2.0

/// Whether the public keys of shares belong together: whether any `threshold` of
/// them give the committee's public key, and always the same one.
///
/// The keys are points of G2: the committee's at 0, the one of party i at i + 1.
/// They belong together if they are the values of one polynomial of degree
/// `threshold` - 1, times the generator. Such values are the code words of a
/// Reed-Solomon code, and each word of its dual code is an equation that they
/// meet: with n shares, the sum over x = 0 .. n of
///
///     (-1)^x * binomial(n, x) * q(x) * key(x)
///
/// is the neutral point for every polynomial q of degree n - `threshold` at most
/// (the test of the paper SCRAPE, Cascudo and David 2017). One q is enough if
/// nobody can choose the keys after it: q(x) = (x + r)^(n - threshold), with r
/// hashed from the keys. Keys that don't belong together pass with a probability
/// of n / 2^254.
module floe_committee::interpolation;

use sui::bls12381::{Self, G2, Scalar};
use sui::group_ops::{Self, Element};
use sui::hash;

// === Constants ===

/// Separates this use of the hash from all others.
const DOMAIN: vector<u8> = b"floe committee keys belong together v1";

// === Package Functions ===

/// Whether the keys belong together and none is the neutral point.
public(package) fun is_consistent(
    threshold: u16,
    pk: &vector<u8>,
    partial_pks: &vector<vector<u8>>,
): bool {
    let neutral = bls12381::g2_identity();
    let mut keys = vector[bls12381::g2_from_bytes(pk)];
    partial_pks.do_ref!(|key| keys.push_back(bls12381::g2_from_bytes(key)));
    if (keys.any!(|key| group_ops::equal(key, &neutral))) return false;
    let factors = factors(threshold, &challenge(threshold, pk, partial_pks), partial_pks.length());
    group_ops::equal(&sum(factors, keys), &neutral)
}

// === Private Functions ===

/// A scalar that depends on all keys: 254 bits of their hash.
fun challenge(threshold: u16, pk: &vector<u8>, partial_pks: &vector<vector<u8>>): Element<Scalar> {
    let mut data = DOMAIN;
    data.append(std::bcs::to_bytes(&threshold));
    data.append(*pk);
    partial_pks.do_ref!(|key| data.append(*key));
    let mut bytes = hash::blake2b256(&data);
    *(&mut bytes[0]) = bytes[0] & 0x3f;
    bls12381::scalar_from_bytes(&bytes)
}

/// The factors of the keys at 0 to n.
fun factors(threshold: u16, r: &Element<Scalar>, n: u64): vector<Element<Scalar>> {
    let degree = n - (threshold as u64);
    let mut factors = vector[];
    let mut binomial = bls12381::scalar_one(); // with its sign
    let mut x = 0;
    while (x <= n) {
        let point = bls12381::scalar_add(r, &bls12381::scalar_from_u64(x));
        factors.push_back(bls12381::scalar_mul(&binomial, &power(point, degree)));
        let next = bls12381::scalar_mul(&binomial, &bls12381::scalar_from_u64(n - x));
        binomial = bls12381::scalar_neg(&bls12381::scalar_div(&bls12381::scalar_from_u64(x + 1), &next));
        x = x + 1;
    };
    factors
}

fun power(mut base: Element<Scalar>, mut exponent: u64): Element<Scalar> {
    let mut out = bls12381::scalar_one();
    while (exponent > 0) {
        if (exponent % 2 == 1) out = bls12381::scalar_mul(&out, &base);
        base = bls12381::scalar_mul(&base, &base);
        exponent = exponent / 2;
    };
    out
}

/// The sum of the products, one by one: the native for many at once is switched off
/// on testnet and mainnet (`enable_group_ops_native_function_msm`).
fun sum(factors: vector<Element<Scalar>>, points: vector<Element<G2>>): Element<G2> {
    let mut total = bls12381::g2_identity();
    factors.length().do!(|i| {
        total = bls12381::g2_add(&total, &bls12381::g2_mul(&factors[i], &points[i]));
    });
    total
}

/// Unsigned integers of 128 bits.
#[defines_primitive(u128)]
module std::u128;

use std::macros;
use std::string::String;

const MAX: u128 = 0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF;

/// `x` with every bit turned around.
public fun bitwise_not(x: u128): u128 {
    x ^ MAX
}

/// The larger one.
public fun max(x: u128, y: u128): u128 {
    macros::num_max!(x, y)
}

/// The smaller one.
public fun min(x: u128, y: u128): u128 {
    macros::num_min!(x, y)
}

/// The distance between both.
public fun diff(x: u128, y: u128): u128 {
    macros::num_diff!(x, y)
}

/// `x / y`, rounded up.
public fun div_ceil(x: u128, y: u128): u128 {
    macros::num_divide_and_round_up!(x, y)
}

/// Older name of `div_ceil`.
public fun divide_and_round_up(x: u128, y: u128): u128 {
    div_ceil(x, y)
}

/// `base` to the power of `exponent`. Aborts if it does not fit.
public fun pow(base: u128, exponent: u8): u128 {
    macros::num_pow!(base, exponent)
}

/// The largest integer whose square is at most `x`.
public fun sqrt(x: u128): u128 {
    macros::num_sqrt!(x, 1 << 126)
}

/// `x * y / z`, rounded down; the product may be wider than 128 bits.
public fun mul_div(x: u128, y: u128, z: u128): u128 {
    ((x as u256) * (y as u256) / (z as u256)) as u128
}

/// `x * y / z`, rounded up; the product may be wider than 128 bits.
public fun mul_div_ceil(x: u128, y: u128, z: u128): u128 {
    macros::num_divide_and_round_up!((x as u256) * (y as u256), z as u256) as u128
}

/// `x` as u8, or none if it does not fit.
public fun try_as_u8(x: u128): Option<u8> {
    macros::num_try_as!(x, 0xFF)
}

/// `x` as u16, or none if it does not fit.
public fun try_as_u16(x: u128): Option<u16> {
    macros::num_try_as!(x, 0xFFFF)
}

/// `x` as u32, or none if it does not fit.
public fun try_as_u32(x: u128): Option<u32> {
    macros::num_try_as!(x, 0xFFFF_FFFF)
}

/// `x` as u64, or none if it does not fit.
public fun try_as_u64(x: u128): Option<u64> {
    macros::num_try_as!(x, 0xFFFF_FFFF_FFFF_FFFF)
}

/// The decimal digits.
public fun to_string(x: u128): String {
    macros::num_to_string!(x)
}

/// `x + y`, or none if it does not fit.
public fun checked_add(x: u128, y: u128): Option<u128> {
    macros::num_checked_add!(x, y, MAX)
}

/// `x - y`, or none if it is negative.
public fun checked_sub(x: u128, y: u128): Option<u128> {
    macros::num_checked_sub!(x, y)
}

/// `x * y`, or none if it does not fit.
public fun checked_mul(x: u128, y: u128): Option<u128> {
    macros::num_checked_mul!(x, y, MAX)
}

/// `x / y`, or none if `y` is 0.
public fun checked_div(x: u128, y: u128): Option<u128> {
    macros::num_checked_div!(x, y)
}

/// `x + y`, at most the largest value.
public fun saturating_add(x: u128, y: u128): u128 {
    macros::num_saturating_add!(x, y, MAX)
}

/// `x - y`, at least 0.
public fun saturating_sub(x: u128, y: u128): u128 {
    macros::num_saturating_sub!(x, y)
}

/// `x * y`, at most the largest value.
public fun saturating_mul(x: u128, y: u128): u128 {
    macros::num_saturating_mul!(x, y, MAX)
}

/// `x << shift`, or none if `shift` is 128 or more.
public fun checked_shl(x: u128, shift: u8): Option<u128> {
    macros::num_checked_shl!(x, shift, 128)
}

/// `x >> shift`, or none if `shift` is 128 or more.
public fun checked_shr(x: u128, shift: u8): Option<u128> {
    macros::num_checked_shr!(x, shift, 128)
}

/// `x / y`, or none if a remainder is left or `y` is 0.
public fun lossless_div(x: u128, y: u128): Option<u128> {
    macros::num_lossless_div!(x, y)
}

/// `x << shift`, or none if it loses bits or `shift` is 128 or more.
public fun lossless_shl(x: u128, shift: u8): Option<u128> {
    macros::num_lossless_shl!(x, shift, 128)
}

/// `x >> shift`, or none if it loses bits or `shift` is 128 or more.
public fun lossless_shr(x: u128, shift: u8): Option<u128> {
    macros::num_lossless_shr!(x, shift, 128)
}

/// The largest value.
public macro fun max_value(): u128 {
    0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF
}

/// Calls `f` with 0, …, `stop - 1`.
public macro fun do<$R: drop>($stop: u128, $f: |u128| -> $R) {
    std::macros::range_do!(0, $stop, $f)
}

/// Calls `f` with 0, …, `stop`.
public macro fun do_eq<$R: drop>($stop: u128, $f: |u128| -> $R) {
    std::macros::range_do_eq!(0, $stop, $f)
}

/// Calls `f` with `start`, …, `stop - 1`.
public macro fun range_do<$R: drop>($start: u128, $stop: u128, $f: |u128| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// Calls `f` with `start`, …, `stop`.
public macro fun range_do_eq<$R: drop>($start: u128, $stop: u128, $f: |u128| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

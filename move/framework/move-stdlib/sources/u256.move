/// Unsigned integers of 256 bits.
#[defines_primitive(u256)]
module std::u256;

use std::macros;
use std::string::String;

const MAX: u256 = 0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF;

/// `x` with every bit turned around.
public fun bitwise_not(x: u256): u256 {
    x ^ MAX
}

/// The larger one.
public fun max(x: u256, y: u256): u256 {
    macros::num_max!(x, y)
}

/// The smaller one.
public fun min(x: u256, y: u256): u256 {
    macros::num_min!(x, y)
}

/// The distance between both.
public fun diff(x: u256, y: u256): u256 {
    macros::num_diff!(x, y)
}

/// `x / y`, rounded up.
public fun div_ceil(x: u256, y: u256): u256 {
    macros::num_divide_and_round_up!(x, y)
}

/// Older name of `div_ceil`.
public fun divide_and_round_up(x: u256, y: u256): u256 {
    div_ceil(x, y)
}

/// `base` to the power of `exponent`. Aborts if it does not fit.
public fun pow(base: u256, exponent: u8): u256 {
    macros::num_pow!(base, exponent)
}

/// `x` as u8, or none if it does not fit.
public fun try_as_u8(x: u256): Option<u8> {
    macros::num_try_as!(x, 0xFF)
}

/// `x` as u16, or none if it does not fit.
public fun try_as_u16(x: u256): Option<u16> {
    macros::num_try_as!(x, 0xFFFF)
}

/// `x` as u32, or none if it does not fit.
public fun try_as_u32(x: u256): Option<u32> {
    macros::num_try_as!(x, 0xFFFF_FFFF)
}

/// `x` as u64, or none if it does not fit.
public fun try_as_u64(x: u256): Option<u64> {
    macros::num_try_as!(x, 0xFFFF_FFFF_FFFF_FFFF)
}

/// `x` as u128, or none if it does not fit.
public fun try_as_u128(x: u256): Option<u128> {
    macros::num_try_as!(x, 0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF)
}

/// The decimal digits.
public fun to_string(x: u256): String {
    macros::num_to_string!(x)
}

/// `x + y`, or none if it does not fit.
public fun checked_add(x: u256, y: u256): Option<u256> {
    macros::num_checked_add!(x, y, MAX)
}

/// `x - y`, or none if it is negative.
public fun checked_sub(x: u256, y: u256): Option<u256> {
    macros::num_checked_sub!(x, y)
}

/// `x * y`, or none if it does not fit.
public fun checked_mul(x: u256, y: u256): Option<u256> {
    macros::num_checked_mul!(x, y, MAX)
}

/// `x / y`, or none if `y` is 0.
public fun checked_div(x: u256, y: u256): Option<u256> {
    macros::num_checked_div!(x, y)
}

/// `x + y`, at most the largest value.
public fun saturating_add(x: u256, y: u256): u256 {
    macros::num_saturating_add!(x, y, MAX)
}

/// `x - y`, at least 0.
public fun saturating_sub(x: u256, y: u256): u256 {
    macros::num_saturating_sub!(x, y)
}

/// `x * y`, at most the largest value.
public fun saturating_mul(x: u256, y: u256): u256 {
    macros::num_saturating_mul!(x, y, MAX)
}

/// `x / y`, or none if a remainder is left or `y` is 0.
public fun lossless_div(x: u256, y: u256): Option<u256> {
    macros::num_lossless_div!(x, y)
}

/// `x << shift`, or none if it loses bits.
public fun lossless_shl(x: u256, shift: u8): Option<u256> {
    macros::num_lossless_shl!(x, shift, 256)
}

/// `x >> shift`, or none if it loses bits.
public fun lossless_shr(x: u256, shift: u8): Option<u256> {
    macros::num_lossless_shr!(x, shift, 256)
}

/// The largest value.
public macro fun max_value(): u256 {
    0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF
}

/// Calls `f` with 0, …, `stop - 1`.
public macro fun do<$R: drop>($stop: u256, $f: |u256| -> $R) {
    std::macros::range_do!(0, $stop, $f)
}

/// Calls `f` with 0, …, `stop`.
public macro fun do_eq<$R: drop>($stop: u256, $f: |u256| -> $R) {
    std::macros::range_do_eq!(0, $stop, $f)
}

/// Calls `f` with `start`, …, `stop - 1`.
public macro fun range_do<$R: drop>($start: u256, $stop: u256, $f: |u256| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// Calls `f` with `start`, …, `stop`.
public macro fun range_do_eq<$R: drop>($start: u256, $stop: u256, $f: |u256| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

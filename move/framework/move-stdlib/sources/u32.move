/// Unsigned integers of 32 bits.
#[defines_primitive(u32)]
module std::u32;

use std::macros;
use std::string::String;

const MAX: u32 = 0xFFFF_FFFF;

/// `x` with every bit turned around.
public fun bitwise_not(x: u32): u32 {
    x ^ MAX
}

/// The larger one.
public fun max(x: u32, y: u32): u32 {
    macros::num_max!(x, y)
}

/// The smaller one.
public fun min(x: u32, y: u32): u32 {
    macros::num_min!(x, y)
}

/// The distance between both.
public fun diff(x: u32, y: u32): u32 {
    macros::num_diff!(x, y)
}

/// `x / y`, rounded up.
public fun div_ceil(x: u32, y: u32): u32 {
    macros::num_divide_and_round_up!(x, y)
}

/// Older name of `div_ceil`.
public fun divide_and_round_up(x: u32, y: u32): u32 {
    div_ceil(x, y)
}

/// `base` to the power of `exponent`. Aborts if it does not fit.
public fun pow(base: u32, exponent: u8): u32 {
    macros::num_pow!(base, exponent)
}

/// The largest integer whose square is at most `x`.
public fun sqrt(x: u32): u32 {
    macros::num_sqrt!(x, 1 << 30)
}

/// `x * y / z`, rounded down; the product may be wider than 32 bits.
public fun mul_div(x: u32, y: u32, z: u32): u32 {
    ((x as u64) * (y as u64) / (z as u64)) as u32
}

/// `x * y / z`, rounded up; the product may be wider than 32 bits.
public fun mul_div_ceil(x: u32, y: u32, z: u32): u32 {
    macros::num_divide_and_round_up!((x as u64) * (y as u64), z as u64) as u32
}

/// `x` as u8, or none if it does not fit.
public fun try_as_u8(x: u32): Option<u8> {
    macros::num_try_as!(x, 0xFF)
}

/// `x` as u16, or none if it does not fit.
public fun try_as_u16(x: u32): Option<u16> {
    macros::num_try_as!(x, 0xFFFF)
}

/// The decimal digits.
public fun to_string(x: u32): String {
    macros::num_to_string!(x)
}

/// `x + y`, or none if it does not fit.
public fun checked_add(x: u32, y: u32): Option<u32> {
    macros::num_checked_add!(x, y, MAX)
}

/// `x - y`, or none if it is negative.
public fun checked_sub(x: u32, y: u32): Option<u32> {
    macros::num_checked_sub!(x, y)
}

/// `x * y`, or none if it does not fit.
public fun checked_mul(x: u32, y: u32): Option<u32> {
    macros::num_checked_mul!(x, y, MAX)
}

/// `x / y`, or none if `y` is 0.
public fun checked_div(x: u32, y: u32): Option<u32> {
    macros::num_checked_div!(x, y)
}

/// `x + y`, at most the largest value.
public fun saturating_add(x: u32, y: u32): u32 {
    macros::num_saturating_add!(x, y, MAX)
}

/// `x - y`, at least 0.
public fun saturating_sub(x: u32, y: u32): u32 {
    macros::num_saturating_sub!(x, y)
}

/// `x * y`, at most the largest value.
public fun saturating_mul(x: u32, y: u32): u32 {
    macros::num_saturating_mul!(x, y, MAX)
}

/// `x << shift`, or none if `shift` is 32 or more.
public fun checked_shl(x: u32, shift: u8): Option<u32> {
    macros::num_checked_shl!(x, shift, 32)
}

/// `x >> shift`, or none if `shift` is 32 or more.
public fun checked_shr(x: u32, shift: u8): Option<u32> {
    macros::num_checked_shr!(x, shift, 32)
}

/// `x / y`, or none if a remainder is left or `y` is 0.
public fun lossless_div(x: u32, y: u32): Option<u32> {
    macros::num_lossless_div!(x, y)
}

/// `x << shift`, or none if it loses bits or `shift` is 32 or more.
public fun lossless_shl(x: u32, shift: u8): Option<u32> {
    macros::num_lossless_shl!(x, shift, 32)
}

/// `x >> shift`, or none if it loses bits or `shift` is 32 or more.
public fun lossless_shr(x: u32, shift: u8): Option<u32> {
    macros::num_lossless_shr!(x, shift, 32)
}

/// The largest value.
public macro fun max_value(): u32 {
    0xFFFF_FFFF
}

/// Calls `f` with 0, …, `stop - 1`.
public macro fun do<$R: drop>($stop: u32, $f: |u32| -> $R) {
    std::macros::range_do!(0, $stop, $f)
}

/// Calls `f` with 0, …, `stop`.
public macro fun do_eq<$R: drop>($stop: u32, $f: |u32| -> $R) {
    std::macros::range_do_eq!(0, $stop, $f)
}

/// Calls `f` with `start`, …, `stop - 1`.
public macro fun range_do<$R: drop>($start: u32, $stop: u32, $f: |u32| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// Calls `f` with `start`, …, `stop`.
public macro fun range_do_eq<$R: drop>($start: u32, $stop: u32, $f: |u32| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

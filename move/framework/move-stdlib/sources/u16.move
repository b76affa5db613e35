/// Unsigned integers of 16 bits.
#[defines_primitive(u16)]
module std::u16;

use std::macros;
use std::string::String;

const MAX: u16 = 0xFFFF;

/// `x` with every bit turned around.
public fun bitwise_not(x: u16): u16 {
    x ^ MAX
}

/// The larger one.
public fun max(x: u16, y: u16): u16 {
    macros::num_max!(x, y)
}

/// The smaller one.
public fun min(x: u16, y: u16): u16 {
    macros::num_min!(x, y)
}

/// The distance between both.
public fun diff(x: u16, y: u16): u16 {
    macros::num_diff!(x, y)
}

/// `x / y`, rounded up.
public fun div_ceil(x: u16, y: u16): u16 {
    macros::num_divide_and_round_up!(x, y)
}

/// Older name of `div_ceil`.
public fun divide_and_round_up(x: u16, y: u16): u16 {
    div_ceil(x, y)
}

/// `base` to the power of `exponent`. Aborts if it does not fit.
public fun pow(base: u16, exponent: u8): u16 {
    macros::num_pow!(base, exponent)
}

/// The largest integer whose square is at most `x`.
public fun sqrt(x: u16): u16 {
    macros::num_sqrt!(x, 1 << 14)
}

/// `x * y / z`, rounded down; the product may be wider than 16 bits.
public fun mul_div(x: u16, y: u16, z: u16): u16 {
    ((x as u32) * (y as u32) / (z as u32)) as u16
}

/// `x * y / z`, rounded up; the product may be wider than 16 bits.
public fun mul_div_ceil(x: u16, y: u16, z: u16): u16 {
    macros::num_divide_and_round_up!((x as u32) * (y as u32), z as u32) as u16
}

/// `x` as u8, or none if it does not fit.
public fun try_as_u8(x: u16): Option<u8> {
    macros::num_try_as!(x, 0xFF)
}

/// The decimal digits.
public fun to_string(x: u16): String {
    macros::num_to_string!(x)
}

/// `x + y`, or none if it does not fit.
public fun checked_add(x: u16, y: u16): Option<u16> {
    macros::num_checked_add!(x, y, MAX)
}

/// `x - y`, or none if it is negative.
public fun checked_sub(x: u16, y: u16): Option<u16> {
    macros::num_checked_sub!(x, y)
}

/// `x * y`, or none if it does not fit.
public fun checked_mul(x: u16, y: u16): Option<u16> {
    macros::num_checked_mul!(x, y, MAX)
}

/// `x / y`, or none if `y` is 0.
public fun checked_div(x: u16, y: u16): Option<u16> {
    macros::num_checked_div!(x, y)
}

/// `x + y`, at most the largest value.
public fun saturating_add(x: u16, y: u16): u16 {
    macros::num_saturating_add!(x, y, MAX)
}

/// `x - y`, at least 0.
public fun saturating_sub(x: u16, y: u16): u16 {
    macros::num_saturating_sub!(x, y)
}

/// `x * y`, at most the largest value.
public fun saturating_mul(x: u16, y: u16): u16 {
    macros::num_saturating_mul!(x, y, MAX)
}

/// `x << shift`, or none if `shift` is 16 or more.
public fun checked_shl(x: u16, shift: u8): Option<u16> {
    macros::num_checked_shl!(x, shift, 16)
}

/// `x >> shift`, or none if `shift` is 16 or more.
public fun checked_shr(x: u16, shift: u8): Option<u16> {
    macros::num_checked_shr!(x, shift, 16)
}

/// `x / y`, or none if a remainder is left or `y` is 0.
public fun lossless_div(x: u16, y: u16): Option<u16> {
    macros::num_lossless_div!(x, y)
}

/// `x << shift`, or none if it loses bits or `shift` is 16 or more.
public fun lossless_shl(x: u16, shift: u8): Option<u16> {
    macros::num_lossless_shl!(x, shift, 16)
}

/// `x >> shift`, or none if it loses bits or `shift` is 16 or more.
public fun lossless_shr(x: u16, shift: u8): Option<u16> {
    macros::num_lossless_shr!(x, shift, 16)
}

/// The largest value.
public macro fun max_value(): u16 {
    0xFFFF
}

/// Calls `f` with 0, …, `stop - 1`.
public macro fun do<$R: drop>($stop: u16, $f: |u16| -> $R) {
    std::macros::range_do!(0, $stop, $f)
}

/// Calls `f` with 0, …, `stop`.
public macro fun do_eq<$R: drop>($stop: u16, $f: |u16| -> $R) {
    std::macros::range_do_eq!(0, $stop, $f)
}

/// Calls `f` with `start`, …, `stop - 1`.
public macro fun range_do<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// Calls `f` with `start`, …, `stop`.
public macro fun range_do_eq<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

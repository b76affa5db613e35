/// What the modules of unsigned integers have in common. `$T` is the type, and
/// `$max` its largest value.
module std::macros;

use std::string::String;

/// The larger one.
public macro fun num_max($x: _, $y: _): _ {
    let x = $x;
    let y = $y;
    if (x > y) x else y
}

/// The smaller one.
public macro fun num_min($x: _, $y: _): _ {
    let x = $x;
    let y = $y;
    if (x < y) x else y
}

/// The distance between both.
public macro fun num_diff($x: _, $y: _): _ {
    let x = $x;
    let y = $y;
    if (x > y) x - y else y - x
}

/// `x / y`, rounded up.
public macro fun num_divide_and_round_up($x: _, $y: _): _ {
    let x = $x;
    let y = $y;
    if (x % y == 0) x / y else x / y + 1
}

/// `base` to the power of `exponent`, by squaring.
public macro fun num_pow($base: _, $exponent: u8): _ {
    let mut base = $base;
    let mut exponent = $exponent;
    let mut result = 1;
    while (exponent > 0) {
        if (exponent % 2 == 1) result = result * base;
        exponent = exponent / 2;
        if (exponent > 0) base = base * base;
    };
    result
}

/// The largest integer whose square is at most `x`. `$top` is the largest power
/// of 4 in the type.
public macro fun num_sqrt<$T>($x: $T, $top: $T): $T {
    let mut x = $x;
    let mut bit = $top;
    let mut root: $T = 0;
    while (bit != 0) {
        if (x >= root + bit) {
            x = x - (root + bit);
            root = (root >> 1) + bit;
        } else {
            root = root >> 1;
        };
        bit = bit >> 2;
    };
    root
}

/// The decimal digits.
public macro fun num_to_string($x: _): String {
    let mut x = $x;
    let mut digits = vector[];
    if (x == 0) digits.push_back(48);
    while (x != 0) {
        digits.push_back((48 + x % 10) as u8);
        x = x / 10;
    };
    digits.reverse();
    digits.to_string()
}

/// `x` in a narrower type, or none if it does not fit; `$limit` is what fits.
public macro fun num_try_as<$T, $U>($x: $T, $limit: $T): Option<$U> {
    let x = $x;
    if (x > $limit) option::none() else option::some(x as $U)
}

/// `x + y`, or none if it does not fit.
public macro fun num_checked_add<$T>($x: $T, $y: $T, $max: $T): Option<$T> {
    let x = $x;
    let y = $y;
    if (y > $max - x) option::none() else option::some(x + y)
}

/// `x - y`, or none if it is negative.
public macro fun num_checked_sub<$T>($x: $T, $y: $T): Option<$T> {
    let x = $x;
    let y = $y;
    if (x < y) option::none() else option::some(x - y)
}

/// `x * y`, or none if it does not fit.
public macro fun num_checked_mul<$T>($x: $T, $y: $T, $max: $T): Option<$T> {
    let x = $x;
    let y = $y;
    if (x != 0 && y > $max / x) option::none() else option::some(x * y)
}

/// `x / y`, or none if `y` is 0.
public macro fun num_checked_div<$T>($x: $T, $y: $T): Option<$T> {
    let x = $x;
    let y = $y;
    if (y == 0) option::none() else option::some(x / y)
}

/// `x + y`, at most the largest value.
public macro fun num_saturating_add<$T>($x: $T, $y: $T, $max: $T): $T {
    let x = $x;
    let y = $y;
    if (y > $max - x) $max else x + y
}

/// `x - y`, at least 0.
public macro fun num_saturating_sub<$T>($x: $T, $y: $T): $T {
    let x = $x;
    let y = $y;
    if (x < y) 0 else x - y
}

/// `x * y`, at most the largest value.
public macro fun num_saturating_mul<$T>($x: $T, $y: $T, $max: $T): $T {
    let x = $x;
    let y = $y;
    if (x != 0 && y > $max / x) $max else x * y
}

/// `x << shift`, or none if the shift is as wide as the type.
public macro fun num_checked_shl<$T>($x: $T, $shift: u8, $bits: u8): Option<$T> {
    let x = $x;
    let shift = $shift;
    if (shift >= $bits) option::none() else option::some(x << shift)
}

/// `x >> shift`, or none if the shift is as wide as the type.
public macro fun num_checked_shr<$T>($x: $T, $shift: u8, $bits: u8): Option<$T> {
    let x = $x;
    let shift = $shift;
    if (shift >= $bits) option::none() else option::some(x >> shift)
}

/// `x / y`, or none if a remainder is left or `y` is 0.
public macro fun num_lossless_div<$T>($x: $T, $y: $T): Option<$T> {
    let x = $x;
    let y = $y;
    if (y == 0 || x % y != 0) option::none() else option::some(x / y)
}

/// `x << shift`, or none if it loses bits or shifts by the type's width.
public macro fun num_lossless_shl<$T>($x: $T, $shift: u8, $bits: u16): Option<$T> {
    let x = $x;
    let shift = $shift;
    if ((shift as u16) >= $bits || (x << shift) >> shift != x) {
        option::none()
    } else {
        option::some(x << shift)
    }
}

/// `x >> shift`, or none if it loses bits or shifts by the type's width.
public macro fun num_lossless_shr<$T>($x: $T, $shift: u8, $bits: u16): Option<$T> {
    let x = $x;
    let shift = $shift;
    if ((shift as u16) >= $bits || (x >> shift) << shift != x) {
        option::none()
    } else {
        option::some(x >> shift)
    }
}

/// Calls `f` with `start`, …, `stop - 1`.
public macro fun range_do<$T, $R: drop>($start: $T, $stop: $T, $f: |$T| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

/// Calls `f` with `start`, …, `stop`.
public macro fun range_do_eq<$T, $R: drop>($start: $T, $stop: $T, $f: |$T| -> $R) {
    let mut i = $start;
    let stop = $stop;
    // The last value is apart: `stop + 1` may not fit.
    if (i <= stop) {
        while (i < stop) {
            $f(i);
            i = i + 1;
        };
        $f(stop);
    }
}

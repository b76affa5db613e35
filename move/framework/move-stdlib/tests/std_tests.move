#[test_only]
module std::std_tests;

use std::ascii;
use std::hash;
use std::type_name;
use std::unit_test::assert_eq;

public struct P<T> has copy, drop { a: T }

fun evens(): vector<u64> { vector[2, 4, 6] }

#[test]
fun vectors() {
    let mut v = vector[1u64, 2, 3];
    v.insert(9, 1);
    assert_eq!(v, vector[1, 9, 2, 3]);
    assert_eq!(v.remove(0), 1);
    assert_eq!(v.swap_remove(0), 9);
    assert_eq!(v, vector[3, 2]);
    v.append(vector[7, 8]);
    let (found, at) = v.index_of(&7);
    assert!(found && at == 2);
    let (found, at) = v.index_of(&99);
    assert!(!found && at == 0);
    v.reverse();
    assert_eq!(v, vector[8, 7, 2, 3]);
    assert_eq!(vector[vector[1u8], vector[], vector[2, 3]].flatten(), vector[1, 2, 3]);
    assert_eq!(evens().take(2), vector[2, 4]);
    assert_eq!(evens().take(3), vector[2, 4, 6]);
    assert_eq!(evens().skip(2), vector[6]);
    assert_eq!(evens().skip(9), vector[]);
    assert_eq!(vector::singleton(5u8), vector[5]);
}

#[test, expected_failure(abort_code = 0x20000, location = std::vector)]
fun vector_remove_past_the_end() {
    vector[1u8].remove(1);
}

#[test, expected_failure(abort_code = 0x20000, location = std::vector)]
fun vector_insert_past_the_end() {
    vector[1u8].insert(2, 2);
}

#[test, expected_failure(abort_code = 0x20000, location = std::vector)]
fun vector_take_too_many() {
    evens().take(4);
}

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun vector_borrow_past_the_end() {
    let v = vector[1u8];
    let _ = v[1];
}

#[test]
fun vector_macros() {
    assert_eq!(vector::tabulate!(4, |i| i * i), vector[0, 1, 4, 9]);
    let mut seen = vector[];
    evens().do!(|x| seen.push_back(x));
    evens().do_ref!(|x| seen.push_back(*x));
    evens().destroy!(|x| seen.push_back(x));
    assert_eq!(seen, vector[2, 4, 6, 2, 4, 6, 2, 4, 6]);
    let mut v = evens();
    v.do_mut!(|x| *x = *x + 1);
    assert_eq!(v, vector[3, 5, 7]);
    assert_eq!(evens().map!(|x| x > 3), vector[false, true, true]);
    assert_eq!(evens().map_ref!(|x| *x / 2), vector[1, 2, 3]);
    assert_eq!(evens().filter!(|x| *x != 4), vector[2, 6]);
    let (small, large) = evens().partition!(|x| *x < 5);
    assert_eq!(small, vector[2, 4]);
    assert_eq!(large, vector[6]);
    assert_eq!(evens().find_index!(|x| *x == 6), option::some(2));
    assert_eq!(evens().find_index!(|x| *x == 7), option::none());
    assert_eq!(evens().find_indices!(|x| *x > 2), vector[1, 2]);
    assert_eq!(evens().count!(|x| *x > 2), 2);
    // Not commutative, so it shows the order.
    assert_eq!(evens().fold!(1, |acc, x| acc * 10 + x), 1246);
    assert!(evens().any!(|x| *x == 4) && !evens().any!(|x| *x == 5));
    assert!(evens().all!(|x| *x % 2 == 0) && !evens().all!(|x| *x > 2));
    assert_eq!(evens().zip_map!(vector[1u64, 2, 3], |a, b| a - b), vector[1, 2, 3]);
    assert_eq!(evens().zip_map_ref!(&vector[1u64, 2, 3], |a, b| *a * *b), vector[2, 8, 18]);
    let mut pairs = vector[];
    evens().zip_do!(vector[1u64, 3, 5], |a, b| { pairs.push_back(a); pairs.push_back(b) });
    assert_eq!(pairs, vector[2, 1, 4, 3, 6, 5]);
    let mut back = vector[];
    evens().zip_do_reverse!(vector[1u64, 3, 5], |a, b| { back.push_back(a); back.push_back(b) });
    assert_eq!(back, vector[6, 5, 4, 3, 2, 1]);
    assert_eq!(vector[2u64, 4, 5, 6].take_while!(|x| *x % 2 == 0), vector[2, 4]);
    assert_eq!(vector[2u64, 4, 5, 6].skip_while!(|x| *x % 2 == 0), vector[5, 6]);
}

#[test]
fun vector_sorts() {
    // The second digit shows whether equals keep their order.
    let input = vector[31u64, 12, 30, 11, 25, 10];
    let sorted = vector[12, 11, 10, 25, 31, 30];
    let mut a = input;
    a.insertion_sort_by!(|x, y| *x / 10 <= *y / 10);
    assert_eq!(a, sorted);
    let mut b = input;
    b.merge_sort_by!(|x, y| *x / 10 <= *y / 10);
    assert_eq!(b, sorted);
    assert!(b.is_sorted_by!(|x, y| *x / 10 <= *y / 10));
    assert!(!input.is_sorted_by!(|x, y| *x / 10 <= *y / 10));
    let mut none = vector<u64>[];
    none.merge_sort_by!(|x, y| *x <= *y);
    assert_eq!(none, vector[]);
}

#[test]
fun options() {
    let mut o = option::none<u64>();
    assert!(o.is_none() && !o.is_some());
    assert_eq!(o.get_with_default(7), 7);
    o.fill(1);
    assert_eq!(*o.borrow(), 1);
    assert_eq!(o.swap(2), 1);
    assert_eq!(o.swap_or_fill(3), option::some(2));
    assert!(o.contains(&3));
    assert_eq!(*o.borrow_with_default(&9), 3);
    *o.borrow_mut() = 4;
    assert_eq!(o.extract(), 4);
    o.destroy_none();
    assert_eq!(option::some(5u8).to_vec(), vector[5]);
    assert_eq!(option::some(5u8).destroy_with_default(6), 5);
    assert_eq!(option::none<u8>().destroy_with_default(6), 6);
}

#[test]
fun option_macros() {
    let some = option::some(4u64);
    let none = option::none<u64>();
    assert_eq!(some.map!(|x| x + 1), option::some(5));
    assert_eq!(none.map!(|x| x + 1), option::none());
    assert_eq!(some.map_ref!(|x| *x + 1), option::some(5));
    assert_eq!(some.and!(|x| option::some(x > 3)), option::some(true));
    assert_eq!(some.and_ref!(|x| option::some(*x > 4)), option::some(false));
    assert_eq!(none.or!(option::some(1)), option::some(1));
    assert_eq!(some.or!(option::some(1)), option::some(4));
    assert_eq!(some.filter!(|x| *x > 4), option::none());
    assert!(some.is_some_and!(|x| *x == 4) && !none.is_some_and!(|_| true));
    assert!(none.is_none_or!(|_| false) && !some.is_none_or!(|_| false));
    assert_eq!(none.destroy_or!(8), 8);
    assert_eq!(some.fold!(0, |x| x * 2), 8);
    assert_eq!(none.fold!(3, |x| x * 2), 3);
    let mut got = 0;
    some.do!(|x| got = got + x);
    some.do_ref!(|x| got = got + *x);
    none.do!(|x| got = got + x);
    some.destroy!(|x| got = got + x);
    assert_eq!(got, 12);
    let mut m = some;
    m.do_mut!(|x| *x = 1);
    assert_eq!(m.extract_or!(0), 1);
    assert_eq!(m.extract_or!(0), 0);
}

#[test, expected_failure(abort_code = 0x40001, location = std::option)]
fun option_extract_of_nothing() {
    option::none<u8>().extract();
}

#[test, expected_failure(abort_code = 0x40000, location = std::option)]
fun option_fill_twice() {
    option::some(1u8).fill(2);
}

#[test]
fun strings() {
    let mut s = b"caf".to_string();
    s.append_utf8(vector[0xC3, 0xA9]); // é
    assert_eq!(s.length(), 5);
    assert_eq!(s.substring(0, 3), b"caf".to_string());
    assert_eq!(s.index_of(&b"f".to_string()), 2);
    assert_eq!(s.index_of(&b"x".to_string()), 5);
    s.insert(0, b"le ".to_string());
    assert_eq!(*s.as_bytes(), x"6c6520636166c3a9");
    assert!(vector[0xFFu8].try_to_string().is_none());
    assert_eq!(b"abc".to_string().to_ascii(), b"abc".to_ascii_string());
    assert_eq!(b"abc".to_ascii_string().to_string(), b"abc".to_string());
    assert!(b"".to_string().is_empty());
}

#[test, expected_failure(abort_code = 1, location = std::string)]
fun string_of_bad_bytes() {
    vector[0xC3u8].to_string();
}

#[test, expected_failure(abort_code = 2, location = std::string)]
fun string_cut_inside_a_character() {
    vector[0xC3u8, 0xA9].to_string().substring(0, 1);
}

#[test]
fun asciis() {
    let mut s = b"Sui".to_ascii_string();
    assert_eq!(s.to_uppercase().into_bytes(), b"SUI");
    assert_eq!(s.to_lowercase().into_bytes(), b"sui");
    s.push_char(ascii::char(33));
    assert_eq!(s.pop_char().byte(), 33);
    s.append(b"net".to_ascii_string());
    s.insert(3, b" ".to_ascii_string());
    assert_eq!(s.substring(2, 5).into_bytes(), b"i n");
    assert_eq!(s.index_of(&b"net".to_ascii_string()), 4);
    assert_eq!(s.index_of(&b"x".to_ascii_string()), s.length());
    assert!(s.all_characters_printable());
    assert!(!vector[7u8].to_ascii_string().all_characters_printable());
    assert!(vector[0x80u8].try_to_ascii_string().is_none());
}

#[test, expected_failure(abort_code = 0x10000, location = std::ascii)]
fun ascii_of_a_high_byte() {
    vector[0x80u8].to_ascii_string();
}

#[test, expected_failure(abort_code = 0x10001, location = std::ascii)]
fun ascii_cut_past_the_end() {
    b"abc".to_ascii_string().substring(2, 4);
}

#[test]
fun integers() {
    assert_eq!(255u8.bitwise_not(), 0);
    assert_eq!(3u64.max(7) + 3u64.min(7), 10);
    assert_eq!(3u8.diff(7), 4);
    assert_eq!(7u64.div_ceil(2), 4);
    assert_eq!(8u64.divide_and_round_up(2), 4);
    assert_eq!(2u8.pow(7), 128);
    assert_eq!(15u8.pow(2), 225);
    assert_eq!(10u256.pow(77), 100000000000000000000000000000000000000000000000000000000000000000000000000000);
    assert_eq!(0u8.sqrt(), 0);
    assert_eq!(255u8.sqrt(), 15);
    assert_eq!(99u64.sqrt(), 9);
    assert_eq!(18446744073709551615u64.sqrt(), 4294967295);
    assert_eq!(340282366920938463463374607431768211455u128.sqrt(), 18446744073709551615);
    assert_eq!(0u8.to_string(), b"0".to_string());
    assert_eq!(
        115792089237316195423570985008687907853269984665640564039457584007913129639935u256.to_string(),
        b"115792089237316195423570985008687907853269984665640564039457584007913129639935".to_string(),
    );
    assert_eq!(256u16.try_as_u8(), option::none());
    assert_eq!(255u256.try_as_u8(), option::some(255));
    assert_eq!(200u8.mul_div(200, 250), 160);
    assert_eq!(7u64.mul_div(7, 10), 4);
    assert_eq!(7u64.mul_div_ceil(7, 10), 5);
    assert_eq!(std::u128::max_value!(), 340282366920938463463374607431768211455);
}

#[test]
fun integers_that_do_not_fit() {
    assert_eq!(250u8.checked_add(5), option::some(255));
    assert_eq!(250u8.checked_add(6), option::none());
    assert_eq!(5u8.checked_sub(6), option::none());
    assert_eq!(16u8.checked_mul(16), option::none());
    assert_eq!(0u8.checked_mul(255), option::some(0));
    assert_eq!(5u8.checked_div(0), option::none());
    assert_eq!(250u8.saturating_add(6), 255);
    assert_eq!(5u8.saturating_sub(6), 0);
    assert_eq!(16u8.saturating_mul(16), 255);
    assert_eq!(1u8.checked_shl(8), option::none());
    assert_eq!(3u8.checked_shl(7), option::some(128));
    assert_eq!(3u8.checked_shr(1), option::some(1));
    assert_eq!(6u8.lossless_div(4), option::none());
    assert_eq!(6u8.lossless_div(3), option::some(2));
    assert_eq!(3u8.lossless_shl(7), option::none());
    assert_eq!(3u8.lossless_shl(6), option::some(192));
    assert_eq!(3u8.lossless_shr(1), option::none());
    assert_eq!(1u256.lossless_shl(255), option::some(1 << 255));
    assert_eq!(3u256.lossless_shl(255), option::none());
}

#[test, expected_failure(arithmetic_error, location = std::u8)]
fun power_that_does_not_fit() {
    2u8.pow(8);
}

#[test]
fun integer_macros() {
    let mut seen = vector[];
    3u8.do!(|i| seen.push_back(i));
    2u8.do_eq!(|i| seen.push_back(i));
    5u8.range_do!(7, |i| seen.push_back(i));
    254u8.range_do_eq!(255, |i| seen.push_back(i));
    assert_eq!(seen, vector[0, 1, 2, 0, 1, 2, 5, 6, 254, 255]);
}

#[test]
fun hashes() {
    // FIPS 180-4 and FIPS 202, of "abc".
    assert_eq!(
        hash::sha2_256(b"abc"),
        x"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    assert_eq!(
        hash::sha3_256(b"abc"),
        x"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    );
}

#[test]
fun type_names() {
    let name = type_name::with_defining_ids<P<vector<u8>>>();
    let one = b"0000000000000000000000000000000000000000000000000000000000000001";
    assert_eq!(name.address_string().into_bytes(), one);
    assert_eq!(name.module_string().into_bytes(), b"std_tests");
    assert_eq!(name.datatype_string().into_bytes(), b"P<vector<u8>>");
    assert!(!name.is_primitive());
    assert!(type_name::with_original_ids<u256>().is_primitive());
    assert!(type_name::with_original_ids<vector<P<u8>>>().is_primitive());
    assert_eq!(type_name::with_defining_ids<bool>().into_string().into_bytes(), b"bool");
    assert_eq!(type_name::defining_id<P<u8>>(), @0x1);
}

#[test, expected_failure(abort_code = 0, location = std::type_name)]
fun type_name_of_a_built_in_type_has_no_address() {
    type_name::with_defining_ids<u8>().address_string();
}

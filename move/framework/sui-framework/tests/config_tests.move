#[test_only]
module sui::config_tests;

use std::unit_test::assert_eq;
use sui::config::{Self, Config};
use sui::test_scenario as ts;

#[test]
fun a_setting_holds_from_the_next_epoch() {
    let mut s = ts::begin(@0xA);
    let id = config::share(s.ctx());
    s.next_tx(@0xA);
    assert_eq!(config::read<bool>(id, 1, 0), option::none());
    let mut c: Config = s.take_shared();
    config::set(&mut c, 1, 5, option::some(true), option::none());
    config::set(&mut c, 2, 5, option::some(b"new"), option::some(b"old"));
    config::set(&mut c, 3, 5, option::none(), option::some(7u64));
    config::set_nothing<u8>(&mut c, 4);
    ts::return_shared(c);
    s.next_tx(@0xB); // the config is no input of this one
    assert_eq!(config::read<bool>(id, 1, 5), option::none());
    assert_eq!(config::read<bool>(id, 1, 6), option::some(true));
    assert_eq!(config::read<vector<u8>>(id, 2, 4), option::some(b"old"));
    assert_eq!(config::read<vector<u8>>(id, 2, 5), option::some(b"old"));
    assert_eq!(config::read<vector<u8>>(id, 2, 6), option::some(b"new"));
    assert_eq!(config::read<u64>(id, 3, 5), option::some(7));
    assert_eq!(config::read<u64>(id, 3, 6), option::none());
    assert_eq!(config::read<u8>(id, 4, 6), option::none());
    assert_eq!(config::read<u8>(id, 9, 6), option::none());
    s.end();
}

#[test]
fun a_setting_can_change() {
    let mut s = ts::begin(@0xA);
    let id = config::share(s.ctx());
    s.next_tx(@0xA);
    let mut c: Config = s.take_shared();
    config::set(&mut c, 1, 5, option::some(10u64), option::none());
    ts::return_shared(c);
    s.next_tx(@0xA);
    let mut c: Config = s.take_shared();
    config::set(&mut c, 1, 7, option::some(20u64), option::some(10u64));
    ts::return_shared(c);
    s.next_tx(@0xB);
    assert_eq!(config::read<u64>(id, 1, 7), option::some(10));
    assert_eq!(config::read<u64>(id, 1, 8), option::some(20));
    s.end();
}

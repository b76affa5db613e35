#[test_only]
module sui::sui_tests;

use std::unit_test::{assert_eq, destroy};
use sui::address;
use sui::bag;
use sui::balance;
use sui::bcs;
use sui::clock;
use sui::coin;
use sui::derived_object;
use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::ed25519;
use sui::event;
use sui::group_ops;
use sui::hash;
use sui::hex;
use sui::hmac;
use sui::object_table;
use sui::package;
use sui::party;
use sui::random;
use sui::sui::SUI;
use sui::table;
use sui::table_vec;
use sui::test_scenario as ts;
use sui::test_utils;
use sui::url;
use sui::vec_map;
use sui::vec_set;
use sui::versioned;

public struct Thing has key, store { id: UID, n: u64 }
public struct Happened has copy, drop { n: u64 }
public struct SUI_TESTS has drop {}

const A: address = @0xA;
const B: address = @0xB;

fun thing(n: u64, ctx: &mut TxContext): Thing { Thing { id: object::new(ctx), n } }

// === Objects and scenarios ===

#[test]
fun owned_objects() {
    let mut s = ts::begin(A);
    let t = thing(1, s.ctx());
    let id = object::id(&t);
    assert_eq!(object::last_created(s.ctx()), id);
    transfer::public_transfer(t, B);
    let effects = s.next_tx(B);
    assert_eq!(effects.created(), vector[id]);
    assert_eq!(*effects.transferred_to_account().get(&id), B);
    assert!(!ts::has_most_recent_for_address<Thing>(A));
    assert_eq!(s.ids_for_sender<Thing>(), vector[id]);
    let t: Thing = s.take_from_sender();
    assert!(s.was_taken_from_sender(id));
    s.return_to_sender(t);
    s.next_tx(B);
    let Thing { id, n } = s.take_from_sender_by_id(id);
    assert_eq!(n, 1);
    id.delete();
    assert_eq!(s.end().deleted().length(), 1);
}

#[test]
fun shared_and_frozen_objects() {
    let mut s = ts::begin(A);
    transfer::public_share_object(thing(1, s.ctx()));
    transfer::public_freeze_object(thing(2, s.ctx()));
    let effects = s.next_tx(B);
    assert_eq!(effects.shared().length(), 1);
    assert_eq!(effects.frozen().length(), 1);
    ts::with_shared!<Thing>(&mut s, |t, _| t.n = 5);
    s.next_tx(A);
    let t: Thing = s.take_shared();
    assert_eq!(t.n, 5);
    ts::return_shared(t);
    let t: Thing = s.take_immutable();
    assert_eq!(t.n, 2);
    ts::return_immutable(t);
    s.end();
}

#[test]
fun received_objects() {
    let mut s = ts::begin(A);
    let mut parent = thing(1, s.ctx());
    let child = thing(2, s.ctx());
    let parent_id = object::id(&parent);
    transfer::public_transfer(child, parent_id.to_address());
    s.next_tx(A);
    let ticket = ts::most_recent_receiving_ticket<Thing>(&parent_id);
    let child = transfer::public_receive(&mut parent.id, ticket);
    assert_eq!(child.n, 2);
    destroy(child);
    destroy(parent);
    s.end();
}

#[test, expected_failure(abort_code = 3, location = sui::test_scenario)]
fun take_from_an_empty_inventory() {
    let s = ts::begin(A);
    let t: Thing = s.take_from_sender();
    destroy(t);
    s.end();
}

#[test, expected_failure(abort_code = 2, location = sui::test_scenario)]
fun return_what_was_not_taken() {
    let mut s = ts::begin(A);
    let t = thing(1, s.ctx());
    s.return_to_sender(t);
    s.end();
}

#[test, expected_failure(abort_code = 0, location = sui::transfer)]
fun share_an_object_that_is_not_new() {
    let mut s = ts::begin(A);
    transfer::public_transfer(thing(1, s.ctx()), A);
    s.next_tx(A);
    let t: Thing = s.take_from_sender();
    transfer::public_share_object(t);
    s.end();
}

#[test]
fun contexts() {
    let mut s = ts::begin(A);
    assert_eq!(s.ctx().sender(), A);
    assert_eq!(s.ctx().epoch(), 0);
    s.later_epoch(1_000, B);
    assert_eq!(s.sender(), B);
    assert_eq!(s.ctx().epoch(), 1);
    assert_eq!(s.ctx().epoch_timestamp_ms(), 1_000);
    assert!(s.ctx().sponsor().is_none());
    assert_eq!(s.ctx().digest().length(), 32);
    s.end();
}

#[test]
fun ids() {
    let mut ctx = tx_context::dummy();
    // Blake2b-256 of 0xF1, 32 zero bytes and the counter 0 as 8 bytes, by
    // Python's hashlib.
    let t = thing(0, &mut ctx);
    assert_eq!(object::id_bytes(&t), x"034401905bebdf8c04f3cd5f04f442a39372c8dc321c29edfb4f9cb30b23ab96");
    assert_eq!(object::id_address(&t).to_id(), object::id(&t));
    assert_eq!(object::id_from_bytes(t.id.to_bytes()), t.id.to_inner());
    destroy(t);
}

#[test]
fun events() {
    let s = ts::begin(A);
    event::emit(Happened { n: 1 });
    event::emit(Happened { n: 2 });
    assert_eq!(event::num_events(), 2);
    assert_eq!(event::events_by_type<Happened>(), vector[Happened { n: 1 }, Happened { n: 2 }]);
    assert_eq!(s.end().num_user_events(), 2);
}

#[test]
fun clocks() {
    let mut ctx = tx_context::dummy();
    let mut c = clock::create_for_testing(&mut ctx);
    c.set_for_testing(10);
    c.increment_for_testing(5);
    assert_eq!(c.timestamp_ms(), 15);
    c.destroy_for_testing();
}

#[test]
fun parties() {
    assert!(party::single_owner(A).is_single_owner_for_testing());
}

// === Dynamic fields and collections ===

#[test]
fun dynamic_fields() {
    let mut ctx = tx_context::dummy();
    let mut t = thing(0, &mut ctx);
    df::add(&mut t.id, b"k", 1u64);
    df::add(&mut t.id, 7u8, true);
    assert!(df::exists(&t.id, b"k") && !df::exists_(&t.id, b"other"));
    assert!(df::exists_with_type<vector<u8>, u64>(&t.id, b"k"));
    assert!(!df::exists_with_type<vector<u8>, u8>(&t.id, b"k"));
    *df::borrow_mut(&mut t.id, b"k") = 2u64;
    assert_eq!(*df::borrow(&t.id, b"k"), 2u64);
    assert_eq!(df::replace<_, u8, u64>(&mut t.id, b"k", 3), option::some(2));
    assert_eq!(df::remove_opt<_, u8>(&mut t.id, b"k"), option::some(3));
    assert_eq!(df::remove_if_exists<_, u8>(&mut t.id, b"k"), option::none());
    destroy(t);
}

#[test, expected_failure(abort_code = df::EFieldAlreadyExists)]
fun dynamic_field_twice() {
    let mut ctx = tx_context::dummy();
    let mut t = thing(0, &mut ctx);
    df::add(&mut t.id, 1u8, 1u8);
    df::add(&mut t.id, 1u8, 2u64);
    destroy(t);
}

#[test, expected_failure(abort_code = df::EFieldDoesNotExist)]
fun dynamic_field_that_is_not_there() {
    let mut ctx = tx_context::dummy();
    let mut t = thing(0, &mut ctx);
    df::remove<u8, u8>(&mut t.id, 1);
    destroy(t);
}

#[test, expected_failure(abort_code = df::EFieldTypeMismatch)]
fun dynamic_field_of_another_type() {
    let mut ctx = tx_context::dummy();
    let mut t = thing(0, &mut ctx);
    df::add(&mut t.id, 1u8, 1u8);
    df::borrow<u8, u16>(&t.id, 1);
    destroy(t);
}

#[test]
fun dynamic_object_fields() {
    let mut ctx = tx_context::dummy();
    let mut t = thing(0, &mut ctx);
    let child = thing(1, &mut ctx);
    let id = object::id(&child);
    dof::add(&mut t.id, 1u8, child);
    assert!(dof::exists(&t.id, 1u8) && !dof::exists_(&t.id, 2u8));
    assert!(dof::exists_with_type<u8, Thing>(&t.id, 1) && !dof::exists_with_type<u8, coin::Coin<SUI>>(&t.id, 1));
    assert_eq!(dof::id(&t.id, 1u8), option::some(id));
    dof::borrow_mut<u8, Thing>(&mut t.id, 1).n = 9;
    assert_eq!(dof::borrow<u8, Thing>(&t.id, 1).n, 9);
    let child: Thing = dof::remove(&mut t.id, 1u8);
    assert_eq!(object::id(&child), id);
    assert!(dof::remove_opt<u8, Thing>(&mut t.id, 1).is_none_then_destroy());
    destroy(child);
    destroy(t);
}

use fun is_none_then_destroy as Option.is_none_then_destroy;

fun is_none_then_destroy<T>(o: Option<T>): bool {
    o.destroy_none();
    true
}

#[test]
fun tables() {
    let mut ctx = tx_context::dummy();
    let mut t = table::new<address, u64>(&mut ctx);
    t.add(A, 1);
    *(&mut t[A]) = 2;
    assert_eq!(t[A], 2);
    assert!(t.contains(A) && !t.contains(B) && t.length() == 1);
    assert_eq!(t.remove(A), 2);
    t.destroy_empty();
    let mut t = table::new<u8, u8>(&mut ctx);
    t.add(1, 1);
    t.drop();
}

#[test, expected_failure(abort_code = table::ETableNotEmpty)]
fun table_destroyed_with_entries() {
    let mut t = table::new<u8, u8>(&mut tx_context::dummy());
    t.add(1, 1);
    t.destroy_empty();
}

#[test]
fun bags() {
    let mut b = bag::new(&mut tx_context::dummy());
    b.add(1u8, b"one");
    b.add(b"two", 2u64);
    assert!(b.contains(1u8) && b.contains_with_type<u8, vector<u8>>(1) && b.length() == 2);
    *(&mut b[b"two"]) = 3u64;
    assert_eq!(b.remove<_, u64>(b"two"), 3);
    assert_eq!(b.remove<_, vector<u8>>(1u8), b"one");
    b.destroy_empty();
}

#[test]
fun object_tables() {
    let mut ctx = tx_context::dummy();
    let mut t = object_table::new<u8, Thing>(&mut ctx);
    t.add(1, thing(4, &mut ctx));
    assert!(t.contains(1) && t.value_id(1) == option::some(object::id(&t[1])));
    destroy(t.remove(1));
    assert!(t.value_id(1).is_none());
    t.destroy_empty();
}

#[test]
fun table_vecs() {
    let mut ctx = tx_context::dummy();
    let mut t = table_vec::singleton(1u8, &mut ctx);
    t.push_back(2);
    t.push_back(3);
    t.swap(0, 2);
    assert_eq!(t.swap_remove(0), 3);
    assert_eq!(t[0], 1);
    assert_eq!(t.pop_back(), 2);
    assert_eq!(t.pop_back(), 1);
    t.destroy_empty();
}

#[test]
fun vec_maps() {
    let mut m = vec_map::from_keys_values(vector[1u8, 2], vector[b"a", b"b"]);
    m.insert(3, b"c");
    *(&mut m[&2]) = b"B";
    assert_eq!(m[&2], b"B");
    assert_eq!(m.try_get(&9), option::none());
    assert_eq!(m.get_idx(&3), 2);
    assert_eq!(m.keys(), vector[1, 2, 3]);
    let (k, v) = m.remove(&1);
    assert!(k == 1 && v == b"a" && m.length() == 2);
    let (k, _) = m.pop();
    assert_eq!(k, 3);
    let (keys, values) = m.into_keys_values();
    assert!(keys == vector[2] && values == vector[b"B"]);
    vec_map::empty<u8, u8>().destroy_empty();
}

#[test, expected_failure(abort_code = vec_map::EKeyAlreadyExists)]
fun vec_map_key_twice() {
    vec_map::from_keys_values(vector[1u8, 1], vector[1u8, 2]);
}

#[test, expected_failure(abort_code = vec_map::EKeyDoesNotExist)]
fun vec_map_key_that_is_not_there() {
    vec_map::empty<u8, u8>().get(&1);
}

#[test]
fun vec_sets() {
    let mut s = vec_set::from_keys(vector[1u8, 2]);
    s.insert(3);
    s.remove(&1);
    assert!(s.contains(&3) && !s.contains(&1) && s.length() == 2);
    assert_eq!(*s.keys(), vector[2, 3]);
    assert_eq!(s.into_keys(), vector[2, 3]);
}

#[test, expected_failure(abort_code = vec_set::EKeyAlreadyExists)]
fun vec_set_key_twice() {
    vec_set::singleton(1u8).insert(1);
}

#[test]
fun versioned_values() {
    let mut v = versioned::create(1, 7u8, &mut tx_context::dummy());
    *v.load_value_mut<u8>() = 8;
    let (old, cap) = v.remove_value_for_upgrade<u8>();
    v.upgrade(2, old as u64, cap);
    assert_eq!(v.version(), 2);
    assert_eq!(*v.load_value<u64>(), 8);
    assert_eq!(v.destroy<u64>(), 8);
}

#[test]
fun derived_objects() {
    let mut t = thing(0, &mut tx_context::dummy());
    let uid = derived_object::claim(&mut t.id, b"key");
    assert!(derived_object::exists(&t.id, b"key") && !derived_object::exists(&t.id, b"other"));
    assert_eq!(uid.to_address(), derived_object::derive_address(t.id.to_inner(), b"key"));
    uid.delete();
    destroy(t);
}

#[test, expected_failure(abort_code = derived_object::EObjectAlreadyExists)]
fun derived_object_twice() {
    let mut t = thing(0, &mut tx_context::dummy());
    derived_object::claim(&mut t.id, 1u8).delete();
    derived_object::claim(&mut t.id, 1u8).delete();
    destroy(t);
}

// === Money ===

#[test]
fun balances_and_coins() {
    let mut ctx = tx_context::dummy();
    let mut c = coin::mint_for_testing<SUI>(10, &mut ctx);
    let part = c.split(3, &mut ctx);
    assert!(c.value() == 7 && part.value() == 3);
    let mut b = part.into_balance();
    coin::put(&mut b, coin::take(c.balance_mut(), 1, &mut ctx));
    assert_eq!(b.value(), 4);
    c.join(coin::from_balance(b.withdraw_all(), &mut ctx));
    b.destroy_zero();
    let parts = c.divide_into_n(3, &mut ctx);
    assert_eq!(parts.map_ref!(|p| p.value()), vector[3, 3]);
    assert_eq!(c.value(), 4);
    destroy(parts);
    assert_eq!(c.burn_for_testing(), 4);
    coin::zero<SUI>(&mut ctx).destroy_zero();
}

#[test, expected_failure(abort_code = balance::ENotEnough)]
fun split_more_than_there_is() {
    destroy(balance::create_for_testing<SUI>(1).split(2));
    abort
}

#[test, expected_failure(abort_code = balance::EOverflow)]
fun supply_that_does_not_fit() {
    let mut s = balance::create_supply(test_utils::create_one_time_witness<SUI_TESTS>());
    destroy(s.increase_supply(1));
    destroy(s.increase_supply(18446744073709551615));
    abort
}

#[test]
fun currencies() {
    let mut ctx = tx_context::dummy();
    let witness = test_utils::create_one_time_witness<SUI_TESTS>();
    let (mut cap, mut meta) = coin::create_currency(
        witness, 6, b"TST", b"Test", b"", option::none(), &mut ctx,
    );
    let c = cap.mint(5, &mut ctx);
    assert_eq!(cap.total_supply(), 5);
    assert_eq!(cap.burn(c), 5);
    cap.update_name(&mut meta, b"New".to_string());
    cap.update_icon_url(&mut meta, b"https://example.org/i.svg".to_ascii_string());
    assert_eq!(meta.get_name(), b"New".to_string());
    assert_eq!(meta.get_icon_url().destroy_some(), url::new_unsafe_from_bytes(b"https://example.org/i.svg"));
    assert!(meta.get_decimals() == 6 && meta.get_symbol() == b"TST".to_ascii_string());
    destroy(cap);
    destroy(meta);
}

#[test, expected_failure(abort_code = coin::EBadWitness)]
fun currency_without_a_one_time_witness() {
    let (cap, meta) = coin::create_currency(
        Happened { n: 0 }, 0, b"", b"", b"", option::none(), &mut tx_context::dummy(),
    );
    destroy(cap);
    destroy(meta);
}

// === Packages ===

#[test]
fun upgrades() {
    let mut ctx = tx_context::dummy();
    let mut cap = package::test_publish(@0x42.to_id(), &mut ctx);
    let ticket = cap.authorize_upgrade(package::additive_policy(), b"digest");
    assert_eq!(ticket.ticket_package(), @0x42.to_id());
    assert_eq!(*ticket.ticket_digest(), b"digest");
    let receipt = package::test_upgrade(ticket);
    let new = receipt.receipt_package();
    cap.commit_upgrade(receipt);
    assert!(cap.version() == 2 && cap.upgrade_package() == new);
    cap.only_dep_upgrades();
    assert_eq!(cap.upgrade_policy(), 192);
    cap.make_immutable();
}

#[test, expected_failure(abort_code = package::ETooPermissive)]
fun upgrade_by_a_policy_given_up() {
    let mut cap = package::test_publish(@0x42.to_id(), &mut tx_context::dummy());
    cap.only_additive_upgrades();
    destroy(cap.authorize_upgrade(package::compatible_policy(), b""));
    abort
}

#[test, expected_failure(abort_code = package::EAlreadyAuthorized)]
fun two_upgrades_at_once() {
    let mut cap = package::test_publish(@0x42.to_id(), &mut tx_context::dummy());
    destroy(cap.authorize_upgrade(0, b""));
    destroy(cap.authorize_upgrade(0, b""));
    abort
}

#[test]
fun publishers() {
    let mut ctx = tx_context::dummy();
    let p = package::claim(test_utils::create_one_time_witness<SUI_TESTS>(), &mut ctx);
    assert!(p.from_module<Thing>() && p.from_package<SUI>() && !p.from_module<SUI>());
    assert_eq!(*p.published_module(), b"sui_tests".to_ascii_string());
    p.burn_publisher();
}

// === Bytes ===

#[test]
fun addresses() {
    assert_eq!(address::from_u256(0xA), A);
    assert_eq!(A.to_u256(), 0xA);
    let text = b"000000000000000000000000000000000000000000000000000000000000000a";
    assert_eq!(A.to_string(), text.to_string());
    assert_eq!(address::from_ascii_bytes(&text), A);
    assert_eq!(address::from_bytes(A.to_bytes()), A);
    assert_eq!(hex::decode(b"00fF"), x"00ff");
    assert_eq!(hex::encode(x"00ff"), b"00ff");
}

#[test, expected_failure(abort_code = address::EAddressParseError)]
fun address_from_a_short_text() {
    address::from_ascii_bytes(&b"0a");
}

#[test, expected_failure(abort_code = hex::ENotValidHexCharacter)]
fun hex_of_a_bad_character() {
    hex::decode(b"0g");
}

#[test]
fun bcs_reads_what_it_writes() {
    let mut bytes = bcs::to_bytes(&true);
    bytes.append(bcs::to_bytes(&A));
    bytes.append(bcs::to_bytes(&0xABu8));
    bytes.append(bcs::to_bytes(&0xABCDu16));
    bytes.append(bcs::to_bytes(&0xABCDEF01u32));
    bytes.append(bcs::to_bytes(&0xABCDEF0123456789u64));
    bytes.append(bcs::to_bytes(&0xABCDEF0123456789ABCDEF0123456789u128));
    bytes.append(bcs::to_bytes(&std::u256::max_value!()));
    bytes.append(bcs::to_bytes(&vector[b"a", b"", b"bc"]));
    bytes.append(bcs::to_bytes(&option::some(5u64)));
    bytes.append(bcs::to_bytes(&option::none<address>()));
    bytes.append(x"0102");
    let mut b = bcs::new(bytes);
    assert!(b.peel_bool() && b.peel_address() == A && b.peel_u8() == 0xAB && b.peel_u16() == 0xABCD);
    assert!(b.peel_u32() == 0xABCDEF01 && b.peel_u64() == 0xABCDEF0123456789);
    assert_eq!(b.peel_u128(), 0xABCDEF0123456789ABCDEF0123456789);
    assert_eq!(b.peel_u256(), std::u256::max_value!());
    assert_eq!(b.peel_vec_vec_u8(), vector[b"a", b"", b"bc"]);
    assert_eq!(b.peel_option_u64(), option::some(5));
    assert_eq!(b.peel_option_address(), option::none());
    assert_eq!(b.into_remainder_bytes(), x"0102");
}

#[test]
fun bcs_lengths() {
    assert_eq!(bcs::new(x"8001").peel_vec_length(), 128);
    assert_eq!(bcs::new(x"ffff7f").peel_vec_length(), 2097151);
}

#[test, expected_failure(abort_code = bcs::EOutOfRange)]
fun bcs_that_ends_early() {
    bcs::new(x"000000").peel_u32();
}

#[test, expected_failure(abort_code = bcs::ENotBool)]
fun bcs_bool_of_2() {
    bcs::new(x"02").peel_bool();
}

#[test, expected_failure(abort_code = bcs::ELenOutOfRange)]
fun bcs_length_of_too_many_bytes() {
    bcs::new(x"808080808001").peel_vec_length();
}

// === Cryptography. BLS12-381 is fake in this runner and tested elsewhere. ===

#[test]
fun hashes() {
    // RFC 7693's construction with 32 bytes of output, and Ethereum's Keccak,
    // both of "abc".
    assert_eq!(
        hash::blake2b256(&b"abc"),
        x"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
    );
    assert_eq!(
        hash::keccak256(&b"abc"),
        x"4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    );
    // NIST's HMAC_SHA3-256 sample 1: key 00…1f.
    assert_eq!(
        hmac::hmac_sha3_256(
            &x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            &b"Sample message for keylen<blocklen",
        ),
        x"4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205",
    );
}

#[test]
fun ed25519_signatures() {
    // RFC 8032, 7.1, test 1.
    let pk = x"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let sig = x"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    assert!(ed25519::ed25519_verify(&sig, &pk, &b""));
    assert!(!ed25519::ed25519_verify(&sig, &pk, &b"x"));
    assert!(!ed25519::ed25519_verify(&b"short", &pk, &b""));
}

#[test]
fun numbers_as_scalar_prefix() {
    let mut buffer = vector::tabulate!(10, |_| 0xFFu8);
    group_ops::set_as_prefix(1, true, &mut buffer);
    assert_eq!(buffer, x"ffff0000000000000001");
    let mut buffer = vector::tabulate!(10, |_| 0xFFu8);
    group_ops::set_as_prefix(1, false, &mut buffer);
    assert_eq!(buffer, x"0100000000000000ffff");
}

#[test]
fun randomness() {
    let seed = x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let mut g = random::new_generator_from_seed_for_testing(seed);
    let bytes = g.generate_bytes(40);
    let mut h = random::new_generator_from_seed_for_testing(seed);
    assert!(bytes.length() == 40 && bytes == h.generate_bytes(40));
    let mut seen = vector::tabulate!(4, |_| 0);
    200u64.do!(|_| {
        let n = g.generate_u8_in_range(5, 8);
        let count = &mut seen[(n - 5) as u64];
        *count = *count + 1;
    });
    assert!(seen.all!(|count| *count > 20));
    let mut v = vector[1u8, 2, 3, 4];
    g.shuffle(&mut v);
    v.insertion_sort_by!(|a, b| *a <= *b);
    assert_eq!(v, vector[1, 2, 3, 4]);
}

#[test]
fun generators_of_tests_yield_bytes() {
    let mut g = random::new_generator_for_testing();
    assert!(g.generate_bytes(40).length() == 40);
}

#[test, expected_failure(abort_code = random::EInvalidRange)]
fun random_number_of_an_empty_range() {
    random::new_generator_from_seed_for_testing(b"").generate_u8_in_range(2, 1);
}

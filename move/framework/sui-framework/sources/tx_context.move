/// What a call may know of the transaction that it runs in.
module sui::tx_context;

/// Handed to entry points by the system; the numbers come from natives, the
/// fields stay unused except the digest.
#[allow(unused_field)]
public struct TxContext has drop {
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
}

/// Who signed the transaction.
public fun sender(_self: &TxContext): address {
    native_sender()
}

/// The transaction's digest, 32 bytes.
public fun digest(self: &TxContext): &vector<u8> {
    &self.tx_hash
}

/// The current epoch.
public fun epoch(_self: &TxContext): u64 {
    native_epoch()
}

/// When the epoch began, in milliseconds since 1970.
public fun epoch_timestamp_ms(_self: &TxContext): u64 {
    native_epoch_timestamp_ms()
}

/// Who pays the gas, if not the sender.
public fun sponsor(_self: &TxContext): Option<address> {
    option_sponsor()
}

/// A new address that no object has had.
public fun fresh_object_address(_ctx: &mut TxContext): address {
    fresh_id()
}

/// The epoch's reference gas price, in MIST per unit.
public fun reference_gas_price(_self: &TxContext): u64 {
    native_rgp()
}

/// The transaction's gas price, in MIST per unit.
public fun gas_price(_self: &TxContext): u64 {
    native_gas_price()
}

fun option_sponsor(): Option<address> {
    let mut sponsor = native_sponsor();
    if (sponsor.is_empty()) option::none() else option::some(sponsor.pop_back())
}

native fun fresh_id(): address;
native fun native_sender(): address;
native fun native_epoch(): u64;
native fun native_epoch_timestamp_ms(): u64;
native fun native_sponsor(): vector<address>;
native fun native_rgp(): u64;
native fun native_gas_price(): u64;
#[allow(unused_function)]
native fun native_ids_created(): u64;
#[allow(unused_function)]
native fun native_gas_budget(): u64;
#[allow(unused_function)]
native fun derive_id(tx_hash: vector<u8>, ids_created: u64): address;

// === Tests only ===

#[test_only]
/// How many ids the transaction has made.
public fun get_ids_created(_self: &TxContext): u64 {
    native_ids_created()
}

#[test_only]
/// The id that the transaction made last.
public fun last_created_object_id(_self: &TxContext): address {
    last_created_id()
}

#[test_only]
/// A context of one's own: sender, 32-byte digest, epoch and counters.
public fun new(
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
): TxContext {
    new_with(sender, tx_hash, epoch, epoch_timestamp_ms, ids_created, option::none())
}

#[test_only]
/// `new` with a digest that repeats a byte 32 times is `new_from_hint`.
public fun new_from_hint(
    addr: address,
    hint: u64,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
): TxContext {
    new(addr, dummy_tx_hash_with_hint(hint), epoch, epoch_timestamp_ms, ids_created)
}

#[test_only]
/// A context of sender 0x0 in epoch 0.
public fun dummy(): TxContext {
    new(@0x0, dummy_tx_hash_with_hint(0), 0, 0, 0)
}

#[test_only]
/// Goes on to the next epoch.
public fun increment_epoch_number(self: &mut TxContext) {
    let epoch = self.epoch() + 1;
    self.epoch = epoch;
    set(self.sender(), self.tx_hash, epoch, self.epoch_timestamp_ms(), native_ids_created());
}

#[test_only]
/// Lets time pass since the epoch began.
public fun increment_epoch_timestamp(self: &mut TxContext, delta_ms: u64) {
    let now = self.epoch_timestamp_ms() + delta_ms;
    self.epoch_timestamp_ms = now;
    set(self.sender(), self.tx_hash, self.epoch(), now, native_ids_created());
}

#[test_only]
fun new_with(
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
    sponsor: Option<address>,
): TxContext {
    assert!(tx_hash.length() == TX_HASH_LENGTH, EBadTxHashLength);
    replace(sender, tx_hash, epoch, epoch_timestamp_ms, ids_created, 0, 0, 0, sponsor.to_vec());
    TxContext { sender, tx_hash, epoch, epoch_timestamp_ms, ids_created }
}

#[test_only]
fun set(sender: address, tx_hash: vector<u8>, epoch: u64, epoch_timestamp_ms: u64, ids_created: u64) {
    replace(
        sender, tx_hash, epoch, epoch_timestamp_ms, ids_created,
        native_rgp(), native_gas_price(), native_gas_budget(), native_sponsor(),
    )
}

#[test_only]
fun dummy_tx_hash_with_hint(hint: u64): vector<u8> {
    let mut hash = std::bcs::to_bytes(&hint);
    while (hash.length() < TX_HASH_LENGTH) hash.push_back(0);
    hash
}

#[test_only]
const TX_HASH_LENGTH: u64 = 32;
#[test_only]
const EBadTxHashLength: u64 = 0;

#[test_only]
native fun last_created_id(): address;

// Order of the numbers after the digest: epoch, its start, ids made, reference
// gas price, gas price, gas budget.
#[test_only]
native fun replace(
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
    rgp: u64,
    gas_price: u64,
    gas_budget: u64,
    sponsor: vector<address>,
);
